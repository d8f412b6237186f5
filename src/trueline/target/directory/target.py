"""A directory that a web server serves, as a target: a site's files by content, and one pointer that is switched.

To apply a `File` (stage 0) makes sure of its bytes, puts the live file back where it was tampered with, and notes what
the next release will have: a reader sees nothing of that. To apply the `Release` (stage 1) makes the tree complete and
switches the pointer. To delete a `File` is to see that no live release has it; to delete the `Release` is to remove the
pointer and what we made. How the planner's terms map to this: `look`. Nothing outside the pointer and the folder beside
it is ever written, and nothing that another made is ever deleted.
"""

from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

from trueline.model.digest import Digest
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.render.resource import Rendered
from trueline.render.site.file import RELEASE_REF
from trueline.runtime.clock import Clock
from trueline.target.answer import Accepted, Answer, Refusal
from trueline.target.directory.copy import BlobFiles, Copier
from trueline.target.directory.disk import Disk, SystemDisk
from trueline.target.directory.look import Looker, Part
from trueline.target.directory.place import Place
from trueline.target.directory.publish import Publisher, Retention
from trueline.target.directory.remove import Remover
from trueline.target.directory.serve import ServedDirectory
from trueline.target.directory.stamp import Stamps
from trueline.target.directory.state import State
from trueline.target.directory.watch import SightingStream
from trueline.target.directory.write import DirectoryWriter
from trueline.target.inventory import Inventory
from trueline.target.protocol import Normalised, Sighting, Write
from trueline.target.site.normalise import normalise
from trueline.target.site.terms import SiteTerms
from trueline.target.snapshot import Observed, Snapshot


class DirectoryTarget(SiteTerms):
    """A directory. `family` is what every mark of this installation begins with, `mark` an application's.

    Raises:
        ValueError: the path has no last part.
    """

    def __init__(  # noqa: PLR0913 - what a directory is published with
        self,
        name: str,
        path: Path,
        blobs: BlobFiles,
        *,
        family: str,
        mark: Callable[[str], str],
        clock: Clock,
        retention: Retention | None = None,
        disk: Disk | None = None,
    ) -> None:
        super().__init__(name, family=family, mark=mark)
        self._clock = clock
        self._place = Place.of(path)
        disk = disk or SystemDisk()
        stamps = Stamps()
        self._state = State(self._place, disk)
        self._looker = Looker(self._place, self._state, stamps)
        copier = Copier(blobs, disk, stamps)
        publisher = Publisher(
            self._place,
            self._state,
            disk=disk,
            copier=copier,
            stamps=stamps,
            clock=clock,
            retention=retention or Retention(),
        )
        self._writer = DirectoryWriter(
            self._place,
            self._state,
            family=family,
            looker=self._looker,
            publisher=publisher,
            copier=copier,
            remover=Remover(self._state, disk, stamps),
            clock=clock,
        )
        self._served = ServedDirectory(self._place, self._looker, stamps, blobs)

    @property
    def served(self) -> ServedDirectory:
        """What is live, for a server."""
        return self._served

    # ---- what is there --------------------------------------------------------------------------------------------

    async def normalise(self, rendered: Rendered, *, application: str, namespace: str, create: bool) -> Normalised:  # noqa: ARG002 - a directory has no namespaces
        """Put files before their release, and mark them as the application's."""
        return normalise(rendered, self.mark(application))

    async def snapshot(self, desired: Collection[Ref], inventory: Inventory) -> Snapshot:
        """What is at every ref that is desired or owned."""
        refs = tuple(dict.fromkeys((*desired, *inventory.entries)))
        parts = await self._looker.parts(refs, self.mark(inventory.application))
        for ref, part in parts.items():
            self._note(ref, part)
        return Snapshot(parts=parts)

    # ---- what is done there -----------------------------------------------------------------------------------------

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        answer = await self._writer.write(write)
        if isinstance(answer, Accepted) and not write.mode.is_dry:
            self._note(write.ref, Known(answer.observed))
        return answer

    async def delete(self, ref: Ref, *, uid: str, mark: str, version: str, dry: bool) -> Answer:  # noqa: ARG002 - see `look`: one state, one identity
        """Delete one resource if it is still the one with this UID, or try to."""
        answer = await self._writer.delete(ref, uid=uid, dry=dry)
        if not dry and (isinstance(answer, Accepted) or answer.refusal is Refusal.GONE):
            self._seen.pop(ref, None)
            if ref == RELEASE_REF:
                self._served.close()
        return answer

    async def release(self, ref: Ref, *, uid: str, mark: str, dry: bool) -> Answer:  # noqa: ARG002 - see below
        """Nothing: no file carries a mark, and what is published stays published."""
        return Accepted(observed=Observed(uid=uid, version=""), wrote=False)

    # ---- what happens there without us ------------------------------------------------------------------------------

    def sightings(self) -> AsyncIterator[Sighting]:
        """Everything that changes in the live release and of the pointer, from now on."""
        return SightingStream(self._place, self._looker, self._clock, self._seen, prepare=self.prepare).sightings()

    async def prepare(self) -> None:
        """Make ready what the next release begins with: `sightings` has it done while nothing happens."""
        await self._writer.prepare()

    def needed(self) -> frozenset[Digest]:
        """The blobs that heal and go back: of every release that is kept. Whoever tidies blobs leaves them.

        Raises:
            OSError: nothing can be known now.
            Damaged: the same.
        """
        found: set[Digest] = set()
        try:
            with self._place.opened() as parent, self._state.opened(parent) as state:
                found.update(self._state.staged(state).values())
                for release in self._state.manifests(state):
                    manifest = self._state.manifest(state, release)
                    found.update(blob for _, blob in manifest.holdings()) if manifest else None
        except FileNotFoundError:
            return frozenset(found)
        return frozenset(found)

    def _note(self, ref: Ref, part: Part) -> None:
        if part == Known(None) or self._seen.get(ref) != part:
            self._seen[ref] = part

    async def _part(self, ref: Ref) -> Part:
        return (await self._looker.parts([ref], ""))[ref]
