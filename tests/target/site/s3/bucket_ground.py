"""The conformance suite's ground on a bucket: any `Bucket`, each effect of which is counted, may fail, and is seen."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from testbed.bucket_server import BucketServer
from trueline.model.digest import digest_bytes
from trueline.model.masked import Masked
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.task_group import TaskGroup
from trueline.target.answer import Refusal
from trueline.target.site.platform import Order
from trueline.target.site.s3.bucket import (
    Attributes,
    Bucket,
    BucketRefused,
    Condition,
    Expectation,
    Reading,
    Stored,
    Upload,
)
from trueline.target.site.s3.note import notes
from trueline.target.site.s3.place import BucketPlace, Opening
from trueline.target.site.s3.platform import BucketPlatform
from trueline.target.site.s3.state import STATE
from trueline.target.site.s3.store import ObstoreBucket
from trueline.target.site.target import SiteTarget
from trueline.testing.clock import StillClock
from trueline.testing.conformance.site.ground import Counts, Feature, Observer
from trueline.testing.site.place import Crash

KEEP_S = 3600.0
FEATURES = frozenset(Feature) - {Feature.PAST}


class BucketGround:
    """A prefix of a bucket. `make` opens it, as each process does; it is opened once more for whoever is not us."""

    def __init__(self, folder: Path, make: Callable[[], Bucket], *, failures_max: int = 0) -> None:
        self._folder = folder
        self._make = make
        self._plain = make()
        self._foreign: set[str] = set()
        self._lock = asyncio.Lock()
        self._observer: Observer | None = None
        self._fails_at, self._crashes, self._has_failed = 0, False, False
        self.is_cut = False
        self.writes = self.uploads = self.looks = 0
        self.order = Order.ORDERED
        self.features = FEATURES
        self.clock = StillClock()
        self.blobs = BlobDirectory(folder / "blobs")
        self.keep_s = KEEP_S
        self.failures_max = failures_max

    async def open(self, installation: str = "here") -> SiteTarget:
        """A new process."""
        return self._open(installation, "state")

    async def open_beside(self) -> SiteTarget:
        """A second one."""
        return self._open("here", "beside")

    def _open(self, installation: str, folder: str) -> SiteTarget:
        return SiteTarget(
            "s3://bucket/site",
            BucketPlatform("bucket/site", _Watched(self, self._make()), self.blobs),
            self.blobs,
            folder=self._folder / folder / installation,
            family=f"{installation}.",
            mark=lambda application: f"{installation}.{application}",
            clock=self.clock,
            notes=notes,
            interval_s=30.0,
            keep_s=self.keep_s,
        )

    # ---- what others do -------------------------------------------------------------------------------------------

    async def served(self) -> Mapping[str, bytes]:
        """Every object but the state and others' own."""
        paths = [path for path in await self._plain.list() if path != STATE and path not in self._foreign]
        async with TaskGroup() as group:
            tasks = {path: group.create_task(self._bytes(path)) for path in paths}
        return {path: task.result() for path, task in tasks.items() if task.result() is not None}  # type: ignore[misc]

    async def tamper(self, path: str, data: bytes | None) -> None:
        """Without a condition."""
        if data is None:
            await self._plain.delete([path])
        else:
            upload = Upload(blob=digest_bytes(data), size_bytes=len(data), data=data)
            await self._plain.put(path, upload, {}, Condition.ANY)

    async def put_foreign(self, path: str, data: bytes) -> None:
        """In the same prefix."""
        await self.tamper(path, data)
        self._foreign.add(path)

    async def foreign(self, path: str) -> bytes | None:
        """What is there."""
        return await self._bytes(path)

    async def _bytes(self, path: str) -> bytes | None:
        reading = await self._plain.read(path)
        return None if reading is None else b"".join([piece async for piece in reading.pieces])

    async def forget_state(self) -> None:
        """The object that says whose it is."""
        await self._plain.delete([STATE])

    async def spoil_past(self) -> None:
        """There is none."""
        raise NotImplementedError

    # ---- what is counted, and what fails ---------------------------------------------------------------------------

    def counts(self) -> Counts:
        """Puts and deletes; puts of files; listings."""
        return Counts(writes=self.writes, uploads=self.uploads, looks=self.looks)

    def observe(self, observer: Observer | None) -> None:
        """After each effect, which then come one after the other."""
        self._observer = observer

    async def cut(self) -> None:
        """No contact."""
        self.is_cut = True

    async def restore(self) -> None:
        """Contact."""
        self.is_cut = False

    def fail(self, at: int, *, crash: bool) -> None:
        """At an effect from now."""
        self._fails_at, self._crashes, self._has_failed = at, crash, False

    def has_failed(self) -> bool:
        """Whether it did."""
        return self._has_failed

    def check(self) -> None:
        """Whether there is contact."""
        if self.is_cut:
            raise BucketRefused(Refusal.BUSY, "the connection failed: tcp connect error")

    def begin(self) -> None:
        """One effect."""
        self.check()
        self.writes += 1
        if self._fails_at:
            self._fails_at -= 1
            if not self._fails_at:
                self._fails_at, self._has_failed = int(self._crashes), True
                raise Crash if self._crashes else BucketRefused(Refusal.BUSY, "500 Internal Server Error")

    async def seen(self) -> None:
        """After an effect."""
        if self._observer is not None:
            self._observer(await self.served())

    @property
    def lock(self) -> asyncio.Lock:
        """What makes one effect and a look at it one."""
        return self._lock if self._observer is not None else asyncio.Lock()


class _Watched:
    """A bucket that tells the ground."""

    def __init__(self, ground: BucketGround, bucket: Bucket) -> None:
        self._ground = ground
        self._bucket = bucket

    async def list(self) -> Mapping[str, Stored]:
        self._ground.check()
        self._ground.looks += 1
        return await self._bucket.list()

    async def read(self, path: str) -> Reading | None:
        self._ground.check()
        return await self._bucket.read(path)

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        async with self._ground.lock:
            self._ground.begin()
            etag = await self._bucket.put(path, upload, attributes, expected)
            self._ground.uploads += path != STATE
            await self._ground.seen()
            return etag

    async def delete(self, paths: Collection[str]) -> None:
        async with self._ground.lock:
            self._ground.begin()
            await self._bucket.delete(paths)
            await self._ground.seen()


async def moto_place(server: BucketServer) -> BucketPlace:
    """A bucket of its own at moto."""
    name = f"b-{uuid.uuid4().hex[:12]}"
    await server.create(name)
    return BucketPlace(bucket=name, prefix="site", endpoint=server.address)


def ground_at(place: BucketPlace, folder: Path, *, failures_max: int = 3) -> BucketGround:
    """A ground on a real server."""
    return BucketGround(folder, lambda: opened(place), failures_max=failures_max)


def opened(place: BucketPlace, *, retries_max: int = 0) -> ObstoreBucket:
    """As a process opens it."""

    async def find() -> Opening:
        return Opening(place, Masked("access"), Masked("secret"))

    return ObstoreBucket(find, retries_max=retries_max)
