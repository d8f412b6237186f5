"""The fleet repository as the engine follows it: what it declares at its newest revision, and at any older one.

A fleet that cannot be read declares nothing new and removes nothing; a broken declaration blocks what it declared.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import msgspec

from trueline.declare.application import Application
from trueline.declare.protocol import Declared, Dialect
from trueline.loop.desire import Ground
from trueline.loop.supply import OpenSource
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.files import FileTree
from trueline.source.artifact import Revision
from trueline.source.lineage import relate, warn_of_relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the fleet repository found."""

    ground: Ground
    declared: Declared
    applications: tuple[Application, ...]
    is_folder: bool = False
    """Nothing is declared: the repository itself is rendered as one application."""

    @property
    def revision(self) -> Revision:
        """The revision that was looked at."""
        return self.ground.revision

    def files_of(self, application: Application) -> str:
        """What tells whether a commit touched an application: its declaration, and its folders in this repository."""
        entries = [self.ground.files.entry(spec.path) for spec in application.sources if not spec.url]
        identities = [entry.identity if entry else "" for entry in entries]
        return repr((identities, replace(application, origin=msgspec.structs.replace(application.origin, commit=""))))


DETACHED = "HEAD"
"""The ref of a default revision where no branch is checked out, or the server does not say which one is."""


class Fleet:
    """One repository (or folder) and a path in it. `follows_default`: nobody named the revision that is followed."""

    def __init__(
        self,
        *,
        source: OpenSource,
        dialect: Dialect,
        path: str,
        folder: Application | None,
        follows_default: bool = True,
    ) -> None:
        self.follows_default = follows_default
        self._source = source
        self._dialect = dialect
        self._path = path
        self._folder = folder
        self._last: tuple[str, Declared] | None = None
        self._is_fleet = False
        self.files: FileTree | None = None
        """Those of the revision that was looked at last, older ones apart."""

    @property
    def source(self) -> OpenSource:
        """The repository itself."""
        return self._source

    async def poll(self) -> Revision:
        """The newest revision; see `Source.poll`."""
        return await self._source.poll()

    def other_branch(self, followed: str, found: Revision) -> Diagnostic | None:
        """Why the default revision must not be followed by itself: it is another branch's than the one before."""
        if not self.follows_default or followed in {"", DETACHED, found.ref}:
            return None
        before, now = (ref.removeprefix("refs/heads/") for ref in (followed, found.ref))
        what = "no branch is checked out" if now == DETACHED else f"the default branch is {now}"
        return Diagnostic(
            code="TL0703",
            summary="the fleet repository is at another branch than before",
            detail=f"{before} was followed, and now {what} ({found}); it is not followed by itself",
            remedy=f"name the branch that is meant: trueline up --revision {before}; "
            f"if this revision is meant: trueline approve --revision {found.commit}",
        )

    async def lineage(self, applied: str, found: Revision) -> Diagnostic | None:
        """Why a revision must not be followed by itself: older than what was applied, or on another line of history."""
        if not applied:
            return None
        relation = await relate(self._source, applied, found.commit)
        return warn_of_relation(relation, "the fleet repository", applied, found)

    async def look(self, revision: Revision) -> Look:
        """Read what a revision declares.

        Raises:
            UserError: nothing at all can be told.
            Transient: the files cannot be read now.
        """
        found = await self._look(revision)
        self.files = found.ground.files
        return found

    async def _look(self, revision: Revision) -> Look:
        artifact = await self._source.artifact(revision)
        ground = Ground(source=self._source, artifact=artifact, files=self._source.files(artifact))
        declared = await self._declared(ground)
        if not declared.is_fleet and self._folder is not None and not self._is_fleet:
            return Look(ground=ground, declared=declared, applications=(self._folder,), is_folder=True)
        self._is_fleet = True
        return Look(ground=ground, declared=declared, applications=declared.applications)

    async def _declared(self, ground: Ground) -> Declared:
        """What the path declares; where its files are the same, so is what they declare, and nothing is read."""
        entry = ground.files.entry(self._path)
        identity = entry.identity if entry else ""
        if self._last is None or not identity or self._last[0] != identity:
            self._last = (identity, await self._dialect.read(ground.files, self._path, ground.revision.commit))
        return self._last[1]

    async def look_back(self, commit: str) -> Look:
        """What was declared at an older commit, from what is kept even while the repository is away."""
        return await self._look(await self._source.revision(commit))

    async def keep(self, commit: str, needed: Collection[str]) -> None:
        """Keep the objects of an applied commit for a rollback; those of `needed` are not let go of for it."""
        await self._source.keep(commit, needed=needed)

    async def kept(self) -> tuple[str, ...]:
        """The commits whose objects are kept, the latest first."""
        return (await self._source.kept())[::-1]


def find(look: Look, name: str, *, tells_others: bool = True) -> Application:
    """The application of a name; who may not know of the others is not told their names.

    Raises:
        UserError: it was not declared there.
    """
    for application in look.applications:
        if application.name == name:
            return application
    others = f"; there are: {', '.join(a.name for a in look.applications[:20])}"
    raise UserError(
        [
            Diagnostic(
                code="TL0701",
                summary="the application is not declared at that revision",
                detail=f"{name} at {look.revision}{others if tells_others else ''}",
                remedy="name one of those, or choose a revision of `trueline history`",
            )
        ]
    )
