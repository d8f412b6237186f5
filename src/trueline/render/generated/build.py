"""One build: the task of a cell, and what its end means. It publishes nothing and knows no links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final, assert_never

from trueline.model.digest import Digest, digest_value
from trueline.model.fault import Transient, UserError
from trueline.render import refusal
from trueline.render.generated.digits import holds_digest
from trueline.render.generated.finding import (
    FAILED,
    LIMIT,
    NO_FILE,
    NO_OUTPUT,
    NOT_CONFINED,
    NOT_STARTED,
    Case,
    diagnostics,
)
from trueline.render.generated.source import Source
from trueline.render.options import GeneratedSite
from trueline.render.site.discover import collisions, wrong_name
from trueline.render.site.engine import sources
from trueline.runtime.blob import Blobs
from trueline.runtime.cell.task import FILE_TIME_S, CellEnding, CellFailed, CellLimits, CellResult, Cells, CellTask

DATE: Final = str(FILE_TIME_S)
"""What a build is told for now, as old as its files: the same files shall give the same bytes on any day."""
VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "CI": "true",
        "NO_COLOR": "1",
        "SOURCE_DATE_EPOCH": DATE,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "npm_config_offline": "true",
        "npm_config_update_notifier": "false",
    }
)
MKDOCS_OUTPUT: Final = ".trueline-output"
SITE, REPORT = "site/", "report.json"
TEXT_LENGTH_MAX: Final = 1_500
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What one build gave: blobs by path, with their sizes, and what it printed. `report` is MkDocs' own."""

    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    text: str = ""
    report: bytes = b""
    immutable: frozenset[str] = frozenset()
    notes: tuple[Case, ...] = ()


def task_of(options: GeneratedSite, python: str) -> CellTask:
    """The task of a cell."""
    limits = CellLimits(timeout_s=options.timeout_s, memory_bytes=options.memory_bytes_max)
    variables = {**VARIABLES, **options.variables}
    if options.mkdocs:
        driver = str(Path(__file__).absolute().with_name("driver.py"))
        argv = (python, "-s", "-P", driver, options.mkdocs, MKDOCS_OUTPUT)
        return CellTask(argv=argv, output=MKDOCS_OUTPUT, variables=variables, limits=limits)
    return CellTask(argv=options.command, output=options.output, variables=variables, limits=limits)


class Builder:
    """Runs builds. Their files become blobs; `builds` counts them."""

    def __init__(self, cells: Cells, blobs: Blobs, python: str) -> None:
        self._cells = cells
        self._blobs = blobs
        self._python = python
        self.builds = 0

    def identity(self, options: GeneratedSite) -> str:
        """Of the program, of the packages that it finds, and of what runs and reads it here."""
        program = self._python if options.mkdocs else options.command[0]
        return digest_value([_own_sources(), self._cells.identity(program)])

    async def build(self, options: GeneratedSite, source: Source, commit: str) -> Built:
        """One build.

        Raises:
            UserError: the program did not come to a good end, or left what cannot be published.
            Transient: there was no cell.
        """
        self.builds += 1
        task = task_of(options, self._python)
        taken = _Taken(self._blobs, SITE if options.mkdocs else "")
        try:
            result = await self._cells.run(task, source.stream(), taken.take)
        except CellFailed as failed:
            raise Transient([refusal.NO_ANSWER.about(failed.reason)]) from None
        text = _CONTROL.sub("", result.text.decode(errors="replace"))
        origin = source.at(options.mkdocs) if options.mkdocs else source.root
        cases = _ended(result, task, text, origin) or _left(result, taken, options, origin)
        if cases:
            raise UserError(diagnostics(cases, commit))
        return Built(
            files=taken.files,
            text=text.replace(f"{result.site}/", ""),
            report=taken.report.replace(f"{result.site}/".encode(), b""),
            immutable=frozenset(taken.immutable),
            notes=tuple(Case(code=NOT_CONFINED, detail=lack, path=origin) for lack in result.confinement.lacks),
        )


@cache
def _own_sources() -> Digest:
    return digest_value([sources(files("trueline.render.generated")), sources(files("trueline.runtime.cell"))])


@dataclass(slots=True)
class _Taken:
    """Takes the files of an output, those of the site from beneath a folder of it."""

    blobs: Blobs
    prefix: str
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    immutable: set[str] = field(default_factory=set)
    report: bytes = b""

    def take(self, path: str, data: bytes) -> None:
        """One file; what begins with a dot is not of the site."""
        if self.prefix and path == REPORT:
            self.report = data
        name = path.removeprefix(self.prefix)
        if path.startswith(self.prefix) and not any(_is_hidden(part) for part in name.split("/")):
            self.files[name] = (self.blobs.put(data), len(data))
            if holds_digest(name, data):
                self.immutable.add(name)


def _is_hidden(part: str) -> bool:
    return part.startswith(".") and part != ".well-known"


def _ended(result: CellResult, task: CellTask, text: str, origin: str) -> list[Case]:
    """What the program's end says, where it was no good one."""
    limits = task.limits
    match result.ending:
        case CellEnding.EXITED if result.exit_code == 0:
            return []
        case CellEnding.EXITED:
            how = f"signal {-result.exit_code}" if result.exit_code < 0 else f"exit code {result.exit_code}"
            return [Case(code=FAILED, detail=f"{how}: {_last(text, result.site)}", path=origin)]
        case CellEnding.NOT_FOUND:
            return [Case(code=NOT_STARTED, detail=_last(text, result.site), path=origin)]
        case CellEnding.TIMED_OUT:
            excess = f"more than {limits.timeout_s:g} s"
        case CellEnding.MEMORY:
            excess = f"more than {limits.memory_bytes} bytes of memory"
        case CellEnding.DISK:
            excess = f"more than {limits.tree_bytes} bytes of files, its own ones among them"
        case CellEnding.FILES:
            excess = f"more than {limits.files} files, its own ones among them"
        case CellEnding.PROCESSES:
            excess = f"more than {limits.processes} processes"
        case CellEnding.TEXT:
            excess = f"it prints more than {limits.text_bytes} bytes"
        case _:
            assert_never(result.ending)
    return [Case(code=LIMIT, detail=excess, path=origin)]


def _left(result: CellResult, taken: _Taken, options: GeneratedSite, origin: str) -> list[Case]:
    """What cannot be published of what it left."""
    name = options.output or "site"
    cases = [Case(code=NO_FILE, detail=f"{name}/{one.path}: {one.kind}", path=origin) for one in result.oddities]
    for path in taken.files:
        parts = path.split("/")
        if wrong := next((found for part in parts if (found := wrong_name(part))), ""):
            shown = path.encode(errors="backslashreplace").decode()
            cases.append(Case(code=NO_FILE, detail=f"{name}/{shown!r}: {wrong}", path=origin))
    published = [(path, path) for path in taken.files]
    for path, finding in collisions(published):
        shown = path.encode(errors="backslashreplace").decode()
        cases.append(Case(code=NO_FILE, detail=f"{name}/{shown}: {finding.detail}", path=origin))
    if not taken.files and not cases and not taken.report:
        what = "is empty" if result.has_output else "is not there"
        cases.append(Case(code=NO_OUTPUT, detail=f"the folder {name} {what}", path=origin))
    return cases


def _last(text: str, site: str) -> str:
    """The end of what was printed: there programs say why they gave up."""
    told = text.replace(f"{site}/", "").strip()
    return told[-TEXT_LENGTH_MAX:] if told else "it printed nothing"
