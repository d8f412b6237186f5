"""What the worker says of one image: what it is, its files, what is wrong with it; as bytes over the pipe."""

from collections.abc import Sequence
from itertools import compress

import msgspec

from trueline.render.site.image.info import ImageInfo
from trueline.render.site.image.plan import Variant, plan, worthwhile
from trueline.render.site.image.setting import ImageSettings

_LENGTH_BYTES = 4


class Remark(msgspec.Struct, frozen=True):
    """A code of `finding` with its detail; the file is the parent's to name."""

    code: str
    detail: str


class EncodedHeader(msgspec.Struct, frozen=True, kw_only=True):
    """An image's answer without the files' bytes; `sizes_bytes` has one entry for each variant."""

    info: ImageInfo | None = None
    variants: tuple[Variant, ...] = ()
    sizes_bytes: tuple[int, ...] = ()
    remarks: tuple[Remark, ...] = ()


def pack(header: EncodedHeader, files: Sequence[bytes]) -> bytes:
    """The answer as bytes: the length of the header, the header, the files one after the other."""
    text = msgspec.json.encode(header)
    return b"".join([len(text).to_bytes(_LENGTH_BYTES, "big"), text, *files])


def merge(
    parts: Sequence[tuple[EncodedHeader, Sequence[bytes]]], settings: ImageSettings
) -> tuple[EncodedHeader, tuple[bytes, ...]]:
    """The answer about a whole image, of those about its parts; a part that was refused speaks for all.

    The files that are worth publishing are left, in the order of the plan.
    """
    refused = next((header for header, _ in parts if header.remarks), None)
    if refused is not None:
        return refused, ()
    info = parts[0][0].info
    assert info is not None, "an answer without a remark describes the image"
    made = {one: data for header, files in parts for one, data in zip(header.variants, files, strict=True)}
    planned = plan(info, settings)
    kept = worthwhile(planned, [len(made[one]) for one in planned])
    variants = tuple(compress(planned, kept))
    files = tuple(made[one] for one in variants)
    return EncodedHeader(info=info, variants=variants, sizes_bytes=tuple(map(len, files))), files


def unpack(answer: bytes) -> tuple[EncodedHeader, tuple[bytes, ...]]:
    """The answer of bytes.

    Raises:
        ValueError: it is none.
    """
    length = int.from_bytes(answer[:_LENGTH_BYTES], "big")
    start = _LENGTH_BYTES + length
    header = msgspec.json.decode(answer[_LENGTH_BYTES:start], type=EncodedHeader)
    files = []
    for size_bytes in header.sizes_bytes:
        files.append(answer[start : start + size_bytes])
        start += size_bytes
    if start != len(answer) or len(files) != len(header.variants):
        raise ValueError("an answer about an image does not have the length that it says")
    return header, tuple(files)
