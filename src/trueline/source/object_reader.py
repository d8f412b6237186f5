"""Reads a repository's object database through one long-lived `git cat-file --batch`, started when first asked.

One exchange at a time; whoever is cancelled in the midst of one ends the child, for its pipe can no longer be trusted.
"""

import asyncio
from collections.abc import Sequence

from trueline.runtime.process import Child, Command, NotStarted, Processes
from trueline.source.git_object import GitObject

READERS_MAX = 64
"""How many children one process has for all its repositories: each takes two pipes and some memory."""
_TOGETHER = 256  # requests written before the first answer is read: 17 kB at most, which a pipe takes without a reader
_DRAIN_BYTES = 1024 * 1024


class ReaderFailed(Exception):
    """The child ended or said what nobody expects."""


class Readers:
    """Those of one process that have a child. Beyond so many the longest unused one gives its child up."""

    def __init__(self, most: int = READERS_MAX) -> None:
        self._most = most
        self._open: dict[ObjectReader, None] = {}

    async def make_room(self, reader: "ObjectReader") -> None:
        """One more is about to have a child, or to use the one it has."""
        self._open.pop(reader, None)
        while len(self._open) >= self._most and (idle := next((one for one in self._open if not one.is_busy), None)):
            self.forget(idle)
            await idle.close()
        self._open[reader] = None

    def forget(self, reader: "ObjectReader") -> None:
        """One has no child any more."""
        self._open.pop(reader, None)


class ObjectReader:
    """Objects by id or by any name that Git understands."""

    def __init__(self, processes: Processes, command: Command, readers: Readers | None = None) -> None:
        self._processes = processes
        self._command = command
        self._readers = readers or Readers()
        self._child: Child | None = None
        self._lock = asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether somebody is being answered."""
        return self._lock.locked()

    async def read(self, names: Sequence[str], *, size_bytes_max: int) -> list[GitObject | None]:
        """The objects in the order of their names; `None` where there is none. A larger one comes without data.

        Raises:
            ReaderFailed: the child could not answer, twice.
        """
        async with self._lock:
            found: list[GitObject | None] = []
            for start in range(0, len(names), _TOGETHER):
                found += await self._exchange(names[start : start + _TOGETHER], size_bytes_max)
            return found

    async def close(self) -> None:
        """End the child; the next question starts another."""
        async with self._lock:
            await self._drop()

    async def _exchange(self, names: Sequence[str], size_bytes_max: int) -> list[GitObject | None]:
        try:
            return await self._ask(names, size_bytes_max)
        except (ReaderFailed, NotStarted, EOFError, ConnectionError):
            pass  # it ended since it was asked last, or somebody ended it: another one is asked
        try:
            return await self._ask(names, size_bytes_max)
        except (ReaderFailed, NotStarted, EOFError, ConnectionError) as error:
            raise ReaderFailed(f"git cat-file: {error}") from error

    async def _ask(self, names: Sequence[str], size_bytes_max: int) -> list[GitObject | None]:
        is_whole = False
        try:
            await self._readers.make_room(self)
            if self._child is None:
                self._child = await self._processes.start(self._command)
            await self._child.write("".join(f"{name}\n" for name in names).encode())
            found = [await _take(self._child, name, size_bytes_max) for name in names]
            is_whole = True
        finally:
            if not is_whole:
                await self._drop()
        return found

    async def _drop(self) -> None:
        child, self._child = self._child, None
        self._readers.forget(self)
        if child is not None:
            await child.close()


async def _take(child: Child, name: str, size_bytes_max: int) -> GitObject | None:
    line = (await child.read_line()).decode()
    match line.removeprefix(name).split():  # a name may have spaces; an id comes back in its place where it was found
        case ["missing" | "ambiguous"]:
            return None
        case [kind, size]:
            identity = name
        case [found, kind, size]:
            identity = found
        case _:
            raise ReaderFailed(f"answered {line!r}")
    size_bytes = int(size)
    if size_bytes <= size_bytes_max:
        data = (await child.read_exactly(size_bytes + 1))[:-1]
        return GitObject(identity, kind, size_bytes, data)
    left = size_bytes + 1
    while left:
        left -= len(await child.read_exactly(min(left, _DRAIN_BYTES)))
    return GitObject(identity, kind, size_bytes, b"")
