"""The toolbox: Helm, Kustomize, Jsonnet, Kubernetes' YAML and apply merge, used as they are behind a pipe (D14)."""

from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from trueline.runtime.files import FileTree, MemoryTree

NO_FILES: FileTree = MemoryTree()


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One message of an engine about its input; `line` and `column` count from 1, 0 where the engine gave none."""

    text: str
    path: str = ""
    line: int = 0
    column: int = 0


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in a worker: the ABI of Landlock (0: none), the filter of system calls, the resource limits."""

    landlock: int
    seccomp: bool
    limits: bool


class ToolboxRefused(Exception):
    """The engine says that its input is wrong; the stage that asked turns this into diagnostics."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__("; ".join(complaint.text for complaint in complaints))


class ToolboxFailed(Exception):
    """A worker ended without an answer: a limit (memory, time, output) or our bug. `reason` says which."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Toolbox(Protocol):
    """Asks one question at a time of a worker that is free, or starts one."""

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """The answer as JSON. `arguments` is whatever msgspec can encode; `files` is all that the worker can read.

        Raises:
            ToolboxRefused: the input is wrong, with every complaint the engine has.
            ToolboxFailed: there is no answer.
        """
        ...
