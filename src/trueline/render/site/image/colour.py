"""Colours: any mode and profile of a decoded image becomes grey, RGB or RGBA of 8 bits in sRGB. Worker side only."""

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

_SIXTEEN: Final = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_PALETTE: Final = ("P", "PA")
_DONE: Final = ("L", "RGB", "RGBA")


def scalable(image: "Image") -> "Image":
    """The same in a mode whose pixels can be mixed: no palette, no single bits, no 16 bits, no key colour."""
    if image.mode in _SIXTEEN:
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data and image.mode not in {"RGBA", "LA"}:
        return image.convert("RGBA")
    if image.mode in _PALETTE:
        return image.convert("RGB")
    return image.convert("L") if image.mode == "1" else image


def standard(image: "Image", profile: bytes | None) -> "Image":
    """The same as grey, RGB or RGBA in sRGB; a profile that cannot be read counts as none."""
    mode = "RGBA" if image.has_transparency_data else "L" if image.mode == "L" else "RGB"
    if profile and (converted := _by_profile(image, profile, mode)) is not None:
        return converted
    return image if image.mode in _DONE else image.convert(mode)


def _by_profile(image: "Image", profile: bytes, mode: str) -> "Image | None":
    from PIL import ImageCms  # noqa: PLC0415 - the parent never loads it

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in (source.profile.profile_description or "") and image.mode != "CMYK":
            return None
        plain = image.convert(mode) if image.mode not in {*_DONE, "CMYK"} else image
        target = "RGB" if mode == "L" else mode
        return ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode=target)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
