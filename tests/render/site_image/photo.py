"""Images that the tests make: photographs with what a camera writes, drawings, animations, and broken ones."""

import io
import random
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageCms, ImageDraw
from PIL.TiffImagePlugin import IFDRational

GPS_IFD, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F
CAMERA = "A camera of the tests"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret-of-the-tests/></x:xmpmeta>'
PRIVATE = (CAMERA.encode(), b"secret-of-the-tests", b"http://ns.adobe.com")
RED, GREEN, BLUE, WHITE = (230, 30, 30), (30, 200, 30), (30, 30, 230), (250, 250, 250)


def scene(width: int = 1000, height: int = 600, mode: str = "RGB") -> Image.Image:
    """Four corners of four colours: upper left red, upper right green, lower left blue, lower right white."""
    image = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2), fill=GREEN)
    draw.rectangle((0, height // 2, width // 2, height), fill=BLUE)
    draw.rectangle((width // 2, height // 2, width, height), fill=WHITE)
    coarse = (max(1, width // 8), max(1, height // 8))
    noise = Image.frombytes("L", coarse, random.Random(1).randbytes(coarse[0] * coarse[1])).resize((width, height))
    return Image.blend(image, noise.convert("RGB"), 0.06).convert(mode)


def exif(orientation: int = 1) -> Image.Exif:
    """Orientation, maker and a place on earth."""
    made = Image.Exif()
    made[ORIENTATION] = orientation
    made[MAKER] = CAMERA
    made[GPS_IFD] = {1: "N", 2: (IFDRational(48), IFDRational(51), IFDRational(30)), 3: "E", 4: (2, 17, 40)}
    return made


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of an image."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def photograph(orientation: int = 1, form: str = "JPEG", width: int = 1000, height: int = 600) -> bytes:
    """As a camera leaves it: the pixels turned, the tag saying how."""
    turned = scene(width, height)
    for step in _TURNS[orientation]:
        turned = turned.transpose(step)
    extra = {"xmp": XMP} if form in {"JPEG", "WEBP", "AVIF"} else {}
    return saved(turned, form, exif=exif(orientation), quality=92, **extra)


_T = Image.Transpose
_TURNS: dict[int, Sequence[Image.Transpose]] = {
    1: (),
    2: (_T.FLIP_LEFT_RIGHT,),
    3: (_T.ROTATE_180,),
    4: (_T.FLIP_TOP_BOTTOM,),
    5: (_T.TRANSPOSE,),
    6: (_T.ROTATE_90,),
    7: (_T.TRANSVERSE,),
    8: (_T.ROTATE_270,),
}


def corners(image: Image.Image) -> tuple[str, ...]:
    """The names of the colours in the four corners, as a reader sees them: both upper ones first."""
    width, height = image.size
    places = [(width // 8, height // 8), (width - width // 8, height // 8)]
    places += [(width // 8, height - height // 8), (width - width // 8, height - height // 8)]
    plain = image.convert("RGB")
    return tuple(_colour(plain.getpixel(place)) for place in places)


def _colour(pixel: Any) -> str:
    known = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE}
    return min(known, key=lambda name: sum((a - b) ** 2 for a, b in zip(known[name], pixel, strict=True)))


UPRIGHT = ("red", "green", "blue", "white")


def transparent(width: int = 800, height: int = 400) -> Image.Image:
    """The left half cannot be seen."""
    image = scene(width, height, "RGBA")
    image.putalpha(Image.new("L", (width, height), 255))
    image.paste((0, 0, 0, 0), (0, 0, width // 2, height))
    return image


def animation(form: str, frames: int = 3, width: int = 600, height: int = 300, **options: Any) -> bytes:
    """Frames that differ."""
    colours = (RED, GREEN, BLUE)
    images = [Image.new("RGB", (width, height), colours[number % 3]) for number in range(frames)]
    if form == "GIF":
        images = [image.quantize(8) for image in images]
    return saved(images[0], form, save_all=True, append_images=images[1:], duration=50, loop=0, **options)


def swapped_profile() -> bytes:
    """A profile in which red and blue have changed places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data = bytearray(bytes(data).replace(b"s\0R\0G\0B", b"m\0i\0n\0e").replace(b"\0s\0R\0G\0B", b"\0m\0i\0n\0e"))
    entries = {}
    for number in range(int.from_bytes(data[128:132], "big")):
        place = 132 + number * 12
        entries[bytes(data[place : place + 4])] = place
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data)


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_bomb(width: int, height: int) -> bytes:
    """A head that says so many pixels, and next to nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, content) for name, content in parts)


def webp_bomb() -> bytes:
    """A canvas of 16,384 by 16,384 in forty bytes."""
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + b"\xff\x3f\0" * 2
    return b"RIFF" + struct.pack("<I", len(canvas) + 4) + b"WEBP" + canvas


def gif_bomb(frames: int, width: int, height: int) -> bytes:
    """Many frames of a large screen, a few bytes each."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"
