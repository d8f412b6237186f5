"""The formats of images that a site publishes: told by content, never by name. It decodes nothing."""

from enum import Enum
from pathlib import PurePosixPath


class Kind(Enum):
    """A format; the value is the suffix of a published file."""

    AVIF = "avif"
    WEBP = "webp"
    JPEG = "jpg"
    PNG = "png"
    GIF = "gif"
    SVG = "svg"

    @property
    def media(self) -> str:
        """Its media type."""
        return _MEDIA[self]


_MEDIA = {
    Kind.AVIF: "image/avif",
    Kind.WEBP: "image/webp",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.GIF: "image/gif",
    Kind.SVG: "image/svg+xml",
}
_NAMED = {f".{kind.value}": kind for kind in Kind} | {".jpeg": Kind.JPEG, ".jpe": Kind.JPEG, ".jfif": Kind.JPEG}
_NAMED |= {".apng": Kind.PNG}
_HEAD_BYTES = 1024
_BRANDS = (b"avif", b"avis")


def named(path: str) -> Kind | None:
    """What a file's name says.

    >>> named("a/Photo.JPEG")
    <Kind.JPEG: 'jpg'>
    """
    return _NAMED.get(PurePosixPath(path).suffix.lower())


def sniff(data: bytes) -> Kind | None:
    """What the first bytes say; `None`: nothing that is published.

    >>> sniff(b"GIF89a...")
    <Kind.GIF: 'gif'>
    """
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Kind.GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp":
        return Kind.AVIF if any(brand in data[8 : 8 + _box_bytes(data)] for brand in _BRANDS) else None
    return Kind.SVG if _is_markup(data[:_HEAD_BYTES]) else None


def _box_bytes(data: bytes) -> int:
    return min(int.from_bytes(data[:4], "big"), _HEAD_BYTES)


def _is_markup(head: bytes) -> bool:
    """XML in one of the encodings that the parser reads; whether it is SVG, the parser tells."""
    for encoding in ("utf-8-sig", "utf-16"):
        text = head.decode(encoding, errors="ignore").lstrip()
        if text.startswith("<"):
            return text[:14].lower() != "<!doctype html" and text[:5].lower() != "<html"
    return False
