"""The native dialect: documents of `trueline.dev/v1` → Applications, Sources and Targets, strictly.

Every fault of every document is collected; a broken one blocks what it declares, and the rest goes on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UnsetType

from trueline.declare import notifier_translation, translation
from trueline.declare.application import Application, ClusterConnection, Project, Removal, SourceSpec
from trueline.declare.conformity import find_faults
from trueline.declare.document import Document, DocumentReader
from trueline.declare.finding import (
    BROKEN_REMOVAL,
    CYCLE,
    NO_DEPENDENCY,
    NOT_SUPPORTED,
    TWICE,
    UNKNOWN_KIND,
    Finding,
    shown,
    suggestion,
)
from trueline.declare.form import (
    API_VERSION,
    ApplicationForm,
    ProjectForm,
    RemovalForm,
    SourceKindForm,
    TargetKindForm,
)
from trueline.declare.graph import find_cycles
from trueline.declare.kind import KINDS, LATER_KINDS
from trueline.declare.notifier_form import NotifierForm
from trueline.declare.protocol import BrokenDeclaration, Declared
from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.model.pointer import Path
from trueline.notify.notifier import Notifier
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox

_Read: TypeAlias = ApplicationForm | NotifierForm | ProjectForm | RemovalForm | SourceKindForm | TargetKindForm
_Places = Mapping[int, Mapping[str, tuple[int, int]]]


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One document on its way: its faults so far, and its form where it has one."""

    document: Document
    kind: str
    name: str
    form: _Read | None = None
    findings: list[Finding] = field(default_factory=list)
    is_note: bool = False
    places: Mapping[str, tuple[int, int]] | None = None

    @property
    def place(self) -> str:
        """Where it stands, for the message of another."""
        return f"{self.document.path}:{self.document.line}"

    def origin(self, commit: str) -> Origin:
        """Where it stands, for what it declares."""
        return Origin(path=self.document.path, line=self.document.line, commit=commit)

    def where(self, commit: str) -> translation.Where:
        """Where its fields stand; what nobody asked for stands where the document does."""
        here = self.origin(commit)
        return lambda at: msgspec.structs.replace(here, line=_line(at, self.places or {}) or here.line)

    @property
    def is_asking(self) -> bool:
        """Whether it names what is asked for only later: an address, or a secret."""
        match self.form:
            case ApplicationForm(spec=spec):
                given = [spec.source, *([] if isinstance(spec.sources, UnsetType) else spec.sources)]
                return any(not isinstance(one, UnsetType) and not isinstance(one.url, UnsetType) for one in given)
            case NotifierForm() | SourceKindForm() | TargetKindForm():
                return True
            case ProjectForm() | RemovalForm() | None:
                return False

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its `spec`, as far as it has one."""
        spec = self.document.value.get("spec")
        return spec if isinstance(spec, dict) else {}

    @property
    def names(self) -> tuple[str, ...]:
        """Whom it is about: of a removal, the application too, which must not go without it."""
        named = self.spec.get("application") if self.kind == "Removal" else None
        return tuple(name for name in (self.name, named) if isinstance(name, str) and name)


_NAME: Final = ("metadata", "name")


class NativeDialect:
    """Reads `trueline.dev/v1`. One is kept for each fleet: files that did not change are not read again."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._reader = DocumentReader(toolbox)
        self._known: dict[tuple[str, int], _Reading] = {}

    async def read(self, files: FileTree, path: str, commit: str) -> Declared:
        """Read what is declared; see `Dialect.read`."""
        documents, unread = await self._reader.read(files, path, commit)
        readings = self._read(documents)
        _find_twice(readings)
        await self._place(files, readings)
        projects = _projects(readings, commit)
        _find_missing_projects(readings, projects)
        sources = _sources(readings, projects, commit)
        _find_contradictions(readings, sources)
        _find_broken_removals(readings)
        _find_open_passwords(readings)
        _find_broken_dependencies(readings, {name for one in unread for name in one.names})
        told = await self._tell(files, readings, commit)
        broken = [
            BrokenDeclaration(path=one.path, names=one.names, diagnostics=one.diagnostics, is_whole=True)
            for one in unread
        ]
        return Declared(
            applications=_applications(readings, sources, projects, commit),
            removals=_removals(readings, commit),
            sources=tuple(sources[name] for name in sorted(sources)),
            projects=tuple(projects[name] for name in sorted(projects)),
            targets=_targets(readings, commit),
            notifiers=_notifiers(readings, commit),
            broken=tuple(sorted([*broken, *_broken(readings, told)], key=lambda one: one.path)),
            notes=tuple(one for index in sorted(told) if readings[index].is_note for one in told[index]),
        )

    def _read(self, documents: Iterable[Document]) -> list[_Reading]:
        """Each document by itself; one that is known from the last pass is not inspected again."""
        known: dict[tuple[str, int], _Reading] = {}
        for document in documents:
            key = document.path, document.index
            before = self._known.get(key)
            known[key] = before if before is not None and before.document is document else _read(document)
        self._known = known
        return [replace(one, findings=list(one.findings)) for one in known.values()]

    async def _place(self, files: FileTree, readings: list[_Reading]) -> None:
        """Lines for faults that come later: of a source that is away, of a secret that is not there."""
        asked: dict[str, _Places] = {}
        for known, reading in zip(self._known.values(), readings, strict=True):
            path = reading.document.path
            if reading.is_asking and known.places is None:
                if path not in asked:
                    asked[path] = await self._reader.positions(files, path)
                known.places = reading.places = asked[path].get(reading.document.index, {})

    async def _tell(
        self, files: FileTree, readings: list[_Reading], commit: str
    ) -> Mapping[int, tuple[Diagnostic, ...]]:
        """The diagnostics of each reading with a fault; positions are asked for these files alone."""
        places: dict[str, _Places] = {}
        told: dict[int, tuple[Diagnostic, ...]] = {}
        for index, reading in enumerate(readings):
            if not reading.findings:
                continue
            path = reading.document.path
            if path not in places:
                places[path] = await self._reader.positions(files, path)
            told[index] = tuple(_diagnostics(reading, places[path].get(reading.document.index, {}), commit))
        return told


def _read(document: Document) -> _Reading:
    value = document.value
    kind = value.get("kind")
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    reading = _Reading(
        document=document, kind=kind if isinstance(kind, str) else "", name=name if isinstance(name, str) else ""
    )
    if value["apiVersion"] != API_VERSION:
        detail = f"`apiVersion` is {shown(str(value['apiVersion']))}"
        reading.findings.append(UNKNOWN_KIND.at(("apiVersion",), detail, f"write {API_VERSION}"))
    elif kind in LATER_KINDS:
        reading.is_note = True
        detail = f"the kind {kind}, {shown(reading.name)}: it has no effect"
        reading.findings.append(NOT_SUPPORTED.at(("kind",), detail, "remove it, or use a version that supports it"))
    elif not isinstance(kind, str) or kind not in KINDS:
        said = f"`kind` is {shown(kind)}{suggestion(kind, KINDS)}" if isinstance(kind, str) else "`kind` is no text"
        remedy = f"write one of: {', '.join(KINDS)}"
        reading.findings.append(UNKNOWN_KIND.at(("kind",), said, remedy))
    else:
        _conform(reading, value)
    return reading


def _conform(reading: _Reading, value: Mapping[str, Any]) -> None:
    form = KINDS[reading.kind]
    reading.findings += find_faults(value, form)
    if not reading.findings:
        converted = msgspec.convert(value, form)
        assert isinstance(converted, _Read)
        reading.form = converted


def _find_twice(readings: Iterable[_Reading]) -> None:
    """Two with the same name: neither is followed, for nobody can know which one is meant."""
    named: dict[tuple[str, str], list[_Reading]] = defaultdict(list)
    for reading in readings:
        if reading.name and reading.kind in KINDS:
            named[reading.kind, reading.name].append(reading)
    for (kind, name), same in named.items():
        for reading in same if len(same) > 1 else ():
            others = ", ".join(other.place for other in same if other is not reading)
            detail = f"{kind} {shown(name)} here and at {others}"
            reading.findings.append(TWICE.at(_NAME, detail, "remove one, or give it another name"))


def _projects(readings: Iterable[_Reading], commit: str) -> Mapping[str, Project]:
    return {
        reading.name: translation.project(reading.form, reading.origin(commit))
        for reading in readings
        if isinstance(reading.form, ProjectForm) and not reading.findings
    }


def _find_missing_projects(readings: list[_Reading], projects: Mapping[str, Project]) -> None:
    """INV-11: a demand whose keys are not known demands all the same: what it is about is blocked."""
    broken = frozenset(one.name for one in readings if one.kind == "Project" and one.name not in projects)
    sources = [(one, one.form) for one in readings if isinstance(one.form, SourceKindForm)]
    fleet = [one for one, form in sources if isinstance(form.spec.url, UnsetType)]
    rings = _rings(projects)
    for reading in readings:
        if isinstance(reading.form, ApplicationForm | SourceKindForm):
            reading.findings += translation.find_missing_projects(reading.form, rings, broken)
        if isinstance(reading.form, ApplicationForm):
            reading.findings += translation.find_missing_own_project(reading.form, projects, broken)
        if len(fleet) > 1 and any(reading is one for one in fleet):
            others = ", ".join(other.place for other in fleet if other is not reading)
            detail = f"what is demanded of the fleet repository, here and at {others}"
            reading.findings.append(TWICE.at(("spec", "verify"), detail, "remove one"))


def _rings(projects: Mapping[str, Project]) -> translation.Rings:
    """Those with keys: a project without any demands nothing, so that it cannot be what a source demands."""
    return {name: project.ring for name, project in projects.items() if project.ring.keys}


def _sources(readings: Iterable[_Reading], projects: Mapping[str, Project], commit: str) -> Mapping[str, SourceSpec]:
    rings = _rings(projects)
    return {
        reading.name: translation.source(reading.form, reading.origin(commit), reading.where(commit), rings)
        for reading in readings
        if isinstance(reading.form, SourceKindForm) and not reading.findings
    }


def _find_contradictions(readings: list[_Reading], sources: Mapping[str, SourceSpec]) -> None:
    broken = frozenset(one.name for one in readings if one.kind == "Source" and one.name not in sources)
    for reading in readings:
        if isinstance(reading.form, ApplicationForm):
            reading.findings += translation.find_contradictions(reading.form, sources, broken)


def _find_broken_removals(readings: list[_Reading]) -> None:
    """One that contradicts what is declared, or another one that is about the same whole application."""
    declared = {one.name for one in readings if one.kind == "Application"}
    whole: dict[str, list[_Reading]] = defaultdict(list)
    for reading in readings:
        if isinstance(reading.form, RemovalForm):
            reading.findings += translation.find_removal_contradictions(reading.form, declared)
            if isinstance(reading.form.spec.resources, UnsetType):
                whole[reading.form.spec.application].append(reading)
        if reading.kind == "Removal" and reading.findings and "resources" in reading.spec:
            for one in readings:
                if one.kind == "Application" and one.name == reading.spec.get("application"):
                    one.findings.append(BROKEN_REMOVAL.at((), f"at {reading.place}", "correct the Removal"))
    for name, same in whole.items():
        for reading in same if len(same) > 1 else ():
            others = ", ".join(other.place for other in same if other is not reading)
            detail = f"the removal of {shown(name)} here and at {others}"
            reading.findings.append(TWICE.at(("spec", "application"), detail, "remove one"))


def _removals(readings: Iterable[_Reading], commit: str) -> tuple[Removal, ...]:
    read = [
        translation.removal(reading.form, reading.origin(commit))
        for reading in readings
        if isinstance(reading.form, RemovalForm) and not reading.findings
    ]
    return tuple(sorted(read, key=lambda one: one.name))


def _find_broken_dependencies(readings: Iterable[_Reading], unread: set[str]) -> None:
    """A dependency on what is declared but broken is none of these: it waits for what it depends on."""
    others = {*KINDS, *LATER_KINDS} - {"Application"}  # a kind that is misspelt may be an application
    applications = {reading.name: reading for reading in readings if reading.kind not in others}
    forms = {name: one.form for name, one in applications.items() if isinstance(one.form, ApplicationForm)}
    for name, form in forms.items():
        for index, other in enumerate(form.spec.depends_on):
            if other not in applications and other not in unread:
                detail = f"{shown(name)} depends on {shown(other)}{suggestion(other, applications)}"
                at: Path = ("spec", "dependsOn", index)
                applications[name].findings.append(NO_DEPENDENCY.at(at, detail, "declare it, or correct `dependsOn`"))
    known = {name: tuple(other for other in form.spec.depends_on if other in forms) for name, form in forms.items()}
    for cycle in find_cycles(known):
        for name in cycle.names:
            finding = CYCLE.at(("spec", "dependsOn"), str(cycle), "remove one of these dependencies")
            applications[name].findings.append(finding)


def _applications(
    readings: list[_Reading], sources: Mapping[str, SourceSpec], projects: Mapping[str, Project], commit: str
) -> tuple[Application, ...]:
    said, rings = _removals(readings, commit), _rings(projects)
    read = [
        replace(
            translation.application(reading.form, reading.origin(commit), sources, reading.where(commit), rings),
            removals=tuple(one for one in said if one.application == reading.name),
        )
        for reading in readings
        if isinstance(reading.form, ApplicationForm) and not reading.findings
    ]
    return tuple(sorted(read, key=lambda one: one.name))


def _targets(readings: Iterable[_Reading], commit: str) -> tuple[ClusterConnection, ...]:
    read = [
        translation.connection(reading.form, reading.origin(commit), reading.where(commit))
        for reading in readings
        if isinstance(reading.form, TargetKindForm) and not reading.findings
    ]
    return tuple(sorted((one for one in read if one is not None), key=lambda one: one.name))


def _find_open_passwords(readings: Iterable[_Reading]) -> None:
    for reading in readings:
        if isinstance(reading.form, NotifierForm):
            reading.findings += notifier_translation.find_open_passwords(reading.form)


def _notifiers(readings: Iterable[_Reading], commit: str) -> tuple[Notifier, ...]:
    read = [
        notifier_translation.notifier(reading.form, reading.origin(commit), reading.where(commit))
        for reading in readings
        if isinstance(reading.form, NotifierForm) and not reading.findings
    ]
    return tuple(sorted(read, key=lambda one: one.name))


def _broken(readings: list[_Reading], told: Mapping[int, tuple[Diagnostic, ...]]) -> Iterator[BrokenDeclaration]:
    for index, diagnostics in told.items():
        reading = readings[index]
        if not reading.is_note:
            yield BrokenDeclaration(
                path=reading.document.path,
                names=reading.names,
                diagnostics=diagnostics,
                is_whole=not _is_sure_of_name(reading),
            )


def _is_sure_of_name(reading: _Reading) -> bool:
    """INV-03: with a wrong name a document may be that of any application which its file declared before."""
    return bool(reading.name) and not any(one.at[:2] == _NAME for one in reading.findings)


def _diagnostics(reading: _Reading, places: Mapping[str, tuple[int, int]], commit: str) -> Iterator[Diagnostic]:
    found = [(_line(finding.at, places) or reading.document.line, finding) for finding in reading.findings]
    for line, finding in sorted(found, key=lambda one: (one[0], one[1].code, one[1].detail)):
        yield finding.diagnostic(Origin(path=reading.document.path, line=line, commit=commit))


def _line(at: Path, places: Mapping[str, tuple[int, int]]) -> int:
    """The line of a path, or of the nearest thing above it that is written."""
    for length in range(len(at), 0, -1):
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in at[:length])
        if pointer in places:
            return places[pointer][0]
    return 0
