"""What two builds differ in: pages, other files, findings; and how that is said on a terminal. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias
from urllib.parse import quote

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.server.preview.build import Build, address_of, is_page
from trueline.target.site.server.answer import Request, resolve

SHOWN_MAX: Final = 20
LOST: Final = " (leads nowhere now: it needs a redirect)"
_NOT_FOUND: Final = 404
Words: TypeAlias = Callable[[Digest], str | None]


class Sign(Enum):
    """What became of a page; the value is its sign."""

    ADDED = "+"
    CHANGED = "~"
    REMOVED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """From `before` to `now`. Pages are paths of files, sorted; `files` counts what else differs.

    `around` are changed pages whose words are the same: what differs is their navigation, or the theme. `lost` are
    removed pages at whose addresses a reader finds nothing now: they need a redirect.
    """

    before: str
    now: str
    pages: tuple[tuple[Sign, str], ...] = ()
    around: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()
    files: int = 0
    new: tuple[Diagnostic, ...] = ()
    gone: tuple[Diagnostic, ...] = ()
    same: tuple[Diagnostic, ...] = ()
    doubt: str = ""
    """Why there is nothing to compare with; empty where there is."""

    def count(self, sign: Sign) -> int:
        """How many pages."""
        around = len(self.around) if sign is Sign.CHANGED else 0
        return sum(1 for one, _ in self.pages if one is sign) + around

    @property
    def summary(self) -> str:
        """All of it in one line."""
        pages = (
            f"{self.count(Sign.ADDED)} added, {self.count(Sign.CHANGED)} changed, {self.count(Sign.REMOVED)} removed"
        )
        pages += f" ({len(self.around)} of them around their words)" if self.around else ""
        findings = f"{len(self.new)} findings new, {len(self.gone)} gone, {len(self.same)} as before"
        return f"pages: {pages}; other files: {self.files}; {findings}"


def compare(before: Build | None, now: Build, doubt: str = "", *, words: Words = lambda _: None) -> Changes:
    """What differs. Without a build before, or with one that failed, every page is new and nothing is told of it.

    `words` gives what stands for the words of a page, by its blob; `None` where that is not known.
    """
    old = before.files if before else {}
    differing = sorted(path for path in old.keys() | now.files.keys() if old.get(path) != now.files.get(path))
    pages = [(_sign(before, now, path), path) for path in differing if is_page(path)]
    around = {path for sign, path in pages if sign is Sign.CHANGED and _is_around(old[path], now.files[path], words)}
    known = before.findings if before else ()
    new, same = _parted(now.findings, known)
    gone, _ = _parted(known, now.findings)
    if before is not None and before.is_failed and not doubt:
        doubt = f"{before.name} does not build: {before.problems[0].line}" if before.problems else before.name
    return Changes(
        before=before.name if before else "",
        now=now.name,
        pages=tuple((sign, path) for sign, path in pages if path not in around),
        around=tuple(sorted(around)),
        lost=frozenset(path for sign, path in pages if sign is Sign.REMOVED and _is_lost(now, path)),
        files=sum(1 for path in differing if not is_page(path)),
        new=new,
        gone=gone,
        same=same,
        doubt=doubt,
    )


def _is_around(before: Digest, after: Digest, words: Words) -> bool:
    known = words(before)
    return known is not None and known == words(after)


def _sign(before: Build | None, now: Build, path: str) -> Sign:
    if before is None or path not in before.files:
        return Sign.ADDED
    return Sign.CHANGED if path in now.files else Sign.REMOVED


def _is_lost(now: Build, path: str) -> bool:
    if now.release is None:
        return False
    return resolve(now.release, Request(method="GET", target=f"/{quote(address_of(path))}")).status == _NOT_FOUND


def _parted(
    found: Iterable[Diagnostic], others: Iterable[Diagnostic]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Those that the others have not, and those that they have; lines move, so they do not count."""
    known = {_identity(one) for one in others}
    parts: tuple[list[Diagnostic], list[Diagnostic]] = ([], [])
    for one in found:
        parts[_identity(one) in known].append(one)
    return tuple(parts[0]), tuple(parts[1])


def _identity(one: Diagnostic) -> tuple[str, str, str]:
    return one.code, one.detail, one.origin.path if one.origin else ""


def lines(changes: Changes) -> Iterator[str]:
    """The changes as text."""
    if changes.doubt:
        yield f"nothing to compare with: {changes.doubt}"
    elif changes.pages or changes.around:
        yield f"against {changes.before}:"
    for sign, path in () if changes.doubt else changes.pages[:SHOWN_MAX]:
        yield f"  {sign.value} /{address_of(path)}" + (LOST if path in changes.lost else "")
    if not changes.doubt and len(changes.pages) > SHOWN_MAX:
        yield f"  and {len(changes.pages) - SHOWN_MAX} more"
    for word, findings in (("new", changes.new), ("gone", changes.gone)):
        yield from (f"  {word}: {one.code} {one.line}" for one in findings[:SHOWN_MAX])
        if len(findings) > SHOWN_MAX:
            yield f"  {word}: and {len(findings) - SHOWN_MAX} more"
    yield changes.summary
