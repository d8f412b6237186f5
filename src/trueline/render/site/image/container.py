"""Copies of JPEG, PNG and WebP files without what does not belong to the picture: cameras' data, places, comments.

Only the container is read: no pixel changes. What follows the end of the picture (a film, a second picture) goes too.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

CHUNKS_MAX: Final = 100_000
_PNG_HEAD: Final = 8
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"bKGD", b"pHYs"}
)
_WEBP_HEAD: Final = 12
_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ICCP", b"ALPH", b"ANIM", b"ANMF"})
_WEBP_FLAGS_KEPT: Final = 0b0011_0010  # colours, alpha and animation; those for EXIF and XMP are cleared
_JPEG_ADOBE: Final = 0xEE  # says which colours the numbers are
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG_END: Final = 0xD9
_JPEG_SCAN: Final = 0xDA
_JPEG_MARK: Final = 0xFF
_PNG_SIZE_END: Final = 24
_WEBP_SIZE_BYTES: Final = 10
_JPEG_DROPPED: Final = frozenset({*range(0xE1, 0xF0), 0xFE}) - {_JPEG_ADOBE}


class Broken(Exception):
    """The container ends too early, or says what cannot be."""


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG up to its end, each with its content.

    Raises:
        Broken: a chunk is cut off or its check sum is wrong.
    """
    place = _PNG_HEAD
    for _ in range(CHUNKS_MAX):
        if place + 12 > len(data):
            raise Broken("it ends before its last chunk")
        length = int.from_bytes(data[place : place + 4], "big")
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if len(data) < place + 12 + length:
            raise Broken("it ends within a chunk")
        if zlib.crc32(content, zlib.crc32(name)) != int.from_bytes(
            data[place + 8 + length : place + 12 + length], "big"
        ):
            raise Broken("the check sum of a chunk is wrong")
        yield name, content
        if name == b"IEND":
            return
        place += 12 + length
    raise Broken(f"it has more than {CHUNKS_MAX} chunks")


def copy_png(data: bytes) -> bytes:
    """The PNG with the chunks that draw."""
    return written_png(data, ((name, content) for name, content in png_chunks(data) if name in _PNG_KEPT))


def written_png(data: bytes, chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A PNG with these chunks behind its head."""
    parts = [data[:_PNG_HEAD]]
    for name, content in chunks:
        check = zlib.crc32(content, zlib.crc32(name))
        parts += [len(content).to_bytes(4, "big"), name, content, check.to_bytes(4, "big")]
    return b"".join(parts)


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a WebP, each with its content.

    Raises:
        Broken: it is shorter than it says.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Broken("it is shorter than it says")
    place = _WEBP_HEAD
    for _ in range(CHUNKS_MAX):
        if place + 8 > end:
            return
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        if place + 8 + length > end:
            raise Broken("it ends within a chunk")
        yield data[place : place + 4], data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2
    raise Broken(f"it has more than {CHUNKS_MAX} chunks")


def copy_webp(data: bytes) -> bytes:
    """The WebP with the chunks that draw, and its flags saying so."""
    parts = []
    for name, content in webp_chunks(data):
        if name in _WEBP_KEPT:
            kept = bytes([content[0] & _WEBP_FLAGS_KEPT]) + content[1:] if name == b"VP8X" and content else content
            parts += [name, len(kept).to_bytes(4, "little"), kept, b"\0" * (len(kept) % 2)]
    body = b"".join(parts)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments of a JPEG up to its end: the marker, and all bytes of it with those of the scan that follows.

    Raises:
        Broken: it ends before its end marker.
    """
    place = 2
    for _ in range(CHUNKS_MAX):
        while data[place : place + 2] == b"\xff\xff":
            place += 1
        if place + 2 > len(data) or data[place] != _JPEG_MARK:
            raise Broken("it ends before its end marker")
        marker, end = data[place + 1], place + 2
        if marker not in _JPEG_BARE and marker != _JPEG_END:
            end += max(2, int.from_bytes(data[end : end + 2], "big"))
        if marker == _JPEG_SCAN:
            end = _scan_end(data, end)
        yield marker, data[place:end]
        if marker == _JPEG_END:
            return
        place = end
    raise Broken(f"it has more than {CHUNKS_MAX} segments")


def _scan_end(data: bytes, place: int) -> int:
    """Where the next marker stands: not a stuffed byte, not a restart."""
    while (place := data.find(b"\xff", place)) >= 0:
        following = data[place + 1 : place + 2]
        if not following:
            break
        if following[0] != 0 and following[0] not in _JPEG_BARE and following[0] != _JPEG_MARK:
            return place
        place += 1 if following[0] == _JPEG_MARK else 2
    raise Broken("it ends before its end marker")


def copy_jpeg(data: bytes) -> bytes:
    """The JPEG with the segments that draw."""
    kept = [segment for marker, segment in jpeg_segments(data) if marker not in _JPEG_DROPPED]
    return b"".join([data[:2], *kept])


def has_private(chunks: Iterator[tuple[bytes, bytes]]) -> bool:
    """Whether a PNG or WebP holds more than what draws."""
    return any(name not in _PNG_KEPT | _WEBP_KEPT for name, _ in chunks)


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    if len(data) < _PNG_SIZE_END or data[12:16] != b"IHDR":
        raise Broken("it does not begin with its size")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP, from its first chunk."""
    name, head = data[12:16], data[20:30]
    if len(head) < _WEBP_SIZE_BYTES:
        raise Broken("it ends before its size")
    match name:
        case b"VP8X":
            return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
        case b"VP8L":
            bits = int.from_bytes(head[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
        case _:
            raise Broken("it does not begin with a picture")
