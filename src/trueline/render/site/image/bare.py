"""An image file as it is, without what a camera or a program wrote beside the picture: places, names, comments.

For files that are published under their own name. No pixel is decoded or changed; colours and the way up are kept. What
cannot be read is left as it is: nobody is shown it as an image of a page.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from trueline.render.site.image.container import Broken, jpeg_segments, png_chunks, webp_chunks, written_png
from trueline.render.site.image.gif import copy_gif
from trueline.render.site.image.kind import Kind, sniff

SIZE_BYTES_MAX: Final = 64 << 20
_EXIF: Final = b"Exif\0\0"
_PROFILE: Final = b"ICC_PROFILE\0"
_ORIENTATION: Final = 0x0112
_TURNED: Final = range(2, 9)
_ENTRY_BYTES: Final = 12
_ENTRIES_MAX: Final = 1_000
_APP0, _APP1, _APP2, _APP14, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_TOLD: Final = frozenset({*range(_APP1, 0xF0), _COMMENT}) - {_APP14}
_PNG_TOLD: Final = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_TOLD: Final = frozenset({b"EXIF", b"XMP "})
_WEBP_HEAD: Final = b"VP8X"
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def bare(data: bytes) -> bytes:
    """The same picture without what tells of its maker; other files as they are."""
    kind = sniff(data)
    strip = _STRIPPERS.get(kind) if kind is not None and len(data) <= SIZE_BYTES_MAX else None
    try:
        return data if strip is None else strip(data)
    except Broken:
        return data


def _jpeg(data: bytes) -> bytes:
    kept, turned = list[bytes](), b""
    for marker, segment in jpeg_segments(data):
        if marker == _APP1 and segment[4:10] == _EXIF and not turned:
            turned = _turned(segment[10:])
        if marker not in _TOLD or (marker == _APP2 and segment[4 : 4 + len(_PROFILE)] == _PROFILE):
            kept.append(segment)
    if turned:
        content = _EXIF + turned
        at = 1 if kept and kept[0][1] == _APP0 else 0
        kept.insert(at, b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content)
    return b"".join([data[:2], *kept])


def _png(data: bytes) -> bytes:
    return written_png(data, _png_kept(data))


def _png_kept(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, content in png_chunks(data):
        if name not in _PNG_TOLD:
            yield name, content
        elif name == b"eXIf" and (turned := _turned(content)):
            yield name, turned


def _webp(data: bytes) -> bytes:
    chunks = [(name, content) for name, content in webp_chunks(data) if name not in _WEBP_TOLD]
    turned = next((_turned(content.removeprefix(_EXIF)) for name, content in webp_chunks(data) if name == b"EXIF"), b"")
    if turned:
        chunks.append((b"EXIF", turned))
    parts = list[bytes]()
    for name, content in chunks:
        body = content
        if name == _WEBP_HEAD and content:
            flags = content[0] & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if turned else 0)
            body = bytes([flags]) + content[1:]
        parts += [name, len(body).to_bytes(4, "little"), body, b"\0" * (len(body) % 2)]
    whole = b"".join(parts)
    return b"RIFF" + (len(whole) + 4).to_bytes(4, "little") + b"WEBP" + whole


def _turned(exif: bytes) -> bytes:
    """Exif that says which side is up and nothing else; empty where the picture stands upright, or it does not say."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(exif[:4])
    if order is None:
        return b""
    little = order == "little"

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], "little" if little else "big")

    start = number(4, 4)
    for entry in range(min(number(start, 2), _ENTRIES_MAX)):
        at = start + 2 + entry * _ENTRY_BYTES
        if number(at, 2) == _ORIENTATION and (value := number(at + 8, 2)) in _TURNED:
            return b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + value.to_bytes(2, "big") + b"\0\0\0\0\0\0"
    return b""


_STRIPPERS: Final[Mapping[Kind, Callable[[bytes], bytes]]] = {
    Kind.JPEG: _jpeg,
    Kind.PNG: _png,
    Kind.WEBP: _webp,
    Kind.GIF: copy_gif,
}
