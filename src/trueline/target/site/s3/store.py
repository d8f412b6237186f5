"""A bucket through obstore. The one module that needs the extra `s3`."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from trueline.model.fault import UserError
from trueline.runtime.secret import Masked, scrub
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
from trueline.target.site.s3.fault import refused

PART_BYTES = 8 << 20
PARTS_AT_ONCE = 4
PIECE_BYTES = 1 << 20
CONNECT_S, REQUEST_S = 5.0, 60.0
RETRIES_MAX, RETRIES_S = 4, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace:
    """Where a bucket is. An empty `endpoint` is Amazon's; `prefix` begins and ends without a slash."""

    bucket: str
    prefix: str = ""
    region: str = ""
    endpoint: str = ""

    @property
    def name(self) -> str:
        """How people know it."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


@dataclass(frozen=True, slots=True)
class Keys:
    """What a request is signed with."""

    access: Masked
    secret: Masked


class Signing(Protocol):
    """Finds the keys, now."""

    async def __call__(self) -> Keys | None:
        """The keys; `None` where nothing is signed.

        Raises:
            UserError: they are not there.
        """
        ...


class ObstoreBucket:
    """A bucket over HTTP; what may pass is tried again by the library, `retries_max` times."""

    def __init__(self, place: BucketPlace, signing: Signing, *, retries_max: int = RETRIES_MAX) -> None:
        self._place = place
        self._signing = signing
        self._retries_max = retries_max
        self._keys: Keys | None = None
        self._store: S3Store | None = None

    async def list(self) -> Mapping[str, Stored]:
        """Every object below the prefix."""
        store = await self._opened(anew=True)
        found: dict[str, Stored] = {}
        with self._refusing():
            async for objects in obstore.list(store, self._place.prefix or None):
                for one in objects:
                    path = one["path"][len(self._place.prefix) :].lstrip("/")
                    found[path] = Stored(one["e_tag"] or "", one["size"])
        return found

    async def read(self, path: str) -> Reading | None:
        """An object."""
        store = await self._opened()
        try:
            with self._refusing():
                found = await obstore.get_async(store, self._key(path))
                return Reading(etag=found.meta["e_tag"] or "", pieces=self._pieces(found))
        except FileNotFoundError as error:
            self._check_absent(error)
            return None

    async def _pieces(self, found: Any) -> AsyncIterator[bytes]:
        with self._refusing():
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        """Put an object; what is too large for one request goes in parts, and then without a condition."""
        store = await self._opened()
        try:
            with self._refusing():
                if upload.data is not None:
                    made = await obstore.put_async(
                        store,
                        self._key(path),
                        upload.data,
                        attributes=dict(attributes),
                        mode=_mode(expected),
                        use_multipart=False,
                    )
                else:
                    assert upload.parts is not None
                    made = await obstore.put_async(
                        store,
                        self._key(path),
                        upload.parts,
                        attributes=dict(attributes),
                        use_multipart=True,
                        chunk_size=PART_BYTES,
                        max_concurrency=PARTS_AT_ONCE,
                    )
        except FileNotFoundError as error:
            raise self._refused(error) from None
        return made["e_tag"] or ""

    async def delete(self, paths: Collection[str]) -> None:
        """Delete objects, a thousand with a request."""
        store = await self._opened()
        try:
            with self._refusing():
                await obstore.delete_async(store, [self._key(path) for path in paths])
        except FileNotFoundError as error:
            self._check_absent(error)

    # ---- how it is opened -----------------------------------------------------------------------------------------

    async def _opened(self, *, anew: bool = False) -> S3Store:
        """The store; with `anew` the keys are found again, for they may have changed."""
        if self._store is not None and not anew:
            return self._store
        try:
            keys = await self._signing()
        except UserError as error:
            told = error.diagnostics[0]
            raise BucketRefused(Refusal.FORBIDDEN, f"{told.code} {told.summary}: {told.detail}") from None
        if self._store is None or _revealed(keys) != _revealed(self._keys):
            self._keys, self._store = keys, self._open(keys)
        return self._store

    def _open(self, keys: Keys | None) -> S3Store:
        place = self._place
        named = {"endpoint": place.endpoint} if place.endpoint else {}
        signed = (
            {"access_key_id": keys.access.reveal(), "secret_access_key": keys.secret.reveal()}
            if keys
            else {"skip_signature": True}
        )
        return S3Store(
            place.bucket,
            region=place.region or "us-east-1",
            client_options={
                "allow_http": place.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=REQUEST_S),
            },
            retry_config={
                "max_retries": self._retries_max,
                "retry_timeout": timedelta(seconds=RETRIES_S),
                "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=2), "base": 2},
            },
            **named,  # type: ignore[arg-type]
            **signed,
        )

    def _key(self, path: str) -> str:
        return f"{self._place.prefix}/{path}" if self._place.prefix else path

    # ---- what it says no with -------------------------------------------------------------------------------------

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (AlreadyExistsError, PreconditionError) as error:
            raise Unmet(str(self._refused(error))) from None
        except (BaseError, ValueError, TimeoutError) as error:
            raise self._refused(error) from None

    def _check_absent(self, error: FileNotFoundError) -> None:
        """An object that is not there is one thing, a bucket that is not there another."""
        if "NoSuchBucket" in str(error):
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> BucketRefused:
        found = refused(error)
        keys = (self._keys.access, self._keys.secret) if self._keys else ()
        return BucketRefused(found.refusal, scrub(found.message, keys))


def _mode(expected: Expectation) -> Any:
    match expected:
        case Condition.ANY:
            return "overwrite"
        case Condition.ABSENT:
            return "create"
        case etag:
            return {"e_tag": etag}


def _revealed(keys: Keys | None) -> tuple[str, str] | None:
    return (keys.access.reveal(), keys.secret.reveal()) if keys else None
