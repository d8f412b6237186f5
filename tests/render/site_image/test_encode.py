"""Encoded files: upright, in sRGB, with their alpha, without a trace of the camera, and always the same."""

import io
import random
from collections.abc import Mapping
from typing import Any

import pytest
from PIL import Image

from tests.render.site_image.photo import (
    CAMERA,
    PRIVATE,
    UPRIGHT,
    animation,
    corners,
    exif,
    photograph,
    png_chunk,
    saved,
    scene,
    swapped_profile,
    transparent,
)
from trueline.render.site.image.describe import describe
from trueline.render.site.image.encode import encode
from trueline.render.site.image.info import ImageRefused
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.plan import Variant, plan
from trueline.render.site.image.setting import ImageSettings

SETTINGS = ImageSettings(small_bytes=0, small_width=0, widths=(320, 640, 1920), avif_speed=10)
SMALL = ImageSettings(small_bytes=1 << 30)


def made(data: bytes, settings: ImageSettings = SETTINGS) -> dict[Variant, bytes]:
    info = describe(data, settings)
    variants = plan(info, settings)
    return dict(zip(variants, encode(data, info, variants, settings), strict=True))


def shown(files: Mapping[Variant, bytes]) -> dict[Variant, Image.Image]:
    images: dict[Variant, Image.Image] = {}
    for variant, data in files.items():
        image = Image.open(io.BytesIO(data))
        image.load()
        assert image.format == {"jpg": "JPEG"}.get(variant.kind.value, variant.kind.value.upper())
        assert image.size == (variant.width, variant.height)
        assert image.getexif().get(0x0112, 1) == 1, "nobody turns it a second time"
        images[variant] = image
    return images


def assert_private(files: Mapping[Variant, bytes]) -> None:
    for variant, data in files.items():
        assert [mark for mark in PRIVATE if mark in data] == [], variant
        assert not describe(data).has_exif, variant
        with Image.open(io.BytesIO(data)) as image:
            assert dict(image.getexif()) == {}
            assert {"exif", "xmp", "icc_profile", "comment"}.isdisjoint(image.info)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright_and_says_nothing_of_its_place(orientation: int) -> None:
    data = photograph(orientation)
    assert CAMERA.encode() in data
    files = made(data)
    assert len(files) == 9
    assert_private(files)
    assert {corners(image) for image in shown(files).values()} == {UPRIGHT}


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_so_does_one_of_another_format(form: str, orientation: int) -> None:
    files = made(photograph(orientation, form))
    assert_private(files)
    assert {corners(image) for image in shown(files).values()} == {UPRIGHT}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 8])
def test_so_does_a_small_one_in_its_own_format(form: str, orientation: int) -> None:
    files = made(photograph(orientation, form), SMALL)
    assert [variant.kind for variant in files] == [describe(photograph(1, form)).kind]
    assert_private(files)
    assert {corners(image) for image in shown(files).values()} == {UPRIGHT}


def test_a_small_image_that_stands_upright_keeps_its_pixels() -> None:
    for form in ("JPEG", "PNG", "WEBP"):
        data = photograph(1, form)
        [copied] = made(data, SMALL).values()
        with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(copied)) as after:
            assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes(), form
        assert len(copied) < len(data)


def test_what_follows_the_picture_is_left_out() -> None:
    """Phones append a film, or the picture before it was cut."""
    for form in ("JPEG", "PNG", "WEBP"):
        [copied] = made(photograph(1, form) + b"a film with a voice" * 100, SMALL).values()
        assert b"a film" not in copied


def test_alpha_is_kept() -> None:
    for form in ("PNG", "WEBP", "AVIF"):
        for variant, image in shown(made(saved(transparent(), form))).items():
            alpha = image.convert("RGBA").getchannel("A")
            assert alpha.getpixel((10, 10)) == 0, variant
            assert alpha.getpixel((variant.width - 10, 10)) == 255, variant


def test_alpha_of_a_palette_is_kept() -> None:
    image = Image.new("P", (800, 400), 1)
    image.putpalette([*(0, 0, 0), *(200, 10, 10)])
    image.paste(0, (0, 0, 400, 400))
    for form in ("PNG", "GIF"):
        for variant, one in shown(made(saved(image, form, transparency=0))).items():
            alpha = one.convert("RGBA").getchannel("A")
            assert alpha.getpixel((9, 9)) == 0, variant
            assert alpha.getpixel((variant.width - 9, 9)) in range(250, 256), variant


def test_a_drawing_with_a_palette_stays_small() -> None:
    drawing = scene(1200, 800).quantize(16)
    data = saved(drawing, "PNG")
    files = {variant: one for variant, one in made(data).items() if variant.kind is Kind.PNG}
    assert {image.mode for image in shown(files).values()} == {"P"}
    assert all(len(one) <= len(data) for one in files.values())


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    grey = Image.new("I;16", (800, 400), 0x4000)
    for image in shown(made(saved(grey, "PNG"))).values():
        assert image.convert("L").getpixel((100, 100)) in range(0x3E, 0x43)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_encoded(mode: str) -> None:
    source = Image.new(mode, (700, 400)) if mode == "I;16" else scene(700, 400).convert(mode)
    assert len(shown(made(saved(source, "PNG")))) == 9


def test_colours_for_print_become_colours_for_a_screen() -> None:
    files = made(saved(scene(mode="CMYK"), "JPEG", quality=95))
    assert {image.mode for image in shown(files).values()} == {"RGB"}
    assert {corners(image) for image in shown(files).values()} == {UPRIGHT}
    small = made(saved(scene(mode="CMYK"), "JPEG", quality=95), SMALL)
    assert {image.mode for image in shown(small).values()} == {"RGB"}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("settings", [SETTINGS, SMALL])
def test_a_profile_is_applied_before_it_is_dropped(form: str, settings: ImageSettings) -> None:
    files = made(saved(scene(), form, icc_profile=swapped_profile()), settings)
    assert_private(files)
    assert {corners(image) for image in shown(files).values()} == {("blue", "green", "red", "white")}


def test_a_profile_keeps_alpha() -> None:
    for image in shown(made(saved(transparent(), "PNG", icc_profile=swapped_profile()))).values():
        assert image.convert("RGBA").getchannel("A").getextrema() == (0, 255)


def test_a_broken_profile_counts_as_none() -> None:
    files = made(saved(scene(), "JPEG", icc_profile=b"no profile at all" * 20))
    assert {corners(image) for image in shown(files).values()} == {UPRIGHT}


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_kept_without_what_is_private(form: str) -> None:
    extras: dict[str, dict[str, Any]] = {
        "GIF": {"comment": CAMERA.encode()},
        "WEBP": {"exif": exif(), "xmp": PRIVATE[1]},
        "PNG": {},
    }
    data = animation(form, **extras[form])
    if form == "PNG":
        data = data[:33] + png_chunk(b"tEXt", b"Author\0" + CAMERA.encode()) + data[33:]
    assert describe(data).has_exif
    files = made(data)
    [(variant, kept)] = files.items()
    assert (variant.width, variant.height) == (600, 300)
    assert_private(files)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(kept)) as after:
        assert after.n_frames == before.n_frames == 3  # type: ignore[attr-defined]
        for number in range(3):
            before.seek(number)
            after.seek(number)
            assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()
        assert after.info.get("loop") == before.info.get("loop") == 0


def test_a_moving_avif_is_kept_unless_it_tells_of_a_camera() -> None:
    data = animation("AVIF")
    assert list(made(data).values()) == [data]
    with pytest.raises(ImageRefused) as caught:
        made(animation("AVIF", exif=exif()))
    assert caught.value.code == "TL1558"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_file_that_ends_too_early_is_refused(form: str, share: float) -> None:
    data = saved(scene(), form)
    with pytest.raises(ImageRefused) as caught:
        made(data[: int(len(data) * share)])
    assert caught.value.code == "TL1553"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "AVIF"])
def test_noise_within_a_file_is_refused_or_drawn_but_never_a_crash(form: str) -> None:
    """The check sums of a PNG find it; elsewhere a decoder may draw what is there."""
    data = bytearray(saved(scene(300, 200), form))
    for place in range(len(data) // 3, len(data) // 3 + 40):
        data[place] ^= 0xA5
    try:
        files = made(bytes(data))
    except ImageRefused as refused:
        assert refused.code == "TL1553"  # noqa: PT017 - it may also be drawn
    else:
        assert form != "PNG"
        shown(files)


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("JPEG", {900: Image.Resampling.BICUBIC, 400: Image.Resampling.HAMMING}),
        ("PNG", {900: Image.Resampling.LANCZOS, 400: Image.Resampling.LANCZOS}),
    ],
)
def test_what_a_photograph_is_scaled_by_depends_on_how_much(
    form: str, wanted: Mapping[int, Image.Resampling], monkeypatch: pytest.MonkeyPatch
) -> None:
    """1000 pixels become 900, and those 400; see `docs/decisions/images.md`."""
    data = saved(scene(), form)
    resize, used = Image.Image.resize, dict[int, Any]()

    def noting(image: Image.Image, size: tuple[int, int], resample: int) -> Image.Image:
        used[size[0]] = resample
        return resize(image, size, resample)

    monkeypatch.setattr(Image.Image, "resize", noting)
    made(data, ImageSettings(small_bytes=0, small_width=0, widths=(400, 900), avif_speed=10))
    assert used == wanted


def test_the_same_twice_is_the_same() -> None:
    data = photograph(6)
    assert made(data) == made(data)


def test_no_file_in_the_own_format_grows() -> None:
    """A source that was saved smaller than we would is published as it was."""
    noise = Image.frombytes("L", (700, 300), random.Random(2).randbytes(210_000)).convert("RGB")
    data = saved(noise, "JPEG", quality=8, optimize=True, progressive=True)
    [widest] = [one for variant, one in made(data).items() if (variant.kind, variant.width) == (Kind.JPEG, 700)]
    assert len(widest) <= len(data)
