"""Which commit wrote each line of a file last, as `git blame --incremental` says it. It holds no text of files."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

TEXT_CHARACTERS_MAX = 300
LINES_MAX = 50_000
_HEAD_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCommit:
    """The commit that wrote a line last. `is_oldest`: history is not known further back, so it may be an older one."""

    commit: str
    author: str
    subject: str
    at: datetime
    is_oldest: bool


def parse_authorship(told: bytes, cut: Collection[str]) -> Mapping[int, LineCommit]:
    """The commits by line, which count from 1; those beyond a bound are left out.

    `cut` are commits whose parents are not here: what is said to be theirs may be older. What Git says of a commit
    stands at the first of its lines alone.

    Raises:
        ValueError: that is nothing that Git says.
    """
    heads: dict[str, dict[str, str]] = {}
    found: dict[int, LineCommit] = {}
    for commit, first, count, said in _groups(told.decode(errors="replace")):
        head = heads.setdefault(commit, said)
        line = LineCommit(
            commit=commit,
            author=head.get("author", "")[:TEXT_CHARACTERS_MAX],
            subject=head.get("summary", "")[:TEXT_CHARACTERS_MAX],
            at=datetime.fromtimestamp(int(head.get("author-time", "0")), UTC),
            is_oldest=commit in cut,
        )
        found.update((number, line) for number in range(first, min(first + count, LINES_MAX + 1)))
    return found


def _groups(text: str) -> Iterator[tuple[str, int, int, dict[str, str]]]:
    """Lines that one commit wrote together: the commit, the first of them, how many, and what is said of the commit."""
    head: list[str] = []
    said: dict[str, str] = {}
    for line in text.split("\n"):
        if not head:
            head = line.split(" ")
            if len(head) != _HEAD_PARTS:
                if line:
                    raise ValueError(f"no line of a blame: {line[:80]!r}")
                head = []
            continue
        key, _, value = line.partition(" ")
        said[key] = value
        if key == "filename":
            yield head[0], int(head[2]), int(head[3]), said
            head, said = [], {}
    if head:
        raise ValueError("a blame that ends in the midst")
