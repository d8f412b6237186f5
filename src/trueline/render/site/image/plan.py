"""Which files an image becomes. Pure: the same image and settings give the same files."""

from collections.abc import Sequence
from typing import Final

import msgspec

from trueline.render.site.image.info import ImageInfo
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.setting import ImageSettings

EDGE_MAX: Final = 16_383
"""WebP has no more pixels on one side; a source that is longer is published in its own format alone."""

_COSTS: Final = {Kind.AVIF: 15, Kind.PNG: 6, Kind.WEBP: 4, Kind.JPEG: 1, Kind.GIF: 1, Kind.SVG: 1}
"""What a pixel takes to encode, against one of a JPEG."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One file to be made. `is_copy`: the source itself without its private data, if it can be had so."""

    kind: Kind
    width: int
    height: int
    is_copy: bool = False


def plan(info: ImageInfo, settings: ImageSettings) -> tuple[Variant, ...]:
    """The files of an image: by format, the preferred one first, each from the narrowest to the widest.

    The last one is what a browser gets that knows neither AVIF nor WebP.
    """
    if info.is_kept or is_small(info, settings):
        return (Variant(kind=info.kind, width=info.width, height=info.height, is_copy=True),)
    widths = widths_of(info.width, settings)
    return tuple(
        Variant(kind=kind, width=width, height=height_of(info, width)) for kind in kinds_of(info) for width in widths
    )


def share(variants: Sequence[Variant], number: int, of: int) -> tuple[Variant, ...]:
    """What one of several workers encodes of an image: the dearest file first, always to whoever has least to do.

    >>> some = [Variant(kind=Kind.AVIF, width=wide, height=1) for wide in (320, 640, 960)]
    >>> [one.width for one in share(some, 0, 2)], [one.width for one in share(some, 1, 2)]
    ([960], [320, 640])
    """
    loads, shares = [0] * of, list[set[Variant]](set() for _ in range(of))
    for variant in sorted(variants, key=lambda one: -_cost(one)):
        least = loads.index(min(loads))
        loads[least] += _cost(variant)
        shares[least].add(variant)
    return tuple(one for one in variants if one in shares[number])


def _cost(variant: Variant) -> int:
    return _COSTS[variant.kind] * variant.width * variant.height


def worthwhile(variants: Sequence[Variant], sizes_bytes: Sequence[int]) -> tuple[bool, ...]:
    """Which files are published: none that is narrower than another of its format and yet not smaller in bytes.

    Scaled letters have more colours than sharp ones, so that half a screenshot may be larger than the whole.
    """
    kept = [True] * len(variants)
    smallest: dict[Kind, int] = {}
    for number in sorted(range(len(variants)), key=lambda one: -variants[one].width):
        kind = variants[number].kind
        kept[number] = sizes_bytes[number] < smallest.get(kind, sizes_bytes[number] + 1)
        smallest[kind] = min(sizes_bytes[number], smallest.get(kind, sizes_bytes[number]))
    return tuple(kept)


def is_small(info: ImageInfo, settings: ImageSettings) -> bool:
    """Other formats and widths would save next to nothing."""
    return info.size_bytes < settings.small_bytes or info.width <= settings.small_width


def widths_of(width: int, settings: ImageSettings) -> tuple[int, ...]:
    """Those of the settings that the source has, and its own where it is below the largest.

    >>> widths_of(1000, ImageSettings())
    (320, 640, 960, 1000)
    >>> widths_of(5000, ImageSettings())
    (320, 640, 960, 1280, 1920)
    """
    widths = {one for one in settings.widths if one <= width}
    if width < max(settings.widths, default=width + 1):
        widths.add(width)
    return tuple(sorted(widths))


def kinds_of(info: ImageInfo) -> tuple[Kind, ...]:
    """The formats, the last one for browsers that know no other: a WebP or AVIF falls back to WebP.

    >>> kinds_of(ImageInfo(kind=Kind.GIF, width=1, height=1, size_bytes=1))[-1]
    <Kind.PNG: 'png'>
    """
    if info.height > EDGE_MAX:
        return (_fallback(info),)
    return tuple(dict.fromkeys((Kind.AVIF, Kind.WEBP, _fallback(info))))


def _fallback(info: ImageInfo) -> Kind:
    match info.kind:
        case Kind.AVIF | Kind.WEBP:
            return Kind.WEBP
        case Kind.GIF | Kind.PNG | Kind.SVG:
            return Kind.PNG
        case Kind.JPEG:
            return Kind.JPEG


def height_of(info: ImageInfo, width: int) -> int:
    """That of a variant: at least one pixel."""
    return max(1, round(info.height * width / info.width))
