"""What the worker answers about images: a table of operations, and what it has to load before it is confined."""

import io
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

import msgspec

from trueline.render.site.image.answer import EncodedHeader, Remark, pack, unpack
from trueline.render.site.image.decode import PLUGINS
from trueline.render.site.image.describe import describe
from trueline.render.site.image.encode import encode
from trueline.render.site.image.finding import NOT_ENCODED
from trueline.render.site.image.info import ImageRefused
from trueline.render.site.image.plan import plan, share
from trueline.render.site.image.setting import ImageSettings

ENCODE: Final = "image.encode"
VERSIONS: Final = "image.versions"
ANSWER_BYTES_MAX: Final = 48 << 20
_LATE_MODULES: Final = ("PIL.MpoImagePlugin", "PIL.TiffImagePlugin")
"""What Pillow imports only when a file asks for it: a JPEG of several pictures, a camera's data."""
_DRAWING: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
_ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "ascii")
_LIBRARIES: Final = ("avif", "webp", "libjpeg_turbo", "jpg", "zlib", "littlecms2")


class EncodeArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What `ENCODE` is asked with: a whole file, as base64 on the way, and how it is to be encoded.

    `share` says which part of its files is wanted, where several workers have an image among them.
    """

    data: bytes
    settings: ImageSettings
    share: int = 0
    shares: int = 1


def answer_encode(arguments: bytes) -> bytes:
    """Describe, plan and encode one image; what is wrong with it is said in the answer (`answer`).

    Which of the files are worth publishing is for whoever has all of them: `plan.worthwhile`.
    """
    asked = msgspec.json.decode(arguments, type=EncodeArguments)
    try:
        info = describe(asked.data, asked.settings)
        planned = plan(info, asked.settings)
        variants = share(planned, asked.share, asked.shares)
        files = encode(asked.data, info, planned, asked.settings, variants)
    except ImageRefused as refused:
        return _refusal(refused.code, refused.detail)
    except MemoryError:
        return _refusal(NOT_ENCODED, "it needs more memory than a worker has")
    sizes_bytes = tuple(map(len, files))
    if sum(sizes_bytes) > ANSWER_BYTES_MAX:
        return _refusal(NOT_ENCODED, f"its files have {sum(sizes_bytes)} bytes; the limit is {ANSWER_BYTES_MAX}")
    return pack(EncodedHeader(info=info, variants=variants, sizes_bytes=sizes_bytes), files)


def answer_versions(_arguments: bytes) -> bytes:
    """The versions of what decodes and encodes; they belong to the key of what was encoded."""
    return msgspec.json.encode(versions(), order="sorted")


def versions() -> dict[str, str]:
    """Of Pillow and the libraries that it was built with."""
    from PIL import __version__, features  # noqa: PLC0415 - the parent never loads it

    return {"pillow": __version__, **{name: str(features.version(name)) for name in _LIBRARIES}}


def load() -> None:
    """Import all that will be needed: a confined worker can open no file. It uses each decoder and encoder once."""
    from PIL import AvifImagePlugin, Image, ImageCms  # noqa: PLC0415 - the parent never loads it

    for name in _LATE_MODULES:
        import_module(name)

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for plugin in PLUGINS.values():
        out = io.BytesIO()
        Image.new("RGB", (2, 2)).quantize(2).convert("RGB").save(out, plugin, icc_profile=profile, exif=Image.Exif())
        _warm(out.getvalue())
    for encoding in _ENCODINGS:
        _warm(_DRAWING.encode(encoding))


def _warm(data: bytes) -> None:
    """Go the whole way once; the answer must be files."""
    settings = ImageSettings(widths=(1,), small_bytes=0, small_width=0)
    header, _ = unpack(answer_encode(msgspec.json.encode(EncodeArguments(data=data, settings=settings))))
    assert header.variants, header.remarks


def _refusal(code: str, detail: str) -> bytes:
    return pack(EncodedHeader(remarks=(Remark(code, detail),)), ())


OPERATIONS: Final[Mapping[str, Callable[[bytes], bytes]]] = {ENCODE: answer_encode, VERSIONS: answer_versions}
"""By the name that is asked for; a worker serves them (`runtime/worker_process`)."""
