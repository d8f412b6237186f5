"""Git's objects as bytes → values: commits and trees. Pure; what does not have Git's own form is refused."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from trueline.source.artifact import Revision


class Malformed(ValueError):
    """An object that Git itself would not have written."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object as `cat-file --batch` gives it; `data` is empty where it was larger than the bound."""

    identity: str
    kind: str
    size_bytes: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree."""

    mode: int
    name: str
    identity: str


def parse_tree(git_object: GitObject) -> Iterator[TreeEntry]:
    """The entries of a tree, in Git's order. A name that is not UTF-8 is shown with its bytes escaped.

    Raises:
        Malformed: the bytes are no tree, or a name could lead out of its directory.
    """
    data, width = git_object.data, len(git_object.identity) // 2
    position = 0
    while position < len(data):
        space = data.find(b" ", position)
        zero = data.find(b"\0", space)
        end = zero + 1 + width
        if space < 0 or zero < 0 or end > len(data):
            raise Malformed(f"tree {git_object.identity} is cut")
        name = data[space + 1 : zero].decode(errors="backslashreplace")
        if name in {"", ".", ".."} or "/" in name:
            raise Malformed(f"tree {git_object.identity} has an entry named {name!r}")
        yield TreeEntry(_mode(data[position:space], git_object.identity), name, data[zero + 1 : end].hex())
        position = end


def parse_commit(git_object: GitObject, ref: str) -> Revision:
    """A commit as a revision that was found by `ref`.

    Raises:
        Malformed: it has no tree or no committer.
    """
    head, _, message = git_object.data.partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key:  # a continuation line of a signature begins with a space
            fields.setdefault(key.decode(errors="replace"), []).append(value.decode(errors="replace"))
    author_name, author_email, _ = _person(fields, "author", git_object.identity)
    _, _, seconds = _person(fields, "committer", git_object.identity)
    if "tree" not in fields:
        raise Malformed(f"commit {git_object.identity} has no tree")
    paragraph = message.decode(errors="replace").strip().split("\n\n")[0]
    return Revision(
        commit=git_object.identity,
        ref=ref,
        author_name=author_name,
        author_email=author_email,
        committed_at=datetime.fromtimestamp(seconds, UTC),
        subject=" ".join(paragraph.split()),
        tree=fields["tree"][0],
        parents=tuple(fields.get("parent", ())),
    )


def _mode(digits: bytes, identity: str) -> int:
    try:
        mode = int(digits, 8)
    except ValueError:
        raise Malformed(f"tree {identity} has a mode {digits!r}") from None
    if stat.S_IFMT(mode) not in {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, 0o160000}:
        raise Malformed(f"tree {identity} has a mode {digits!r}")
    return mode


def _person(fields: dict[str, list[str]], key: str, identity: str) -> tuple[str, str, int]:
    line = fields.get(key, [""])[0]
    name, _, rest = line.partition("<")
    email, _, when = rest.rpartition(">")
    try:
        seconds = int(when.split()[0])
        datetime.fromtimestamp(seconds, UTC)
    except (IndexError, ValueError, OverflowError, OSError):
        raise Malformed(f"commit {identity} has no {key} with a time") from None
    return name.strip(), email.strip(), seconds
