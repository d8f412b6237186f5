"""A directory that a web server serves, as a target: a site's files by content, and one pointer that is switched.

To apply a `File` (stage 0) makes sure of its bytes, puts the live file back where it was tampered with, and notes what
the next release will have: a reader sees nothing of that. To apply the `Release` (stage 1) makes the tree complete and
switches the pointer. To delete a `File` is to see that no live release has it; to delete the `Release` is to remove the
pointer and what we made. How the planner's terms map to this: `look`. Nothing outside the pointer and the folder beside
it is ever written, and nothing that another made is ever deleted.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from pathlib import Path

from trueline.model.digest import Digest, canonical
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.options import Capabilities
from trueline.render.resource import Rendered
from trueline.render.site.file import RELEASE_REF
from trueline.runtime.clock import Clock
from trueline.target.answer import Accepted, Answer, Refusal, Refused
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
from trueline.target.reclaim import Reclaim
from trueline.target.rules import Rules
from trueline.target.site.normalise import RULES, normalise
from trueline.target.snapshot import Observed, Snapshot


class DirectoryTarget:
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
        self._name = name
        self._family = family
        self._mark = mark
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
        self._seen: dict[Ref, Part] = {}

    @property
    def served(self) -> ServedDirectory:
        """What is live, for a server."""
        return self._served

    @property
    def name(self) -> str:
        """The name under which declarations know it."""
        return self._name

    @property
    def rules(self) -> Rules:
        """Files come before their release."""
        return RULES

    @property
    def family(self) -> str:
        """What every mark of this installation begins with."""
        return self._family

    def mark(self, application: str) -> str:
        """What the state says of the application that owns it."""
        return self._mark(application)

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

    async def read(self, ref: Ref) -> Known[bytes | None] | Unknown:
        """What stands there, as JSON: the content's digest of a file, the digest of the release that is live."""
        match (await self._looker.parts([ref], ""))[ref]:
            case Known(None):
                return Known(None)
            case Known(observed):
                assert observed is not None
                metadata = {"name": ref.name, "uid": observed.uid}
                return Known(canonical({"kind": ref.kind, "metadata": metadata, "content": observed.ours}))
            case Unknown() as unknown:
                return unknown

    def marked(self, mark: str, refs: Collection[Ref] | None = None) -> Mapping[Ref, Observed]:
        """The release, where that mark owns it: its files leave with it, and none of them is left behind alone."""
        part = self._seen.get(RELEASE_REF)
        observed = part.value if isinstance(part, Known) else None
        is_asked = refs is None or RELEASE_REF in refs
        return {RELEASE_REF: observed} if observed is not None and observed.mark == mark and is_asked else {}

    async def capabilities(self) -> Capabilities:
        """Nothing that a render may ask of."""
        return Capabilities()

    # ---- what is done there -----------------------------------------------------------------------------------------

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        answer = await self._writer.write(write)
        if isinstance(answer, Accepted) and not write.mode.is_dry:
            self._note(write.ref, Known(answer.observed))
        return answer

    async def delete(self, ref: Ref, *, uid: str, version: str, dry: bool) -> Answer:  # noqa: ARG002 - see `look`: one state, one identity
        """Delete one resource if it is still the one with this UID, or try to."""
        answer = await self._writer.delete(ref, uid=uid, dry=dry)
        if not dry and (isinstance(answer, Accepted) or answer.refusal is Refusal.GONE):
            self._seen.pop(ref, None)
            if ref == RELEASE_REF:
                self._served.close()
        return answer

    async def take_over(self, ref: Ref, *, uid: str, dry: bool) -> Answer:  # noqa: ARG002 - there is nothing to take over
        """Nothing here is ever another tool's with our mark on it."""
        return Refused(refusal=Refusal.STALE, message=f"{ref} was made by no other tool")

    async def reclaim(self, ref: Ref, *, body: bytes, extent: Reclaim, uid: str, dry: bool) -> Answer:  # noqa: ARG002 - files have no parts that others own
        """A file is whole: nothing can stand in the place of a part of it."""
        match (await self._looker.parts([ref], ""))[ref]:
            case Known(observed) if observed is not None:
                return Accepted(observed=observed, wrote=False)
            case _:
                return Refused(refusal=Refusal.GONE, message="it is not there any more")

    # ---- what happens there without us ------------------------------------------------------------------------------

    def sightings(self) -> AsyncIterator[Sighting]:
        """Everything that changes in the live release and of the pointer, from now on."""
        return SightingStream(self._place, self._looker, self._clock, self._seen).sightings()

    def judged(self, ref: Ref) -> Known[None] | Unknown:
        """Files have no state of their own."""
        there = self.is_there(ref)
        return there if isinstance(there, Unknown) else Known(None)

    def last_judged(self, uid: str) -> None:
        """Nothing is remembered of what left."""

    def is_there(self, ref: Ref) -> Known[bool] | Unknown:
        """Whether it was there when it was last seen."""
        match self._seen.get(ref):
            case Known(observed):
                return Known(observed is not None)
            case Unknown() as unknown:
                return unknown
            case _:
                return Unknown("it was not looked at yet")

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
