"""The conformance suite of places finds planted faults: each is a platform that breaks one promise."""

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

import pytest

from trueline.model.digest import Digest, digest_bytes
from trueline.runtime.blob import BlobDirectory, Blobs
from trueline.target.site.order import rank
from trueline.target.site.platform import Look, Order, PlatformRefused, Published
from trueline.testing.conformance.site.suite import site_cases
from trueline.testing.conformance.site.world import World
from trueline.testing.site.ground import FEATURES, MakePlatform, MemoryGround
from trueline.testing.site.place import MemoryPlace
from trueline.testing.site.platform import Document, MemoryPlatform


class _SwitchesFirst(MemoryPlatform):
    """The pointer leads to a tree that is not complete."""

    async def _publish_tree(self, after: Published) -> None:
        self.place.trees.setdefault(after.release, {})
        await self.place.do(lambda: setattr(self.place, "pointer", after.release))
        await super()._publish_tree(after)


class _WritesIntoTheLiveTree(MemoryPlatform):
    """There is one tree for all releases."""

    async def _publish_tree(self, after: Published) -> None:
        live = self.place.trees.pop(self.place.pointer, None)
        if live is not None:
            self.place.trees[after.release] = live
            self.place.pointer = after.release
        await super()._publish_tree(after)


class _DeletesFirst(MemoryPlatform):
    """What leaves goes before what comes is there."""

    async def _publish_files(self, after: Published) -> None:
        wanted = dict(after.holdings())
        for path in sorted(self._document().ours() - wanted.keys()):
            if path in self.place.files:
                await self.place.do(partial(self.place.files.pop, path))
        await super()._publish_files(after)


class _PagesFirst(MemoryPlatform):
    """Pages are seen before what they show."""

    async def _publish_files(self, after: Published) -> None:
        self._check_way(after)
        for path, blob in sorted(after.holdings(), key=lambda one: rank(one[0]), reverse=True):
            await self._bring(self.place.files, path, blob)
        await super()._publish_files(after)


class _OverwritesStrangers(MemoryPlatform):
    """Whatever stands in the way goes."""

    def _check_way(self, after: Published) -> None:
        pass


class _TellsTooLate(MemoryPlatform):
    """What is in the way is told only when it is published."""

    async def try_publish(self, before: Look, after: Published) -> None:
        await self.place.ask()


class _AlwaysUploads(MemoryPlatform):
    """Every file, each time."""

    async def _bring(self, tree: dict[str, bytes], path: str, blob: Digest) -> None:
        tree_ = tree if path not in tree else {**tree, path: b"\0other"}
        await super()._bring(tree_, path, blob)
        tree[path] = tree_[path]


class _TrustsWhatIsKept(MemoryPlatform):
    """An earlier release's tree is taken as it is."""

    async def _bring(self, tree: dict[str, bytes], path: str, blob: Digest) -> None:
        is_live = tree is self.place.trees.get(self.place.pointer)
        if path not in tree or is_live:
            await super()._bring(tree, path, blob)


class _TrustsBlobs(MemoryPlatform):
    """What is kept is published unread."""

    def __init__(self, place: MemoryPlace, blobs: Blobs) -> None:
        assert isinstance(blobs, BlobDirectory)
        super().__init__(place, _Unread(blobs))


class _Unread:
    def __init__(self, blobs: BlobDirectory) -> None:
        self._blobs = blobs
        self.put, self.has, self.known = blobs.put, blobs.has, blobs.known

    def get(self, digest: Digest) -> bytes | None:
        return self._blobs.place(digest).read_bytes()


class _TakesSilenceForNothing(MemoryPlatform):
    """Who cannot be reached has nothing."""

    async def look(self) -> Look:
        try:
            return await super().look()
        except PlatformRefused:
            return Look(published=None)


class _ComparesSizes(MemoryPlatform):
    """A file of the same size is the same file."""

    async def look(self) -> Look:
        look = await super().look()
        served = self.place.served()
        known = dict(look.published.holdings() if look.published else ())
        same = {
            path: known[path]
            for path in look.files
            if len(served.get(path, b"")) == len(self._blobs.get(known[path]) or b"")
        }
        return Look(
            published=look.published,
            files={**look.files, **same},
            pointer=look.pointer,
            strangers=look.strangers,
            version=look.version,
        )


class _HasNoFence(MemoryPlatform):
    """Whoever writes last wins."""

    async def publish(self, before: Look, after: Published) -> None:
        now = digest_bytes(self.place.document or b"")
        await super().publish(Look(published=before.published, files=before.files, version=now), after)


class _RemovesEverything(MemoryPlatform):
    """Others' files too."""

    async def remove(self, live: Published) -> None:
        await super().remove(live)
        self.place.files.clear()
        self.place.trees.clear()
        self.place.beside.clear()


class _ForgetsWhatItBegan(MemoryPlatform):
    """What a broken publish left behind is nobody's."""

    async def _save(self, document: Document) -> None:
        if not document.intended:
            await super()._save(document)


class _HealsByDeleting(MemoryPlatform):
    """A file is gone for a moment before it is put back."""

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        tree = self.place.trees[live.release] if self.order is Order.ATOMIC else self.place.files
        for path in paths:
            await self.place.do(partial(tree.pop, path, None))
        await super().put_back(live, paths)


class _LeavesWhatGitDropped(MemoryPlatform):
    """Nothing ever goes."""

    async def _publish_files(self, after: Published) -> None:
        files = dict(self.place.files)
        await super()._publish_files(after)
        self.place.files.update({path: data for path, data in files.items() if path not in self.place.files})


PLANTED: Mapping[tuple[Order, MakePlatform], str] = {
    (Order.ATOMIC, _SwitchesFirst): "readers_see_one_release_or_the_other",
    (Order.ATOMIC, _WritesIntoTheLiveTree): "readers_see_one_release_or_the_other",
    (Order.ATOMIC, _TrustsWhatIsKept): "a_kept_release_is_not_trusted_unread",
    (Order.ATOMIC, _HealsByDeleting): "a_heal_is_seen_as_old_or_new_bytes",
    (Order.ATOMIC, _ComparesSizes): "a_file_of_the_same_size_is_seen",
    (Order.ATOMIC, _RemovesEverything): "others_files_outlive_everything",
    (Order.ORDERED, _DeletesFirst): "the_entry_page_comes_last_and_deletes_after_it",
    (Order.ORDERED, _PagesFirst): "readers_see_no_page_before_what_it_names",
    (Order.ORDERED, _OverwritesStrangers): "a_file_in_our_way_is_named_and_left",
    (Order.ORDERED, _TellsTooLate): "a_file_in_our_way_is_named_and_left",
    (Order.ATOMIC, _AlwaysUploads): "one_changed_page_is_one_upload",
    (Order.ORDERED, _TrustsBlobs): "changed_bytes_of_a_blob_are_not_published",
    (Order.ORDERED, _TakesSilenceForNothing): "what_cannot_be_asked_is_unknown",
    (Order.ORDERED, _HasNoFence): "of_two_writers_one_is_told_that_it_is_stale",
    (Order.ORDERED, _RemovesEverything): "others_files_outlive_everything",
    (Order.ORDERED, _ForgetsWhatItBegan): "a_crash_at_any_effect_of_the_first_publication_converges",
    (Order.ORDERED, _LeavesWhatGitDropped): "a_page_that_git_drops_is_gone",
}


@pytest.mark.parametrize(
    ("order", "make", "name"),
    [(*planted, name) for planted, name in PLANTED.items()],
    ids=lambda one: getattr(one, "__name__", getattr(one, "name", "")),
)
async def test_a_planted_fault_is_found(tmp_path: Path, order: Order, make: MakePlatform, name: str) -> None:
    (case,) = (case for case in site_cases(order, FEATURES[order]) if case.name == name)
    world = await World.on(MemoryGround(tmp_path, order, make))
    with pytest.raises(AssertionError):
        async with asyncio.timeout(60):
            await case.run(world)


@pytest.mark.parametrize("order", Order)
def test_every_case_has_a_sentence_that_says_what_must_hold(order: Order) -> None:
    cases = site_cases(order, FEATURES[order])
    assert len(cases) > 40
    assert [case.name for case in cases if not (case.run.__doc__ or "").strip().endswith(".")] == []
