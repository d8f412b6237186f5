"""A bucket through obstore. The one module that needs the extra `s3`."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from trueline.model.fault import UserError
from trueline.runtime.secret import scrub
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
from trueline.target.site.s3.place import Open, Opening

PART_BYTES = 8 << 20
PARTS_AT_ONCE = 4
PIECE_BYTES = 1 << 20
CONNECT_S, REQUEST_S = 5.0, 60.0
OBJECTS_MAX = 1_000_000
REGION = "us-east-1"
"""What a service that knows no regions is told."""
RETRIES_MAX, RETRIES_S = 4, 30.0
_BACKOFF: Any = {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=2), "base": 2}


class ObstoreBucket:
    """A bucket over HTTP; what may pass is tried again by the library, `retries_max` times."""

    def __init__(self, find: Open, *, retries_max: int = RETRIES_MAX) -> None:
        self._find = find
        self._retries_max = retries_max
        self._opening: Opening | None = None
        self._store: S3Store | None = None
        self._prefix = ""

    async def list(self) -> Mapping[str, Stored]:
        """Every object below the prefix."""
        store = await self._opened(anew=True)
        found: dict[str, Stored] = {}
        with self._refusing():
            async for objects in obstore.list(store, self._prefix or None):
                for one in objects:
                    path = one["path"][len(self._prefix) :].lstrip("/")
                    found[path] = Stored(_plain(one["e_tag"]), one["size"])
                if len(found) > OBJECTS_MAX:
                    raise BucketRefused(Refusal.DENIED, f"it holds more than {OBJECTS_MAX} objects: name a prefix")
        return found

    async def read(self, path: str) -> Reading | None:
        """An object."""
        store = await self._opened()
        try:
            with self._refusing():
                found = await obstore.get_async(store, self._key(path))
                return Reading(etag=_plain(found.meta["e_tag"]), pieces=self._pieces(found))
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
        return _plain(made["e_tag"])

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
        """The store; with `anew` it is found again, for its keys may have changed."""
        if self._store is not None and not anew:
            return self._store
        try:
            opening = await self._find()
        except UserError as error:
            told = error.diagnostics[0]
            raise BucketRefused(Refusal.FORBIDDEN, f"{told.code} {told.summary}: {told.detail}") from None
        if self._store is None or _revealed(opening) != _revealed(self._opening):
            self._opening, self._store, self._prefix = opening, self._made(opening), opening.place.prefix
        return self._store

    def _made(self, opening: Opening) -> S3Store:
        """All that the library would take from variables of the process, and that leads elsewhere, is said here."""
        place, access, secret = opening.place, opening.access, opening.secret
        region = place.region or REGION
        endpoint = place.endpoint or f"https://s3.{region}.amazonaws.com"
        signed: dict[str, Any] = {"skip_signature": True, "access_key_id": "", "secret_access_key": ""}
        if access is not None and secret is not None:
            credential = {"access_key_id": access.reveal(), "secret_access_key": secret.reveal()}
            signed = {"skip_signature": False, "credential_provider": _Given({**credential, "expires_at": None})}
        with self._refusing():
            return S3Store(
                place.bucket,
                region=region,
                endpoint=endpoint,
                aws_endpoint_url_s3=endpoint,
                virtual_hosted_style_request=False,
                s3_express=False,
                request_payer=False,
                conditional_put="etag",
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "connect_timeout": timedelta(seconds=CONNECT_S),
                    "timeout": timedelta(seconds=REQUEST_S),
                },
                retry_config={
                    "max_retries": self._retries_max,
                    "retry_timeout": timedelta(seconds=RETRIES_S),
                    "backoff": _BACKOFF,
                },
                **signed,
            )

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

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
        keys = (self._opening.access, self._opening.secret) if self._opening else ()
        return BucketRefused(found.refusal, scrub(found.message, filter(None, keys)))


class _Given:
    """Keys that do not change; in a way that no variable of the process adds to them."""

    def __init__(self, credential: Mapping[str, Any]) -> None:
        self._credential = credential

    def __call__(self) -> Mapping[str, Any]:
        return self._credential


def _mode(expected: Expectation) -> Any:
    match expected:
        case Condition.ANY:
            return "overwrite"
        case Condition.ABSENT:
            return "create"
        case etag:
            return {"e_tag": f'"{etag}"'}


def _plain(etag: str | None) -> str:
    """An ETag as it is compared: some services quote it in one answer and not in another."""
    return (etag or "").removeprefix("W/").strip('"')


def _revealed(opening: Opening | None) -> tuple[object, ...]:
    """What tells two openings apart: a masked key is equal to no other."""
    keys = (opening.access, opening.secret) if opening else ()
    return (opening.place if opening else None, *(key.reveal() if key else None for key in keys))
