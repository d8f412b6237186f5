"""The few commands that a host with a shell runs for us, as constant texts, and what their answers mean.

No name is ever part of a command: names go through standard input, each ended by NUL, to `xargs -0`. What a login
script prints before is not taken for an answer. Nothing is run here.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from trueline.model.digest import Digest
from trueline.target.site.ssh.host import Entry, Kind

BEGIN = b"\0trueline\0"
WORDS_BYTES_MAX = 16_000
"""Of one command that must not be divided: within what the smallest `xargs` takes."""
TOOLS = ("sha256sum", "cp", "mv", "mkdir", "sync", "find")
PROBE = (
    'xargs -0 sh -c \'printf "\\0trueline\\0"; '
    'for t; do command -v "$t" >/dev/null && printf "%s\\0" "$t"; done; :\' sh'
)
HASH = "env LC_ALL=C xargs -0 sha256sum --"
WALK = 'xargs -0 sh -c \'printf "\\0trueline\\0"; exec find "$1" -printf "%y %m %s %T@ %P\\0"\' sh'
FOLDERS = "xargs -0 sh -c 'umask 022; exec mkdir -p -- \"$@\"' sh"
COPY = (
    'xargs -0 sh -c \'umask 022; cd -- "$1" || exit 1; t=$2; shift 2; '
    'cp -p --parents --reflink=auto -- "$@" "$t" 2>/dev/null && exit; '
    'for f; do cp -p -- "$f" "$t/$f" 2>/dev/null; done; :\' sh'
)
MOVE = "xargs -0 mv -f -T --"
SETTLE = "xargs -0 sync --"
SETTLE_ALL = "xargs -0 sh -c 'sync -f -- \"$1\" 2>/dev/null || sync' sh"
_NOT_ALL = 123
"""`xargs`: some of what it started said that a file could not be read."""
_LINE = re.compile(rb"^(\\?)([0-9a-f]{64}) [ *](/.*)$")
_KINDS = {b"f": Kind.FILE, b"d": Kind.FOLDER, b"l": Kind.LINK}
_FIELDS = 5


class Unusable(Exception):
    """The tool is not there, or not the one that it is taken for: something else has to do."""


def encoded(path: str) -> bytes:
    """A path as the host has it."""
    return path.encode(errors="surrogateescape")


def decoded(path: bytes) -> str:
    """A path as we have it."""
    return path.decode(errors="surrogateescape")


def words(paths: Iterable[str]) -> bytes:
    """Names for `xargs -0`."""
    return b"".join(encoded(path) + b"\0" for path in paths)


def divided(paths: Iterable[str]) -> Iterator[list[str]]:
    """Names in portions that one command takes."""
    portion: list[str] = []
    size = 0
    for path in paths:
        size += len(encoded(path)) + 1
        if portion and size > WORDS_BYTES_MAX:
            yield portion
            portion, size = [], len(encoded(path)) + 1
        portion.append(path)
    if portion:
        yield portion


def tools(answer: bytes) -> frozenset[str]:
    """What a probe found; nothing where no shell answered.

    >>> sorted(tools(b"Welcome!" + BEGIN + b"cp" + bytes(1) + b"mv" + bytes(1)))
    ['cp', 'mv']
    """
    _, begun, rest = answer.partition(BEGIN)
    return frozenset(decoded(one) for one in rest.split(b"\0") if one) & {*TOOLS} if begun else frozenset()


def hashed(answer: bytes, status: int | None, root: str, asked: Collection[str]) -> Mapping[str, Digest]:
    """Digests by path below the root.

    Raises:
        Unusable: this is no answer of `sha256sum`, or it did not come to its end.
    """
    found: dict[str, Digest] = {}
    begins = encoded(root) + b"/"
    for line in answer.split(b"\n"):
        if (read := _LINE.match(line)) is not None:
            escaped, digest, name = read.groups()
            name = name.replace(b"\\\\", b"\\") if escaped else name
            path = decoded(name.removeprefix(begins))
            found[path] = Digest(digest.decode())
    if status not in {0, _NOT_ALL}:
        raise Unusable(f"sha256sum ended with {status}")
    wanted = set(asked)
    if status == 0 and not wanted <= found.keys():
        raise Unusable("sha256sum did not name every file")
    return {path: digest for path, digest in found.items() if path in wanted}


def walked(answer: bytes) -> tuple[Entry, ...]:
    """What `find` printed of a tree.

    Raises:
        Unusable: this is not what GNU `find` prints.
    """
    _, begun, rest = answer.partition(BEGIN)
    records = rest.split(b"\0")
    if not begun or records.pop():
        raise Unusable("find printed something else")
    return tuple(map(_entry, records))


def _entry(record: bytes) -> Entry:
    fields = record.split(b" ", _FIELDS - 1)
    try:
        kind, mode, size, modified, path = fields
        return Entry(
            path=decoded(path),
            kind=_KINDS.get(kind, Kind.OTHER),
            mode=int(mode, 8),
            size_bytes=int(size),
            modified_s=int(float(modified)),
        )
    except ValueError as error:
        raise Unusable(f"find printed {record[:100]!r}") from error
