"""Passes of the loop over a ground: the store in memory, the place whatever the ground is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from trueline.declare.application import Application, DirectoryTarget as DirectorySpec, SyncOptions
from trueline.loop.claim import ClaimBook
from trueline.loop.desired import Desired
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.loop.progress import Pass
from trueline.loop.reconcile import reconcile
from trueline.loop.status import Sync
from trueline.model.digest import Digest, digest_bytes
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.plan.guard import Approve
from trueline.record.approval import Approvals
from trueline.record.journal import Journal
from trueline.record.keep import Bodies
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.render.options import Site as SiteOptions
from trueline.render.resource import Rendered, Resource
from trueline.render.site.file import FILE_KIND, RELEASE_REF, Release, SiteFile
from trueline.render.site.media import media_of
from trueline.runtime.store import MEMORY, Store
from trueline.target.protocol import Normalised
from trueline.testing.conformance.case import expect
from trueline.testing.conformance.site.ground import Counts, Ground, SitePlace
from trueline.testing.conformance.site.sample import Site, as_bytes, is_immutable
from trueline.wiring.kept import KeptApprovals

ORIGIN = Origin(path="site.yaml", line=1)
_PAGES_GO = SiteOptions(removed_pages="allow")
_SYNC = SyncOptions(approve=Approve.NEVER)


@dataclass(slots=True, kw_only=True)
class World:
    """One ground, one store. `restart` gives a process that knows nothing but the store and what the ground keeps."""

    ground: Ground
    target: SitePlace
    store: Store = field(default_factory=lambda: Store.open(MEMORY, SCHEMA))
    claims: ClaimBook = field(init=False)

    def __post_init__(self) -> None:
        self.claims = ClaimBook(StoreLedger(self.store, Journal(self.store, self.ground.clock)))

    @classmethod
    async def on(cls, ground: Ground) -> "World":
        """A world whose first process has started."""
        return cls(ground=ground, target=await ground.open())

    async def restart(self, installation: str = "here") -> None:
        """A new process."""
        self.target = await self.ground.open(installation)

    @property
    def parts(self) -> Parts:
        """What a pass works with."""
        journal = Journal(self.store, self.ground.clock)
        ledger = StoreLedger(self.store, journal)
        return Parts(
            target=self.target,
            watcher=self.target,
            owners=ledger,
            health=TargetHealth(self.target, lambda _: False),
            ledger=ledger,
            bodies=Bodies(self.store),
            approvals=KeptApprovals(Approvals(self.store, journal, self.ground.clock)),
            claims=self.claims,
        )

    # ---- what Git says --------------------------------------------------------------------------------------------

    def render(self, site: Site) -> Rendered:
        """What a renderer of a site gives: files by content and one release."""
        bodies: dict[Digest, bytes] = {}
        resources: list[Resource] = []
        blobs: dict[str, str] = {}
        for path, data in as_bytes(site).items():
            blob = blobs[path] = self.ground.blobs.put(data)
            file = SiteFile(
                path=path,
                blob=blob,
                size_bytes=len(data),
                media=media_of(path),
                is_immutable=is_immutable(path),
            )
            bodies[digest_bytes(file.body())] = file.body()
            resources.append(Resource(ref=file.ref, digest=digest_bytes(file.body()), origin=ORIGIN))
        body = Release(files=blobs).body()
        bodies[digest_bytes(body)] = body
        resources.append(Resource(ref=RELEASE_REF, digest=digest_bytes(body), origin=ORIGIN))
        return Rendered(resources=tuple(resources), bodies=bodies)

    async def normalise(self, site: Site, application: str = "site") -> Normalised:
        """A render in the target's terms."""
        return await self.target.normalise(self.render(site), application=application, namespace="", create=False)

    async def desire(self, site: Site | None, application: str = "site") -> Desired:
        """What an application asks for; `None`: it left Git."""
        normalised = await self.normalise(site, application) if site is not None else None
        if normalised is not None:
            Bodies(self.store).put_many(normalised.rendered.bodies)
        return Desired(
            application=Application(
                name=application,
                sources=(),
                render=_PAGES_GO,
                target=DirectorySpec(path="/srv/site"),
                origin=ORIGIN,
                sync=_SYNC,
            ),
            revision="r",
            commit="c" * 40,
            resources=normalised.rendered.resources if normalised else (),
            problems=normalised.problems if normalised else (),
            is_removal=site is None,
        )

    # ---- what is done ---------------------------------------------------------------------------------------------

    async def go(self, site: Site | None, application: str = "site", *, focus: Collection[Ref] | None = None) -> Pass:
        """One pass; `None` removes."""
        desired = await self.desire(site, application)
        self.claims.declare(application, self.target.name, desired.resources)
        return await reconcile(self.parts, desired, completed_run="", focus=focus, begin=lambda _: None)

    async def publish(self, site: Site) -> Pass:
        """One pass that must end well and must leave nothing to do for the next one.

        Raises:
            AssertionError: it did not.
        """
        made = await self.go(site)
        expect(made.sync, Sync.SYNCED, made.message)
        await self.expect_served(site)
        return made

    async def remove(self) -> Pass:
        """The application leaves Git."""
        return await self.go(None)

    # ---- what is to be seen ---------------------------------------------------------------------------------------

    async def expect_served(self, site: Site, *, also: Mapping[str, bytes] | None = None) -> None:
        """A reader finds exactly this, with the immutable files of earlier releases.

        Raises:
            AssertionError: something else is there.
        """
        served = dict(await self.ground.served())
        kept = {path for path in served if is_immutable(path) and path not in site}
        wanted = {**as_bytes(site), **(also or {})}
        expect({path: data for path, data in served.items() if path not in kept}, wanted)

    async def counted(self, before: Counts) -> Counts:
        """What was done since."""
        return self.ground.counts().since(before)


def file_ref(path: str) -> Ref:
    """The ref of a published file."""
    return Ref(FILE_KIND, "", path)
