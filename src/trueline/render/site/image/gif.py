"""GIF files block by block: how many frames, and a copy without comments and programs' data. No pixel is decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trueline.render.site.image.container import Broken

BLOCKS_MAX: Final = 20_000
_HEAD_BYTES: Final = 13
_END: Final = 0x3B
_CONTROL: Final = 0xF9
_APPLICATION: Final = 0xFF
_APPLICATIONS_KEPT: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")  # both say how often an animation is repeated
_TABLE_FLAG: Final = 0x80
_TABLE_BITS: Final = 0x07


@dataclass(frozen=True, slots=True)
class Block:
    """One block with all its bytes; `pixels` is 0 for what is no frame."""

    content: bytes
    is_kept: bool
    pixels: int = 0


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the screen."""
    if len(data) < _HEAD_BYTES:
        raise Broken("it ends before its size")
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def blocks(data: bytes) -> Iterator[Block]:
    """The blocks after the head, up to the end.

    Raises:
        Broken: it ends before its last block, or says what cannot be.
    """
    place = _head_end(data)
    for _ in range(BLOCKS_MAX):
        match data[place : place + 1]:
            case b"\x3b":
                return
            case b"\x21":
                end = _after_parts(data, place + 2)
                yield Block(data[place:end], is_kept=_is_kept(data[place:end]))
            case b"\x2c":
                end = _frame_end(data, place)
                yield Block(data[place:end], is_kept=True, pixels=_pixels(data, place))
            case b"":
                raise Broken("it ends before its last block")
            case _:
                raise Broken("it holds a block of no known kind")
        place = end
    raise Broken(f"it has more than {BLOCKS_MAX} blocks")


def copy_gif(data: bytes) -> bytes:
    """The GIF with the blocks that draw."""
    kept = [block.content for block in blocks(data) if block.is_kept]
    return b"".join([data[: _head_end(data)], *kept, bytes([_END])])


def _head_end(data: bytes) -> int:
    if len(data) < _HEAD_BYTES:
        raise Broken("it ends before its size")
    return _HEAD_BYTES + _table_bytes(data[10])


def _table_bytes(flags: int) -> int:
    return 3 << (flags & _TABLE_BITS) + 1 if flags & _TABLE_FLAG else 0


def _frame_end(data: bytes, place: int) -> int:
    if place + 10 > len(data):
        raise Broken("it ends within a frame")
    return _after_parts(data, place + 10 + _table_bytes(data[place + 9]) + 1)


def _pixels(data: bytes, place: int) -> int:
    return int.from_bytes(data[place + 5 : place + 7], "little") * int.from_bytes(data[place + 7 : place + 9], "little")


def _after_parts(data: bytes, place: int) -> int:
    """Where a chain of parts ends, each of up to 255 bytes."""
    while place < len(data):
        if data[place] == 0:
            return place + 1
        place += 1 + data[place]
    raise Broken("it ends within a block")


def _is_kept(block: bytes) -> bool:
    label = block[1]
    return label == _CONTROL or (label == _APPLICATION and block[3:14] in _APPLICATIONS_KEPT)
