"""Cells as child processes: the launcher is started, given the files, and its answer is read within bounds.

What it answers is as little believed as the program: sizes, names and kinds are checked here.
"""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

import trueline
from trueline.runtime.cell import installed
from trueline.runtime.cell.launch import MODULE, Question, Said
from trueline.runtime.cell.task import TEXT_BYTES_KEPT, CellFailed, CellResult, CellTask, Take
from trueline.runtime.process import Child, Command, NotStarted, Processes
from trueline.runtime.worker_process import arguments_of

GRACE_S: Final = 60.0
"""Beside the program's own time: to give it its files and to take back what it made."""
AT_ONCE: Final = 2
"""Each may use as much memory as its limits say; who waits does not use up its time."""
PROGRAMS: Final = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/openssl.cnf",
)
"""Where the programs of a machine and what they load stand: what its packages brought, and nothing of anybody's."""
PATH: Final = ":/usr/local/bin:/usr/bin:/bin"
_LAUNCHER: Final = {"LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_TEXT_MARGIN: Final = 1024


class ProcessCells:
    """Cells of this machine. `place` is a folder for where there are no namespaces; what is left in it is removed.

    `readable` are folders that programs may read and run from, beside this interpreter and the machine's own.
    `runs` counts. `is_plain` never asks for namespaces.
    """

    def __init__(
        self, processes: Processes, place: Path, *, readable: Sequence[str] = (), is_plain: bool = False
    ) -> None:
        self._processes = processes
        self._place = place
        self._is_plain = is_plain
        self._extra = tuple(readable)
        own = _outermost((sys.prefix, sys.base_prefix, str(_package()), *readable))
        self._readable = (*(path for path in PROGRAMS if Path(path).exists()), *own)
        self._taken: set[Path] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.runs = 0

    @property
    def path(self) -> str:
        """Where programs are looked for, as a variable says it."""
        return ":".join(dict.fromkeys(f"{one}/bin" for one in (*self._extra, sys.prefix, sys.base_prefix))) + PATH

    async def tidy(self) -> None:
        """Remove what a cell left that ended with the machine."""
        for left in self._place.glob("*") if self._place.is_dir() else ():
            await self._remove(left)

    async def run(self, task: CellTask, files: AsyncIterator[tuple[str, bytes]], take: Take) -> CellResult:
        """Run to the end; see `Cells.run`."""
        async with self._slots:
            return await self._run(task, files, take)

    async def _run(self, task: CellTask, files: AsyncIterator[tuple[str, bytes]], take: Take) -> CellResult:
        self.runs += 1
        place = self._free_place()
        await self._remove(place)
        question = Question(
            argv=task.argv,
            output=task.output,
            variables={"PATH": self.path, **task.variables},
            readable=self._readable,
            limits=task.limits,
            place=str(place),
            is_plain=self._is_plain,
        )
        try:
            async with asyncio.timeout(task.limits.timeout_s + GRACE_S):
                return await self._ask(question, files, take)
        except TimeoutError:
            raise CellFailed("the launcher did not answer in time") from None
        finally:
            await self._remove(place)
            self._taken.discard(place)

    def identity(self, program: str) -> str:
        """See `Cells.identity`."""
        return installed.identity(program, self.path, self._readable)

    def _free_place(self) -> Path:
        """The first that no other cell has: a program that writes down where it is writes the same each time."""
        number = next(one for one in itertools.count(1) if self._place / str(one) not in self._taken)
        place = self._place / str(number)
        self._taken.add(place)
        return place

    async def _ask(self, question: Question, files: AsyncIterator[tuple[str, bytes]], take: Take) -> CellResult:
        command = Command(argv=(sys.executable, *arguments_of(MODULE)), cwd="/", environment=_LAUNCHER)
        try:
            child = await self._processes.start(command)
        except NotStarted as not_started:
            raise CellFailed(not_started.reason) from None
        try:
            with suppress(ConnectionError):  # it may end before it has all: it then says why
                await _give(child, question, files)
            return await _answer(child, question, take)
        except (EOFError, ConnectionError, msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
            raise CellFailed(f"the launcher ended without an answer: {type(error).__name__}") from None
        finally:
            await child.close()

    async def _remove(self, place: Path) -> None:
        """A folder of any depth, whatever it holds; Python's own way of it has a depth."""
        if os.path.lexists(place):  # noqa: ASYNC240 - one look
            command = Command(argv=("rm", "-rf", "--", str(place)), environment=_LAUNCHER)
            with suppress(NotStarted):
                await self._processes.run(command)


async def _give(child: Child, question: Question, files: AsyncIterator[tuple[str, bytes]]) -> None:
    await child.write(msgspec.json.encode(question) + b"\n")
    async for path, data in files:
        await child.write(json.dumps({"file": path, "size": len(data)}).encode() + b"\n" + data)
    await child.write(b"{}\n")


async def _answer(child: Child, question: Question, take: Take) -> CellResult:
    limits, files, tree_bytes = question.limits, 0, 0
    while True:
        line = json.loads(await child.read_line())
        size = line["size"]
        if not isinstance(size, int) or size < 0:
            raise ValueError
        if (path := line.get("file")) is not None:
            files, tree_bytes = files + 1, tree_bytes + size
            if files > limits.files or size > limits.file_bytes or tree_bytes > 2 * limits.tree_bytes:
                raise ValueError
            take(str(path), await child.read_exactly(size))
            continue
        if size > TEXT_BYTES_KEPT + _TEXT_MARGIN:
            raise ValueError
        said = msgspec.convert(_printable(line), Said)
        text = await child.read_exactly(size)
        assert said.ending is not None and said.confinement is not None, "the last line says both"  # noqa: PT018
        return CellResult(
            ending=said.ending,
            exit_code=said.exit_code,
            text=text,
            oddities=said.oddities,
            has_output=said.has_output,
            confinement=said.confinement,
            site=said.site,
        )


def _printable(line: Mapping[str, object]) -> object:
    """A line whose names may be no UTF-8, as one that is."""
    return json.loads(json.dumps(line, ensure_ascii=False).encode(errors="replace"))


def _package() -> Path:
    return Path(trueline.__file__).absolute().parent


def _outermost(paths: Sequence[str]) -> tuple[str, ...]:
    """Of some folders those that are beneath no other, nor beneath what every program can read."""
    every = [str(Path(path)) for path in dict.fromkeys(paths) if Path(path).is_absolute()]
    known = (*every, *PROGRAMS)
    return tuple(one for one in every if not any(one != other and one.startswith(f"{other}/") for other in known))
