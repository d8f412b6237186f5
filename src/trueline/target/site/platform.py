"""What a platform is: a place elsewhere that serves the files of one site. It decides nothing.

One published site a platform. What is ours there is said by `Published`, which the platform keeps beside the files;
whatever else stands there is a stranger, and is never changed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import msgspec

from trueline.model.digest import Digest
from trueline.target.answer import Refusal
from trueline.target.site.body import MarkedRelease


class Order(Enum):
    """What a reader may see while a release becomes live."""

    ATOMIC = "atomic"
    """The old release or the new one: one pointer is switched."""
    ORDERED = "ordered"
    """A page only after all that it shows: assets, pages, entry pages, deletes last."""


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file of an earlier release that stays for those who have its old page. `left_s` is when it left the site."""

    blob: Digest
    left_s: float


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What was made live last: whose it is, and what it holds. Times are seconds since the epoch.

    `lineage` is made when the first release is published: all that is there has it in its UIDs. `release` is the digest
    of `body`.
    """

    lineage: str
    release: Digest
    body: MarkedRelease
    kept: dict[str, Kept] = {}
    made_s: float = 0.0

    def blob(self, path: str) -> Digest | None:
        """What shall stand at a path; `None` where it is not ours."""
        if (kept := self.kept.get(path)) is not None:
            return kept.blob
        found = self.body.files.get(path)
        return None if found is None else Digest(found)

    def holdings(self) -> Iterator[tuple[str, Digest]]:
        """Every file that is ours."""
        yield from ((path, Digest(blob)) for path, blob in self.body.files.items())
        yield from ((path, kept.blob) for path, kept in self.kept.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is there now. `published` is `None` before the first release, and where all of ours was taken away.

    `files` are the digests of what really stands at the paths that are ours; a path that is not in it is not there.
    `pointer` says in words what is wrong with what makes the release live, empty where nothing is. `strangers` are
    paths of others in the same place, sorted and bounded: for people to read, not to decide by. `version` is what a
    `publish` compares with: the platform's own word for this state.
    """

    published: Published | None
    files: Mapping[str, Digest] = field(default_factory=dict)
    pointer: str = ""
    strangers: tuple[str, ...] = ()
    version: str = ""


class PlatformRefused(Exception):
    """The platform says no, or cannot be asked: `BUSY` where it may pass. Secrets are masked in `message`."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message


class Platform(Protocol):
    """A place that serves one site. Every method raises `PlatformRefused`; what was live before is live then.

    One call at a time; a cancelled one leaves what the next `look` makes sense of. Whose place it is was compared
    before a call is made: `published` and `live` are of the same application as `after`. The bytes of blobs are read,
    and hashed, by the platform itself.
    """

    @property
    def order(self) -> Order:
        """What a reader may see in between."""
        ...

    async def look(self) -> Look:
        """What is there, with the digests of its files as they are now."""
        ...

    async def try_publish(self, before: Look, after: Published) -> None:
        """Tell what would stop a `publish`, as far as can be known without writing; it asks as little as it can.

        Raises:
            PlatformRefused: `DENIED`, with the path, where a stranger stands in the way; else what would stop it.
        """
        ...

    async def publish(self, before: Look, after: Published) -> None:
        """Make a release live: bring what is missing, then switch. Nothing is written where all is as `after` says.

        What a stranger has at one of our paths is never written over: it is refused, unless its bytes are the same.
        A release that is live already and not whole is made whole; the bytes of an earlier one are not trusted unread.

        Raises:
            PlatformRefused: `STALE` where the place is not as `before` says; else what stopped it.
        """
        ...

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        """Make files of the live release what they shall be; a reader sees the old or the new bytes of each."""
        ...

    async def remove(self, live: Published) -> None:
        """Take away what is ours, the pointer first, and what says that it was ours last; strangers stay."""
        ...
