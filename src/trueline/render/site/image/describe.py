"""What an image is, told from its bytes and held against every bound, before a pixel of it is decoded. Worker side."""

from collections.abc import Callable
from typing import Final

from trueline.render.site.image import gif
from trueline.render.site.image.container import Broken, has_private, png_chunks, png_size, webp_chunks, webp_size
from trueline.render.site.image.decode import opened, orientation_of
from trueline.render.site.image.finding import ANIMATED_BOMB, CORRUPT, TOO_LARGE, TOO_MANY_PIXELS, UNKNOWN_FORMAT
from trueline.render.site.image.info import ImageInfo, ImageRefused
from trueline.render.site.image.kind import Kind, sniff
from trueline.render.site.image.setting import DEFAULT_SETTINGS, ImageSettings
from trueline.render.site.image.svg import describe_svg

_SIDEWAYS: Final = range(5, 9)
_PRIVATE: Final = frozenset({"exif", "xmp", "photoshop", "comment", "icc_profile", "mp"})


def describe(data: bytes, settings: ImageSettings = DEFAULT_SETTINGS) -> ImageInfo:
    """What an image is, by its content.

    Raises:
        ImageRefused: it is over a bound, broken as far as it was looked at, or nothing that a site publishes.
    """
    if len(data) > settings.source_bytes_max:
        raise ImageRefused(TOO_LARGE, f"{len(data)} bytes; the limit is {settings.source_bytes_max}")
    kind = sniff(data)
    if kind is None:
        raise ImageRefused(UNKNOWN_FORMAT, f"it begins with {data[:12]!r}" if data else "it is empty")
    try:
        return _READERS[kind](data, settings)
    except Broken as broken:
        raise ImageRefused(CORRUPT, str(broken)) from None


def _svg(data: bytes, settings: ImageSettings) -> ImageInfo:
    if len(data) > settings.svg_bytes_max:
        raise ImageRefused(TOO_LARGE, f"{len(data)} bytes; the limit of an SVG is {settings.svg_bytes_max}")
    return describe_svg(data)


def _gif(data: bytes, settings: ImageSettings) -> ImageInfo:
    width, height = gif.size(data)
    pixels = [max(block.pixels, width * height) for block in gif.blocks(data) if block.pixels]
    if not pixels:
        raise Broken("it holds no frame")
    _bound_animation(len(pixels), sum(pixels), settings)
    _bound_still(width, height, settings.pixels_whole_max, settings)
    is_kept = all(block.is_kept for block in gif.blocks(data))
    if len(pixels) > 1:
        return ImageInfo(
            kind=Kind.GIF, width=width, height=height, size_bytes=len(data), frames=len(pixels), has_exif=not is_kept
        )
    return _still(data, Kind.GIF, settings, has_exif=not is_kept)


def _png(data: bytes, settings: ImageSettings) -> ImageInfo:
    width, height = png_size(data)
    _bound_still(width, height, settings.pixels_whole_max, settings)
    chunks = list(png_chunks(data))
    names = [name for name, _ in chunks]
    frames = names.count(b"fcTL") if b"acTL" in names else 1
    exif = next((content for name, content in chunks if name == b"eXIf"), b"")
    if frames > 1:
        _bound_animation(frames, frames * width * height, settings)
        return ImageInfo(
            kind=Kind.PNG,
            width=width,
            height=height,
            size_bytes=len(data),
            frames=frames,
            has_alpha=True,
            has_exif=has_private(iter(chunks)),
        )
    return _still(data, Kind.PNG, settings, has_exif=has_private(iter(chunks)), exif=exif)


def _webp(data: bytes, settings: ImageSettings) -> ImageInfo:
    width, height = webp_size(data)
    _bound_still(width, height, settings.pixels_whole_max, settings)
    names = [name for name, _ in webp_chunks(data)]
    frames = names.count(b"ANMF")
    if frames > 1:
        _bound_animation(frames, frames * width * height, settings)
        return ImageInfo(
            kind=Kind.WEBP,
            width=width,
            height=height,
            size_bytes=len(data),
            frames=frames,
            has_alpha=True,
            has_exif=has_private(webp_chunks(data)),
        )
    return _still(data, Kind.WEBP, settings, has_exif=has_private(webp_chunks(data)))


def _jpeg(data: bytes, settings: ImageSettings) -> ImageInfo:
    return _still(data, Kind.JPEG, settings)


def _avif(data: bytes, settings: ImageSettings) -> ImageInfo:
    return _still(data, Kind.AVIF, settings)


def _still(data: bytes, kind: Kind, settings: ImageSettings, *, has_exif: bool = False, exif: bytes = b"") -> ImageInfo:
    """By the decoder's reading of the head."""
    with opened(data, kind) as image:
        width, height = image.size
        is_whole = kind is not Kind.JPEG or "progressive" in image.info
        pixels_max = settings.pixels_whole_max if is_whole else settings.pixels_max
        _bound_still(width, height, min(pixels_max, settings.pixels_max), settings)
        frames = getattr(image, "n_frames", 1) if kind is Kind.AVIF else 1
        _bound_animation(frames, frames * width * height, settings)
        orientation = orientation_of(exif or image.info.get("exif", b""))
        if orientation in _SIDEWAYS:
            width, height = height, width
        return ImageInfo(
            kind=kind,
            width=width,
            height=height,
            size_bytes=len(data),
            frames=frames,
            orientation=orientation,
            has_alpha=image.has_transparency_data,
            has_exif=has_exif or not _PRIVATE.isdisjoint(image.info),
        )


def _bound_still(width: int, height: int, pixels_max: int, settings: ImageSettings) -> None:
    if width < 1 or height < 1:
        raise Broken("it has no pixels")
    if width * height > pixels_max or max(width, height) > settings.edge_max:
        bound = f"{pixels_max} pixels, {settings.edge_max} on one side"
        raise ImageRefused(TOO_MANY_PIXELS, f"{width} x {height}; the limit is {bound}")


def _bound_animation(frames: int, pixels: int, settings: ImageSettings) -> None:
    if frames > settings.frames_max or (frames > 1 and pixels > settings.animation_pixels_max):
        bound = f"{settings.frames_max} frames and {settings.animation_pixels_max} pixels in all"
        raise ImageRefused(ANIMATED_BOMB, f"{frames} frames, {pixels} pixels in all; the limit is {bound}")


_READERS: Final[dict[Kind, Callable[[bytes, ImageSettings], ImageInfo]]] = {
    Kind.SVG: _svg,
    Kind.GIF: _gif,
    Kind.PNG: _png,
    Kind.WEBP: _webp,
    Kind.JPEG: _jpeg,
    Kind.AVIF: _avif,
}
