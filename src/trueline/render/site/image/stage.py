"""Images from the parent's side: what is kept is not encoded again, what is not is asked of the worker.

It decodes nothing. An image is encoded once for all pages, sites and revisions: the key is the digest of its bytes, the
settings, and the versions of what encodes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from trueline.model.digest import Digest, digest_bytes, digest_value
from trueline.render.site.file import SiteFile
from trueline.render.site.image.answer import EncodedHeader, Remark, merge, unpack
from trueline.render.site.image.finding import ABSENT, MISLABELLED, NO_SIZE, NOT_ENCODED, TOO_LARGE, found
from trueline.render.site.image.info import ImageInfo
from trueline.render.site.image.kind import Kind, named
from trueline.render.site.image.markup import Picture, PictureFile, markup
from trueline.render.site.image.name import file_name
from trueline.render.site.image.operation import ENCODE, VERSIONS, EncodeArguments
from trueline.render.site.image.plan import Variant
from trueline.render.site.image.setting import DEFAULT_SETTINGS, ImageSettings
from trueline.render.site.parsed import Finding
from trueline.runtime.blob import Blobs
from trueline.runtime.task_group import fault_group
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused

Read = Callable[[str], Awaitable[bytes]]
"""Reads a file of the source: `FileTree.read`."""
Progress = Callable[[int, int], None]
"""How many images were read and encoded, of how many that have to be as far as is known."""

IMAGES_REMEMBERED: Final = 4_096
SHARED_FROM_BYTES: Final = 256 << 10
"""A smaller image takes less time than to decode it once more."""
_FORMAT: Final = 2  # raise it whenever the same encoders make other files than before
_TRIES: Final = 2  # a worker may have reached its own limit of time over the images before this one


class ImageCache(Protocol):
    """Small values by key; it may forget. `render.cache.RenderStore` is one."""

    def get(self, key: str) -> bytes | None:
        """What was put last."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """An image as a page has it. `path` is that of its file in the source, `identity` that of its `FileEntry`."""

    path: str
    identity: str
    alt: str = ""
    title: str = ""
    is_first: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureResult:
    """An image in a page: its HTML with `markup.ROOT_MARK` where the way to the root belongs, and its files."""

    html: str
    files: tuple[SiteFile, ...] = ()
    findings: tuple[Finding, ...] = ()


class _KeptFile(msgspec.Struct, frozen=True):
    variant: Variant
    blob: Digest
    size_bytes: int


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one image: never its name, so that equal images of any name are one."""

    info: ImageInfo | None = None
    files: tuple[_KeptFile, ...] = ()
    remarks: tuple[Remark, ...] = ()


class ImageStage:
    """Makes the images of sites. `encodes` counts what the worker was asked for, `reads` the files that were read.

    `images_max` is how many are read and encoded at the same time: the size of the worker's pool. `pillow` is the
    version that is installed: with it, a build that has nothing to encode starts no worker to be told what encodes.
    An image behind which nobody waits is shared by all workers, else they would end by watching one of them.
    """

    def __init__(  # noqa: PLR0913 - each one an effect, or how it is used
        self,
        *,
        worker: Toolbox,
        blobs: Blobs,
        cache: ImageCache,
        settings: ImageSettings = DEFAULT_SETTINGS,
        images_max: int = 2,
        progress: Progress | None = None,
        pillow: str = "",
    ) -> None:
        self._worker = worker
        self._blobs = blobs
        self._cache = cache
        self._settings = settings
        self._progress = progress or _unseen
        self._pillow = pillow
        self._images_max = images_max
        self._slots = asyncio.Semaphore(images_max)
        self._waiting = set[object]()
        self._turns = _Turns()
        self._encoder: Digest | None = None
        self._remembered: dict[str, _Kept] = {}
        self._wanted = 0
        self._done = 0
        self.encodes = 0
        self.reads = 0

    async def picture(self, request: ImageRequest, read: Read) -> PictureResult:
        """One image. What is wrong with it is in the findings, never raised.

        Raises:
            StoreFull: and the store's other faults: what was made cannot be kept.
        """
        return await self._picture(request, read, object())

    async def _picture(self, request: ImageRequest, read: Read, place: object) -> PictureResult:
        """`place` is that in the line of those who wait."""
        try:
            async with self._turns.of(request.identity or request.path):
                kept = await self._kept(request, read, place)
        finally:
            self._waiting.discard(place)
        return self._result(request, kept)

    async def pictures(self, requests: Sequence[ImageRequest], read: Read) -> tuple[PictureResult, ...]:
        """Many images, as many at a time as there are workers; the results in the order of the requests."""
        places = [object() for _ in requests]
        self._waiting.update(places)  # before the first one begins, so that it knows of the others
        async with fault_group() as group:
            tasks = [
                group.create_task(self._picture(request, read, place))
                for request, place in zip(requests, places, strict=True)
            ]
        return tuple(task.result() for task in tasks)

    async def _kept(self, request: ImageRequest, read: Read, place: object) -> _Kept:
        """What is kept under the file's identity, else under its content, else what the worker makes of it."""
        try:
            encoder = await self._encoder_digest()
        except ToolboxFailed as failed:
            return _refused(NOT_ENCODED, failed.reason)
        by_identity = f"image/identity/{digest_value([encoder, request.identity])}"
        remembered = self._remembered.get(by_identity) if request.identity else None
        if remembered is not None and self._is_whole(remembered):
            return remembered
        content = self._cache.get(by_identity) if request.identity else None
        if content is not None and (kept := self._found(content.decode())) is not None:
            return self._remember(by_identity, kept)
        with self._watched():
            async with self._slots:
                self._waiting.discard(place)
                try:
                    data = await read(request.path)
                except FileNotFoundError:
                    return _refused(ABSENT, "")
                self.reads += 1
                key = f"image/{digest_value([encoder, digest_bytes(data)])}"
                async with self._turns.of(key):
                    kept = self._found(key) or await self._encoded(data, key)
        if request.identity:
            self._cache.put(by_identity, key.encode())
        return kept

    def _remember(self, by_identity: str, kept: _Kept) -> _Kept:
        self._remembered[by_identity] = kept
        if len(self._remembered) > IMAGES_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        return kept

    def _is_whole(self, kept: _Kept) -> bool:
        wanted = {file.blob for file in kept.files}
        return wanted == self._blobs.known(wanted)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """An image that is not kept under its file's identity."""
        self._wanted += 1
        self._progress(self._done, self._wanted)
        try:
            yield
        finally:
            self._done += 1
            self._progress(self._done, self._wanted)

    async def _encoder_digest(self) -> Digest:
        """Of all that belongs to a key but the image."""
        async with self._turns.of("encoder"):
            if self._encoder is None:
                versions = msgspec.json.decode(await self._versions())
                self._encoder = digest_value([_FORMAT, versions, msgspec.to_builtins(self._settings)])
            return self._encoder

    async def _versions(self) -> bytes:
        """Asked of the worker once for each version of Pillow that is known to be installed."""
        key = f"image/versions/{self._pillow}"
        versions = self._cache.get(key) if self._pillow else None
        if versions is None:
            versions = await self._worker.ask(VERSIONS, {})
            self._cache.put(key, versions)
        return versions

    def _found(self, key: str) -> _Kept | None:
        text = self._cache.get(key)
        if text is None:
            return None
        kept = msgspec.json.decode(text, type=_Kept)
        return kept if self._is_whole(kept) else None

    async def _encoded(self, data: bytes, key: str) -> _Kept:
        if len(data) > self._settings.source_bytes_max:
            return _refused(TOO_LARGE, f"{len(data)} bytes; the limit is {self._settings.source_bytes_max}")
        try:
            header, files = merge([unpack(answer) for answer in await self._answers(data)], self._settings)
        except ToolboxFailed as failed:
            return _refused(NOT_ENCODED, failed.reason)  # not kept: the next build may be luckier
        finally:
            self.encodes += 1
        kept = self._keep(header, files)
        self._cache.put(key, msgspec.json.encode(kept))
        return kept

    async def _answers(self, data: bytes) -> list[bytes]:
        """Of one worker; of all of them about a large image, where they would have nothing else to do."""
        is_shared = len(data) >= SHARED_FROM_BYTES and not self._waiting
        shares = self._images_max if is_shared else 1
        async with fault_group() as group:
            asked = [group.create_task(self._asked(data, share, shares)) for share in range(shares)]
        return [one.result() for one in asked]

    async def _asked(self, data: bytes, share: int, shares: int) -> bytes:
        arguments = EncodeArguments(data=data, settings=self._settings, share=share, shares=shares)
        for left in reversed(range(_TRIES)):
            try:
                return await self._worker.ask(ENCODE, arguments)
            except ToolboxRefused as refused:
                raise ToolboxFailed(str(refused)) from None
            except ToolboxFailed:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _keep(self, header: EncodedHeader, files: Sequence[bytes]) -> _Kept:
        return _Kept(
            info=header.info,
            files=tuple(
                _KeptFile(variant, self._blobs.put(data), len(data))
                for variant, data in zip(header.variants, files, strict=True)
            ),
            remarks=header.remarks,
        )

    def _result(self, request: ImageRequest, kept: _Kept) -> PictureResult:
        shown = tuple(
            PictureFile(
                kind=file.variant.kind,
                width=file.variant.width,
                height=file.variant.height,
                path=file_name(request.path, file.variant, file.blob),
            )
            for file in kept.files
        )
        picture = Picture(
            files=shown,
            alt=request.alt,
            title=request.title,
            text_width=self._settings.text_width,
            is_first=request.is_first,
        )
        files = tuple(_site_file(one, file) for one, file in zip(shown, kept.files, strict=True))
        return PictureResult(html=markup(picture), files=files, findings=tuple(_findings(request, kept)))


def _refused(code: str, detail: str) -> _Kept:
    return _Kept(remarks=(Remark(code, detail),))


def _unseen(_done: int, _total: int) -> None:
    """Nobody watches."""


def _site_file(shown: PictureFile, file: _KeptFile) -> SiteFile:
    return SiteFile(
        path=shown.path, blob=file.blob, size_bytes=file.size_bytes, media=shown.kind.media, is_immutable=True
    )


def _findings(request: ImageRequest, kept: _Kept) -> list[Finding]:
    """What the worker found, and what only the name tells."""
    findings = [found(one.code, request.path, one.detail, request.line) for one in kept.remarks]
    if kept.info is None:
        return findings
    told, kind = named(request.path), kept.info.kind
    if told is not kind:
        findings.append(found(MISLABELLED, request.path, f"the content is {kind.name}", request.line))
    if kind is Kind.SVG and not kept.info.width:
        findings.append(found(NO_SIZE, request.path, "", request.line))
    return findings


class _Turns:
    """One at a time for each key, so that what two pages show is made once; a key without anybody is forgotten."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        lock, waiting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns.pop(key)
            if waiting > 1:
                self._turns[key] = lock, waiting - 1
