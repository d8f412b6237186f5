"""Where a site's renderer keeps what it made: small values by key, and bytes as blobs. It may all be forgotten."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from trueline.model.digest import Digest, digest_bytes, digest_value
from trueline.render.site.file import SiteFile
from trueline.render.site.media import media_of
from trueline.render.trace import TracingTree
from trueline.runtime.blob import Blobs
from trueline.runtime.files import FileTree

FETCHED_AT_ONCE: Final = 500
MADE_BYTES_MAX: Final = 4 << 20
NAMES_REMEMBERED: Final = 32_768


class PageCache(Protocol):
    """Values by key; it may forget. `record.keep.RenderStore` is one."""

    def get(self, key: str) -> bytes | None:
        """What was put last."""
        ...

    def get_each(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """What was put last under some keys, by one question."""
        ...

    def put_each(self, values: Mapping[str, bytes]) -> None:
        """Keep values, by one write."""
        ...


class Shelf:
    """A cache as one renderer sees it: what many pages need is fetched by one question, what they give is put by one.

    A write for each of a thousand pages takes longer than the pages. What is not flushed yet is found all the same.
    """

    def __init__(self, cache: PageCache) -> None:
        self._cache = cache
        self._fetched: dict[str, bytes] = {}
        self._made: dict[str, bytes] = {}
        self._made_bytes = 0

    def fetch(self, keys: Sequence[str]) -> None:
        """Have some values at hand until the next flush."""
        for start in range(0, len(keys), FETCHED_AT_ONCE):
            some = [key for key in keys[start : start + FETCHED_AT_ONCE] if key not in self._fetched]
            self._fetched.update(self._cache.get_each(some))

    def get(self, key: str) -> bytes | None:
        """What was put last."""
        found = self._made.get(key) or self._fetched.get(key)
        return found if found is not None else self._cache.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value, by and by."""
        self._made[key] = value
        self._made_bytes += len(value)
        if self._made_bytes > MADE_BYTES_MAX:
            self._write()

    def flush(self) -> None:
        """Keep what was made, and let go of what was fetched."""
        self._write()
        self._fetched.clear()

    def _write(self) -> None:
        made, self._made, self._made_bytes = self._made, {}, 0
        if made:
            self._cache.put_each(made)


class _Kept(msgspec.Struct, frozen=True):
    blob: str
    size_bytes: int


class Keeper:
    """Files whose bytes are blobs, found again by what they were made of."""

    def __init__(self, cache: Shelf, blobs: Blobs) -> None:
        self._cache = cache
        self._blobs = blobs

    def found(self, key: str, path: str) -> SiteFile | None:
        """The file that was made under a key, if its bytes are still there."""
        text = self._cache.get(key)
        if text is None:
            return None
        kept = msgspec.json.decode(text, type=_Kept)
        if not self._blobs.has(Digest(kept.blob)):
            return None
        return SiteFile(path=path, blob=kept.blob, size_bytes=kept.size_bytes, media=media_of(path))

    def made(self, key: str, path: str, data: bytes) -> SiteFile:
        """Keep what was made under a key."""
        return self.kept(key, path, self._blobs.put(data), len(data))

    def kept(self, key: str, path: str, blob: Digest, size_bytes: int) -> SiteFile:
        """What was made under a key and is a blob already."""
        self._cache.put(key, msgspec.json.encode(_Kept(blob, size_bytes)))
        return SiteFile(path=path, blob=blob, size_bytes=size_bytes, media=media_of(path))

    def file(self, path: str, data: bytes, *, is_immutable: bool = False) -> SiteFile:
        """A file of bytes that cost nothing to make."""
        blob = self._blobs.put(data)
        return SiteFile(path=path, blob=blob, size_bytes=len(data), media=media_of(path), is_immutable=is_immutable)


def identity_of(files: FileTree, path: str) -> str:
    """What a file is known by; the look is noted, so that a kept render does not hold when the file changes."""
    if isinstance(files, TracingTree):
        return files.glance(path)
    entry = files.entry(path)
    return entry.identity if entry else ""


@lru_cache(maxsize=NAMES_REMEMBERED)
def fragment_key(key: str, address: str) -> str:
    """Under what a page's part of the search is kept: `key` is that of the page as it was read."""
    return f"site/fragment/{digest_value([key, address])}"


def named_by_content(name: str, data: bytes) -> str:
    """A file's name with the digest of its bytes.

    >>> named_by_content("style.css", b"")
    'style.e3b0c44298fc.css'
    """
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{digest_bytes(data)[:12]}{dot}{ending}" if stem else f"{name}.{digest_bytes(data)[:12]}"
