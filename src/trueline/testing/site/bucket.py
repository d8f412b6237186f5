"""A bucket in memory that keeps the promises of S3's conditions; it counts what it is asked."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field

from trueline.target.answer import Refusal
from trueline.target.site.s3.bucket import (
    Attributes,
    BucketRefused,
    Condition,
    Expectation,
    Reading,
    Stored,
    Unmet,
    Upload,
)

PAGE = 1_000


@dataclass(slots=True)
class MemoryBucket:
    """Objects by path with what a browser is told of them. `asked` counts requests by kind."""

    objects: dict[str, tuple[bytes, Attributes]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    bytes_max: int | None = None
    """What it holds at most; then it is full."""

    async def list(self) -> Mapping[str, Stored]:
        """Every object; a request for each thousand."""
        await asyncio.sleep(0)
        self.asked["list"] += max(1, -(-len(self.objects) // PAGE))
        return {path: Stored(_etag(data), len(data)) for path, (data, _) in sorted(self.objects.items())}

    async def read(self, path: str) -> Reading | None:
        """An object."""
        await asyncio.sleep(0)
        self.asked["read"] += 1
        found = self.objects.get(path)
        return None if found is None else Reading(etag=_etag(found[0]), pieces=_pieces(found[0]))

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        """Put an object."""
        await asyncio.sleep(0)
        self.asked["put"] += 1
        data = upload.data if upload.data is not None else b"".join(upload.parts or ())
        found = self.objects.get(path)
        if (expected is Condition.ABSENT and found) or (
            isinstance(expected, str) and (found is None or _etag(found[0]) != expected)
        ):
            raise Unmet(path)
        if self.bytes_max is not None and self._without(path) + len(data) > self.bytes_max:
            raise BucketRefused(Refusal.DENIED, "507 Insufficient Storage XMinioStorageFull: there is no space left")
        self.objects[path] = (data, dict(attributes))
        return _etag(data)

    def _without(self, path: str) -> int:
        return sum(len(data) for name, (data, _) in self.objects.items() if name != path)

    async def delete(self, paths: Collection[str]) -> None:
        """Delete objects."""
        await asyncio.sleep(0)
        self.asked["delete"] += max(1, -(-len(paths) // PAGE))
        for path in paths:
            self.objects.pop(path, None)


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data
