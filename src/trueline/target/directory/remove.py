"""How releases leave: only what a manifest lists is removed; what others put there stays, and is kept aside."""

import asyncio
import errno
import os
from collections.abc import Collection
from contextlib import suppress

from trueline.target.directory.disk import Disk, folder, names, remove_if_there
from trueline.target.directory.place import RELEASES, Place, Standing
from trueline.target.directory.stamp import Stamps
from trueline.target.directory.state import ASIDE, LIVE, MANIFESTS, NEW, OWNER, SPARE, STAGED, WORK, Manifest, State
from trueline.target.directory.tree import Aside, below, state_of
from trueline.target.site.path import folders

_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})


class Remover:
    """Removes what is ours."""

    def __init__(self, state: State, disk: Disk, stamps: Stamps) -> None:
        self._state = state
        self._disk = disk
        self._stamps = stamps

    async def clear(self, state: int, releases: int, tree: str = "") -> None:
        """Remove what an attempt left that did not come to its end: at any tree, or at this one."""
        for name in names(releases):
            made = name.removesuffix(NEW)
            if made != name and tree in {"", made}:
                await self._remove_tree(state, releases, name, self._state.manifest(state, made), None)

    async def remove_release(self, state: int, releases: int, manifest: Manifest, live: int | None) -> None:
        """Remove a release's files and folders, then its manifest. `live` is a tree that may share files with it."""
        if state_of(manifest.release, releases) is not None:
            await self._remove_tree(state, releases, manifest.release, manifest, live)
        self._state.remove_manifest(state, manifest.release)

    async def remove_spare(self, state: int, releases: int) -> None:
        """Remove the tree that no release began with."""
        if state_of(SPARE, releases) is not None:
            await self._remove_tree(state, releases, SPARE, self._state.manifest(state, SPARE), None)
        self._state.remove_manifest(state, SPARE)

    def remove_file(self, root: int, path: str, live: int | None = None) -> None:
        """Remove a file that we made; its other names stay as recorded."""
        above, _, name = path.rpartition("/")
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError), below(root, above) as at:
            shared = _shared(live, path)
            self._disk.remove(name, at)
            if shared is not None and (after := _shared(live, path)) is not None:
                self._stamps.relink(shared, after)

    def remove_others(self, root: int, held: Collection[str], wanted: Collection[str]) -> None:
        """Remove those files of a tree, with the folders that are empty then, that are not wanted any more."""
        gone = [path for path in held if path not in wanted]
        for path in gone:
            self.remove_file(root, path)
        if gone:
            needed = set(folders(wanted))
            for path in reversed([one for one in folders(gone) if one not in needed]):
                self._remove_folder(root, path)

    async def _remove_tree(
        self, state: int, releases: int, name: str, manifest: Manifest | None, live: int | None
    ) -> None:
        paths = [path for path, _ in manifest.holdings()] if manifest else []
        try:
            with folder(name, releases) as root:
                for count, path in enumerate(paths):
                    if count % 64 == 0:
                        await asyncio.sleep(0)
                    self.remove_file(root, path, live)
                for path in reversed(folders(paths)):
                    self._remove_folder(root, path)
            self._disk.remove_folder(name, releases)
        except NotADirectoryError:
            Aside(self._disk, state, ASIDE).put(name, releases)
        except OSError as error:
            if error.errno not in _NOT_EMPTY:
                raise
            Aside(self._disk, state, ASIDE).put(name, releases)

    def _remove_folder(self, root: int, path: str) -> None:
        above, _, name = path.rpartition("/")
        try:
            with below(root, above) as at:
                self._disk.remove_folder(name, at)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            if error.errno not in _NOT_EMPTY:
                raise

    async def remove_all(self, place: Place, parent: int) -> None:
        """The application goes: its pointer first, then its releases, and last what says whose it was."""
        standing, _ = place.standing(parent)
        if standing is Standing.POINTER:
            self._disk.remove(place.name, parent)
            self._disk.sync(parent)
        with self._state.opened(parent) as state:
            for name in (STAGED, LIVE):
                remove_if_there(self._disk, name, state)
            with folder(RELEASES, state) as releases:
                await self.clear(state, releases)
                await self.remove_spare(state, releases)
                for name in self._state.manifests(state):
                    manifest = self._state.manifest(state, name)
                    if manifest is not None:
                        await self.remove_release(state, releases, manifest, None)
                for name in names(releases):
                    Aside(self._disk, state, ASIDE).put(name, releases)
            self._remove_state(state)
        with suppress(OSError):
            self._disk.remove_folder(place.state, parent)  # what is kept aside stays

    def _remove_state(self, state: int) -> None:
        with folder(WORK, state) as work:
            for name in names(work):
                self._disk.remove(name, work)
        remove_if_there(self._disk, OWNER, state)
        for name in (WORK, MANIFESTS, RELEASES):
            with suppress(OSError):
                self._disk.remove_folder(name, state)


def _shared(live: int | None, path: str) -> os.stat_result | None:
    if live is None:
        return None
    above, _, name = path.rpartition("/")
    with suppress(OSError), below(live, above) as at:
        return state_of(name, at)
    return None
