"""What is live in a directory, for a server: its release as a value, and files whose bytes are those of the manifest.

Nothing is given that was not known to be right when it was read: a file's stamp, or its digest, is held against the
manifest, and after each piece once more. Where it differs, the bytes are the blob's, hashed before the first of them
is given. What was live stays, whatever happens to the folder, until another release is.
"""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trueline.model.digest import Digest
from trueline.render.site.served import ServedRelease
from trueline.target.directory.copy import BlobFiles
from trueline.target.directory.look import Looker, View
from trueline.target.directory.place import Place
from trueline.target.directory.stamp import Stamps
from trueline.target.directory.state import LIVE, Damaged, Manifest
from trueline.target.directory.tree import below
from trueline.target.site.server.condition import Span
from trueline.target.site.server.live import BytesGone

PIECE_BYTES: Final = 128 << 10
"""So much is held for each reader, and there may be hundreds of slow ones."""
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_Version = tuple[int, int, int, int] | None


class ServedDirectory:
    """The directory's live release; see `Lives`."""

    def __init__(self, place: Place, looker: Looker, stamps: Stamps, blobs: BlobFiles) -> None:
        self._place = place
        self._looker = looker
        self._stamps = stamps
        self._blobs = blobs
        self._live_file = os.fspath(place.parent / place.state / LIVE)
        self._version: _Version = None
        self._tree: _Tree | None = None

    @contextmanager
    def hold(self) -> Iterator["LiveRelease | None"]:
        """The release that is live now, held as it is."""
        self._look()
        tree = self._tree
        if tree is None:
            yield None
            return
        tree.holders += 1
        try:
            yield tree.live
        finally:
            tree.let_go()

    def close(self) -> None:
        """Hold nothing any more; what is on its way still comes to its end."""
        if self._tree is not None:
            tree, self._tree, self._version = self._tree, None, None
            tree.let_go()

    def _look(self) -> None:
        """One question of the system tells whether the state still says what it said."""
        version = _version(self._live_file)
        if version is None or version == self._version:
            return
        with suppress(OSError, Damaged), self._place.opened() as parent:
            view = self._looker.view(parent)
            if view.manifest is not None:
                self._switch(parent, view, view.manifest)
                self._version = version

    def _switch(self, parent: int, view: View, manifest: Manifest) -> None:
        root = -1
        with suppress(OSError), self._looker.tree(parent, manifest.release) as opened:
            root = os.dup(opened)
        live = LiveRelease(
            release=self._served(view, manifest), root=root, stamps=self._stamps, place=self._blobs.place
        )
        before, self._tree = self._tree, _Tree(live)
        if before is not None:
            before.let_go()

    def _served(self, view: View, manifest: Manifest) -> ServedRelease:
        files = {path: blob for path, blob in manifest.holdings() if path not in manifest.stubs}  # rules are known here
        stamps = view.lived.stamps.values() if view.lived else ()
        sizes = {stamp.blob: stamp.size_bytes for stamp in stamps}
        for blob in files.values():
            if blob not in sizes:
                with suppress(OSError):
                    sizes[blob] = self._blobs.place(blob).stat().st_size
        return ServedRelease.of(
            files,
            sizes=sizes,
            immutable=manifest.immutable | manifest.kept.keys(),
            made_s=manifest.made_s,
            redirects=manifest.redirects,
            headers=manifest.headers,
            not_found=manifest.not_found,
        )


def _version(path: str) -> _Version:
    try:
        found = os.stat(path)  # noqa: PTH116 - at each request
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class _Tree:
    """An open release, closed when nobody holds it: it is held by who made it, and by each request."""

    def __init__(self, live: "LiveRelease") -> None:
        self.live = live
        self.holders = 1

    def let_go(self) -> None:
        self.holders -= 1
        if not self.holders and self.live.root >= 0:
            os.close(self.live.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRelease:
    """One release with its open folder; `root` is -1 where that is gone. See `Live`."""

    release: ServedRelease
    root: int
    stamps: Stamps
    place: Callable[[Digest], Path]

    @asynccontextmanager
    async def opened(self, path: str, blob: Digest) -> AsyncIterator["_Content"]:
        """Open a file of it, or else the blob."""
        content = _Content(self, path, blob)
        try:
            await content.open()
            yield content
        finally:
            content.close()

    def file(self, path: str) -> int:
        """Open what stands in the tree.

        Raises:
            OSError: nothing does, or no file.
        """
        above, _, name = path.rpartition("/")
        with below(self.root, above) as at:
            return os.open(name, _READ_FLAGS, dir_fd=at)

    async def is_right(self, file: int, blob: Digest) -> bool:
        """Whether an open file is what it shall be: as its stamp says or, where nobody knows, as it is read."""
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            return False
        if (known := self.stamps.blob(found)) is not None:
            return known == blob
        digest, after = await asyncio.to_thread(_hashed, file), os.fstat(file)
        if _state(found) == _state(after):
            self.stamps.note(after, digest)
        return digest == blob and _state(found) == _state(after)


class _Content:
    """The bytes of one blob: of the file in the tree while that is right, else of the blob's own."""

    def __init__(self, live: LiveRelease, path: str, blob: Digest) -> None:
        self._live = live
        self._path = path
        self._blob = blob
        self._file = -1
        self._right: Callable[[], bool] = lambda: False
        self.size_bytes = 0

    async def open(self) -> None:
        """Take the file of the tree, or the blob.

        Raises:
            BytesGone: neither is right.
        """
        with suppress(OSError):
            self._file = self._live.file(self._path)
            if await self._live.is_right(self._file, self._blob):
                self._right = lambda: self._live.stamps.blob(os.fstat(self._file)) == self._blob
                self.size_bytes = os.fstat(self._file).st_size
                if self._right():
                    return
        await self._open_blob()

    async def _open_blob(self) -> None:
        self.close()
        try:
            self._file = os.open(self._live.place(self._blob), _READ_FLAGS)
        except OSError as error:
            raise BytesGone(f"{self._path}: {error.strerror}") from error
        before = os.fstat(self._file)
        digest = await asyncio.to_thread(_hashed, self._file)
        self._right = lambda: _state(os.fstat(self._file)) == _state(before)
        if digest != self._blob or not self._right():
            raise BytesGone(self._path)
        self.size_bytes = before.st_size

    def close(self) -> None:
        """Close what is open."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    async def pieces(self, span: Span) -> AsyncIterator[bytes]:
        """Some of the bytes, each piece known to be right after it was read."""
        at = span.first
        while at < span.end:
            wanted = min(PIECE_BYTES, span.end - at)
            piece = await asyncio.to_thread(os.pread, self._file, wanted, at)
            if len(piece) != wanted or not self._right():
                await self._open_blob()
                piece = await asyncio.to_thread(os.pread, self._file, wanted, at)
                if len(piece) != wanted or not self._right():
                    raise BytesGone(self._path)
            yield piece
            at += wanted


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _hashed(file: int) -> Digest:
    digest, at = hashlib.sha256(), 0
    while data := os.pread(file, 1 << 20, at):
        digest.update(data)
        at += len(data)
    return Digest(digest.hexdigest())
