"""The real toolbox, asked without waiting: a simulation stands still while its worker thinks.

Answers are remembered by the question, with every file that the worker looked at: what is asked again costs nothing,
and gives the same. Its time is the one that questions carry; where an answer says that nothing was drawn from the
moment at which an API server was asked, it is remembered for every moment.
"""

import subprocess
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import NO_FILES
from trueline.runtime.toolbox_frame import FRAME, LENGTH_BYTES, Died, Frame, Limits, Question, Reply, look, result
from trueline.testing.simulation.loop import SimulationError

MEMORY_BYTES_MAX = 128 << 20
_VARIANTS_MAX = 8
_ENVIRONMENT = {"TZ": "UTC", "GOGC": "800", "GOMAXPROCS": "1"}
"""There is room, and one worker: who looks for garbage less often answers a third faster. It is asked one thing at a
time: more threads would only look for work, for a tenth of its time."""
_MOMENT = ("now", "seed", "revision")
"""What a question to an API server says of when it is asked."""
T = TypeVar("T")


class _Admitted(msgspec.Struct, frozen=True):
    """As much of an API server's answer as tells for when it holds."""

    drawn: bool = True


_ADMITTED = msgspec.json.Decoder(_Admitted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Glance:
    """One look of a worker at a file, and what it found there."""

    frame: Frame
    reply: Reply
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """An answer, and everything it was made from beside the question."""

    glances: Sequence[_Glance]
    frame: Frame
    payload: bytes

    @property
    def size_bytes(self) -> int:
        """About what it takes."""
        return len(self.payload) + sum(len(one.content) for one in self.glances) + 500

    def holds(self, files: FileTree) -> bool:
        """Whether a worker would find the same now."""
        return all(at_once(look(one.frame, files)) == (one.reply, one.content) for one in self.glances)


@dataclass(slots=True)
class SynchronousToolbox:
    """One worker for all simulations of a process. `asked` counts questions, `answered` those that it answered."""

    path: Path
    asked: int = 0
    answered: int = 0
    _child: subprocess.Popen[bytes] | None = None
    _memory: OrderedDict[bytes, list[_Remembered]] = field(default_factory=OrderedDict)
    _size_bytes: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """See `Toolbox.ask`; it never gives up its turn."""
        self.asked += 1
        raw = msgspec.json.encode(arguments)
        keys = [_key(operation, raw)]
        if operation == "admit":
            timeless = {name: value for name, value in arguments.items() if name not in _MOMENT}
            keys.insert(0, _key(operation, msgspec.json.encode(timeless)))
        for key in keys:
            for known in self._memory.get(key, ()):
                if known.holds(files):
                    self._memory.move_to_end(key)
                    return result(known.frame, known.payload)
        fresh = self._answer(Question(operation=operation, arguments=msgspec.Raw(raw), limits=Limits()), files)
        is_drawn = fresh.frame.error is not None or operation != "admit" or _ADMITTED.decode(fresh.payload).drawn
        self._remember(keys[-1] if is_drawn else keys[0], fresh)
        return result(fresh.frame, fresh.payload)

    def _answer(self, question: Question, files: FileTree) -> _Remembered:
        self.answered += 1
        glances: list[_Glance] = []
        self._send(question)
        while True:
            frame, payload = self._read()
            if frame.answer:
                if frame.last:
                    self._end()
                return _Remembered(glances=tuple(glances), frame=frame, payload=payload)
            reply, content = at_once(look(frame, files))
            glances.append(_Glance(frame=frame, reply=reply, content=content))
            self._send(reply, content)

    def _remember(self, key: bytes, fresh: _Remembered) -> None:
        variants = self._memory.setdefault(key, [])
        variants.insert(0, fresh)
        self._size_bytes += fresh.size_bytes
        for old in variants[_VARIANTS_MAX:]:
            self._size_bytes -= old.size_bytes
        del variants[_VARIANTS_MAX:]
        while self._size_bytes > MEMORY_BYTES_MAX:
            _, dropped = self._memory.popitem(last=False)
            self._size_bytes -= sum(one.size_bytes for one in dropped)

    def _worker(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            pipe = subprocess.PIPE
            self._child = subprocess.Popen([self.path], stdin=pipe, stdout=pipe, env=_ENVIRONMENT, cwd="/")  # noqa: S603 - our own program
            self._read()  # it says hello
        return self._child

    def _send(self, header: msgspec.Struct, payload: bytes = b"") -> None:
        stdin = self._worker().stdin
        assert stdin is not None, "it is started with a pipe"
        text = msgspec.json.encode(header)
        stdin.write(len(text).to_bytes(LENGTH_BYTES, "big") + text + payload)
        stdin.flush()

    def _read(self) -> tuple[Frame, bytes]:
        frame = FRAME.decode(self._exactly(int.from_bytes(self._exactly(LENGTH_BYTES), "big")))
        return frame, self._exactly(frame.size) if frame.size else b""

    def _exactly(self, count: int) -> bytes:
        stdout = self._worker().stdout
        assert stdout is not None, "it is started with a pipe"
        found = stdout.read(count)
        if len(found) < count:
            self._end()
            raise Died("the worker ended")
        return found

    def _end(self) -> None:
        """A worker that ends answers no more; the next question starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            with child:
                pass


def _key(operation: str, raw: bytes) -> bytes:
    return blake2b(raw, digest_size=20, person=operation.encode()[:16]).digest()


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits for nothing.

    Raises:
        SimulationError: it wants to wait.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        given: T = end.value
        return given
    coroutine.close()
    raise SimulationError("a file of a simulation is not at hand")
