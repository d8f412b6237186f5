"""From a declaration to what is desired: its sources, their files, the render, in the target's terms.

What cannot be rendered becomes a `Desired` with problems: it blocks its own application and no other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from trueline.declare.application import Application, BranchTarget, ClusterTarget, Removal, SourceSpec
from trueline.loop.circle import find_circle
from trueline.loop.desired import Desired
from trueline.loop.mount import MountedTree
from trueline.loop.outside import OutsideLinks
from trueline.loop.parts import Parts
from trueline.loop.supply import OpenSource, Sources, Targets
from trueline.loop.verifier import FLEET, Admission, Verifier
from trueline.loop.version import (
    BRANCHES,
    FoundVersions,
    Stand,
    VersionFinder,
    branch_pins,
    own_pins,
    pins_of,
    versions_of,
)
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value
from trueline.model.fault import Fault, UserError
from trueline.model.ref import Ref
from trueline.render.cache import CachedRenderer
from trueline.render.protocol import RenderRequest
from trueline.render.site.file import RELEASE_KIND
from trueline.render.unstable import settle
from trueline.runtime.files import FileTree
from trueline.source.artifact import Artifact, Revision
from trueline.source.lineage import relate, warn_of_relation
from trueline.target.protocol import Normalised

DECLARED_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the fleet repository is at one revision: the ground on which applications are desired."""

    source: OpenSource
    artifact: Artifact
    files: FileTree
    signer: Mapping[str, str] | None = None
    """Who signed the revision, where that is demanded."""

    @property
    def revision(self) -> Revision:
        """The fleet repository's revision."""
        return self.artifact.revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An application with its files at hand; `identity` is equal where the render and the declaration are.

    `revision` is that of the source that is rendered, `commit` the fleet repository's. `floating` are the revisions of
    the sources with an address or revision of their own, by name, and of the versions of a site, by names that begin
    with their source's. `notes` tell what of the files is left out. `signed` is who signed what of it; `replaced` are
    commits of which a signed word says that their history was rewritten.
    """

    application: Application
    revision: Revision
    commit: str
    request: RenderRequest
    files: FileTree
    floating: Mapping[str, Revision] = field(default_factory=dict)
    notes: tuple[Diagnostic, ...] = ()
    identity: Digest | None = None
    signed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()

    @property
    def pins(self) -> Mapping[str, str]:
        """See `Desired`."""
        return {name: revision.commit for name, revision in self.floating.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One source as it was found."""

    revision: Revision
    files: FileTree
    notes: tuple[Diagnostic, ...]
    admission: Admission = field(default_factory=Admission)


class Desirer:
    """Turns declarations into what is desired.

    A declaration's digest is remembered by the application's name, as long as it is the same object.
    """

    def __init__(
        self,
        *,
        sources: Sources,
        targets: Targets,
        renderer: CachedRenderer,
        verifier: Verifier,
        outside: OutsideLinks | None = None,
    ) -> None:
        """Without `outside`, no address of another site is ever asked."""
        self._verifier = verifier
        self._sources = sources
        self._targets = targets
        self._renderer = renderer
        self._outside = outside
        self._digests: dict[str, tuple[Application, Digest]] = {}
        self._versions = VersionFinder()

    async def wish(self, application: Application, ground: Ground, pins: Mapping[str, str] | None = None) -> Wish:
        """Find the files of an application; nothing is rendered. With `pins` it is an older deployment's.

        INV-11: a revision that does not verify is not read. What was deployed before was verified then.

        Raises:
            UserError: a source cannot be read as it is declared, or its path is not there.
            Transient: a source or the target could not be asked now.
        """
        first, *others = application.sources
        is_past = pins is not None
        own = await self._files(first, ground, is_past=is_past)
        revision = own.revision
        found = {spec.name: await self._files(spec, ground, is_past=is_past) for spec in others}
        files = MountedTree(own.files, {name: one.files for name, one in found.items()})
        found[first.name] = own
        versions = await self._found_versions(application, ground, revision, own.files, pins)
        _refuse_circle(
            application,
            ground,
            [(spec, found[spec.name].revision) for spec in application.sources],
            versions.floating.values(),
        )
        parts = await self._targets.parts(application.target)
        request = RenderRequest(
            application=application.name,
            source=first.url,
            path=first.path,
            options=application.render,
            namespace=_namespace(application),
            commit=revision.commit,
            capabilities=await parts.target.capabilities(),
            versions=versions.versions,
            decryption=application.decryption,
        )
        wish = Wish(
            application=application,
            revision=revision,
            commit=ground.revision.commit,
            request=request,
            files=files,
            floating={
                **{spec.name: found[spec.name].revision for spec in application.sources if _floats(spec)},
                **versions.floating,
            },
            notes=(*dict.fromkeys(note for one in found.values() for note in one.notes), *versions.notes),
            signed={
                **({FLEET: ground.signer} if ground.signer else {}),
                **{name: one.admission.signer for name, one in found.items() if one.admission.signer},
            },
            replaced=frozenset(commit for one in found.values() for commit in one.admission.replaced),
        )
        return replace(wish, identity=self.identity(wish))

    def identity(self, wish: Wish) -> Digest | None:
        """What tells whether a wish differs; `None` before these files were rendered for the first time.

        Nothing is asked of the sources: they may have moved since, and these files are those that were rendered.
        """
        kept = self._renderer.digest(wish.request, wish.files)
        return digest_value([kept, self._declared(wish.application)]) if kept else None

    def _declared(self, application: Application) -> Digest:
        """Without the commit: a commit that touches neither files nor declaration changes nothing."""
        known = self._digests.get(application.name)
        if known is None or known[0] is not application:
            known = self._digests[application.name] = application, digest_value(declaration(application))
            if len(self._digests) > DECLARED_REMEMBERED:
                del self._digests[next(iter(self._digests))]
        return known[1]

    async def desire(self, wish: Wish, *, beside: Sequence[bytes] = ()) -> Desired:
        """Render, put it into the target's terms, and keep the bodies; a problem of the user's is part of the answer.

        `beside` are bodies that other applications will have made by then: they say which kinds there will be.

        Raises:
            Transient: a renderer or the target did not answer.
        """
        application = wish.application
        revision = str(wish.revision)
        try:
            parts = await self._targets.parts(application.target)
            normalised = await self._normalised(wish, parts, beside)
        except UserError as error:
            problems = error.diagnostics
            return Desired(
                application=application,
                revision=revision,
                commit=wish.commit,
                pins=wish.pins,
                signed=wish.signed,
                problems=problems,
            )
        rendered = normalised.rendered
        if any(one.unstable for one in rendered.resources):
            rendered = settle(rendered, lambda ref: _applied(parts, application.name, ref))
        parts.bodies.put_many(rendered.bodies)
        warnings = await self._outside.warnings(rendered.outside) if self._outside and rendered.outside else ()
        return Desired(
            application=application,
            revision=revision,
            commit=wish.commit,
            pins=wish.pins,
            signed=wish.signed,
            resources=rendered.resources,
            awaits=_gathered(normalised.awaits),
            problems=normalised.problems,
            notes=(*wish.notes, *rendered.notes, *warnings),
        )

    async def doubts(
        self, wish: Wish, before: Mapping[str, str], is_approved: Callable[[Digest], bool], fleet: OpenSource
    ) -> tuple[Diagnostic, ...]:
        """Why a branch of a source is not followed by itself: it is not newer than the commit that was applied."""
        found = [
            await self._doubt(spec, self._source(spec, fleet), before[name], wish.floating[name])
            for spec in wish.application.sources
            for name in (spec.name, *branch_pins(spec, wish.floating))
            if name in wish.floating and name in before and before[name] not in wish.replaced
            if not is_approved(Digest(wish.floating[name].commit))
        ]
        return tuple(doubt for doubt in found if doubt is not None)

    async def _doubt(self, spec: SourceSpec, source: OpenSource, applied: str, found: Revision) -> Diagnostic | None:
        if applied == found.commit or not found.ref.startswith(BRANCHES):
            return None
        name = spec.url or "the source"
        doubt = warn_of_relation(await relate(source, applied, found.commit), name, applied, found)
        return replace(doubt, origin=spec.origin) if doubt is not None else None

    def _source(self, spec: SourceSpec, fleet: OpenSource) -> OpenSource:
        return self._sources.open(spec) if _floats(spec) else fleet

    async def keep(self, desired: Desired, fleet: OpenSource) -> None:
        """Keep the objects of its floating sources, so that it can be desired again while they are away."""
        for spec in desired.application.sources:
            if commits := [desired.pins[name] for name in pins_of(spec, desired.pins)]:
                await self._source(spec, fleet).keep(*dict.fromkeys(commits))

    async def _normalised(self, wish: Wish, parts: Parts, beside: Sequence[bytes]) -> Normalised:
        rendered = await self._renderer.render(wish.request, wish.files)
        rendered = replace(rendered, beside=tuple(beside)) if beside else rendered
        target = wish.application.target
        if isinstance(target, ClusterTarget) and any(one.ref.kind == RELEASE_KIND for one in rendered.resources):
            raise UserError([_no_place_for_a_site(wish.application)])
        create = isinstance(target, ClusterTarget) and target.create_namespace
        namespace = _namespace(wish.application)
        return await parts.target.normalise(
            rendered, application=wish.application.name, namespace=namespace, create=create
        )

    async def _found_versions(
        self,
        application: Application,
        ground: Ground,
        revision: Revision,
        files: FileTree,
        pins: Mapping[str, str] | None,
    ) -> FoundVersions:
        spec = application.sources[0]
        if versions_of(application) is None:
            return FoundVersions()
        try:
            stand = Stand(source=self._source(spec, ground.source), revision=revision, files=files)
            found = await self._versions.find(application, stand, pins)
            for name, one in found.floating.items() if pins is None else ():
                if name not in own_pins(spec, found.floating):
                    await self._verifier.admit_version(spec, stand.source, one)
        except Fault as fault:
            raise _declared_at(spec, fault) from fault
        return found

    async def _files(self, spec: SourceSpec, ground: Ground, *, is_past: bool) -> _Found:
        if not _floats(spec):
            return _Found(revision=ground.revision, files=ground.files, notes=_notes_below(spec.path, ground.artifact))
        admission = Admission()
        try:
            source = self._sources.open(spec)
            revision = await source.poll()
            if not is_past:
                admission = await self._verifier.admit(spec, source, revision)
            artifact = await source.artifact(revision)
        except Fault as fault:
            raise _declared_at(spec, fault) from fault
        return _Found(
            revision=revision,
            files=source.files(artifact),
            notes=_notes_below(spec.path, artifact),
            admission=admission,
        )


def removed(application: Application, revision: Revision, removals: Iterable[Removal] = ()) -> Desired:
    """What is desired of an application that left Git: nothing, on purpose, in the way that `removals` say."""
    alone = replace(application, depends_on=(), removals=tuple(removals))
    return Desired(application=alone, revision=str(revision), commit=revision.commit, is_removal=True)


def declaration(application: Application) -> str:
    """What Git says of an application, without the commit that says it."""
    return repr(replace(application, origin=msgspec.structs.replace(application.origin, commit="")))


def _refuse_circle(
    application: Application,
    ground: Ground,
    read: Sequence[tuple[SourceSpec, Revision]],
    versions: Iterable[Revision],
) -> None:
    """Versions are branches of the first source."""
    if isinstance(application.target, BranchTarget):
        fleet = ground.artifact.source
        branches = [(fleet, ground.revision.ref), *((spec.url or fleet, revision.ref) for spec, revision in read)]
        branches += ((application.sources[0].url or fleet, version.ref) for version in versions)
        if circle := find_circle(application, application.target, branches):
            raise UserError([circle])


def _no_place_for_a_site(application: Application) -> Diagnostic:
    return Diagnostic(
        code="TL0714",
        summary="a site is not published to a cluster",
        detail=f"{application.name}: its files are Markdown, its target is a cluster",
        remedy="declare target: {directory: PATH}; or, for manifests, how to render them",
        origin=application.origin,
    )


def _notes_below(path: str, artifact: Artifact) -> tuple[Diagnostic, ...]:
    """What of a folder cannot be read and is left out; the rest of the repository is not this application's."""
    return tuple(n for n in artifact.notes if not path or (n.origin and f"{n.origin.path}/".startswith(f"{path}/")))


def _gathered(pairs: Iterable[tuple[Ref, Ref]]) -> dict[Ref, tuple[Ref, ...]]:
    gathered: dict[Ref, tuple[Ref, ...]] = {}
    for ref, needed in pairs:
        gathered[ref] = (*gathered.get(ref, ()), needed)
    return gathered


def pinned(application: Application, pins: Mapping[str, str]) -> Application:
    """The application with its floating sources at these commits.

    Raises:
        KeyError: a source floats and has no pin.
    """
    sources = (replace(spec, revision=pins[spec.name]) if _floats(spec) else spec for spec in application.sources)
    return replace(application, sources=tuple(sources))


def _floats(spec: SourceSpec) -> bool:
    """Whether a source is not simply the fleet repository at its own revision."""
    return bool(spec.url or spec.revision)


def follows_others(application: Application) -> bool:
    """Whether what it is made of can change though the fleet repository's revision does not."""
    return versions_of(application) is not None or any(map(_floats, application.sources))


def _applied(parts: Parts, application: str, ref: Ref) -> bytes | None:
    """The body that was last applied of a ref, or was about to be when the process ended."""
    owned = parts.owners.lookup(parts.target.name, ref)
    if owned is None or owned[0] != application:
        return None
    return parts.bodies.get(owned[1].body or owned[1].intended)


def _declared_at(spec: SourceSpec, fault: Fault) -> Fault:
    """A source's fault, with the place where the source is declared."""
    return type(fault)(replace(one, origin=one.origin or spec.origin) for one in fault.diagnostics)


def _namespace(application: Application) -> str:
    return application.target.namespace if isinstance(application.target, ClusterTarget) else ""
