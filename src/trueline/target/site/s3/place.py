"""Where a bucket is, and with what it is asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from trueline.model.masked import Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace:
    """A prefix of a bucket. An empty `endpoint` is Amazon's; `prefix` begins and ends without a slash."""

    bucket: str
    prefix: str = ""
    region: str = ""
    endpoint: str = ""

    @property
    def identity(self) -> str:
        """How its state knows it: an endpoint may get another address."""
        return f"{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def name(self) -> str:
        """How people know it."""
        return f"s3://{self.identity}"


@dataclass(frozen=True, slots=True)
class Opening:
    """A place with what a request to it is signed with; without both keys nothing is signed."""

    place: BucketPlace
    access: Masked | None = None
    secret: Masked | None = None


Open: TypeAlias = Callable[[], Awaitable[Opening]]
"""Finds it, now. It raises `UserError` where a key is not there."""
