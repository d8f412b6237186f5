"""A place elsewhere that serves the files of a site, as a target, over any `Platform`.

To apply a `File` (stage 0) notes what the next release will have, which no reader sees, and puts a file of the live
release back where it was tampered with. To apply the `Release` (stage 1) publishes: the platform brings what is
missing and then switches. To delete a `File` is to see that no live release has it; to delete the `Release` is to
remove what is ours. How the planner's terms map to this: `view`. A dry run writes nothing, and all that a pass asks
costs one look.
"""

from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

from trueline.model.digest import Digest
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.resource import Rendered
from trueline.runtime.clock import Clock
from trueline.target.answer import Accepted, Answer, Refusal
from trueline.target.inventory import Inventory
from trueline.target.protocol import Normalised, Sighting, Write
from trueline.target.site.access import Access
from trueline.target.site.normalise import Notes, normalise, with_notes
from trueline.target.site.platform import Platform, PlatformRefused
from trueline.target.site.retention import KEEP_S
from trueline.target.site.staged import StagedNote
from trueline.target.site.terms import SiteTerms
from trueline.target.site.view import Part, View
from trueline.target.site.watch import SightingStream
from trueline.target.site.write import HeldBlobs, Site, SiteWriter
from trueline.target.snapshot import Observed, Snapshot

INTERVAL_S = 60.0


class SiteTarget(SiteTerms):
    """A platform. `folder` is this target's own in the data directory; `keep_s` is how long old immutable files stay.

    `family` is what every mark of this installation begins with, `mark` an application's. `notes` tell what of a
    release this platform cannot do.
    """

    def __init__(  # noqa: PLR0913 - what a site is published with
        self,
        name: str,
        platform: Platform,
        blobs: HeldBlobs,
        *,
        folder: Path,
        family: str,
        mark: Callable[[str], str],
        clock: Clock,
        notes: Notes | None = None,
        interval_s: float = INTERVAL_S,
        keep_s: float = KEEP_S,
    ) -> None:
        super().__init__(name, family=family, mark=mark)
        self._notes = notes
        self._clock = clock
        self._interval_s = interval_s
        self._access = Access(platform)
        self._note = StagedNote(folder)
        site = Site(
            name=name,
            family=family,
            access=self._access,
            note=self._note,
            blobs=blobs,
            clock=clock,
            keep_s=keep_s,
        )
        self._writer = SiteWriter(site)

    # ---- what is there --------------------------------------------------------------------------------------------

    async def normalise(self, rendered: Rendered, *, application: str, namespace: str, create: bool) -> Normalised:  # noqa: ARG002 - a site has no namespaces
        """Put files before their release, mark them as the application's, and note what the platform cannot do."""
        normalised = normalise(rendered, self.mark(application))
        return normalised if self._notes is None else with_notes(normalised, self._notes)

    async def snapshot(self, desired: Collection[Ref], inventory: Inventory) -> Snapshot:
        """What is at every ref that is desired or owned."""
        refs = tuple(dict.fromkeys((*desired, *inventory.entries)))
        try:
            look = await self._access.look_for_pass(self._clock.monotonic_s())
        except PlatformRefused as refused:
            unknown = Unknown(f"{self._name}: {refused.message}")
            self._seen.update(dict.fromkeys(refs, unknown))
            return Snapshot(parts=dict.fromkeys(refs, unknown))
        parts = View(look=look, staged=self._note.get()).parts(refs, self.mark(inventory.application))
        self._seen.update(parts)
        return Snapshot(parts=parts)

    # ---- what is done there -----------------------------------------------------------------------------------------

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        answer = await self._writer.write(write)
        if isinstance(answer, Accepted) and not write.mode.is_dry:
            self._seen[write.ref] = Known(answer.observed)
        return answer

    async def delete(self, ref: Ref, *, uid: str, mark: str, version: str, dry: bool) -> Answer:  # noqa: ARG002 - see `view`: one place, one identity
        """Delete one resource if it is still the one with this UID, or try to."""
        answer = await self._writer.delete(ref, uid=uid, dry=dry)
        if not dry and (isinstance(answer, Accepted) or answer.refusal is Refusal.GONE):
            self._seen.pop(ref, None)
        return answer

    async def release(self, ref: Ref, *, uid: str, mark: str, dry: bool) -> Answer:  # noqa: ARG002 - see below
        """Nothing: no file carries a mark, and what is published stays published."""
        return Accepted(observed=Observed(uid=uid, version=""), wrote=False)

    # ---- what happens there without us ------------------------------------------------------------------------------

    def sightings(self) -> AsyncIterator[Sighting]:
        """Everything that a look each interval finds changed, from now on."""
        stream = SightingStream(
            name=self._name,
            access=self._access,
            note=self._note,
            clock=self._clock,
            interval_s=self._interval_s,
            seen=self._seen,
        )
        return stream.sightings()

    def needed(self) -> frozenset[Digest]:
        """The blobs that heal, as far as was looked, and those that are staged. Whoever tidies blobs leaves them."""
        last = self._access.last
        published = last.published if last else None
        live = {blob for _, blob in published.holdings()} if published else set()
        return frozenset(live | set(self._note.get().files.values()))

    async def _part(self, ref: Ref) -> Part:
        try:
            return (await self._writer.view()).parts([ref], "")[ref]
        except PlatformRefused as refused:
            return Unknown(f"{self._name}: {refused.message}")
