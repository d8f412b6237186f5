"""Writing to a platform: each resource alone, tried or done; a refusal is an answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from trueline.model.digest import Digest, digest_bytes, digest_value
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.render.site.file import FILE_KIND, RELEASE_KIND
from trueline.runtime.clock import Clock
from trueline.target.answer import Accepted, Answer, FieldChange, FieldConflict, Refusal, Refused
from trueline.target.protocol import Write
from trueline.target.site.access import Access
from trueline.target.site.batch import FileBatches
from trueline.target.site.body import MarkedFile, MarkedRelease
from trueline.target.site.platform import Published
from trueline.target.site.refusal import Refusing, refusing
from trueline.target.site.retention import kept_after
from trueline.target.site.staged import StagedNote
from trueline.target.site.view import View
from trueline.target.site.written import written_file, written_release
from trueline.target.snapshot import Observed

STRANGER = "an unknown writer"
_SHOWN = 12
_TOLD_MAX = 20
_MISSING_TOLD = 3


class HeldBlobs(Protocol):
    """What is known of blobs without reading them."""

    def has(self, digest: Digest) -> bool:
        """Whether something is kept under a digest."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What one site is published with. `name` is how people know the place, `family` how all our marks begin."""

    name: str
    family: str
    access: Access
    note: StagedNote
    blobs: HeldBlobs
    clock: Clock
    keep_s: float


class SiteWriter:
    """Applies and deletes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._access = site.access
        self._batches = FileBatches(site.access, site.note)
        self._lineage = ""

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        try:
            with refusing(self._site.name):
                if write.ref.kind == FILE_KIND:
                    return await self._write_file(write, written_file(write))
                if write.ref.kind == RELEASE_KIND:
                    return await self._write_release(write, written_release(write))
                return Refused(refusal=Refusal.NO_KIND, message=f"a site's place takes no {write.ref.kind}")
        except Refusing as refusing_:
            return refusing_.answer

    async def delete(self, ref: Ref, *, uid: str, dry: bool) -> Answer:
        """Delete one resource, or try to."""
        try:
            with refusing(self._site.name):
                return await self._delete(ref, uid=uid, dry=dry)
        except Refusing as refusing_:
            return refusing_.answer

    async def view(self) -> View:
        """What is there, as it was looked at last.

        Raises:
            PlatformRefused: it cannot be asked.
        """
        return View(look=await self._access.look(), staged=self._site.note.get())

    # ---- files ------------------------------------------------------------------------------------------------

    async def _write_file(self, write: Write, file: MarkedFile) -> Answer:
        view = await self.view()
        self._expect(view, write, file.mark)
        blob, listed = Digest(file.blob), view.listed(file.path)
        if listed != blob:
            self._expect_bytes({file.path: blob})
        if write.mode.is_dry:
            return Accepted(
                observed=view.observed(write.ref, blob, owner=file.mark), changes=_content(view, write, blob)
            )
        heals = listed is not None and view.look.files.get(file.path) != listed
        if heals and (listed == blob or self._site.blobs.has(listed or blob)):
            assert view.published is not None
            await self._batches.put_back(file.path, view.published)
        is_news = self._is_news(view, file, listed)
        if is_news:
            lineage = self._lineage_of(view, file.mark)
            await self._batches.stage(file.path, None if listed == blob else blob, mark=file.mark, lineage=lineage)
        view = replace(view, staged=self._site.note.get())
        return Accepted(observed=view.observed(write.ref, blob), wrote=heals or is_news)

    def _is_news(self, view: View, file: MarkedFile, listed: Digest | None) -> bool:
        staged = view.staged.files.get(file.path) if view.staged.mark == file.mark else None
        return staged != (None if listed == file.blob else file.blob)

    # ---- the release ------------------------------------------------------------------------------------------

    async def _write_release(self, write: Write, body: MarkedRelease) -> Answer:
        digest = digest_bytes(write.body)
        view = await self.view()
        self._expect(view, write, body.mark)
        after = self._after(view, digest, body)
        is_live = view.is_live(after)
        if not is_live:
            holdings = dict(after.holdings())
            self._expect_bytes({path: blob for path, blob in holdings.items() if view.look.files.get(path) != blob})
        if write.mode.is_dry:
            if not is_live:
                await self._access.try_publish(after)
            return self._promised(view, write, digest, body.mark)
        if not is_live:
            await self._access.publish(after)
        self._batches.settle(after)
        view = await self.view()
        return Accepted(observed=view.release_observed(write.ref), added=_added(view), wrote=not is_live)

    def _after(self, view: View, digest: Digest, body: MarkedRelease) -> Published:
        if view.published is not None and view.release == digest:
            return _without_lost(view, self._site.blobs)
        now_s, site = self._site.clock.now().timestamp(), self._site
        kept = kept_after(view.published, body, now_s=now_s, keep_s=body.keep_s or site.keep_s, has=site.blobs.has)
        lineage = self._lineage_of(view, body.mark)
        return Published(lineage=lineage, release=digest, body=body, kept=kept, made_s=now_s)

    def _promised(self, view: View, write: Write, digest: Digest, mark: str) -> Answer:
        promised = view.observed(write.ref, digest, owner=mark)
        if not write.whole:
            return Accepted(observed=promised)
        if view.release == digest:
            promised = msgspec.structs.replace(promised, others=view.release_observed(write.ref).others)
        return Accepted(observed=promised, changes=tuple(_changes(view, digest)), added=_added(view))

    # ---- what is asked before anything is done ------------------------------------------------------------------

    def _expect(self, view: View, write: Write, mark: str) -> None:
        """Whether this write may be done as it was planned.

        Raises:
            Refusing: the place is another's, or not as it was.
        """
        uid = view.uid(write.ref)
        if write.uid and write.uid != uid:
            made = "made again by somebody" if view.published else "not there any more"
            raise Refusing(Refusal.STALE, f"it was {made}" if view.published else f"it is {made}")
        if view.published is None or view.owner == mark:
            return
        if not (view.owner.startswith(self._site.family) and write.uid == uid):
            whose = view.owner.removeprefix(self._site.family)
            raise Refusing(Refusal.DENIED, f"{self._site.name} belongs to {whose}: name another place")

    def _expect_bytes(self, files: Mapping[str, Digest]) -> None:
        missing = [path for path, blob in files.items() if not self._site.blobs.has(blob)]
        if missing:
            names = ", ".join(missing[:_MISSING_TOLD])
            raise Refusing(
                Refusal.BUSY, f"the bytes of {names} are not kept any more; the next render makes them again"
            )

    def _lineage_of(self, view: View, mark: str) -> str:
        """That of the place; of one that has none, a new one, the same until it has."""
        if view.lineage:
            self._lineage = ""
            return view.lineage
        if not self._lineage:
            clock = self._site.clock
            born = [mark, self._site.name, clock.now().isoformat(), clock.monotonic_s()]
            self._lineage = digest_value(born)[:32]
        return self._lineage

    # ---- deletes ------------------------------------------------------------------------------------------------

    async def _delete(self, ref: Ref, *, uid: str, dry: bool) -> Answer:
        view = await self.view()
        if not view.lineage:
            return Refused(refusal=Refusal.GONE, message="it is not there any more")
        if uid and uid != view.uid(ref):
            return Refused(refusal=Refusal.STALE, message="it was made again by somebody")
        staged = view.staged.files.get(ref.name)
        before: Observed = view.observed(ref, staged or view.listed(ref.name) or Digest(""))
        if dry:
            return Accepted(observed=before, wrote=False)
        if ref.kind == RELEASE_KIND:
            if view.published is not None:
                await self._access.remove(view.published)
            self._batches.settle(None)
            self._lineage = ""
        elif view.listed(ref.name) is not None:
            return Refused(refusal=Refusal.STALE, message="the release that is live still has it")
        elif staged is not None:
            await self._batches.stage(ref.name, None, mark=view.staged.mark, lineage=view.staged.lineage)
        return Accepted(observed=before)


def _without_lost(view: View, blobs: HeldBlobs) -> Published:
    """What is live, but old files that are broken and whose bytes nobody has any more: no render makes them again."""
    assert view.published is not None
    kept = view.published.kept
    lost = {path for path in view.broken if not blobs.has(kept[path].blob)}
    if not lost:
        return view.published
    return msgspec.structs.replace(view.published, kept={path: one for path, one in kept.items() if path not in lost})


def _content(view: View, write: Write, blob: Digest) -> tuple[FieldChange, ...] | None:
    """What differs in a file, where that was asked for."""
    if not write.whole:
        return None
    match view.parts([write.ref], "")[write.ref]:
        case Known(Observed(ours=before)) if before == blob:
            return ()
        case Known(Observed(ours=before)):
            return (FieldChange(path="content", before=_shown(before), after=_shown(blob)),)
        case _:
            return (FieldChange(path="content", before="", after=_shown(blob)),)


def _changes(view: View, digest: Digest) -> Iterator[FieldChange]:
    if view.release != digest:
        yield FieldChange(path="release", before=_shown(view.release), after=_shown(digest))
    if view.published is not None and view.look.pointer:
        yield FieldChange(path="pointer", before=view.look.pointer, after=_shown(digest))
    for path in view.broken[:_TOLD_MAX]:
        yield FieldChange(path=f"tree/{path}", before="gone or changed", after="as published")


def _added(view: View) -> tuple[FieldConflict, ...]:
    return tuple(FieldConflict(manager=STRANGER, path=path) for path in view.look.strangers[:_TOLD_MAX])


def _shown(digest: Digest) -> str:
    return digest[:_SHOWN]
