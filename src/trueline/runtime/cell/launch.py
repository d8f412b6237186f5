"""What a cell starts with: a process of ours that makes the room, starts the program, watches it, and gives back files.

It is asked over its standard input and answers over its standard output: a line of JSON, and the bytes that the line
announces. Nothing of the program's reaches the asking process but through here.
"""

import json
import os
import resource
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from trueline.runtime.cell import room as rooms
from trueline.runtime.cell.output import Output
from trueline.runtime.cell.room import Room
from trueline.runtime.cell.task import FILE_TIME_S, CellConfinement, CellEnding, CellLimits, CellOddity
from trueline.runtime.cell.watch import Watch
from trueline.runtime.confine import confine_program

MODULE: Final = "trueline.runtime.cell.launch"
OPEN_FILES_MAX: Final = 4096
MODE: Final = 0o755
"""A file's right to run is not known here, and in a cell it does no harm."""
_NOT_RUN: Final = 127
_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _NO_ROOT, _CAPABILITIES = 24, 28, 0b11, 64


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What to do. `place` is a folder, for where there are no namespaces; they are not asked for if `is_plain`."""

    argv: tuple[str, ...]
    output: str
    variables: dict[str, str]
    readable: tuple[str, ...]
    limits: CellLimits
    place: str
    is_plain: bool = False


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an answer: a file of `size` bytes, or the end, whose bytes are what the program printed."""

    size: int
    file: str | None = None
    ending: CellEnding | None = None
    exit_code: int = 0
    oddities: tuple[CellOddity, ...] = ()
    has_output: bool = False
    confinement: CellConfinement | None = None
    site: str = ""


def main() -> None:
    """Answer one question, then end."""
    rooms.die_with_parent()
    question = msgspec.json.decode(sys.stdin.buffer.readline(), type=Question)
    limits = question.limits
    if not question.is_plain and sys.platform.startswith("linux"):
        files = limits.files
        if rooms.in_namespaces(question.readable, limits.tree_bytes, files, lambda room: _serve(question, room)):
            return
    rooms.in_folder(question.place, lambda room: _serve(question, room))


def _serve(question: Question, room: Room) -> None:
    _receive(sys.stdin.buffer, room.site)
    answers = sys.stdout.buffer
    ready, pipe = os.pipe(), os.pipe()
    process = os.fork()
    if process == 0:
        _become(question, room, ready[1], pipe[1])
    os.close(ready[1])
    os.close(pipe[1])
    watch = Watch(process=process, pipe=pipe[0], room=room, limits=question.limits)
    ending = watch.until_end()
    held = os.read(ready[0], _NOT_RUN)
    code = watch.code if watch.code is not None else -1
    if ending is CellEnding.EXITED and code == _NOT_RUN and held.endswith(b"!"):
        ending = CellEnding.NOT_FOUND
    output = Output(os.path.normpath(f"{room.site}/{question.output}"))
    if ending is CellEnding.EXITED and code == 0:
        for path, data in output.files():
            _say(answers, {"file": path, "size": len(data)}, data)
    text = watch.text.kept()
    said = Said(
        size=len(text),
        ending=ending,
        exit_code=code,
        oddities=tuple(output.oddities),
        has_output=output.is_there,
        confinement=_confinement(room, held),
        site=room.site,
    )
    _say(answers, msgspec.to_builtins(said), text)


def _receive(stream: IO[bytes], site: str) -> None:
    """Write the files that follow, until a line says that there are no more. Their names were checked by who sends."""
    while (line := stream.readline()) and (said := json.loads(line)):
        place = Path(f"{site}/{said['file']}")
        place.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            file.write(stream.read(said["size"]))
            file.flush()
            os.utime(file.fileno(), (FILE_TIME_S, FILE_TIME_S))


def _say(stream: IO[bytes], header: Mapping[str, Any], payload: bytes) -> None:
    stream.write(json.dumps(header).encode() + b"\n")  # not msgspec: a name may be no UTF-8
    stream.write(payload)
    stream.flush()


def _confinement(room: Room, held: bytes) -> CellConfinement:
    landlock, seccomp, limits = (int(one) for one in held.decode().rstrip("!").split() or (0, 0, 0))
    return CellConfinement(
        namespaces=room.is_own,
        landlock=landlock,
        seccomp=bool(seccomp),
        limits=bool(limits) and room.has_processes,
    )


def _become(question: Question, room: Room, ready: int, pipe: int) -> None:
    """In the child: confine it, say what holds, then be the program."""
    try:
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(pipe, 1)
        os.dup2(pipe, 2)
        os.chdir(room.site)
        variables = {"HOME": room.temporary, "TMPDIR": room.temporary, **question.variables}
        program = shutil.which(question.argv[0], path=variables["PATH"])
        limits = _limit(question.limits, room)
        _drop_rights()
        writable = (room.site, room.temporary, *rooms.DEVICES)
        readable = ("/",) if room.is_own else question.readable  # in a room of its own nothing else is there
        landlock, seccomp = confine_program(readable, writable, is_alone=room.is_own)
        os.write(ready, f"{landlock} {int(seccomp)} {int(limits)}".encode())
        if program is None:
            raise FileNotFoundError(question.argv[0])
        os.set_inheritable(ready, False)  # noqa: FBT003
        os.closerange(3, ready)
        os.closerange(ready + 1, OPEN_FILES_MAX)
        os.execve(program, question.argv, variables)  # noqa: S606 - what a cell is for
    except OSError as error:
        os.write(2, f"{question.argv[0]}: {error.strerror or 'no such program'}\n".encode())
        os.write(ready, b"!")
    finally:
        os._exit(_NOT_RUN)


def _limit(limits: CellLimits, room: Room) -> bool:
    """The kernel's bounds of each process; a program that several processors serve may use each for all of its time."""
    own = 0 if room.is_own else _tasks_of(os.geteuid())
    held = True
    for what, most in (
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NPROC, limits.processes + own),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_CPU, int(limits.timeout_s + 1) * (os.cpu_count() or 1)),
        (resource.RLIMIT_CORE, 0),
    ):
        _, now = resource.getrlimit(what)
        bound = most if now == resource.RLIM_INFINITY else min(most, now)
        try:
            resource.setrlimit(what, (bound, bound))
        except (OSError, ValueError):
            held = False
    return held


def _tasks_of(user: int) -> int:
    """What else the user of a process runs: without a namespace the kernel counts it in."""
    found = 0
    for one in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if one.stat().st_uid == user:
                found += sum(1 for _ in (one / "task").iterdir())
    return found


def _drop_rights() -> None:
    """No right of root stays, and none comes back with a program."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes  # noqa: PLC0415 - not where there is nothing to do

    libc = ctypes.CDLL(None)
    for right in range(_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, right, 0, 0, 0)
    libc.prctl(_PR_SET_SECUREBITS, _NO_ROOT, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())
