"""The stage with everything around it in memory: the worker's operations are called in this process, and counted."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from trueline.model.digest import Digest, digest_bytes
from trueline.render.site.image.operation import ENCODE, OPERATIONS
from trueline.render.site.image.setting import DEFAULT_SETTINGS, ImageSettings
from trueline.render.site.image.stage import ImageRequest, ImageStage
from trueline.runtime.files import FileTree, MemoryTree
from trueline.runtime.toolbox import NO_FILES, ToolboxFailed

FAST = msgspec.structs.replace(DEFAULT_SETTINGS, avif_speed=10, widths=(320, 640), small_bytes=0)


@dataclass(slots=True)
class CallingWorker:
    """Answers in this process; the first `failures` questions about an image end like a worker that died."""

    failures: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    running: int = 0
    running_max: int = 0

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """The answer, after others had their turn."""
        self.asked[operation] += 1
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        try:
            for _ in range(10):
                await asyncio.sleep(0)
            if operation == ENCODE and self.failures:
                self.failures -= 1
                raise ToolboxFailed("the worker ended: signal 9")
            return OPERATIONS[operation](msgspec.json.encode(arguments))
        finally:
            self.running -= 1


@dataclass(slots=True)
class MemoryBlobs:
    """Blobs in memory."""

    kept: dict[Digest, bytes] = field(default_factory=dict)

    def put(self, data: bytes) -> Digest:
        """See `Blobs`."""
        digest = digest_bytes(data)
        self.kept[digest] = data
        return digest

    def get(self, digest: Digest) -> bytes | None:
        """See `Blobs`."""
        return self.kept.get(digest)

    def has(self, digest: Digest) -> bool:
        """See `Blobs`."""
        return digest in self.kept

    def known(self, digests: Iterable[Digest]) -> frozenset[Digest]:
        """See `Blobs`."""
        return frozenset(self.kept.keys() & set(digests))


@dataclass(slots=True)
class MemoryCache:
    """A cache in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        """See `ImageCache`."""
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        """See `ImageCache`."""
        self.kept[key] = value


@dataclass(slots=True)
class Rig:
    """What one installation keeps; each `stage` is a process of it that starts anew."""

    worker: CallingWorker = field(default_factory=CallingWorker)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    cache: MemoryCache = field(default_factory=MemoryCache)
    progress: list[tuple[int, int]] = field(default_factory=list)

    def stage(self, settings: ImageSettings = FAST, images_max: int = 2, pillow: str = "13") -> ImageStage:
        """A process that starts anew with what is kept."""
        return ImageStage(
            worker=self.worker,
            blobs=self.blobs,
            cache=self.cache,
            settings=settings,
            images_max=images_max,
            progress=lambda done, total: self.progress.append((done, total)),
            pillow=pillow,
        )

    @property
    def encodes(self) -> int:
        """How often a worker was asked to encode."""
        return self.worker.asked[ENCODE]


def requests(files: Mapping[str, bytes]) -> list[ImageRequest]:
    """One for each file, as pages would have them."""
    return [
        ImageRequest(path=path, identity=hashlib.sha1(data, usedforsecurity=False).hexdigest(), alt="a picture", line=7)
        for path, data in files.items()
    ]


def tree(files: Mapping[str, bytes]) -> MemoryTree:
    """The files of a source."""
    return MemoryTree(dict(files))
