"""A bucket as a platform. It writes below its prefix only, and there only at paths that the state says are ours.

Each put names what it expects to find, so that what a stranger or another process wrote meanwhile is not written over.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from msgspec.structs import replace

from trueline.model.digest import Digest, digest_bytes
from trueline.runtime.task_group import each
from trueline.target.answer import Refusal
from trueline.target.site.platform import Look, Order, PlatformRefused, Published
from trueline.target.site.s3.bucket import (
    Attributes,
    Bucket,
    BucketRefused,
    Condition,
    Expectation,
    Reading,
    Stored,
    Unmet,
    Upload,
)
from trueline.target.site.s3.header import HeaderTable
from trueline.target.site.s3.move import Moves, Put, attributes_digest, departures, moves
from trueline.target.site.s3.sight import Sight
from trueline.target.site.s3.state import STATE, STATE_BYTES_MAX, Damaged, Row, State, begun, read_state
from trueline.target.site.s3.upload import BlobFiles, upload_of

PUTS_AT_ONCE = 16
READS_AT_ONCE = 8
LISTINGS_MAX = 3
"""So often is looked until listing and state are of one moment."""
_STATE_ATTRIBUTES: Attributes = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_TOLD_MAX = 3
T = TypeVar("T")


class BucketPlatform:
    """One prefix of a bucket; `place` is how its state knows it."""

    def __init__(self, place: str, bucket: Bucket, blobs: BlobFiles) -> None:
        self._place = place
        self._bucket = bucket
        self._blobs = blobs
        self._sight: Sight | None = None
        self._state: tuple[State, str] | None = None
        self._read: dict[str, tuple[Stored, Digest]] = {}

    @property
    def order(self) -> Order:
        """There is no pointer in a bucket."""
        return Order.ORDERED

    async def look(self) -> Look:
        """One listing and the state; what differs from what was recorded is read, once for each ETag."""
        with _refusing():
            self._sight = None
            sight = await self._see()
            self._read = {path: known for path, known in self._read.items() if sight.listing.get(path) == known[0]}
            read = await self._digests(sight, sight.doubtful())
            self._sight = sight
        return sight.look(read)

    async def try_publish(self, before: Look, after: Published) -> None:
        """Strangers at paths that the release wants, unless they have the same bytes."""
        with _refusing():
            await self._check_way(self._seen(before), after)

    async def publish(self, before: Look, after: Published) -> None:
        """Files step by step, deletes after them; the state before the first and after the last."""
        with _refusing():
            sight = self._seen(before)
            await self._check_way(sight, after)
            made = moves(sight, after, before.files)
            self._sight = None
            await self._move(sight, after, made)

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        """Put each again, if it is still as it was seen."""
        with _refusing():
            sight = self._sight or await self._see()
            if sight.state.published != live:
                raise _stale()
            self._sight = None
            table, wanted = HeaderTable.of(live.body), dict(live.holdings())
            puts = [
                Put(
                    path=path,
                    blob=wanted[path],
                    attributes=table.attributes(path, is_kept=path in live.kept),
                    expected=sight.expected(path),
                )
                for path in sorted(paths)
            ]
            rows = dict(sight.state.rows)
            await self._put_all(puts, rows)
            if rows != sight.state.rows:
                await self._save(replace(sight.state, rows=rows, turn=sight.state.turn + 1), sight.version)

    async def remove(self, live: Published) -> None:
        """Entry pages, pages, what they show; last the state."""
        with _refusing():
            self._sight = None
            sight = await self._see()
            if sight.state.published != live:
                raise _stale()
            for group in departures([path for path in sight.ours if path in sight.listing]):
                if group:
                    await self._bucket.delete(group)
            await self._bucket.delete([STATE])

    # ---- what is there --------------------------------------------------------------------------------------------

    async def _see(self) -> Sight:
        """A listing, and the state that it lists; one that is known by its ETag is not read again."""
        for _ in range(LISTINGS_MAX):
            listing = await self._bucket.list()
            if (held := listing.get(STATE)) is None:
                return Sight(state=State(place=self._place), version="", listing=listing)
            if self._state is None or self._state[1] != held.etag:
                self._state = await self._read_state()
            if self._state is not None and self._state[1] == held.etag:
                return Sight(state=self._state[0], version=held.etag, listing=listing)
        raise PlatformRefused(Refusal.BUSY, "another process publishes to it just now")

    async def _read_state(self) -> tuple[State, str] | None:
        if (found := await self._bucket.read(STATE)) is None:
            return None
        data = bytearray()
        async for piece in found.pieces:
            data += piece
            if len(data) > STATE_BYTES_MAX:
                raise Damaged(f"{STATE} is larger than {STATE_BYTES_MAX} bytes")
        return read_state(bytes(data), self._place), found.etag

    def _seen(self, before: Look) -> Sight:
        if self._sight is None or self._sight.version != before.version:
            raise _stale()
        return self._sight

    async def _digests(self, sight: Sight, paths: Iterable[str]) -> Mapping[str, Digest]:
        """What really stands at these paths."""
        found: dict[str, Digest] = {}

        async def read(path: str) -> None:
            stored, known = sight.listing[path], self._read.get(path)
            if known is None or known[0] != stored:
                if (reading := await self._bucket.read(path)) is None:
                    return
                known = self._read[path] = (stored, await _hashed(reading))
            found[path] = known[1]

        await each(tuple(paths), read, READS_AT_ONCE)
        return found

    async def _check_way(self, sight: Sight, after: Published) -> None:
        met = {path: blob for path, blob in after.holdings() if path in sight.listing and path not in sight.ours}
        if not met:
            return
        same_size = [path for path, blob in met.items() if self._size_bytes(blob) == sight.listing[path].size_bytes]
        read = await self._digests(sight, same_size)
        if others := sorted(path for path, blob in met.items() if read.get(path) != blob):
            named = ", ".join(others[:_TOLD_MAX]) + (
                f" and {len(others) - _TOLD_MAX} more" if others[_TOLD_MAX:] else ""
            )
            raise PlatformRefused(Refusal.DENIED, f"{named}: there already, and not ours; it is not written over")

    def _size_bytes(self, blob: Digest) -> int:
        try:
            return self._blobs.place(blob).stat().st_size
        except OSError:
            return -1

    # ---- what is done ---------------------------------------------------------------------------------------------

    async def _move(self, sight: Sight, after: Published, made: Moves) -> None:
        version, turn = sight.version, sight.state.turn + 1
        moves_files = any(made.puts) or any(made.deletes)
        if moves_files:
            intended = tuple(sorted({*made.new_paths, *sight.state.intended} - sight.holdings.keys()))
            published = sight.state.published or begun(after)
            state = replace(sight.state, published=published, intended=intended, turn=turn)
            version, turn = await self._save(state, version), turn + 1
        rows = dict(made.rows)
        for group in made.puts:
            await self._put_all(group, rows)
        for paths in made.deletes:
            if paths:
                await self._bucket.delete(paths)
        if moves_files or (after, rows) != (sight.state.published, sight.state.rows):
            await self._save(State(place=self._place, published=after, rows=rows, turn=turn), version)

    async def _put_all(self, puts: Iterable[Put], rows: dict[str, Row]) -> None:
        async def put(one: Put) -> None:
            upload = await upload_of(self._blobs, one.blob, one.path)
            etag = await self._put(one.path, upload, one.attributes, one.expected)
            rows[one.path] = Row(etag, upload.size_bytes, attributes_digest(one.attributes))
            self._read[one.path] = (Stored(etag, upload.size_bytes), one.blob)

        await each(tuple(puts), put, PUTS_AT_ONCE)

    async def _save(self, state: State, version: str) -> str:
        data = state.body()
        upload = Upload(blob=digest_bytes(data), size_bytes=len(data), data=data)
        etag = await self._put(STATE, upload, _STATE_ATTRIBUTES, version or Condition.ABSENT)
        self._state = (state, etag)
        return etag

    async def _put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        """An answer that was lost is asked for again, and then finds our own bytes."""
        try:
            return await self._bucket.put(path, upload, attributes, expected)
        except Unmet:
            reading = await self._bucket.read(path)
            if reading is not None and await _hashed(reading) == upload.blob:
                return reading.etag
            raise _stale(path) from None


async def _hashed(reading: Reading) -> Digest:
    digest = hashlib.sha256()
    async for piece in reading.pieces:
        digest.update(piece)
    return Digest(digest.hexdigest())


def _stale(path: str = "") -> PlatformRefused:
    what = f"somebody else has written {path}" if path and path != STATE else "somebody else has published"
    return PlatformRefused(Refusal.STALE, f"{what} since it was looked at")


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except BucketRefused as refused:
        raise PlatformRefused(refused.refusal, refused.message) from refused
    except Damaged as damaged:
        raise PlatformRefused(Refusal.DENIED, str(damaged)) from damaged
