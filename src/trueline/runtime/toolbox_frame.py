"""The frames between this process and a worker of the toolbox: what is asked, what a worker asks back, the answer.

It moves no byte; that is for who holds the pipes.
"""

import msgspec

from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.toolbox import Complaint, Confinement, ToolboxFailed, ToolboxRefused

FRAME_BYTES_MAX = 64 * 1024 * 1024
LENGTH_BYTES = 4


class Died(Exception):
    """The worker closed its pipe or broke the protocol."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bounds of one question, below the toolbox's own; 0 keeps those."""

    asks: int = 0
    read_bytes: int = 0
    output_bytes: int = 0


class Hello(msgspec.Struct, frozen=True):
    """The first thing that a worker says."""

    confinement: Confinement
    versions: dict[str, str]


class WireComplaint(msgspec.Struct, frozen=True):
    """A `Complaint` as it travels."""

    text: str
    path: str = ""
    line: int = 0
    column: int = 0


class Error(msgspec.Struct, frozen=True):
    """Why there is no answer: `refused`, or how the engine failed."""

    kind: str
    complaints: tuple[WireComplaint, ...]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says: hello, an ask for a file, or the answer."""

    hello: Hello | None = None
    ask: str = ""
    path: str = ""
    answer: str = ""
    last: bool = False
    error: Error | None = None
    size: int = 0


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a worker."""

    operation: str
    arguments: msgspec.Raw
    limits: Limits


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands where a worker looked; bytes of a file follow it."""

    found: bool = False
    directory: bool = False
    names: tuple[str, ...] = ()
    size: int = 0


FRAME = msgspec.json.Decoder(Frame)


async def look(frame: Frame, files: FileTree) -> tuple[Reply, bytes]:
    """Answer a worker's ask from the caller's files."""
    match frame.ask:
        case "entry":
            entry = files.entry(frame.path)
            directory = entry is not None and entry.kind is FileKind.DIRECTORY
            return Reply(found=entry is not None, directory=directory), b""
        case "names":
            return Reply(names=files.names(frame.path)), b""
        case "read":
            try:
                content = await files.read(frame.path)
            except FileNotFoundError:
                return Reply(), b""
            return Reply(found=True, size=len(content)), content
        case _:
            raise Died


def result(frame: Frame, payload: bytes) -> bytes:
    """What the answer brings.

    Raises:
        ToolboxRefused: the input is wrong.
        ToolboxFailed: there is no answer.
    """
    if frame.error is None:
        return payload
    complaints = tuple(
        Complaint(text=one.text, path=one.path, line=one.line, column=one.column) for one in frame.error.complaints
    )
    if frame.error.kind == "refused":
        raise ToolboxRefused(complaints)
    raise ToolboxFailed(f"{frame.error.kind}: {'; '.join(one.text for one in complaints)}")
