"""The toolbox as child processes: a small pool of confined workers behind pipes.

A worker never opens a file: it asks for what its engine looks at, and is answered from the `FileTree` of the question.
This module never decides what a complaint means; that is for the stage that asked.
"""

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

import trueline
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.clock import Clock
from trueline.runtime.files import FileTree
from trueline.runtime.spawn import Spawned, spawn
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import NO_FILES, Confinement, ToolboxFailed
from trueline.runtime.toolbox_frame import (
    FRAME,
    FRAME_BYTES_MAX,
    LENGTH_BYTES,
    Died,
    Frame,
    Limits,
    Question,
    look,
    result,
)

STDERR_BYTES_MAX = 4096
_PIPE_BYTES = 1 << 20
ENVIRONMENT = {"LANG": "C.UTF-8", "TZ": "UTC", "GOTRACEBACK": "single"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolboxBinary:
    """A compiled toolbox; `digest` belongs to the key of whatever it rendered."""

    path: Path
    digest: str


def find_toolbox(package: Path | None = None) -> ToolboxBinary:
    """The toolbox of the installed package, else the one compiled in the source tree.

    Raises:
        UserError: TL0901, it was not compiled.

    """
    package = package or Path(trueline.__file__).parent
    in_wheel, in_tree = package / "_toolbox", package.parent.parent / "build" / "toolbox"
    for path in (in_wheel, in_tree):
        if path.is_file():
            return ToolboxBinary(path=path, digest=_digest(path))
    raise UserError(
        [
            Diagnostic(
                code="TL0901",
                summary="the toolbox is not there",
                detail=f"looked for {in_wheel} and {in_tree}",
                remedy="install a wheel of this platform, or run `python build_toolbox.py` in the source tree",
            )
        ]
    )


def _digest(path: Path) -> str:
    """From the stamp that the build left; hashing the program takes a tenth of a second."""
    stamp = path.with_name(f"{path.name}.stamp")
    return hashlib.sha256(stamp.read_bytes() if stamp.is_file() else path.read_bytes()).hexdigest()


Pipe = TypeVar("Pipe", asyncio.StreamReader, asyncio.StreamWriter)


@dataclass(slots=True, kw_only=True)
class _Worker:
    """One child. It serves one question at a time and is never used after a failure."""

    process: Spawned
    confinement: Confinement
    idle_since_s: float = 0.0

    async def answer(self, question: Question, files: FileTree, asks: Counter[str]) -> tuple[Frame, bytes]:
        await self._send(question)
        while True:
            frame, payload = await _read(self.process)
            if frame.answer:
                return frame, payload
            asks[question.operation] += 1
            reply, content = await look(frame, files)
            await self._send(reply, content)

    async def _send(self, header: msgspec.Struct, payload: bytes = b"") -> None:
        text = msgspec.json.encode(header)
        stdin = _pipe(self.process.stdin)
        stdin.write(len(text).to_bytes(LENGTH_BYTES, "big") + text)
        if payload:
            stdin.write(payload)
        try:
            await stdin.drain()
        except ConnectionError as error:
            raise Died from error

    async def end(self) -> str:
        """Kill the worker's process group and say how it ended."""
        self.process.kill()
        try:
            said = await _pipe(self.process.stderr).read(STDERR_BYTES_MAX)
        finally:
            await self.process.end()
        return _ending(self.process.returncode, said.decode(errors="replace"))


def _pipe(pipe: Pipe | None) -> Pipe:
    assert pipe is not None, "every worker is started with three pipes"
    return pipe


def _ending(code: int | None, said: str) -> str:
    how = "killed, and goes on" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
    first = said.strip().split("\n", 1)[0]
    return f"{how}: {first}" if first else how


async def _read(process: Spawned) -> tuple[Frame, bytes]:
    stdout = _pipe(process.stdout)
    try:
        length = int.from_bytes(await stdout.readexactly(LENGTH_BYTES), "big")
        if length > FRAME_BYTES_MAX:
            raise Died
        frame = FRAME.decode(await stdout.readexactly(length))
        if frame.size > FRAME_BYTES_MAX:
            raise Died
        return frame, await stdout.readexactly(frame.size) if frame.size else b""
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError) as error:
        raise Died from error


@dataclass(slots=True, kw_only=True)
class ProcessToolbox:
    """Workers on demand, at most `workers_max`; idle ones end after `idle_s`, failed ones at once.

    Use it as an async context manager: leaving it kills every worker. `starts` and `asks_by_operation` count.
    """

    path: Path
    clock: Clock
    arguments: tuple[str, ...] = ()
    """What follows the program: a worker in Python is an interpreter and its `worker_process.arguments_of`."""
    workers_max: int = 2
    timeout_s: float = 60.0
    idle_s: float = 10.0
    limits: Limits = field(default_factory=Limits)
    starts: int = 0
    asks_by_operation: Counter[str] = field(default_factory=Counter)
    confinement: Confinement | None = None
    _idle: list[_Worker] = field(default_factory=list)
    """In the order in which they were given back."""
    _slots: asyncio.Semaphore = field(init=False)
    _some_idle: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: TaskGroup = field(default_factory=TaskGroup)
    _reaper: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.workers_max)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._reaper = self._tasks.create_task(self._end_idle())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reaper is not None:
            self._reaper.cancel()
        while self._idle:
            await self._idle.pop().end()
        # The body's own error goes on as it is, not in a group.
        await self._tasks.__aexit__(None, None, None)

    @property
    def workers_idle(self) -> tuple[int, ...]:
        """The process ids of the workers that wait for a question."""
        return tuple(worker.process.pid for worker in self._idle)

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """One question; see `Toolbox.ask`."""
        question = Question(
            operation=operation, arguments=msgspec.Raw(msgspec.json.encode(arguments)), limits=self.limits
        )
        async with self._slots:
            worker = await self._take()
            frame, payload = await self._ask_worker(worker, question, files)
            if frame.last:
                await worker.end()
            else:
                self._give_back(worker)
        return result(frame, payload)

    async def _ask_worker(self, worker: _Worker, question: Question, files: FileTree) -> tuple[Frame, bytes]:
        # Real time, not the Clock: it bounds a child, which lives in real time.
        bound = asyncio.timeout(self.timeout_s)
        try:
            async with bound:
                return await worker.answer(question, files, self.asks_by_operation)
        except Died:
            raise ToolboxFailed(
                f"the worker ended while it answered {question.operation}: {await worker.end()}"
            ) from None
        except BaseException as error:
            await worker.end()
            if bound.expired() and isinstance(error, TimeoutError):
                raise ToolboxFailed(f"no answer to {question.operation} within {self.timeout_s:g} s") from None
            raise

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            await worker.end()
        return await self._start()

    async def _start(self) -> _Worker:
        self.starts += 1
        argv = (str(self.path), *self.arguments)
        try:
            process = await spawn(argv, environment=ENVIRONMENT, cwd="/", limit_bytes=_PIPE_BYTES)
        except OSError as error:
            raise ToolboxFailed(f"the worker cannot be started: {error.strerror or error}") from error
        worker = _Worker(process=process, confinement=Confinement(landlock=0, seccomp=False, limits=False))
        try:
            async with asyncio.timeout(self.timeout_s):
                frame, _ = await _read(process)
        except (Died, TimeoutError):
            raise ToolboxFailed(f"the worker did not start: {await worker.end()}") from None
        except BaseException:
            await worker.end()
            raise
        if frame.hello is None:
            raise ToolboxFailed(f"the worker did not say hello: {await worker.end()}")
        self.confinement = worker.confinement = frame.hello.confinement
        return worker

    def _give_back(self, worker: _Worker) -> None:
        worker.idle_since_s = self.clock.monotonic_s()
        self._idle.append(worker)
        self._some_idle.set()

    async def _end_idle(self) -> None:
        while True:
            await self._some_idle.wait()
            await self.clock.sleep(self.idle_s)
            now_s = self.clock.monotonic_s()
            while self._idle and now_s - self._idle[0].idle_since_s >= self.idle_s:
                await self._idle.pop(0).end()
            if not self._idle:
                self._some_idle.clear()
