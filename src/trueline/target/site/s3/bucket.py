"""What is asked of a bucket: to list, to read, to put under a condition, to delete. Paths are below its prefix."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from trueline.model.digest import Digest
from trueline.target.answer import Refusal

Attributes: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as a listing tells of it; `etag` changes whenever its bytes do."""

    etag: str
    size_bytes: int


class Condition(Enum):
    """What must hold of an object before it is put, beside having a certain ETag."""

    ANY = "any"
    ABSENT = "absent"


Expectation: TypeAlias = Condition | str
"""A condition, or the ETag that the object must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The bytes of an object. `parts` gives them anew each time, and raises where they are not those of the blob."""

    blob: Digest
    size_bytes: int
    data: bytes | None = field(default=None, repr=False)
    parts: Iterator[bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An object that is read: its ETag, and its bytes piece by piece."""

    etag: str
    pieces: AsyncIterator[bytes]


class BucketRefused(Exception):
    """The bucket says no, or cannot be reached; the message is what it said, without what it was asked with."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message


class Unmet(Exception):
    """The object is not as was expected: somebody else has written."""


class Bucket(Protocol):
    """One prefix of a bucket. Every method raises `BucketRefused`."""

    async def list(self) -> Mapping[str, Stored]:
        """Every object; one request for each thousand."""
        ...

    async def read(self, path: str) -> Reading | None:
        """An object; `None` where there is none."""
        ...

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        """Put an object; the whole of it is seen, or what was there before. Its ETag.

        Raises:
            Unmet: it is not as was expected.
        """
        ...

    async def delete(self, paths: Collection[str]) -> None:
        """Delete objects; those that are not there are gone already."""
        ...
