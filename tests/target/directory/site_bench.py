"""A site on a directory with real passes of the loop over it: the store in memory, the disk a temporary folder."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.loop.still_clock import StillClock
from trueline.declare.application import Application, DirectoryTarget as DirectorySpec
from trueline.loop.claim import ClaimBook
from trueline.loop.desired import Desired
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.loop.progress import Pass
from trueline.loop.reconcile import reconcile
from trueline.model.digest import Digest, digest_bytes
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.record.approval import Approvals
from trueline.record.journal import Journal
from trueline.record.keep import Bodies
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.render.options import Site
from trueline.render.resource import Rendered, Resource
from trueline.render.site.file import RELEASE_REF, Release, SiteFile
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.store import MEMORY, Store
from trueline.target.directory.disk import Disk, SystemDisk
from trueline.target.directory.publish import Retention
from trueline.target.directory.target import DirectoryTarget
from trueline.target.protocol import Normalised
from trueline.wiring.kept import KeptApprovals

ORIGIN = Origin(path="site.yaml", line=1)


class CountingDisk:
    """The real disk; each operation is counted, and the `fails_at`-th raises `error`, and every one after a crash."""

    def __init__(self, fails_at: int = 0, error: Exception | None = None, *, stays_dead: bool = True) -> None:
        self._disk = SystemDisk()
        self.fails_at = fails_at
        self.error = error
        self.stays_dead = stays_dead
        self.count = 0
        self.done: list[str] = []
        self.files = 0
        self.has_failed = False
        self.looks: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Callable[..., object]:
        real = getattr(self._disk, name)

        def counted(*arguments: object, **named: object) -> object:
            self.count += 1
            is_due = self.count == self.fails_at or (self.stays_dead and self.count > self.fails_at > 0)
            if is_due and self.error is not None:
                self.has_failed = True
                raise self.error
            self.done.append(name)
            self.files += (name, arguments[:1]) == ("create", ("file",))
            result = real(*arguments, **named)
            if self.looks is not None:
                self.looks()
            return result

        return counted


class Crash(Exception):
    """The process ends here."""


@dataclass(kw_only=True)
class Bench:
    """One directory, one store; `restart` gives a process that knows nothing but what is on the disk."""

    folder: Path
    disk: CountingDisk | None = None
    clock: Any = field(default_factory=StillClock)
    installation: str = "here"
    retention: Retention = field(default_factory=Retention)
    keep_s: int = 0

    def __post_init__(self) -> None:
        self.path = self.folder / "www"
        self.blobs = BlobDirectory(self.folder / "data")
        self.store = Store.open(MEMORY, SCHEMA)
        self.journal = Journal(self.store, self.clock)
        self.ledger = StoreLedger(self.store, self.journal)
        self.bodies = Bodies(self.store)
        self.approvals = Approvals(self.store, self.journal, self.clock)
        self.claims = ClaimBook(self.ledger)
        self.restart()

    def restart(self, disk: CountingDisk | None = None) -> None:
        """A new process on the same disk."""
        self.disk = disk or CountingDisk()
        self.target = self.a_target(cast("Disk", self.disk))

    def a_target(self, disk: Disk | None = None, *, installation: str = "") -> DirectoryTarget:
        """The target as a process makes it."""
        name = installation or self.installation
        return DirectoryTarget(
            "www",
            self.path,
            self.blobs,
            family=f"{name}.",
            mark=lambda application: f"{name}.{application}",
            clock=self.clock,
            retention=self.retention,
            disk=disk,
        )

    @property
    def parts(self) -> Parts:
        """What a pass works with."""
        return Parts(
            target=self.target,
            watcher=self.target,
            owners=self.ledger,
            health=TargetHealth(self.target, lambda _: False),
            ledger=self.ledger,
            bodies=self.bodies,
            approvals=KeptApprovals(self.approvals),
            claims=self.claims,
        )

    async def desire(self, files: dict[str, str], application: str = "site", *, is_removal: bool = False) -> Desired:
        """What a render of these pages is."""
        normalised = await self.normalise(files, application) if files else None
        declared = Application(
            name=application,
            sources=(),
            render=Site(removed_pages="allow"),
            target=DirectorySpec(path=str(self.path)),
            origin=ORIGIN,
        )
        if normalised is not None:
            self.bodies.put_many(normalised.rendered.bodies)
        return Desired(
            application=declared,
            revision=f"r{len(files)}",
            commit="c" * 40,
            resources=normalised.rendered.resources if normalised else (),
            problems=normalised.problems if normalised else (),
            is_removal=is_removal,
        )

    async def normalise(self, files: dict[str, str], application: str = "site") -> Normalised:
        """The render of these pages in the target's terms."""
        return await self.target.normalise(self.render(files), application=application, namespace="", create=False)

    def render(self, files: dict[str, str]) -> Rendered:
        """What a renderer of a site gives: files by content and one release."""
        bodies: dict[Digest, bytes] = {}
        resources: list[Resource] = []
        site: dict[str, str] = {}
        for path, text in files.items():
            blob = site[path] = self.blobs.put(text.encode())
            is_immutable = path.startswith("assets/")
            file = SiteFile(
                path=path, blob=blob, size_bytes=len(text.encode()), media="text/html", is_immutable=is_immutable
            )
            bodies[digest_bytes(file.body())] = file.body()
            resources.append(Resource(ref=file.ref, digest=digest_bytes(file.body()), origin=ORIGIN))
        body = Release(files=site, keep_s=self.keep_s).body()
        bodies[digest_bytes(body)] = body
        resources.append(Resource(ref=RELEASE_REF, digest=digest_bytes(body), origin=ORIGIN))
        return Rendered(resources=tuple(resources), bodies=bodies)

    async def go(
        self,
        files: dict[str, str],
        application: str = "site",
        *,
        focus: Collection[Ref] | None = None,
        is_removal: bool = False,
    ) -> Pass:
        """One pass."""
        desired = await self.desire(files, application, is_removal=is_removal)
        return await reconcile(self.parts, desired, completed_run="", focus=focus, begin=lambda _: None)

    # ---- what is to be seen ----------------------------------------------------------------------------------------

    @property
    def state(self) -> Path:
        """The folder beside PATH."""
        return self.folder / ".www.trueline"

    def served(self) -> dict[str, str]:
        """What a reader finds."""
        root = Path(os.path.realpath(self.path))
        return {file.relative_to(root).as_posix(): file.read_text() for file in root.rglob("*") if file.is_file()}

    def releases(self) -> list[str]:
        """The names of the trees."""
        return sorted(path.name for path in (self.state / "releases").iterdir())

    def live(self, path: str) -> Path:
        """The real place of a live file."""
        return Path(os.path.realpath(self.path)) / path


def file_ref(path: str) -> Ref:
    return Ref("File", "", path)
