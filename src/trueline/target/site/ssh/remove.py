"""How releases leave: only what a manifest lists is removed; what others put there stays, and is kept aside."""

from collections.abc import Collection

from trueline.runtime.task_group import each
from trueline.target.site.platform import Published
from trueline.target.site.ssh.host import Cause, Host, HostRefused, Kind
from trueline.target.site.ssh.look import AtPath, Standing
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.state import OWNER, PUBLISHED, State
from trueline.target.site.ssh.tree import find

REMOVED_AT_ONCE = 32
NEW = ".new"
_STAYS = frozenset({Cause.GONE, Cause.FAILED})
"""A host says no more of a folder that is not empty."""


class Remover:
    """Removes what is ours."""

    def __init__(self, place: Place, host: Host, state: State) -> None:
        self._place = place
        self._host = host
        self._state = state

    async def remove_release(self, release: str) -> None:
        """Remove a release's files and folders, then its manifest."""
        manifest = await self._state.manifest(release)
        for name in (release, release + NEW):
            await self.remove_tree(name, manifest)
        await self._state.clear(f"{self._place.manifests}/{release}")

    async def remove_tree(self, name: str, manifest: Published | None) -> None:
        """Remove what a manifest lists of a tree; where more is in it, the rest is set aside."""
        root = self._place.tree(name)
        paths = [path for path, _ in manifest.holdings()] if manifest else []
        found = await find(self._host, root, paths, hashed=False)
        if found.root is None:
            return
        files = [path for path, entry in found.standing.items() if entry.kind is not Kind.FOLDER]
        await self.remove_files(root, files)
        await self.remove_folders(root, found.folders(paths))
        if not (found.is_tree and await self.leave(root)):
            await self._state.aside(root)

    async def remove_files(self, root: str, paths: Collection[str]) -> None:
        """Remove files of a tree that were seen to be reached through folders alone."""
        await each(paths, lambda path: self._state.clear(f"{root}/{path}"), REMOVED_AT_ONCE)

    async def remove_folders(self, root: str, paths: Collection[str]) -> None:
        """Remove those of a tree's folders that are empty, the inner ones first."""
        for depth in sorted({path.count("/") for path in paths}, reverse=True):
            level = [f"{root}/{path}" for path in paths if path.count("/") == depth]
            await each(level, self.leave, REMOVED_AT_ONCE)

    async def remove_all(self, at_path: AtPath) -> None:
        """The application goes: its pointer first, then its releases, and last what says whose it was."""
        place, host, state = self._place, self._host, self._state
        if at_path.standing is Standing.POINTER:
            await state.clear(place.path)
            await host.settle(place.parent, [])
        for release in await state.manifests():
            await self.remove_release(release)
        for entry in await self._listed(place.releases):
            await state.aside(f"{place.releases}/{entry}")
        for entry in await self._listed(place.work):
            await state.clear(f"{place.work}/{entry}")
        for folder in (place.work, place.manifests, place.releases):
            await self.leave(folder)
        for name in (OWNER, PUBLISHED):
            await state.clear(f"{place.state}/{name}")
        await self.leave(place.state)  # what is kept aside stays

    async def _listed(self, path: str) -> list[str]:
        try:
            return [entry.path for entry in await self._host.listing(path)]
        except HostRefused as refused:
            if refused.cause is Cause.GONE:
                return []
            raise

    async def leave(self, path: str) -> bool:
        """Remove a folder if it is empty."""
        try:
            await self._host.remove_folder(path)
        except HostRefused as refused:
            if refused.cause not in _STAYS:
                raise
            return refused.cause is Cause.GONE
        return True
