"""How a release becomes live, and how one file of it is put back.

A tree is made complete under another name, or brought back to what its manifest says, before the pointer leads to it.
What has not changed is a second name for the file of the live release, but only where that file is as it was recorded;
everything else is copied from its blob and hashed on the way. To publish what is live already writes nothing.
"""

import asyncio
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

from trueline.model.digest import Digest
from trueline.runtime.clock import Clock
from trueline.target.directory.copy import Copier
from trueline.target.directory.disk import FOLDER_MODE, Disk, folder, remove_if_there
from trueline.target.directory.place import RELEASES, Place, Standing
from trueline.target.directory.remove import Remover
from trueline.target.directory.stamp import Stamps
from trueline.target.directory.state import ASIDE, NEW, SPARE, WORK, Damaged, Lived, Manifest, State
from trueline.target.directory.tree import (
    Aside,
    Descent,
    Visit,
    below,
    by_folder,
    content_of,
    make_way,
    state_of,
    survey,
)
from trueline.target.site.body import MarkedRelease
from trueline.target.site.path import folded, folders, parents
from trueline.target.site.platform import Kept

KEPT_MAX = 50_000
SYNCED_EACH_MAX = 16
"""More files and folders than that are waited for together: a thousand waits take seconds, one some milliseconds."""
_SECOND_NS = 1_000_000_000
_TEMPORARY = "file"
_SLICE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long immutable files stay after they left the site, and how many releases are kept for going back."""

    keep_s: float = 7 * 86_400.0
    releases: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """The open folders of one publication. `live` is the tree that is live now, `None` where there is none."""

    parent: int
    state: int
    releases: int
    live: Descent | None
    before: Manifest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of it. `wrote` is false where it was live, and whole; `is_new`: its tree was made just now."""

    wrote: bool
    is_new: bool


@dataclass(slots=True, kw_only=True)
class _Tree:
    """A tree as it is made complete. `folders` were seen to just now, `inodes` are those of its files.

    `right` are its files that were seen to just now, too. `written` are the names that got another content, by folder.
    `is_empty`: nothing stood in it before. `is_new`: it is whole, and every folder of it was seen to just now.
    """

    is_empty: bool = False
    is_new: bool = False
    folders: set[str] = field(default_factory=set)
    inodes: set[int] = field(default_factory=set)
    right: set[str] = field(default_factory=set)
    written: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """One file's place in an open folder of a tree. `work` is where new files are made; `is_free`: nothing is there."""

    path: str
    at: int
    work: int
    is_free: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class Publisher:
    """Writes releases."""

    def __init__(  # noqa: PLR0913 - what a release is made with
        self,
        place: Place,
        state: State,
        *,
        disk: Disk,
        copier: Copier,
        stamps: Stamps,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._place = place
        self._state = state
        self._disk = disk
        self._copier = copier
        self._stamps = stamps
        self._clock = clock
        self._retention = retention
        self._remover = Remover(state, disk, stamps)
        self._prepared_for = Digest("")

    async def publish(self, parent: int, before: Manifest | None, release: Digest, body: MarkedRelease) -> Published:
        """Make a release live.

        Raises:
            OSError: something could not be done; what was live is live.
            BlobGone: some bytes cannot be taken; what was live is live.
        """
        with self._site(parent, before) as site:
            manifest = self._manifest(site, release, body)
            tree = _Tree()
            wrote = await self._materialise(site, manifest, tree)
            wrote = self._switch(site, release) or wrote
            wrote = self._record(site, manifest, tree) or wrote
            if before is not None and before.release != release:
                await self._let_go(site, manifest, tree)
        return Published(wrote=wrote, is_new=tree.is_new)

    async def prepare(self, parent: int, live: Manifest) -> None:
        """Make the tree that the next release begins with, where none leaves that fits: folders and second names.

        Nothing else is touched: no turn was taken for it, and another process may be about to publish. It is on the
        disk before it is called whole, else whoever waits for the disk next, waits for its thousand folders, too.

        Raises:
            OSError: it could not be done; nothing of it is left.
        """
        if self._prepared_for == live.release:
            return
        self._prepared_for = live.release  # one try a release: what fails now fails in half a minute, too
        with self._site(parent, live) as site:
            is_there = state_of(SPARE, site.releases) is not None
            if site.live is None or is_there or self._has_base(site.state, live):
                return
            await self._remover.clear(site.state, site.releases, SPARE)
            self._state.save_manifest(site.state, live, name=SPARE, sync=False)
            try:
                self._disk.make_folder(SPARE + NEW, site.releases)
                with folder(SPARE + NEW, site.releases) as root:
                    await self._name_again(site, root, dict(live.holdings()))
                    await asyncio.to_thread(self._disk.sync_all, root)
                self._disk.rename(SPARE + NEW, site.releases, SPARE, site.releases)
            except OSError:
                await self._remover.clear(site.state, site.releases, SPARE)
                self._state.remove_manifest(site.state, SPARE)
                raise

    def _has_base(self, state: int, live: Manifest) -> bool:
        """Whether a release leaves for the next one whose tree holds most of what is live."""
        made = [one for name in self._state.manifests(state) if (one := self._known(state, name)) is not None]
        if len(made) < self._retention.releases:
            return False
        oldest, wanted = dict(min(made, key=_age).holdings()), dict(live.holdings())
        return 2 * len(oldest.keys() & wanted.keys()) >= len(wanted)

    async def _name_again(self, site: _Site, root: int, files: Mapping[str, Digest]) -> None:
        """Make the folders of a tree, with second names for what is, in the live release, as it shall be."""
        aside, made = Aside(self._disk, site.state, ASIDE), set[str]()
        with Descent(root) as descent:
            for count, (above, names) in enumerate(sorted(by_folder(files).items())):
                if count % _SLICE == 0:
                    await asyncio.sleep(0)
                make_way(self._disk, descent, above, aside, made)
                at = descent.at(above)
                for name in names:
                    path = f"{above}/{name}" if above else name
                    await self._link(site, _Spot(path=path, at=at, work=at, is_free=True), files[path])

    async def put_back(self, parent: int, manifest: Manifest, path: str) -> bool:
        """Put one file of the live release back as it shall be; false where it is, or where the whole tree is gone.

        Raises:
            OSError: it could not be done.
            BlobGone: its bytes cannot be taken.
        """
        with self._site(parent, manifest) as site:
            if site.live is None:
                return False
            root, tree = site.live.at(""), _Tree()
            await self._bring(site, root, {path: manifest.files[path]}, tree, is_live=True)
            self._settle(root, tree, is_live=True)
            return bool(tree.written)

    @contextmanager
    def _site(self, parent: int, before: Manifest | None) -> Iterator[_Site]:
        with ExitStack() as opened:
            state = opened.enter_context(self._state.opened(parent))
            releases = opened.enter_context(folder(RELEASES, state))
            live = None
            if before is not None:
                with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                    live = opened.enter_context(Descent(opened.enter_context(folder(before.release, releases))))
            yield _Site(parent=parent, state=state, releases=releases, live=live, before=before)

    def _manifest(self, site: _Site, release: Digest, body: MarkedRelease) -> Manifest:
        files = {path: Digest(blob) for path, blob in body.files.items()}
        now_s = self._clock.now().timestamp()
        if site.before is not None and site.before.release == release:
            return site.before
        return Manifest(
            release=release,
            files=files,
            immutable=frozenset(body.immutable),
            kept=self._kept(site.before, files, now_s, body.keep_s or self._retention.keep_s),
            made_s=now_s,
            redirects=body.redirects,
            stubs=frozenset(body.stubs),
            headers=body.headers,
            not_found=body.not_found,
        )

    def _kept(
        self, before: Manifest | None, files: Mapping[str, Digest], now_s: float, keep_s: float
    ) -> dict[str, Kept]:
        """Immutable files that the site has no more, for those who have a page that names them."""
        if before is None:
            return {}
        gone = sorted(path for path in before.immutable - files.keys() if path in before.files)
        left = {path: Kept(before.files[path], now_s) for path in gone}
        left |= {path: kept for path, kept in before.kept.items() if now_s - kept.left_s < keep_s}
        fitting = {path: kept for path, kept in left.items() if self._copier.size_bytes(kept.blob) is not None}
        if not fitting:
            return {}
        taken = {folded(path) for path in files}
        above = {folded(parent) for parent in folders(files)}
        for path in list(fitting):
            if folded(path) in taken or folded(path) in above or not taken.isdisjoint(map(folded, parents(path))):
                del fitting[path]
        newest = sorted(fitting.items(), key=lambda item: (-item[1].left_s, item[0]))[:KEPT_MAX]
        return dict(sorted(newest))

    async def _materialise(self, site: _Site, manifest: Manifest, tree: _Tree) -> bool:
        name = manifest.release
        holdings = dict(manifest.holdings())
        found = state_of(name, site.releases)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            Aside(self._disk, site.state, ASIDE).put(name, site.releases)
            found = None
        if found is not None:
            is_corrected = stat.S_IMODE(found.st_mode) != FOLDER_MODE
            if is_corrected:
                self._disk.correct(name, site.releases)
            with folder(name, site.releases) as root:
                return await self._restore(site, root, manifest, holdings, tree) or is_corrected
        await self._remover.clear(site.state, site.releases)
        self._state.save_manifest(site.state, manifest, sync=False)
        if not await self._recycle(site, manifest, holdings, tree):
            self._disk.make_folder(name + NEW, site.releases)
            tree.is_empty = True
        with folder(name + NEW, site.releases) as root:
            await self._bring(site, root, holdings, tree)
        self._disk.rename(name + NEW, site.releases, name, site.releases)
        await asyncio.to_thread(self._disk.sync_all, site.releases)  # it waits for the disk, and others need not
        tree.is_new = True
        return True

    async def _recycle(self, site: _Site, manifest: Manifest, holdings: Mapping[str, Digest], tree: _Tree) -> bool:
        """Begin with the spare tree, or that of a release that is kept no longer: most of the new one stands there."""
        spare = self._known(site.state, SPARE)
        bases = [] if spare is None else [(SPARE, spare)]
        for base in bases + [(one.release, one) for one in self._surplus(site, manifest)]:
            with suppress(OSError):
                if await self._begin_with(site, base, manifest, holdings, tree):
                    return True
            if base[0] == SPARE:
                with suppress(OSError):
                    await self._remover.remove_spare(site.state, site.releases)
        return False

    async def _begin_with(
        self, site: _Site, base: tuple[str, Manifest], manifest: Manifest, holdings: Mapping[str, Digest], tree: _Tree
    ) -> bool:
        """Only with one that holds nothing of anybody else; each file is looked at like that of any tree."""
        name, old = base
        with folder(name, site.releases) as root:
            paths, seen = dict(old.holdings()), _Tree()
            crooked, strangers = await survey(root, frozenset(paths), self._visit(holdings, seen))
            if crooked or strangers or stat.S_IMODE(os.fstat(root).st_mode) != FOLDER_MODE:
                return False
            self._remover.remove_others(root, paths, holdings)  # first: what is left under a new name is all listed
            self._disk.rename(name, site.releases, manifest.release + NEW, site.releases)
            self._state.remove_manifest(site.state, name)
            tree.folders.update(folders(paths))
            tree.right, tree.inodes = seen.right, seen.inodes
            return True

    def _visit(self, holdings: Mapping[str, Digest], tree: _Tree) -> Visit:
        """Looks into each folder of a tree for the files that are as they shall be."""
        names_of = by_folder(holdings)

        async def visit(above: str, at: int) -> None:
            for name in names_of.get(above, ()):
                path = f"{above}/{name}" if above else name
                if await self._is_right(name, at, holdings[path], tree):
                    tree.right.add(path)

        return visit

    def _surplus(self, site: _Site, manifest: Manifest) -> list[Manifest]:
        """The releases that are not kept beside the one that is made live, nor is live now; the oldest first."""
        live = site.before.release if site.before is not None else ""
        made = [self._known(site.state, name) for name in self._state.manifests(site.state)]
        old = sorted((one for one in made if one is not None), key=_age)
        old = [one for one in old if one.release != manifest.release]
        return [one for one in old[: max(0, len(old) + 1 - self._retention.releases)] if one.release != live]

    def _known(self, state: int, name: str) -> Manifest | None:
        """A manifest, read once: it never changes but for when it was made live."""
        with suppress(Damaged):
            return self._state.manifest(state, name)
        return None

    async def _restore(
        self, site: _Site, root: int, manifest: Manifest, holdings: Mapping[str, Digest], tree: _Tree
    ) -> bool:
        """An older release, or the live one: only what is not as it shall be is written."""
        known = self._state.manifest(site.state, manifest.release)
        is_live = site.before is not None and site.before.release == manifest.release
        surplus = {path for path, _ in known.holdings()} - holdings.keys() if known else set[str]()
        for path in sorted(surplus):
            self._remover.remove_file(root, path)
        wrote = bool(surplus)
        if known is None or (known != manifest and not is_live):
            self._state.save_manifest(site.state, manifest)
            wrote = True
        await self._bring(site, root, holdings, tree, is_live=is_live)
        self._settle(root, tree, is_live=is_live)
        return bool(tree.written) or wrote

    async def _bring(
        self, site: _Site, root: int, files: Mapping[str, Digest], tree: _Tree, *, is_live: bool = False
    ) -> None:
        """Have these files in a tree. In a live one no file is seen before it is safe."""
        aside = Aside(self._disk, site.state, ASIDE)
        with folder(WORK, site.state) as work, Descent(root) as descent:
            left = by_folder(path for path in files if path not in tree.right)
            for count, (above, names) in enumerate(sorted(left.items())):
                if count % _SLICE == 0:
                    await asyncio.sleep(0)
                make_way(self._disk, descent, above, aside, tree.folders)
                at = descent.at(above)
                for name in names:
                    path = f"{above}/{name}" if above else name
                    if tree.is_empty or not await self._is_right(name, at, files[path], tree):
                        spot = _Spot(path=path, at=at, work=work, is_free=tree.is_empty)
                        await self._bring_one(site, spot, files[path], is_live=is_live)
                        tree.written.setdefault(above, []).append(name)
                        found = state_of(name, at)
                        tree.inodes.update(() if found is None else (found.st_ino,))

    async def _is_right(self, name: str, at: int, blob: Digest, tree: _Tree) -> bool:
        """Whether a file is there as it shall be. What cannot even be read is replaced."""
        with suppress(OSError):
            found = state_of(name, at)
            if found is not None and await content_of(found, name, at, self._stamps) == blob:
                tree.inodes.add(found.st_ino)
                return True
        return False

    async def _bring_one(self, site: _Site, spot: _Spot, blob: Digest, *, is_live: bool) -> None:
        if is_live or not await self._link(site, spot, blob):
            modified_ns = int(self._clock.now().timestamp()) * _SECOND_NS - _SECOND_NS
            await self._copier.copy(blob, _TEMPORARY, spot.work, modified_ns=modified_ns, sync=is_live)
            self._replace(site, spot)

    def _replace(self, site: _Site, spot: _Spot) -> None:
        """A file or a link goes by the rename; a folder that somebody put there is not ours to remove."""
        before = state_of(_TEMPORARY, spot.work)
        try:
            self._disk.rename(_TEMPORARY, spot.work, spot.name, spot.at)
        except IsADirectoryError:
            Aside(self._disk, site.state, ASIDE).put(spot.name, spot.at)
            self._disk.rename(_TEMPORARY, spot.work, spot.name, spot.at)
        after = state_of(spot.name, spot.at)
        if before is not None and after is not None:
            self._stamps.relink(before, after)

    async def _link(self, site: _Site, spot: _Spot, blob: Digest) -> bool:
        """A second name for the file of the live release, where that is, to its last byte, what it shall be."""
        if site.live is None:
            return False
        is_taken = not spot.is_free and state_of(spot.name, spot.at) is not None
        name, at = (_TEMPORARY, spot.work) if is_taken else (spot.name, spot.at)
        try:
            source = site.live.at(spot.path.rpartition("/")[0])
            before = state_of(spot.name, source)
            if before is None or await content_of(before, spot.name, source, self._stamps) != blob:
                return False
            if is_taken:
                remove_if_there(self._disk, name, at)
            self._disk.link(spot.name, source, name, at)
        except OSError:
            return False
        after = state_of(name, at)
        if after is None or not self._stamps.relink(before, after):
            remove_if_there(self._disk, name, at)
            return False
        if is_taken:
            self._replace(site, spot)
        return True

    def _settle(self, root: int, tree: _Tree, *, is_live: bool) -> None:
        """On the disk before it is live. A live file was waited for before it got its name."""
        written = tree.written
        if sum(map(len, written.values())) + len(written) > SYNCED_EACH_MAX:
            self._disk.sync_all(root)
            return
        for above, names in written.items():
            with below(root, above) as at:
                for name in () if is_live else names:
                    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
                    try:
                        self._disk.sync(file)
                    finally:
                        os.close(file)
                self._disk.sync(at)

    def _switch(self, site: _Site, release: Digest) -> bool:
        standing, leads_to = self._place.standing(site.parent)
        if standing is Standing.POINTER and leads_to == release:
            return False
        with folder(WORK, site.state) as work:
            remove_if_there(self._disk, "pointer", work)
            self._disk.point(self._place.pointer(release), "pointer", work)
            if standing is Standing.EMPTY:
                self._disk.remove_folder(self._place.name, site.parent)  # only if it is empty still
            self._disk.rename("pointer", work, self._place.name, site.parent)
        self._disk.sync(site.parent)
        return True

    def _record(self, site: _Site, manifest: Manifest, tree: _Tree) -> bool:
        lived = self._state.lived(site.state)
        if lived is not None and lived.release == manifest.release:
            return False
        staged = self._state.staged(site.state)
        left = {path: blob for path, blob in staged.items() if manifest.files.get(path) != blob}
        self._save_lived(site, manifest, tree)
        if left != staged:
            self._state.restage(site.state, left)
        return True

    def _save_lived(self, site: _Site, manifest: Manifest, tree: _Tree) -> None:
        stamps = self._stamps.keep(tree.inodes)
        self._state.save_lived(site.state, Lived(release=manifest.release, stamps=stamps))

    async def _let_go(self, site: _Site, manifest: Manifest, tree: _Tree) -> None:
        """Old releases go. What cannot be removed now is tried again after the next switch: the release is live."""
        with suppress(OSError, Damaged), folder(manifest.release, site.releases) as live:
            surplus = self._surplus(replace(site, before=None), manifest)
            for one in surplus:
                await self._remover.remove_release(site.state, site.releases, one, live)
            if surplus:
                self._save_lived(site, manifest, tree)


def _age(manifest: Manifest) -> tuple[float, Digest]:
    return manifest.made_s, manifest.release
