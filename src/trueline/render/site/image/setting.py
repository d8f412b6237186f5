"""What a site may set for its images, and the bounds. Values only; they belong to the key of what is encoded."""

import msgspec


class ImageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How images are encoded and bounded. Qualities are those of the encoders, 0 to 100.

    An image below `small_bytes`, or of at most `small_width` pixels in width, is published in its own format alone.
    `sizes` is what a browser is told of the width of the page's text; an image that is narrower says its own.
    """

    widths: tuple[int, ...] = (320, 640, 960, 1280, 1920)
    small_bytes: int = 10_000
    small_width: int = 320
    avif_quality: int = 55
    avif_speed: int = 7
    webp_quality: int = 78
    webp_method: int = 4
    jpeg_quality: int = 80
    text_width: int = 736
    """The width of a page's text in CSS pixels where there is room: a browser is told that no image is shown wider."""
    source_bytes_max: int = 32 << 20
    pixels_max: int = 100_000_000
    """Of a JPEG, which can be decoded at a fraction of its size."""
    pixels_whole_max: int = 50_000_000
    """Of what has to be decoded whole: four bytes each in the worker."""
    edge_max: int = 65_500
    frames_max: int = 2_000
    animation_pixels_max: int = 1_000_000_000
    """Of all frames together: what a reader's browser has to decode."""
    svg_bytes_max: int = 4 << 20


DEFAULT_SETTINGS = ImageSettings()
