"""How a release becomes live, and how files of it are put back.

A tree is made complete under another name, or brought back to what its manifest says, before the link leads to it. A
publication that was cut goes on with the files that are there. To publish what is live already writes nothing.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from trueline.model.digest import Digest
from trueline.target.answer import Refusal
from trueline.target.site.platform import Look, PlatformRefused, Published
from trueline.target.site.ssh.bring import Bringer, Stock
from trueline.target.site.ssh.host import Cause, Host, HostRefused, Kind
from trueline.target.site.ssh.look import AtPath, Looker, Standing
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.remove import NEW, Remover
from trueline.target.site.ssh.state import Owner, State
from trueline.target.site.ssh.tree import find, folders

RELEASES_KEPT = 5
_TOLD_MAX = 3


class Publisher:
    """Writes releases."""

    def __init__(  # noqa: PLR0913 - what a release is made with
        self, place: Place, host: Host, state: State, *, looker: Looker, bringer: Bringer, remover: Remover
    ) -> None:
        self._place = place
        self._host = host
        self._state = state
        self._looker = looker
        self._bringer = bringer
        self._remover = remover

    async def try_publish(self, before: Look, after: Published) -> None:
        """Tell what would stop it, without writing.

        Raises:
            HostRefused: the host cannot be asked.
            PlatformRefused: something would.
        """
        expect_free(self._place, await self._looker.at_path(), before.published)
        there = set(before.files.values())
        new = {path: digest for path, digest in after.holdings() if digest not in there}
        sizes = {path: self._bringer.blob(digest).size_bytes for path, digest in new.items()}
        if missing := [path for path, size in sizes.items() if size is None]:
            names = ", ".join(missing[:_TOLD_MAX])
            raise PlatformRefused(
                Refusal.BUSY, f"the bytes of {names} are not kept any more; the next render makes them again"
            )
        if needed := sum(size or 0 for size in sizes.values()):
            await self._expect_room(needed)

    async def publish(self, before: Look, after: Published) -> None:
        """Make a release live.

        Raises:
            HostRefused: something could not be done; what was live is live.
            BlobGone: some bytes cannot be taken; what was live is live.
            PlatformRefused: the place is not as it was, or not ours.
        """
        await self._looker.expect_parent()
        at_path = await self._looker.at_path()
        published, version = await self._state.published()
        if version != before.version:
            raise PlatformRefused(Refusal.STALE, f"{self._place.path}: something else was published there since")
        expect_free(self._place, at_path, published)
        await self._own(published, after)
        stock = None
        if published is not None:
            stock = Stock(tree=self._place.tree(published.release), files=before.files)
        await self._materialise(after, stock, is_seen=at_path.is_of(after.release))
        if published is None:  # before anybody sees it: what is seen is known to be ours, and can be removed
            await self._state.save_published(after)
        if not at_path.is_of(after.release):
            await self._switch(at_path, after.release)
        if published is not None and published != after:
            await self._state.save_published(after)
        if published is not None and published.release != after.release:
            await self._let_go(after)

    async def put_back(self, live: Published, paths: Mapping[str, Digest]) -> None:
        """Put files of the live release back as they shall be; where the whole tree is gone, all of it.

        Raises:
            HostRefused: it could not be done.
            BlobGone: some bytes cannot be taken.
            PlatformRefused: something else is live.
        """
        await self._looker.expect_parent()
        published, _ = await self._state.published()
        if published is None or (published.lineage, published.release) != (live.lineage, live.release):
            raise PlatformRefused(Refusal.STALE, f"{self._place.path}: something else was published there since")
        await self._state.make()
        entry = await self._host.entry(self._place.tree(live.release))
        if entry is None or entry.kind is not Kind.FOLDER:
            await self._materialise(live, None, is_seen=True)
        else:
            async with self._told_of_room(paths):
                await self._bringer.mend(self._place.tree(live.release), paths)

    # ---- steps ------------------------------------------------------------------------------------------------------

    async def _own(self, published: Published | None, after: Published) -> None:
        """Say whose it is before anything else is written there."""
        mark = after.body.mark
        if published is not None and published.body.mark == mark and published.lineage == after.lineage:
            await self._state.make()
            return
        owner = await self._state.owner()
        if published is None:
            if owner is None and (why := await self._state.foreign()):
                raise PlatformRefused(Refusal.DENIED, f"{self._place.state}: {why}; nothing was touched")
            if owner is not None and installation(owner.mark) != installation(mark):
                message = (
                    f"{self._place.path}: {owner.mark} has begun to publish there: name another path, or remove "
                    f"{self._place.state} on the host"
                )
                raise PlatformRefused(Refusal.DENIED, message)
        await self._state.make()
        wanted = Owner(mark=mark, lineage=after.lineage)
        if owner != wanted:
            await self._state.save_owner(wanted)

    async def _materialise(self, after: Published, stock: Stock | None, *, is_seen: bool) -> None:
        tree, wanted = self._place.tree(after.release), dict(after.holdings())
        entry = await self._host.entry(tree)
        if entry is not None and entry.kind is not Kind.FOLDER:
            await self._state.aside(tree)
            entry = None
        async with self._told_of_room(wanted):
            if entry is None:
                await self._build(after, wanted, stock)
            else:
                await self._restore(after, wanted, stock, is_seen=is_seen)

    async def _build(self, after: Published, wanted: Mapping[str, Digest], stock: Stock | None) -> None:
        tree = self._place.tree(after.release)
        earlier = await self._state.manifest(after.release)
        left = await self._take_up(after)
        await self._state.save_manifest(after)
        await self._host.make_folder(tree + NEW)
        if left is not None or earlier is not None:
            known = [path for one in (left, earlier) if one is not None for path, _ in one.holdings()]
            await self._tidy(tree + NEW, wanted, known)
        await self._bringer.fill(tree + NEW, wanted, stock)
        await self._host.rename(tree + NEW, tree)

    async def _take_up(self, after: Published) -> Published | None:
        """What an attempt left that was cut: its files may be those that are wanted now."""
        names = [entry.path for entry in await self._host.listing(self._place.releases) if entry.path.endswith(NEW)]
        left: Published | None = None
        for name in sorted(names):
            release = name.removesuffix(NEW)
            if release == after.release:
                continue
            manifest = await self._state.manifest(release)
            if left is None and manifest is not None and f"{after.release}{NEW}" not in names:
                left = manifest
                await self._host.rename(self._place.tree(name), self._place.tree(after.release + NEW))
            else:
                await self._remover.remove_tree(name, manifest)
            if await self._host.entry(self._place.tree(release)) is None:
                await self._state.clear(f"{self._place.manifests}/{release}")
        return left

    async def _tidy(self, root: str, wanted: Mapping[str, Digest], known: list[str]) -> None:
        """Remove what was brought there for another release; set aside what nobody of us brought."""
        found = await find(self._host, root, [*wanted, *known], hashed=False)
        surplus = [path for path in dict.fromkeys(known) if path in found.standing and path not in wanted]
        await self._remover.remove_files(
            root, [path for path in surplus if found.standing[path].kind is not Kind.FOLDER]
        )
        needed = set(folders(wanted))
        await self._remover.remove_folders(root, [path for path in found.folders(known) if path not in needed])
        for path in found.strangers:
            await self._state.aside(f"{root}/{path}")

    async def _restore(
        self, after: Published, wanted: Mapping[str, Digest], stock: Stock | None, *, is_seen: bool
    ) -> None:
        """An older release, or the live one: only what is not as it shall be is written."""
        tree = self._place.tree(after.release)
        known = await self._state.manifest(after.release)
        if known != after:
            surplus = {path for path, _ in known.holdings()} - wanted.keys() if known else set[str]()
            if surplus:
                found = await find(self._host, tree, surplus, hashed=False)
                files = [path for path, entry in found.standing.items() if entry.kind is not Kind.FOLDER]
                await self._remover.remove_files(tree, files)
            await self._state.save_manifest(after)
        if is_seen:
            await self._bringer.mend(tree, wanted)
        else:
            await self._bringer.fill(tree, wanted, stock)

    async def _switch(self, at_path: AtPath, release: Digest) -> None:
        pointer = f"{self._place.work}/pointer"
        await self._state.clear(pointer)
        await self._host.point(self._place.pointer(release), pointer)
        if at_path.standing is Standing.EMPTY:
            await self._host.remove_folder(self._place.path)  # only if it is empty still
        await self._host.rename(pointer, self._place.path)
        await self._host.settle(self._place.parent, [])

    async def _let_go(self, after: Published) -> None:
        """Old releases go. What cannot be removed now is tried again after the next switch: the release is live."""
        with suppress(HostRefused, PlatformRefused):
            old = [release for release in await self._state.manifests() if release != after.release]
            for release in old[: max(0, len(old) + 1 - RELEASES_KEPT)]:
                await self._remover.remove_release(release)

    @asynccontextmanager
    async def _told_of_room(self, wanted: Mapping[str, Digest]) -> AsyncIterator[None]:
        """OpenSSH says "Failure" where a disk is full: then it is asked how much room is left."""
        try:
            yield
        except HostRefused as refused:
            if refused.cause is Cause.FAILED:
                await self._expect_room(
                    max((self._bringer.blob(one).size_bytes or 0 for one in wanted.values()), default=0)
                )
            raise

    async def _expect_room(self, needed_bytes: int) -> None:
        free = await self._host.free_bytes(self._place.parent)
        if free is not None and needed_bytes >= free:
            raise HostRefused(Cause.FULL, f"the host's disk has {free} bytes left, not {needed_bytes}")


def installation(mark: str) -> str:
    """Whose mark it is: applications of one installation have one place one after the other, as their claims say.

    >>> installation("a1b2.handbook")
    'a1b2'
    """
    return mark.partition(".")[0]


def expect_free(place: Place, at_path: AtPath, published: Published | None) -> None:
    """See that PATH may become our link.

    Raises:
        PlatformRefused: it is another's; it is never touched.
    """
    if at_path.standing is Standing.FOREIGN or (published is None and at_path.standing is Standing.ASTRAY):
        message = f"{place.path} is {at_path}: move it away, or name another path; nothing of it was touched"
        raise PlatformRefused(Refusal.DENIED, message)
