"""Sightings: what the kernel notices at once, and a slow look at every file for what it does not tell.

A write through a mapping, or through another name of the file, gives no notice; so each `POLL_S` every stamp is
compared. Both only say where to look: what is sighted is always what was found there.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager, suppress

from trueline.model.digest import Digest
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.site.file import FILE_KIND, RELEASE_REF
from trueline.runtime.clock import Clock
from trueline.runtime.notice import CONTENTS, NAMES, Notice, Notices
from trueline.runtime.task_group import TaskGroup
from trueline.target.directory.look import Looker, Part
from trueline.target.directory.place import Place
from trueline.target.directory.refusal import damaged, reason
from trueline.target.directory.state import Damaged
from trueline.target.directory.tree import Descent
from trueline.target.protocol import Contact, Seen, Sighting
from trueline.target.site.path import folders

POLL_S = 30.0
BREATH_MAX_S = 1.0
_SLICE = 64
CHUNK = 4_096
_PARENT = "\0parent"


class SightingStream:
    """What one listener hears. `seen` is what whoever looked saw last; what is found here is noted there too.

    `prepare` is called after a slow look that nothing called for: the next release has time until the next one.
    """

    def __init__(
        self,
        place: Place,
        looker: Looker,
        clock: Clock,
        seen: MutableMapping[Ref, Part],
        *,
        prepare: Callable[[], Awaitable[None]],
    ) -> None:
        self._place = place
        self._looker = looker
        self._clock = clock
        self._seen = seen
        self._prepare = prepare
        self._armed: tuple[Digest, int] | None = None
        self._labels: tuple[str, ...] = ()
        self._lost = ""
        self._told: dict[Ref, Part] = {}

    async def sightings(self) -> AsyncIterator[Sighting]:
        """Everything from now on, until it is closed."""
        notices = Notices()
        due_s = self._clock.monotonic_s()
        try:
            yield Contact(reason="")
            while True:
                begun_s = self._clock.monotonic_s()
                found, is_lost = notices.take()
                is_due = is_lost or self._clock.monotonic_s() >= due_s or self._is_unsettled(found)
                is_due = is_due or self._arm_is_old()
                noticed = self._refs(found)
                later = noticed & {RELEASE_REF} if is_due else frozenset[Ref]()  # all folders are looked at below
                async for sighting in self._looked(sorted(noticed - later), noticed):
                    yield sighting
                if is_lost:
                    yield Contact(reason="")
                if is_due:
                    due_s = self._clock.monotonic_s() + POLL_S
                    await self._arm(notices)
                    async for sighting in self._polled(later):
                        yield sighting
                    if not found:
                        await self._prepare()
                took_s = self._clock.monotonic_s() - begun_s
                await self._clock.sleep(min(took_s, BREATH_MAX_S))  # who writes without end costs half of the time
                await self._pause(notices, due_s)
        finally:
            notices.close()

    async def _pause(self, notices: Notices, due_s: float) -> None:
        async with TaskGroup() as group:
            timer = group.create_task(self._clock.sleep(max(0.0, due_s - self._clock.monotonic_s())))
            event = group.create_task(notices.wait())
            await asyncio.wait({timer, event}, return_when=asyncio.FIRST_COMPLETED)
            timer.cancel()
            event.cancel()

    def _is_unsettled(self, found: Collection[Notice]) -> bool:
        """Whether other folders have to be watched now: those of the parent count only where they are our own."""
        ours = {self._place.name, self._place.state, ""}
        return any(one.is_unsettling and (one.label != _PARENT or one.name in ours) for one in found)

    # ---- what was noticed -----------------------------------------------------------------------------------------

    def _refs(self, found: Collection[Notice]) -> frozenset[Ref]:
        """What notices are about."""
        refs: set[Ref] = set()
        with suppress(OSError, Damaged), self._place.opened() as parent:
            view = self._looker.view(parent)
            for one in found:
                path = f"{one.label}/{one.name}" if one.label else one.name
                if one.label != _PARENT and view.listed(path) is not None:
                    refs.add(Ref(FILE_KIND, "", path))
                elif one.label != _PARENT or one.name in {self._place.name, self._place.state, ""}:
                    refs.add(RELEASE_REF)
        return frozenset(refs)

    async def _looked(self, refs: Collection[Ref], noticed: Collection[Ref]) -> AsyncIterator[Sighting]:
        """Tell what was found, where that is news, or was noticed."""
        if not refs:
            return
        for ref, part in (await self._looker.parts(refs, "")).items():
            is_news = self._told.get(ref) != part or self._seen.get(ref) != part
            self._told[ref] = self._seen[ref] = part
            match part:
                case Known(observed) if is_news or ref in noticed:
                    yield Seen(ref=ref, observed=observed)
                case Unknown(reason=why):
                    async for sighting in self._contact(why):
                        yield sighting
                case _:
                    pass

    async def _contact(self, why: str) -> AsyncIterator[Sighting]:
        if self._lost != why:
            self._lost = why
            yield Contact(reason=why)

    # ---- what a look at everything finds ----------------------------------------------------------------------------

    async def _polled(self, noticed: Collection[Ref]) -> AsyncIterator[Sighting]:
        try:
            with self._place.opened() as parent:
                view = self._looker.view(parent)
        except Damaged as error:
            async for sighting in self._contact(damaged(str(self._place.path), error)):
                yield sighting
            return
        except OSError as error:
            async for sighting in self._contact(reason(str(self._place.path), error)):
                yield sighting
            return
        async for sighting in self._contact(""):
            yield sighting
        paths = list(view.manifest.files) if view.manifest else []
        refs = [Ref(FILE_KIND, "", path) for path in paths]
        self._told = {ref: self._told[ref] for ref in (*refs, RELEASE_REF) if ref in self._told}
        refs.insert(0, RELEASE_REF)  # the folders are looked at once, with the first files
        for at in range(0, len(refs), CHUNK):
            async for sighting in self._looked(refs[at : at + CHUNK], noticed):
                yield sighting
            await asyncio.sleep(0)

    # ---- which folders are watched ----------------------------------------------------------------------------------

    def _arm_is_old(self) -> bool:
        with self._root() as found:
            return found is not None and found[0] != self._armed

    async def _arm(self, notices: Notices) -> None:
        """Watch the parent for the pointer, and every folder of the live release."""
        with suppress(OSError), self._place.opened() as parent:
            notices.watch(parent, _PARENT, NAMES)
        with self._root() as found:
            if found is None:
                return
            armed, root, paths = found
            if armed != self._armed:
                notices.forget(self._labels)
            labels = ["", *folders(paths)]
            with Descent(root) as tree:
                for count, label in enumerate(labels):
                    if count % _SLICE == 0:
                        await asyncio.sleep(0)
                    with suppress(OSError):
                        notices.watch(tree.at(label), label, CONTENTS)
            self._armed, self._labels = armed, tuple(labels)

    @contextmanager
    def _root(self) -> Iterator[tuple[tuple[Digest, int], int, list[str]] | None]:
        with suppress(OSError, Damaged), self._place.opened() as parent:
            view = self._looker.view(parent)
            if view.manifest is not None:
                with self._looker.tree(parent, view.release) as root:
                    paths = [path for path, _ in view.manifest.holdings()]
                    yield (view.release, os.fstat(root).st_ino), root, paths
                    return
        yield None
