"""One commit as `git fast-import` reads it: one process, whatever the number of files. Pure, and never whole in memory.

It names no object by its id but the commit that it follows, so that nothing else of a partial copy has to be here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

PERSON = "Trueline <trueline@trueline.invalid>"


class Files(Protocol):
    """Paths with their bytes, taken one by one; `missing` is the path at which they ended too early."""

    @property
    def missing(self) -> str:
        """Empty where all were given."""
        ...

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Each once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What is written. `parent` is empty for a branch that is not there yet; `made_s` is seconds since the epoch."""

    ref: str
    parent: str
    message: str
    made_s: int
    deletes: tuple[str, ...]

    def stream(self, files: Files) -> Iterator[bytes]:
        """All that fast-import is told; it answers with the commit's id. Where files are missing it is not finished."""
        signed = f"{PERSON} {self.made_s} +0000"
        yield f"commit {self.ref}\nmark :1\nauthor {signed}\ncommitter {signed}\n".encode()
        yield from _data(self.message.encode())
        if self.parent:
            yield f"from {self.parent}\n".encode()
        for path in self.deletes:
            yield b"D %s\n" % quoted(path)
        for path, data in files:
            yield b"M 100644 inline %s\n" % quoted(path)
            yield from _data(data)
        if not files.missing:
            yield b"\nget-mark :1\ndone\n"


def quoted(path: str) -> bytes:
    r"""A path as it stands in the stream: Git reads two signs of it as its own.

    >>> quoted('a "b".html')
    b'"a \\"b\\".html"'
    """
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode(errors="surrogateescape")


def _data(data: bytes) -> Iterator[bytes]:
    yield b"data %d\n" % len(data)
    yield data
    yield b"\n"
