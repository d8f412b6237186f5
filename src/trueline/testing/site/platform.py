"""The port of a platform over a place in memory. What it must never do is what the conformance suite looks for."""

from collections.abc import Collection
from functools import partial

import msgspec

from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.runtime.blob import Blobs
from trueline.target.answer import Refusal
from trueline.target.site.body import MarkedRelease
from trueline.target.site.order import rank
from trueline.target.site.platform import Look, Order, PlatformRefused, Published
from trueline.testing.site.place import MemoryPlace

RELEASES_MAX = 3


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What the place keeps beside the files. `intended` are paths that a publish may have written and did not end."""

    published: Published | None = None
    intended: frozenset[str] = frozenset()
    past: dict[str, Published] = {}

    def ours(self) -> set[str]:
        """Every path that may hold bytes of ours."""
        return {path for path, _ in self.published.holdings()} | self.intended if self.published else {*self.intended}


class MemoryPlatform:
    """An atomic or an ordered platform."""

    def __init__(self, place: MemoryPlace, blobs: Blobs) -> None:
        self.place = place
        self._blobs = blobs

    @property
    def order(self) -> Order:
        """As the place is."""
        return self.place.order

    async def look(self) -> Look:
        """Read every byte."""
        place = self.place
        await place.ask()
        place.looks += 1
        document = self._document()
        published, version = document.published, digest_bytes(place.document or b"")
        is_atomic = self.order is Order.ATOMIC
        tree = place.trees.get(published.release, {}) if is_atomic and published else place.files
        if published is None:
            strangers = () if is_atomic else tuple(sorted(tree.keys() - document.ours()))
            return Look(published=None, version=version, strangers=strangers)
        files = {path: digest_bytes(tree[path]) for path, _ in published.holdings() if path in tree}
        pointer = f"leads to {place.pointer[:12]!r}" if is_atomic and place.pointer != published.release else ""
        strangers = tuple(sorted(tree.keys() - document.ours()))
        return Look(published=published, files=files, pointer=pointer, strangers=strangers, version=version)

    async def try_publish(self, before: Look, after: Published) -> None:  # noqa: ARG002 - it knows without
        """Name the stranger that is in the way."""
        await self.place.ask()
        self._check_way(after)

    async def publish(self, before: Look, after: Published) -> None:
        """By trees and a pointer, or one file after the other."""
        await self.place.ask()
        if before.version != digest_bytes(self.place.document or b""):
            raise PlatformRefused(Refusal.STALE, "somebody else has published")
        if self.order is Order.ATOMIC:
            await self._publish_tree(after)
        else:
            await self._publish_files(after)

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        """Write each anew."""
        place, wanted = self.place, dict(live.holdings())
        tree = place.trees.setdefault(live.release, {}) if self.order is Order.ATOMIC else place.files
        for path in sorted(paths):
            await self._bring(tree, path, wanted[path])

    async def remove(self, live: Published) -> None:
        """Entry pages first, what says whose it was last."""
        place, document = self.place, self._document()
        if self.order is Order.ATOMIC:
            if place.pointer == live.release:
                await place.do(lambda: setattr(place, "pointer", ""))
            for release in [*document.past, live.release]:
                await self._drop_tree(release)
        else:
            for path in sorted(document.ours() & place.files.keys(), key=rank, reverse=True):
                await place.do(partial(place.files.pop, path))
        await place.do(lambda: setattr(place, "document", None))

    # ---- atomic ---------------------------------------------------------------------------------------------------

    async def _publish_tree(self, after: Published) -> None:
        place, document = self.place, self._document()
        if document.published is None:
            await self._save(Document(published=_begun(after), past=document.past))
        live = place.trees.get(place.pointer, {})
        tree = place.trees.setdefault(after.release, {})
        known = document.past.get(after.release)
        wanted = dict(after.holdings())
        for path in sorted({path for path, _ in known.holdings()} - wanted.keys() if known else ()):
            await place.do(partial(tree.pop, path, None))
        for path, blob in wanted.items():
            if path not in tree and path in live and digest_bytes(live[path]) == blob:
                await place.do(partial(tree.__setitem__, path, live[path]))
            await self._bring(tree, path, blob)
        if place.pointer != after.release:
            await place.do(lambda: setattr(place, "pointer", after.release))
        past = {**document.past, after.release: after}
        leaving = list(past)[:-RELEASES_MAX]
        await self._save(Document(published=after, past={name: past[name] for name in list(past)[-RELEASES_MAX:]}))
        for release in leaving:
            if release != after.release:
                await self._drop_tree(release)

    async def _drop_tree(self, release: str) -> None:
        """What strangers put into it stays with them."""
        place, document = self.place, self._document()
        known = document.past.get(release)
        tree = place.trees.get(release)
        if tree is None:
            return
        ours = {path for path, _ in known.holdings()} if known else set()
        strangers = {f"aside/{release[:6]}/{path}": data for path, data in tree.items() if path not in ours}
        await place.do(lambda: (place.trees.pop(release), place.beside.update(strangers)))

    # ---- ordered --------------------------------------------------------------------------------------------------

    def _check_way(self, after: Published) -> None:
        if self.order is Order.ATOMIC:
            return
        ours, files = self._document().ours(), self.place.files
        for path, blob in after.holdings():
            if path in files and path not in ours and digest_bytes(files[path]) != blob:
                raise PlatformRefused(Refusal.DENIED, f"{path} is there, and is not ours: it is not written over")

    async def _publish_files(self, after: Published) -> None:
        self._check_way(after)
        place, document = self.place, self._document()
        wanted, ours = dict(after.holdings()), document.ours()
        missing = [path for path, blob in wanted.items() if digest_bytes(place.files.get(path, b"")) != blob]
        missing += [path for path in wanted if path not in place.files and path not in missing]
        leaving = (ours - wanted.keys()) & place.files.keys()
        if missing or leaving:
            intended = frozenset(ours | wanted.keys())
            await self._save(Document(published=document.published or _begun(after), intended=intended))
        for path in sorted(missing, key=rank):
            await self._bring(place.files, path, wanted[path])
        for path in sorted(leaving, key=rank, reverse=True):
            await place.do(partial(place.files.pop, path))
        await self._save(Document(published=after))

    # ---- both -----------------------------------------------------------------------------------------------------

    async def _bring(self, tree: dict[str, bytes], path: str, blob: Digest) -> None:
        if path in tree and digest_bytes(tree[path]) == blob:
            return
        data = self._blobs.get(blob)
        if data is None:
            raise PlatformRefused(Refusal.BUSY, f"the bytes of {path} are not kept any more")
        await self.place.do(partial(tree.__setitem__, path, data), uploads=1)

    def _document(self) -> Document:
        data = self.place.document
        return Document() if data is None else msgspec.json.decode(data, type=Document)

    async def _save(self, document: Document) -> None:
        if document != self._document():
            data = canonical(document)
            await self.place.do(lambda: setattr(self.place, "document", data))


def _begun(after: Published) -> Published:
    """Before the first release nothing is published, by the same application: what it leaves behind is its own."""
    body = MarkedRelease(files={}, mark=after.body.mark)
    return Published(lineage=after.lineage, release=digest_bytes(body.body()), body=body)
