"""A request of a release → its answer: status, headers, and which bytes of which file. Pure.

It opens nothing: a path is looked up among those that the release lists, so that none leads anywhere else.
"""

import http
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import quote

from trueline.model.digest import Digest
from trueline.render.site.address import Address, read_address
from trueline.render.site.media import media_of
from trueline.render.site.rule import Led
from trueline.render.site.served import File, Moved, ServedRelease
from trueline.target.site.server.coding import (
    SIZE_BYTES_MAX,
    SIZE_BYTES_MIN,
    chosen,
    is_compressible,
    takes_identity,
)
from trueline.target.site.server.condition import (
    Condition,
    Span,
    Unsatisfiable,
    Validators,
    holds_range,
    judge,
    span_of,
)

METHODS: Final = ("GET", "HEAD")
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "public, max-age=0, must-revalidate"
DEFAULTS: Final = {
    "x-content-type-options": ("X-Content-Type-Options", "nosniff"),
    "referrer-policy": ("Referrer-Policy", "strict-origin-when-cross-origin"),
}
_TAG_LENGTH: Final = 32
_PLAIN: Final = ("Content-Type", "text/plain; charset=utf-8")
_SAFE_IN_PATH: Final = "/~!$&'()*+,;=:@-._"
Headers: TypeAlias = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `target` is as it was sent, header names are in lower case, `at_s` is the time since the epoch."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    at_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The bytes of an answer: of a blob, in a coding (empty: as they are), all of them or a span."""

    path: str
    blob: Digest
    coding: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent: `text` or a part of a file; neither is sent for a HEAD, but counted."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: bytes = b""
    part: Part | None = None


def resolve(release: ServedRelease, request: Request) -> Answer:
    """The answer to a request; never raises."""
    if request.method not in METHODS:
        return _said(405, ("Allow", ", ".join(METHODS)))
    address = read_address(request.target)
    if address is None:
        return _said(400)
    headers = DEFAULTS | release.headers.find(address)
    match release.find(address):
        case Led(status=status, location=location):
            return _said(status, ("Location", location), ("Cache-Control", ASK_AGAIN), headers=headers)
        case Moved(path=path):
            location = f"/{quote(path, safe=_SAFE_IN_PATH)}{address.suffix}"
            location = "/" + location.lstrip("/")
            return _said(308, ("Location", location), ("Cache-Control", ASK_AGAIN), headers=headers)
        case File() as file:
            return _Shown(release, request, file, headers).answer()
        case None:
            return _absent(release, request, address, headers)


def _absent(release: ServedRelease, request: Request, address: Address, headers: Headers) -> Answer:
    page = release.absent(address.path)
    return _said(404, headers=headers) if page is None else _Shown(release, request, page, headers).absent()


def _said(status: int, *more: tuple[str, str], headers: Headers | None = None) -> Answer:
    """An answer that is no file of the site."""
    said = dict(headers if headers is not None else DEFAULTS)
    said |= {name.lower(): (name, value) for name, value in (_PLAIN, *more)}
    return Answer(
        status=status, headers=tuple(said.values()), text=f"{status} {http.HTTPStatus(status).phrase}\n".encode()
    )


class _Shown:
    """One file as one client takes it."""

    __slots__ = ("_coding", "_is_compressible", "_media", "_tag", "file", "given", "release", "request")

    def __init__(self, release: ServedRelease, request: Request, file: File, given: Headers) -> None:
        self.release = release
        self.request = request
        self.file = file
        self.given = given
        self._media = media_of(file.path)
        size_bytes = release.sizes.get(file.blob, 0)
        self._is_compressible = SIZE_BYTES_MIN <= size_bytes <= SIZE_BYTES_MAX and is_compressible(self._media)
        self._coding = self._chosen() if self._is_compressible else ""
        self._tag = f'"{file.blob[:_TAG_LENGTH]}{"-" if self._coding else ""}{self._coding}"'

    def answer(self) -> Answer:
        validators = Validators(tag=self._tag, made_s=self.release.made_s, now_s=self.request.at_s)
        headers = self._headers({"etag": ("ETag", self._tag)})
        if validators.last_modified:
            headers["last-modified"] = ("Last-Modified", validators.last_modified)
        match judge(self.request.headers, validators):
            case Condition.FAILED:
                return _said(412, headers=self.given)
            case Condition.NOT_MODIFIED:
                del headers["content-type"]
                headers.pop("content-encoding", None)
                return Answer(status=304, headers=tuple(headers.values()))
            case Condition.SEND:
                return self._sent(headers, validators)

    def absent(self) -> Answer:
        """The page for an address that leads nowhere: no condition counts, and no part of it is sent."""
        headers = self._headers({})
        headers["cache-control"] = self.given.get("cache-control", ("Cache-Control", ASK_AGAIN))
        return Answer(status=404, headers=tuple(headers.values()), part=self._part(None))

    def _sent(self, headers: Headers, validators: Validators) -> Answer:
        size_bytes = self.release.sizes.get(self.file.blob)
        if size_bytes is None or self._coding:
            return Answer(status=200, headers=tuple(headers.values()), part=self._part(None))
        headers["accept-ranges"] = ("Accept-Ranges", "bytes")
        is_asked = self.request.method == "GET" and holds_range(self.request.headers, validators)
        match span_of(self.request.headers.get("range", ""), size_bytes) if is_asked else None:
            case Unsatisfiable():
                return _said(416, ("Content-Range", f"bytes */{size_bytes}"), headers=self.given)
            case Span(first=first, end=end) as span:
                headers["content-range"] = ("Content-Range", f"bytes {first}-{end - 1}/{size_bytes}")
                return Answer(status=206, headers=tuple(headers.values()), part=self._part(span))
            case None:
                return Answer(status=200, headers=tuple(headers.values()), part=self._part(None))

    def _part(self, span: Span | None) -> Part:
        return Part(path=self.file.path, blob=self.file.blob, coding=self._coding, span=span)

    def _headers(self, more: Headers) -> Headers:
        keeps = FOR_EVER if self.file.path in self.release.immutable else ASK_AGAIN
        own: Headers = {
            "content-type": ("Content-Type", self._media),
            "cache-control": ("Cache-Control", keeps),
        }
        headers = own | self.given | more
        if self._is_compressible:
            given = self.given.get("vary", ("Vary", ""))[1]
            headers["vary"] = ("Vary", ", ".join(filter(None, (given, "Accept-Encoding"))))
        if self._coding:
            headers["content-encoding"] = ("Content-Encoding", self._coding)
        return headers

    def _chosen(self) -> str:
        """A part is one of the bytes as they are, so that it fits a part that another release of this code sent."""
        accepted = self.request.headers.get("accept-encoding")
        is_part = "range" in self.request.headers and self.request.method == "GET"
        return "" if is_part and takes_identity(accepted) else chosen(accepted)
