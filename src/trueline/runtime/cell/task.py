"""A cell: where a program that others wrote runs once, with the files that it is given, and is asked what it left.

Values and the port. What the program did is said as it was seen from outside; nothing that it wrote is believed.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

import msgspec

MIB = 1 << 20
_SIGNALS_SINCE = 6
TEXT_BYTES_KEPT = 64 * 1024
"""Of what a program prints: this much, of its end and of its beginning together."""


FILE_TIME_S = 315_532_800
"""When the files that a program is given were changed: the first second of 1980, so that it makes the same of them."""


class CellLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a program may use: all of its processes together, but for `file_bytes`, the size of one file.

    `files` and `tree_bytes` count what it was given too; `text_bytes` is what it may print.
    """

    timeout_s: float = 300.0
    memory_bytes: int = 2048 * MIB
    processes: int = 256
    file_bytes: int = 256 * MIB
    files: int = 100_000
    tree_bytes: int = 1024 * MIB
    text_bytes: int = 16 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTask:
    """A program to run. It starts in the folder of its files; `output` is the folder, seen from there, to give back.

    `variables` are all that it has beside those that say where its home, its temporary folder and the programs are.
    """

    argv: tuple[str, ...]
    output: str
    variables: Mapping[str, str] = field(default_factory=dict)
    limits: CellLimits = field(default_factory=CellLimits)


class CellEnding(Enum):
    """How a program came to its end. All but the first are ends that it was brought to."""

    EXITED = "exited"
    NOT_FOUND = "not found"
    TIMED_OUT = "timed out"
    MEMORY = "memory"
    DISK = "disk"
    FILES = "files"
    PROCESSES = "processes"
    TEXT = "text"


class CellOddity(msgspec.Struct, frozen=True):
    """Something in the output that is no file: `kind` is a link, a socket, a pipe, a device, or what cannot be read."""

    path: str
    kind: str


class CellConfinement(msgspec.Struct, frozen=True, kw_only=True):
    """What held: own namespaces (files, network, processes), Landlock's ABI, the filter of system calls, the limits."""

    namespaces: bool
    landlock: int
    seccomp: bool
    limits: bool

    @property
    def lacks(self) -> tuple[str, ...]:
        """What did not hold, in words; namespaces and Landlock stand for each other."""
        found = []
        if not self.namespaces and not self.landlock:
            found.append("files outside its folder are not kept from it")
        if not self.namespaces and not self.seccomp:
            found.append("the network is not kept from it")
        if not self.namespaces and self.landlock < _SIGNALS_SINCE:
            found.append("it can end other processes of its user")
        if not self.limits:
            found.append("its memory is not bounded")
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """A program that has ended, with everything that it started. `exit_code` is negative for a signal.

    `text` is what it printed, cut in the midst where it was long. `oddities` are of the output; `has_output` says
    whether there is such a folder.
    """

    ending: CellEnding
    exit_code: int
    text: bytes
    oddities: tuple[CellOddity, ...]
    has_output: bool
    confinement: CellConfinement
    site: str
    """The folder that the program started in, as it saw it: programs write it into what they say."""

    @property
    def is_success(self) -> bool:
        """It ended by itself and with 0."""
        return self.ending is CellEnding.EXITED and self.exit_code == 0


class CellFailed(Exception):
    """The cell itself came to no result. `reason` is a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


Take: TypeAlias = Callable[[str, bytes], None]
"""Is given each file of the output: its path from there, and its bytes."""


class Cells(Protocol):
    """Runs programs, each in a cell that is made for it and is gone after it."""

    async def run(self, task: CellTask, files: AsyncIterator[tuple[str, bytes]], take: Take) -> CellResult:
        """Run to the end. `files` are paths and bytes; the output is given to `take` only after a success.

        Raises:
            CellFailed: there is no result, by no fault of the program.
        """
        ...

    def identity(self, program: str) -> str:
        """Of the program that would be run, and of the packages that programs find here: equal while those are."""
        ...
