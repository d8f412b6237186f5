"""The files of an image: decoded once, each width scaled from the next larger one, nothing private left. Worker side.

Deterministic: the same bytes and settings give the same files with the same Pillow; encoders run on one thread.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from trueline.render.site.image.colour import scalable, standard
from trueline.render.site.image.container import Broken, copy_jpeg, copy_png, copy_webp
from trueline.render.site.image.decode import PLUGINS, opened
from trueline.render.site.image.finding import CORRUPT, NOT_ENCODED
from trueline.render.site.image.gif import copy_gif
from trueline.render.site.image.info import ImageInfo, ImageRefused
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.plan import Variant, height_of
from trueline.render.site.image.setting import ImageSettings

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling

_COPIES: Final = {Kind.JPEG: copy_jpeg, Kind.PNG: copy_png, Kind.WEBP: copy_webp, Kind.GIF: copy_gif}
_SIDEWAYS: Final = range(5, 9)
_COLOURS_MAX: Final = 256
_MUCH_SMALLER: Final = 1.3
_PLAIN: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


def encode(
    data: bytes,
    info: ImageInfo,
    variants: Sequence[Variant],
    settings: ImageSettings,
    asked: Sequence[Variant] | None = None,
) -> tuple[bytes, ...]:
    """The files of an image, in the order of the variants; only those that are `asked` for, where that is said.

    A width is scaled from the next larger one of all, asked for or not: so a file is the same, whoever makes it.

    Raises:
        ImageRefused: it is broken further on, or an encoder refuses it.
    """
    asked = variants if asked is None else asked
    if not asked:
        return ()
    if info.is_kept:
        return tuple(_kept(data, info) for _ in asked)
    files: dict[Variant, bytes] = {}
    with opened(data, info.kind) as image:
        copy = _copy_of(data, info, image)
        narrowest = min(one.width for one in asked)
        widths = sorted({one.width for one in variants if one.width >= narrowest}, reverse=True)
        for scaled, width in _scaled(image, info, widths):
            for variant in asked:
                if variant.width == width:
                    files[variant] = _file(scaled, variant, copy, settings, is_drawn=image.mode == "P")
    return tuple(files[variant] for variant in asked)


def _kept(data: bytes, info: ImageInfo) -> bytes:
    """A moving or drawn image, without what is private."""
    if info.kind is Kind.SVG:
        return data
    if info.kind is Kind.AVIF:
        if info.has_exif:
            raise ImageRefused(NOT_ENCODED, "a moving AVIF that holds a camera's data cannot be published without them")
        return data
    return _copied(data, info.kind)


def _copied(data: bytes, kind: Kind) -> bytes:
    try:
        return _COPIES[kind](data)
    except Broken as broken:
        raise ImageRefused(CORRUPT, str(broken)) from None


def _copy_of(data: bytes, info: ImageInfo, image: "Image") -> tuple[Kind, int, bytes] | None:
    """The source without what is private, where it can be shown so: upright, in sRGB; with its format and width."""
    is_plain = info.orientation == 1 and "icc_profile" not in image.info and image.mode in _PLAIN
    if not is_plain or info.kind not in _COPIES:
        return None
    try:
        return info.kind, info.width, _COPIES[info.kind](data)
    except Broken:
        return None  # readable all the same, as the decoder found: it is encoded anew


def _scaled(image: "Image", info: ImageInfo, widths: Sequence[int]) -> Iterator[tuple["Image", int]]:
    """The image in each width, from the widest on; only the last one is held."""
    profile = image.info.get("icc_profile")
    width, height = widths[0], height_of(info, widths[0])
    size = (height, width) if info.orientation in _SIDEWAYS else (width, height)
    image.draft(None, size)
    image.load()
    current = scalable(image)
    if current.size != size:
        current = current.resize(size, _filter(info, current.width / size[0]))
    current = _upright(standard(current, profile), info.orientation)
    for width in widths:
        size = (width, height_of(info, width))
        if current.size != size:
            current = current.resize(size, _filter(info, current.width / width))
        current.info.clear()  # encoders copy from it what they are not told
        yield current, width


def _filter(info: ImageInfo, ratio: float) -> "Resampling":
    """How an image is made smaller by a ratio: letters, which most other formats hold, need the sharpest one.

    Where a photograph becomes smaller by a quarter or more, the softer filter's file is 3 to 16 % smaller at 0.2 to
    0.7 dB less, in less time; where it hardly changes its size it would be blurred.
    """
    from PIL.Image import Resampling  # noqa: PLC0415 - the parent never loads it

    if info.kind is not Kind.JPEG:
        return Resampling.LANCZOS
    return Resampling.HAMMING if ratio >= _MUCH_SMALLER else Resampling.BICUBIC


def _upright(image: "Image", orientation: int) -> "Image":
    from PIL.Image import Transpose  # noqa: PLC0415 - see above

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _file(
    image: "Image",
    variant: Variant,
    copy: tuple[Kind, int, bytes] | None,
    settings: ImageSettings,
    *,
    is_drawn: bool,
) -> bytes:
    """One file: the copy where it has the same format and size and is not larger, or was asked for."""
    copied = copy[2] if copy is not None and copy[:2] == (variant.kind, variant.width) else None
    if copied is not None and variant.is_copy:
        return copied
    written = _written(_indexed(image) if is_drawn and variant.kind is Kind.PNG else image, variant.kind, settings)
    return copied if copied is not None and len(copied) <= len(written) else written


def _indexed(image: "Image") -> "Image":
    """What had a palette gets one again: a drawing of few colours would grow to three times its size."""
    from PIL.Image import Quantize  # noqa: PLC0415 - see above

    method = Quantize.FASTOCTREE if image.mode == "RGBA" else Quantize.MEDIANCUT
    return image.quantize(_COLOURS_MAX, method)


def _written(image: "Image", kind: Kind, settings: ImageSettings) -> bytes:
    out = io.BytesIO()
    image.save(out, PLUGINS[kind], **options_of(kind, settings))
    return out.getvalue()


def options_of(kind: Kind, settings: ImageSettings) -> Mapping[str, Any]:
    """What the encoder of a format is told; one thread, for the bytes must not depend on how many there are."""
    match kind:
        case Kind.AVIF:
            return {"quality": settings.avif_quality, "speed": settings.avif_speed, "max_threads": 1}
        case Kind.WEBP:
            return {"quality": settings.webp_quality, "method": settings.webp_method}
        case Kind.JPEG:
            return {"quality": settings.jpeg_quality, "optimize": True, "progressive": True}
        case Kind.PNG | Kind.GIF | Kind.SVG:
            return {}
