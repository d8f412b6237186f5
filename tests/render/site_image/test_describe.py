"""What an image is, and which are refused before a pixel is decoded."""

import warnings

import pytest
from PIL import Image

from tests.render.site_image.photo import (
    animation,
    exif,
    gif_bomb,
    photograph,
    png_bomb,
    png_chunk,
    saved,
    scene,
    transparent,
    webp_bomb,
)
from trueline.render.site.image.describe import describe
from trueline.render.site.image.info import ImageInfo, ImageRefused
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.setting import ImageSettings


def refused(data: bytes, settings: ImageSettings | None = None) -> str:
    with pytest.raises(ImageRefused) as caught:
        describe(data, settings or ImageSettings())
    assert caught.value.detail, "a refusal says what was found"
    return caught.value.code


def jpeg_of(width: int, height: int, *, progressive: bool = False) -> bytes:
    """A small JPEG whose head says another size."""
    data = saved(Image.new("RGB", (16, 16)), "JPEG", progressive=progressive)
    place = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    return data[: place + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[place + 9 :]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_size_is_the_one_that_a_reader_sees(orientation: int, form: str) -> None:
    data = photograph(orientation, form)
    info = describe(data)
    assert (info.width, info.height, info.orientation) == (1000, 600, orientation)
    assert info.has_exif
    assert info.size_bytes == len(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (saved(scene(40, 30), "JPEG"), (Kind.JPEG, 1, False)),
        (saved(scene(40, 30), "PNG"), (Kind.PNG, 1, False)),
        (saved(transparent(40, 30), "PNG"), (Kind.PNG, 1, True)),
        (saved(scene(40, 30, "P"), "PNG", transparency=0), (Kind.PNG, 1, True)),
        (saved(transparent(40, 30), "WEBP"), (Kind.WEBP, 1, True)),
        (saved(transparent(40, 30), "AVIF"), (Kind.AVIF, 1, True)),
        (saved(scene(40, 30), "GIF"), (Kind.GIF, 1, False)),
        (animation("GIF"), (Kind.GIF, 3, False)),
        (animation("WEBP"), (Kind.WEBP, 3, True)),
        (animation("PNG"), (Kind.PNG, 3, True)),
        (animation("AVIF"), (Kind.AVIF, 3, False)),
    ],
)
def test_a_format_is_told_by_the_content(data: bytes, expected: tuple[Kind, int, bool]) -> None:
    info = describe(data)
    assert (info.kind, info.frames, info.has_alpha) == expected
    assert info.is_kept == (info.frames > 1)


def test_a_picture_in_a_picture_is_one_picture() -> None:
    """Phones append a second one, of which nobody is told."""
    data = saved(scene(40, 30), "MPO", save_all=True, append_images=[scene(40, 30)])
    assert describe(data) == ImageInfo(kind=Kind.JPEG, width=40, height=30, size_bytes=len(data), has_exif=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"BM" + bytes(60),
        b"\0\0\0\x1cftypheic" + bytes(20),
        b"%PDF-1.7",
        b"\x1f\x8b\x08\0",
        b"<!DOCTYPE html>",
    ],
)
def test_what_browsers_do_not_show_is_refused(data: bytes) -> None:
    assert refused(data) == "TL1554"


@pytest.mark.parametrize(
    "data",
    [
        png_bomb(60_000, 60_000),
        png_bomb(7_200, 7_200),
        png_bomb(65_501, 1),
        webp_bomb(),
        jpeg_of(20_000, 20_000),
        jpeg_of(9_000, 9_000, progressive=True),
        gif_bomb(1, 65_000, 65_000),
    ],
)
def test_a_bomb_is_refused_by_what_it_says(data: bytes) -> None:
    assert refused(data) == "TL1551"


def test_a_large_jpeg_is_not_a_bomb() -> None:
    """It is decoded at a fraction of its size; a progressive one is not."""
    assert describe(jpeg_of(9_000, 9_000)).width == 9_000


@pytest.mark.parametrize("data", [gif_bomb(2_001, 10, 10), gif_bomb(100, 4_000, 4_000)])
def test_an_animated_bomb_is_refused(data: bytes) -> None:
    assert refused(data) == "TL1557"


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_every_animation_is_bounded(form: str) -> None:
    assert refused(animation(form), ImageSettings(frames_max=2)) == "TL1557"
    assert refused(animation(form), ImageSettings(animation_pixels_max=600 * 300 * 2)) == "TL1557"


def test_bytes_are_bounded_before_anything_is_read() -> None:
    assert refused(b"x" * 101, ImageSettings(source_bytes_max=100)) == "TL1550"


def test_a_zip_bomb_in_a_profile_is_refused() -> None:
    """Pillow bounds what it inflates; the decoder's error is a refusal like any other."""
    import zlib  # noqa: PLC0415 - for this case alone

    data = saved(scene(40, 30), "PNG")
    bomb = png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(64 << 20)))
    assert refused(data[:33] + bomb + data[33:]) == "TL1553"


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("left", [12, 20, 60])
def test_a_head_alone_is_refused(form: str, left: int) -> None:
    assert refused(saved(scene(400, 300), form)[:left]) in {"TL1553", "TL1554"}


def test_a_broken_tag_of_a_camera_says_nothing() -> None:
    data = bytearray(saved(scene(40, 30), "JPEG", exif=exif(6)))
    place = data.index(b"Exif\0\0") + 10
    data[place : place + 4] = b"\xff\xff\xff\xff"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert describe(bytes(data)).orientation == 1
