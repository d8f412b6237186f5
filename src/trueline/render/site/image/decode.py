"""The decoder: Pillow, opened so that nothing is decoded before it was judged. Worker side only.

Pillow is imported here and in `colour` when something is asked, never with the module: the parent has no need of it.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from trueline.render.site.image.finding import CORRUPT
from trueline.render.site.image.info import ImageRefused
from trueline.render.site.image.kind import Kind

if TYPE_CHECKING:
    from PIL.Image import Image

PLUGINS: Final = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.GIF: "GIF", Kind.WEBP: "WEBP", Kind.AVIF: "AVIF"}
"""What Pillow calls the formats that it decodes."""
_ORIENTATION: Final = 0x0112
_TURNED: Final = range(1, 9)
_REASON_MAX: Final = 200


@contextmanager
def opened(data: bytes, kind: Kind) -> Iterator["Image"]:
    """An image of a known format; a decoder's error within the block, whatever it is, becomes `ImageRefused`."""
    from PIL import Image as module  # noqa: N813, PLC0415 - the parent never loads it

    module.MAX_IMAGE_PIXELS = None  # the bounds are ours, and were held before this
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with module.open(io.BytesIO(data), formats=[PLUGINS[kind]]) as image:
                yield image
    except (ImageRefused, AssertionError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a decoder fails in as many ways as files are broken
        reason = " ".join(str(error).split())[:_REASON_MAX]
        if isinstance(error, OSError) and error.filename is None and "BytesIO" in reason:
            reason = "no decoder reads it"
        raise ImageRefused(CORRUPT, reason or type(error).__name__) from None


def orientation_of(exif: bytes) -> int:
    """How a camera was held, 1 to 8; 1 where it is not said, or not so that it can be read."""
    from PIL.Image import Exif  # noqa: PLC0415 - see above

    try:
        read = Exif()
        read.load(exif)
        value = read.get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - what cannot be read says nothing
        return 1
    return value if isinstance(value, int) and value in _TURNED else 1
