"""A file that is published as it is: the same picture, the same way up, and nothing of who made it where."""

import io
from typing import Any

import pytest
from hypothesis import given, strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from trueline.render.site.image.bare import bare

SECRET = "Ana-at-home"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def camera(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, SECRET
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 31.0, 12.0)
    return exif


def file(form: str, orientation: int, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((40, 30), 90).convert("RGB").save(
        out, form, exif=camera(orientation), icc_profile=PROFILE, **more
    )
    return out.getvalue()


def text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET)
    info.add_itxt("XML:com.adobe.xmp", SECRET)
    return info


FORMS: dict[str, dict[str, Any]] = {
    "JPEG": {"comment": SECRET, "xmp": SECRET.encode()},
    "PNG": {"pnginfo": text()},
    "WEBP": {"xmp": SECRET.encode(), "lossless": True},
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", FORMS)
def test_the_picture_stays_and_what_a_camera_wrote_goes(form: str, orientation: int) -> None:
    data = file(form, orientation, **FORMS[form])
    assert SECRET.encode() in data
    made = bare(data)
    assert SECRET.encode() not in made
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(made)) as after:
        assert after.tobytes() == before.tobytes()
        assert after.getexif().get(0x0112, 1) == orientation
        assert set(after.getexif()) <= {0x0112}
        assert not after.getexif().get_ifd(0x8825)
        assert after.info.get("icc_profile") == PROFILE
    assert bare(made) == made


def test_a_gif_loses_its_comment() -> None:
    out = io.BytesIO()
    Image.new("P", (4, 4)).save(out, "GIF", comment=SECRET.encode())
    assert SECRET.encode() in out.getvalue()
    assert SECRET.encode() not in bare(out.getvalue())


@pytest.mark.parametrize(
    "data", [b"", b"text", b"<svg/>", file("JPEG", 6)[:200], file("PNG", 6)[:200], file("WEBP", 6)[:200]]
)
def test_what_cannot_be_read_stays_as_it_is(data: bytes) -> None:
    assert bare(data) == data


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_a_broken_file_is_no_fault_of_ours(form: str, at: int, put: bytes) -> None:
    data = file(form, 6, **FORMS[form])
    bare(data[:at] + put + data[at + len(put) :])
