"""A worker in Python: the child's side of `toolbox_process`, for engines that Python has and Go has not.

It confines itself for good, says hello, and answers one question after the other until the pipe is closed. It opens no
file: whatever an operation needs is in its arguments. What an operation means is no matter of this module.
"""

import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import msgspec

import trueline
from trueline.runtime.confine import ADDRESS_BYTES_MAX, confine
from trueline.runtime.toolbox import Complaint

FRAME_BYTES_MAX: Final = 64 * 1024 * 1024
LENGTH_BYTES: Final = 4
_START: Final = (
    "import sys; sys.path[:0] = sys.argv[2:]; from importlib import import_module as m; m(sys.argv[1]).main()"
)

Operation: TypeAlias = Callable[[bytes], bytes]
"""Arguments as JSON → the answer. It may raise `Refusal`; a `MemoryError` or `RecursionError` is a limit."""


class Refusal(Exception):
    """The question's input is wrong; the worker stays as it is."""

    def __init__(self, *complaints: Complaint) -> None:
        self.complaints = complaints
        super().__init__("; ".join(one.text for one in complaints))


def arguments_of(module: str, *places: str) -> tuple[str, ...]:
    """What `sys.executable` is given to run a worker that is a module: no environment, no user's site, no folder.

    `places` are imported from first; by default the folder that this package was imported from.
    """
    places = places or (str(Path(trueline.__file__).absolute().parents[1]),)
    return ("-I", "-c", _START, module, *places)


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    operation: str
    arguments: msgspec.Raw


_QUESTION = msgspec.json.Decoder(_Question)


def serve(
    operations: Mapping[str, Operation],
    versions: Mapping[str, str],
    address_bytes_max: int = ADDRESS_BYTES_MAX,
) -> None:
    """Answer until the caller closes the pipe, or a failure makes this worker one that is not trusted again."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # an engine that prints must not break the frames
    held = confine(address_bytes_max)
    _write(answers, {"hello": {"confinement": held, "versions": versions}})
    while (question := _read(questions)) is not None:
        header, payload = _answer(question, operations)
        _write(answers, header, payload)
        if header.get("last"):
            return


def _read(stream: BinaryIO) -> _Question | None:
    length = int.from_bytes(stream.read(LENGTH_BYTES), "big")
    if not 0 < length <= FRAME_BYTES_MAX:
        return None
    text = stream.read(length)
    return _QUESTION.decode(text) if len(text) == length else None


def _write(stream: BinaryIO, header: Mapping[str, Any], payload: bytes = b"") -> None:
    text = msgspec.json.encode({**header, "size": len(payload)})
    stream.write(len(text).to_bytes(LENGTH_BYTES, "big") + text)
    stream.write(payload)
    stream.flush()


def _answer(question: _Question, operations: Mapping[str, Operation]) -> tuple[dict[str, Any], bytes]:
    """Whatever an engine does to us becomes an answer."""
    operation = operations.get(question.operation)
    if operation is None:
        return _error("bug", f"there is no operation {question.operation!r}"), b""
    try:
        answer = operation(bytes(question.arguments))
    except Refusal as refused:
        return _error("refused", *refused.complaints), b""
    except (MemoryError, RecursionError) as excess:
        return _error("limit", f"{question.operation} exceeds the {_LIMITS[type(excess)]} of its worker"), b""
    except Exception:  # noqa: BLE001 - an engine's bug is told to whoever asked, and ends this worker only
        return _error("bug", traceback.format_exc(limit=8)), b""
    if len(answer) > FRAME_BYTES_MAX:
        return _error("limit", f"{question.operation} answers more than {FRAME_BYTES_MAX} bytes"), b""
    return {"answer": "result"}, answer


_LIMITS: Final = {MemoryError: "memory", RecursionError: "depth"}


def _error(kind: str, *complaints: str | Complaint) -> dict[str, Any]:
    told = [Complaint(text=one) if isinstance(one, str) else one for one in complaints]
    return {"answer": "error", "last": kind != "refused", "error": {"kind": kind, "complaints": told}}
