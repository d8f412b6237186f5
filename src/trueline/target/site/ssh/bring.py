"""How a tree gets the files that it shall have: copied on the host where they stand there already, else sent.

A copy counts only after it was hashed, so that what somebody wrote into the live release does not reach the next one.
In a tree that readers see, each file is made elsewhere, and gets its name by one rename.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trueline.model.digest import Digest
from trueline.runtime.task_group import each
from trueline.target.answer import Refusal
from trueline.target.site.path import parents
from trueline.target.site.platform import PlatformRefused
from trueline.target.site.ssh.blob import BlobFile, BlobFiles
from trueline.target.site.ssh.host import FOLDER_MODE, Cause, Host, HostRefused, Kind
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.state import State
from trueline.target.site.ssh.tree import Found, find, folders

UPLOADS_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A tree whose files may be copied: what was seen in it. It is not trusted: what was copied is hashed."""

    tree: str
    files: Mapping[str, Digest]

    def places(self, wanted: Mapping[str, Digest]) -> Mapping[str, str]:
        """Where what is wanted stands, the same path before any other."""
        by_content = {digest: path for path, digest in self.files.items()}
        return {
            path: path if self.files.get(path) == digest else by_content[digest]
            for path, digest in wanted.items()
            if digest in by_content
        }


class Bringer:
    """Brings files into trees."""

    def __init__(self, place: Place, host: Host, state: State, blobs: BlobFiles) -> None:
        self._place = place
        self._host = host
        self._state = state
        self._blobs = blobs

    def blob(self, digest: Digest) -> BlobFile:
        """The blob of a digest."""
        return BlobFile(digest, self._blobs.place(digest))

    async def fill(self, root: str, wanted: Mapping[str, Digest], stock: Stock | None) -> bool:
        """Have these files in a tree that no reader sees; false where they were there and nothing was written."""
        found = await find(self._host, root, wanted)
        wrong = {path: digest for path, digest in wanted.items() if found.files.get(path) != digest}
        wrote = await self._make_way(root, found, wanted)
        if not wrong:
            return wrote
        await self._clear(root, found, wrong)
        copied = await self._copied(root, wrong, stock) if stock is not None else {}
        sent = {path: digest for path, digest in wrong.items() if path not in copied}
        is_checked = await self._host.hashes()

        async def send(path: str) -> None:
            await self._host.upload(f"{root}/{path}", self.blob(sent[path]), settled=not is_checked)

        await each(sent, send, UPLOADS_AT_ONCE)
        if is_checked:
            await self._expect(root, sent)
        await self._host.settle(root, list(wrong))
        return True

    async def mend(self, root: str, wanted: Mapping[str, Digest]) -> bool:
        """Have these files in a tree that readers see, each by one rename."""
        found = await find(self._host, root, wanted)
        wrong = [path for path, digest in wanted.items() if found.files.get(path) != digest]
        wrote = await self._make_way(root, found, wanted)
        for path in wrong:
            if (entry := found.standing.get(path)) is not None and entry.kind is Kind.FOLDER:
                await self._state.aside(f"{root}/{path}")
        names = {path: f"{self._place.work}/file.{number}" for number, path in enumerate(wrong)}

        async def send(path: str) -> None:
            await self._state.clear(names[path])
            await self._host.upload(names[path], self.blob(wanted[path]), settled=True)
            await self._expect_folders(root, path)
            await self._host.rename(names[path], f"{root}/{path}")

        await each(wrong, send, UPLOADS_AT_ONCE)
        return bool(wrong) or wrote

    async def _make_way(self, root: str, found: Found, wanted: Mapping[str, Digest]) -> bool:
        """Have the folders that are needed; what others put in the place of one is set aside, never deleted."""
        wrote = False
        if found.root is not None and not found.root.is_served:
            await self._host.correct(root, FOLDER_MODE)
            wrote = True
        there, missing = set(found.folders(wanted)), list[str]()
        for path in folders(wanted):
            if path in there:
                if not found.entries[path].is_served:
                    await self._host.correct(f"{root}/{path}", FOLDER_MODE)
                    wrote = True
                continue
            above = path.rpartition("/")[0]
            if path in found.entries and (not above or above in there):
                await self._state.aside(f"{root}/{path}")
            missing.append(path)
        if missing:
            await self._host.make_folders(root, missing)
        return wrote or bool(missing)

    async def _clear(self, root: str, found: Found, wrong: Mapping[str, Digest]) -> None:
        """A tree that no reader sees: what stands at our paths and is not what it shall be."""
        there = [path for path in wrong if path in found.standing]
        for path in there:
            if found.standing[path].kind is Kind.FOLDER:
                await self._state.aside(f"{root}/{path}")
        files = [path for path in there if found.standing[path].kind is not Kind.FOLDER]
        await each(files, lambda path: self._state.clear(f"{root}/{path}"), UPLOADS_AT_ONCE)

    async def _copied(self, root: str, wanted: Mapping[str, Digest], stock: Stock) -> Mapping[str, Digest]:
        """What was copied and is, to its last byte, what is wanted. Nothing is left of what is not."""
        places = stock.places(wanted)
        if not places:
            return {}
        await self._host.copy(stock.tree, root, places)
        sizes = {path: self.blob(wanted[path]).size_bytes or 0 for path in places}
        made = await self._host.digests(root, sizes)
        good = {path: digest for path, digest in made.items() if wanted[path] == digest}
        await each(places.keys() - good.keys(), lambda path: self._state.clear(f"{root}/{path}"), UPLOADS_AT_ONCE)
        return good

    async def _expect(self, root: str, sent: Mapping[str, Digest]) -> None:
        sizes = {path: self.blob(digest).size_bytes or 0 for path, digest in sent.items()}
        made = await self._host.digests(root, sizes)
        if spoiled := sorted(path for path, digest in sent.items() if made.get(path) != digest):
            message = f"{spoiled[0]} is not on the host as it was sent ({len(spoiled)} of {len(sent)} files)"
            raise PlatformRefused(Refusal.BUSY, message)

    async def _expect_folders(self, root: str, path: str) -> None:
        """No link among the folders of a live tree leads what we write out of it."""
        for folder in ("", *parents(path)):
            at = f"{root}/{folder}" if folder else root
            entry = await self._host.entry(at)
            if entry is None or entry.kind is not Kind.FOLDER:
                raise HostRefused(Cause.FAILED, f"{at} was replaced just now")
