"""The versions of a site: which there are now, or were at an older deployment, and the files of each.

Commits are written among the pins of a deployment, under the source's name and the ref: `NAME@refs/tags/v1.0`, and
`NAME@=refs/heads/main` for what the source itself stood at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from trueline.declare.application import Application, SourceSpec
from trueline.loop.supply import OpenSource
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.render.options import Site, Versions
from trueline.render.site.version import LEFT_OUT, NO_COMMIT, Choice, SiteVersion, Version, choose
from trueline.runtime.files import FileTree
from trueline.source.artifact import Revision

HELD_MAX: Final = 1_000
BRANCHES: Final = "refs/heads/"
_MARK: Final = "@"
_OWN: Final = "@="
_REFS: Final = "refs/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a source stands at: one version of its site, whatever the others are."""

    source: OpenSource
    revision: Revision
    files: FileTree


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVersions:
    """The versions of a site, their revisions by the names of pins, and what is told of them."""

    versions: tuple[SiteVersion, ...] = ()
    floating: Mapping[str, Revision] = field(default_factory=dict)
    notes: tuple[Diagnostic, ...] = ()


def versions_of(application: Application) -> Versions | None:
    """What is declared of versions."""
    return application.render.versions if isinstance(application.render, Site) else None


def branch_pins(spec: SourceSpec, floating: Mapping[str, Revision]) -> Iterator[str]:
    """The names of pins of branches beside the source's own revision: what may go back."""
    prefix = f"{spec.name}{_MARK}{BRANCHES}"
    return (name for name in floating if name.startswith(prefix))


def own_pins(spec: SourceSpec, floating: Mapping[str, Revision]) -> frozenset[str]:
    """The names of pins of what the source itself stood at: it is judged as the source, not as a version."""
    return frozenset(name for name in floating if name.startswith(spec.name + _OWN))


def pins_of(spec: SourceSpec, pins: Mapping[str, str]) -> Iterator[str]:
    """The names of pins that a source has: its own, and those of its versions."""
    return (name for name in pins if name == spec.name or name.startswith(f"{spec.name}{_MARK}"))


class VersionFinder:
    """Finds versions. The files of those that did not change are remembered, for `HELD_MAX` of them."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, str], tuple[str, Revision, FileTree]] = {}

    async def find(
        self, application: Application, stand: Stand, pins: Mapping[str, str] | None = None
    ) -> FoundVersions:
        """The versions of an application; with `pins`, as they were at that deployment, whatever there is now.

        Raises:
            UserError: they cannot be published side by side, or the source cannot be read.
            Transient: the source could not be asked now.
        """
        declared, spec = versions_of(application), application.sources[0]
        if declared is None:
            return FoundVersions()
        own, commits = await _refs(stand) if pins is None else _pinned(spec, pins)
        commits = {ref: commit for ref, commit in commits.items() if ref != own}
        choice = choose(declared, commits, own)
        _stop(application, choice)
        wanted = {one.ref: commits[one.ref] for one in choice.versions if not one.is_own}
        held = await self._files(application, stand, wanted, is_past=pins is not None)
        absent, notes = _absent(spec, choice, held)
        if absent:  # what is latest, stable and the default is told among those that can be published
            choice = choose(declared, commits.keys() - absent, own)
            _stop(application, choice)
        here = [one for one in choice.versions if one.is_own or one.ref in held]
        floating = {f"{spec.name}{_MARK}{one.ref}": held[one.ref][0] for one in here if not one.is_own}
        return FoundVersions(
            versions=tuple(_with_files(spec, one, stand, held) for one in here),
            floating={f"{spec.name}{_OWN}{own}": replace(stand.revision, ref=own), **floating},
            notes=(*(replace(note, origin=application.origin) for note in choice.notes), *notes),
        )

    async def _files(
        self, application: Application, stand: Stand, wanted: Mapping[str, str], *, is_past: bool
    ) -> dict[str, tuple[Revision, FileTree]]:
        """Revisions and files by ref; only what is new is fetched and listed."""
        spec = application.sources[0]
        key = application.name, spec.url
        known = {ref: self._held.get((*key, ref)) for ref in wanted}
        new = {ref: wanted[ref] for ref, held in known.items() if held is None or held[0] != wanted[ref]}
        if is_past:
            revisions: Mapping[str, Revision] = {
                ref: replace(await stand.source.revision(commit), ref=ref) for ref, commit in new.items()
            }
        else:
            revisions = await stand.source.obtain(new) if new else {}
        for ref, revision in revisions.items():
            files = stand.source.files(await stand.source.artifact(revision))
            self._held.pop((*key, ref), None)
            self._held[*key, ref] = wanted[ref], revision, files
        found = {ref: self._held[*key, ref] for ref in wanted if (*key, ref) in self._held}
        while len(self._held) > HELD_MAX:
            del self._held[next(iter(self._held))]
        return {ref: (revision, files) for ref, (commit, revision, files) in found.items() if commit == wanted[ref]}


async def _refs(stand: Stand) -> tuple[str, Mapping[str, str]]:
    """The ref that the source stands at, and all refs with their commits."""
    references = await stand.source.references()
    own = stand.revision.ref
    return own if own.startswith(_REFS) else references.head, references.commits


def _pinned(spec: SourceSpec, pins: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    own = next((name.removeprefix(spec.name + _OWN) for name in pins if name.startswith(spec.name + _OWN)), "")
    prefix = f"{spec.name}{_MARK}"
    refs = {name.removeprefix(prefix): commit for name, commit in pins.items() if name.startswith(prefix)}
    return own, {ref: commit for ref, commit in refs.items() if ref.startswith(_REFS)}


def _stop(application: Application, choice: Choice) -> None:
    if choice.errors:
        raise UserError(replace(one, origin=application.origin) for one in choice.errors)


def _absent(
    spec: SourceSpec, choice: Choice, held: Mapping[str, tuple[Revision, FileTree]]
) -> tuple[set[str], list[Diagnostic]]:
    """The refs that cannot be published: no commits, or without the site's folder."""
    absent, notes = set[str](), list[Diagnostic]()
    for one in choice.versions:
        if one.is_own:
            continue
        if one.ref not in held:
            absent.add(one.ref)
            notes.append(NO_COMMIT.about(one.name))
        elif held[one.ref][1].entry(spec.path) is None:
            absent.add(one.ref)
            notes.append(LEFT_OUT.about(f"{held[one.ref][0]}: {spec.path}"))
    return absent, notes


def _with_files(
    spec: SourceSpec, one: Version, stand: Stand, held: Mapping[str, tuple[Revision, FileTree]]
) -> SiteVersion:
    revision, files = (stand.revision, stand.files) if one.is_own else held[one.ref]
    entry = files.entry(spec.path)
    identity = entry.identity if entry else ""
    return SiteVersion(version=one, commit=revision.commit, identity=identity or revision.commit, files=files)
