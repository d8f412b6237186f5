"""Writing: each resource alone, tried or done; a refusal is an answer. How a release becomes live is `publish`'s."""

import asyncio
import os
from collections.abc import Collection
from contextlib import suppress

import msgspec

from trueline.model.digest import Digest, digest_bytes, digest_value
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.render.site.file import FILE_KIND, RELEASE_KIND
from trueline.runtime.clock import Clock
from trueline.target.answer import Accepted, Answer, FieldChange, FieldConflict, Refusal, Refused
from trueline.target.directory.copy import BlobGone, Copier
from trueline.target.directory.look import Faults, Looker, View, observed, of_release
from trueline.target.directory.place import Place, Standing
from trueline.target.directory.publish import Publisher
from trueline.target.directory.refusal import refusing
from trueline.target.directory.remove import Remover
from trueline.target.directory.state import Damaged, Owner, State
from trueline.target.protocol import Write
from trueline.target.site.body import MarkedFile, MarkedRelease
from trueline.target.site.refusal import Refusing
from trueline.target.site.written import written_file, written_release
from trueline.target.snapshot import Observed

STRANGER = "an unknown writer"
_SHOWN = 12
_TOLD_MAX = 20
_MISSING_TOLD = 3


class DirectoryWriter:
    """Applies and deletes, one act at a time."""

    def __init__(  # noqa: PLR0913 - what it writes with
        self,
        place: Place,
        state: State,
        *,
        family: str,
        looker: Looker,
        publisher: Publisher,
        copier: Copier,
        remover: Remover,
        clock: Clock,
    ) -> None:
        self._place = place
        self._state = state
        self._family = family
        self._looker = looker
        self._publisher = publisher
        self._copier = copier
        self._remover = remover
        self._clock = clock
        self._lock = asyncio.Lock()

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        try:
            with refusing(str(self._place.path)):
                if write.ref.kind == FILE_KIND:
                    return await self._write_file(write, written_file(write))
                if write.ref.kind == RELEASE_KIND:
                    return await self._write_release(write, written_release(write))
                return Refused(refusal=Refusal.NO_KIND, message=f"a directory takes sites, and no {write.ref.kind}")
        except Refusing as refusing_:
            return refusing_.answer

    async def delete(self, ref: Ref, *, uid: str, dry: bool) -> Answer:
        """Delete one resource, or try to."""
        try:
            with refusing(str(self._place.path)):
                async with self._lock:
                    with self._place.opened() as parent:
                        return await self._delete(parent, ref, uid=uid, dry=dry)
        except Refusing as refusing_:
            return refusing_.answer

    async def prepare(self) -> None:
        """Make ready what the next release begins with. What cannot be done is left: the release makes it then."""
        with suppress(OSError, Damaged):
            async with self._lock:
                with self._place.opened() as parent:
                    view = self._looker.view(parent)
                    is_ours = view.owner is not None and view.owner.mark.startswith(self._family)
                    if is_ours and view.manifest is not None:
                        await self._publisher.prepare(parent, view.manifest)

    # ---- files ------------------------------------------------------------------------------------------------

    async def _write_file(self, write: Write, file: MarkedFile) -> Answer:
        with self._place.opened() as parent:
            if write.mode.is_dry:
                self._expect(parent, write, file.mark, foreign=Refusal.BUSY)
                return await self._try_file(parent, write, file)
            async with self._lock:
                view = self._own(parent, self._expect(parent, write, file.mark, foreign=Refusal.BUSY), file.mark)
                return await self._apply_file(parent, view, write.ref, file)

    async def _try_file(self, parent: int, write: Write, file: MarkedFile) -> Answer:
        view = self._looker.view(parent)
        blob = Digest(file.blob)
        if view.listed(file.path) != blob:
            self._expect_bytes(parent, {file.path: blob}, size_bytes=file.size_bytes)
        changes = None
        if write.whole:
            part = (await self._looker.parts([write.ref], ""))[write.ref]
            before = part.value.ours if isinstance(part, Known) and part.value else Digest("")
            changes = (
                () if before == blob else (FieldChange(path="content", before=_shown(before), after=_shown(blob)),)
            )
        return Accepted(observed=_promised(view, write.ref, blob, file.mark), changes=changes)

    async def _apply_file(self, parent: int, view: View, ref: Ref, file: MarkedFile) -> Answer:
        blob, listed = Digest(file.blob), view.listed(file.path)
        if listed != blob:
            await self._copier.check(blob)
        healed = False
        if listed is not None and view.manifest is not None:
            try:
                healed = await self._publisher.put_back(parent, view.manifest, file.path)
            except BlobGone:
                if listed == blob:
                    raise  # else the next release does not need it any more
        staged = "" if listed == blob else blob
        is_news = view.staged.get(file.path, "") != staged
        if is_news:
            with self._state.opened(parent) as state:
                self._state.stage(state, file.path, staged)
                view.staged.pop(file.path, None)
                if staged:
                    view.staged[file.path] = blob
                self._looker.renew(state, view)
        return Accepted(observed=observed(view, ref, blob), wrote=healed or is_news)

    # ---- the release ------------------------------------------------------------------------------------------

    async def _write_release(self, write: Write, body: MarkedRelease) -> Answer:
        digest = digest_bytes(write.body)
        with self._place.opened() as parent:
            if write.mode.is_dry:
                view = self._expect(parent, write, body.mark, foreign=Refusal.DENIED)
                return await self._try_release(parent, view, write, body, digest)
            async with self._lock:
                view = self._expect(parent, write, body.mark, foreign=Refusal.DENIED)
                return await self._apply_release(parent, self._own(parent, view, body.mark), write.ref, body, digest)

    async def _try_release(self, parent: int, view: View, write: Write, body: MarkedRelease, digest: Digest) -> Answer:
        new = {path: Digest(blob) for path, blob in body.files.items() if view.listed(path) != blob}
        self._expect_bytes(parent, new)
        promised = _promised(view, write.ref, digest, body.mark)
        if not write.whole:
            return Accepted(observed=promised)
        if view.owner is None:
            return Accepted(observed=promised, changes=(FieldChange(path="release", before="", after=_shown(digest)),))
        faults = await self._looker.faults(parent, view)
        if view.release == digest:
            promised = msgspec.structs.replace(promised, others=of_release(view, write.ref, faults).others)
        return Accepted(observed=promised, changes=tuple(_changes(view, faults, digest)), added=_added(faults))

    async def _apply_release(self, parent: int, view: View, ref: Ref, body: MarkedRelease, digest: Digest) -> Answer:
        made = await self._publisher.publish(parent, view.manifest, digest, body)
        wrote = made.wrote
        if view.owner is not None and view.owner.mark != body.mark:
            with self._state.opened(parent) as state:
                self._state.save_owner(state, msgspec.structs.replace(view.owner, mark=body.mark))
            wrote = True
        view = self._looker.view(parent)
        faults = await self._looker.faults(parent, view, is_new=made.is_new)
        return Accepted(observed=of_release(view, ref, faults), added=_added(faults), wrote=wrote)

    # ---- what is asked before anything is done ------------------------------------------------------------------

    def _expect(self, parent: int, write: Write, mark: str, *, foreign: Refusal) -> View:
        """The state as this write may find it: what is not ours is not touched (INV-01).

        Raises:
            Refusing: PATH is not ours, or not what was planned for.
        """
        view = self._looker.view(parent)
        standing, leads_to = self._place.standing(parent)
        if standing is Standing.FOREIGN or (standing is Standing.ASTRAY and view.owner is None):
            what = f"{standing.value} {leads_to}".strip()
            message = (
                f"{self._place.path} is {what}: move it away, or name another directory; nothing of it was touched"
            )
            raise Refusing(foreign, message)
        if view.owner is None or (view.manifest is None and view.owner.mark != mark):
            if write.uid:
                raise Refusing(Refusal.STALE, "it is not there any more")
            return View()
        uid = view.uid(write.ref)
        if write.uid and write.uid != uid:
            raise Refusing(Refusal.STALE, "it was made again by somebody")
        if view.owner.mark != mark and not (view.owner.mark.startswith(self._family) and write.uid == uid):
            whose = view.owner.mark.removeprefix(self._family)
            raise Refusing(Refusal.DENIED, f"{self._place.path} belongs to {whose}: name another directory")
        return view

    def _expect_bytes(self, parent: int, files: dict[str, Digest], *, size_bytes: int | None = None) -> None:
        sizes = {path: self._copier.size_bytes(blob) for path, blob in files.items()}
        missing = [path for path, size in sizes.items() if size is None or (size_bytes not in {None, size})]
        if missing:
            names = ", ".join(missing[:_MISSING_TOLD])
            raise Refusing(
                Refusal.BUSY, f"the bytes of {names} are not kept any more; the next render makes them again"
            )
        free = os.statvfs(parent)
        needed = sum(size or 0 for size in sizes.values())
        if needed > free.f_bavail * free.f_frsize:
            raise Refusing(Refusal.DENIED, f"the disk has {free.f_bavail * free.f_frsize} bytes left, not {needed}")

    def _own(self, parent: int, view: View, mark: str) -> View:
        """The state, made where it is not there yet."""
        if view.owner is not None:
            return view
        self._state.make(parent)
        with self._state.opened(parent) as state:
            made = os.fstat(state)
            lineage = digest_value([mark, made.st_dev, made.st_ino, self._clock.now().isoformat()])[:32]
            self._state.restage(state, {})
            self._state.save_owner(state, Owner(mark=mark, lineage=lineage))
        return self._looker.view(parent)

    # ---- deletes ------------------------------------------------------------------------------------------------

    async def _delete(self, parent: int, ref: Ref, *, uid: str, dry: bool) -> Answer:
        view = self._looker.view(parent)
        if view.owner is None:
            return Refused(refusal=Refusal.GONE, message="it is not there any more")
        if uid and uid != view.uid(ref):
            return Refused(refusal=Refusal.STALE, message="it was made again by somebody")
        before = observed(view, ref, view.staged.get(ref.name) or view.listed(ref.name) or Digest(""))
        if dry:
            return Accepted(observed=before, wrote=False)
        if ref.kind == RELEASE_KIND:
            await self._remover.remove_all(self._place, parent)
        elif view.listed(ref.name) is not None:
            return Refused(refusal=Refusal.STALE, message="the release that is live still has it")
        elif ref.name in view.staged:
            with self._state.opened(parent) as state:
                self._state.stage(state, ref.name, "")
                del view.staged[ref.name]
                self._looker.renew(state, view)
        return Accepted(observed=before)


def _promised(view: View, ref: Ref, ours: Digest, mark: str) -> Observed:
    """What will be there; its identity is known only where the state is there already."""
    if view.owner is None:
        return Observed(uid="", version="", mark=mark, mark_is_ours=True, ours=ours)
    return observed(view, ref, ours)


def _changes(view: View, faults: Faults, digest: Digest) -> Collection[FieldChange]:
    found = []
    if view.release != digest:
        found.append(FieldChange(path="release", before=_shown(view.release), after=_shown(digest)))
    if faults.pointer:
        found.append(FieldChange(path="pointer", before=faults.pointer, after=_shown(digest)))
    broken = faults.broken[:_TOLD_MAX]
    found += (FieldChange(path=f"tree/{path}", before="gone or changed", after="as published") for path in broken)
    return found


def _added(faults: Faults) -> tuple[FieldConflict, ...]:
    return tuple(FieldConflict(manager=STRANGER, path=path) for path in faults.strangers[:_TOLD_MAX])


def _shown(digest: Digest) -> str:
    return digest[:_SHOWN]
