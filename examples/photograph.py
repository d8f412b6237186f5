"""Photographs for the demo, drawn: the same scene gives the same bytes. No camera was there, no file is kept.

Each has what a camera would write into it, the place where it was taken too: one can see that no reader gets that.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Colour: TypeAlias = tuple[int, int, int]

SIZE = (1280, 800)
QUALITY = 88
CAMERA = "Corner Shop Pinhole No. 1"
GPS, MAKE, LATITUDE_REF, LATITUDE = 0x8825, 0x010F, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What stands before the camera; parts are of the height and width, colours from top to horizon, far to near."""

    seed: int
    sky: tuple[Colour, Colour]
    sun: tuple[float, float, float]
    glow: Colour
    ridges: Sequence[Colour]
    horizon: float = 0.62
    sea: tuple[Colour, Colour] | None = None
    house: Colour | None = None
    light: Colour = (255, 214, 140)


MORNING = Scene(
    seed=4,
    sky=((120, 168, 214), (250, 222, 190)),
    sun=(0.7, 0.5, 0.05),
    glow=(255, 236, 200),
    ridges=((150, 160, 178), (104, 122, 140)),
    sea=((196, 190, 182), (52, 84, 108)),
)
EVENING = Scene(
    seed=4,
    sky=((36, 38, 84), (244, 140, 92)),
    sun=(0.3, 0.58, 0.06),
    glow=(255, 196, 120),
    ridges=((96, 70, 104), (58, 44, 78)),
    sea=((214, 128, 104), (26, 28, 62)),
)
SHOP = Scene(
    seed=9,
    sky=((26, 36, 66), (108, 110, 150)),
    sun=(0.82, 0.2, 0.035),
    glow=(236, 236, 220),
    ridges=((62, 70, 100), (44, 50, 76), (30, 34, 54)),
    horizon=0.72,
    house=(74, 58, 62),
)


def photograph(scene: Scene) -> bytes:
    """The scene as a JPEG, as it comes from a camera."""
    random = Random(scene.seed)  # noqa: S311 - a picture is no secret
    picture = _sky(scene)
    for depth, colour in enumerate(scene.ridges):
        _draw_ridge(picture, random, scene.horizon, depth, colour)
    if scene.sea is not None:
        _draw_sea(picture, random, scene)
    if scene.house is not None:
        _draw_house(picture, random, scene)
    data = io.BytesIO()
    _grained(picture, random).save(data, "JPEG", quality=QUALITY, exif=_what_a_camera_writes())
    return data.getvalue()


def _sky(scene: Scene) -> Image.Image:
    width, height = SIZE
    shade = Image.linear_gradient("L").resize((width, int(height * scene.horizon)))
    picture = Image.new("RGB", SIZE, scene.sky[1])
    picture.paste(ImageOps.colorize(shade, scene.sky[0], scene.sky[1]), (0, 0))
    x, y, radius = scene.sun[0] * width, scene.sun[1] * height, scene.sun[2] * height
    light = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(light)
    for size, part in ((radius * 6, 0.22), (radius * 3, 0.4), (radius, 1.0)):
        pen.ellipse((x - size, y - size, x + size, y + size), fill=_mixed((0, 0, 0), scene.glow, part))
    return ImageChops.screen(picture, light.filter(ImageFilter.GaussianBlur(radius / 2)))


def _draw_ridge(picture: Image.Image, random: Random, horizon: float, depth: int, colour: Colour) -> None:
    """Hills, each row nearer and darker than the one before."""
    width, height = SIZE
    level, rows = height * (horizon - 0.16 + 0.06 * depth), [0.0]
    for _ in range(64):
        rows.append(rows[-1] * 0.9 + random.uniform(-26, 26))
    points = [(at * width / 64, level + row) for at, row in enumerate(rows)]
    ImageDraw.Draw(picture).polygon([*points, (width, height), (0, height)], fill=colour)


def _draw_sea(picture: Image.Image, random: Random, scene: Scene) -> None:
    """Water with a way of light on it, the waves wider the nearer they are."""
    assert scene.sea is not None
    width, height = SIZE
    top = int(height * scene.horizon)
    shade = Image.linear_gradient("L").resize((width, height - top))
    picture.paste(ImageOps.colorize(shade, scene.sea[0], scene.sea[1]), (0, top))
    pen = ImageDraw.Draw(picture)
    for _ in range(1400):
        near = random.random() ** 1.6
        y = top + near * (height - top)
        x = random.gauss(scene.sun[0] * width, width * (0.06 + 0.2 * near))
        length = 6 + 70 * near * random.random()
        pen.line(
            (x, y, x + length, y),
            fill=_mixed(scene.sea[1], scene.glow, random.uniform(0.25, 0.9)),
            width=1 + int(3 * near),
        )
    for _ in range(500):
        near = random.random()
        y, x = top + near * (height - top), random.uniform(0, width)
        pen.line(
            (x, y, x + 20 + 90 * near, y),
            fill=_mixed(scene.sea[1], scene.sea[0], random.uniform(0.1, 0.4)),
            width=1 + int(2 * near),
        )


def _draw_house(picture: Image.Image, random: Random, scene: Scene) -> None:
    """A shop at a corner, its windows lit."""
    assert scene.house is not None
    width, height = SIZE
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height * 0.86, width, height), fill=_mixed(scene.ridges[-1], (0, 0, 0), 0.45))
    left, right, top, ground = width * 0.24, width * 0.66, height * 0.34, height * 0.88
    pen.polygon(
        [(left - 30, top), ((left + right) / 2, top - 150), (right + 30, top)], fill=_mixed(scene.house, (0, 0, 0), 0.5)
    )
    pen.rectangle((left, top, right, ground), fill=scene.house)
    for column in range(5):
        x = left + 40 + column * (right - left - 60) / 5
        is_lit = random.random() < 0.6  # noqa: PLR2004 - three of five
        colour = (
            _mixed(scene.light, (120, 80, 40), random.uniform(0, 0.4))
            if is_lit
            else _mixed(scene.house, (0, 0, 0), 0.4)
        )
        pen.rectangle((x, top + 50, x + 70, top + 140), fill=colour)
    pen.rectangle((left + 30, top + 220, right - 190, ground - 40), fill=scene.light)
    pen.rectangle((right - 150, top + 220, right - 50, ground), fill=_mixed(scene.light, (90, 50, 30), 0.6))
    for stripe in range(12):
        x = left + 20 + stripe * (right - left - 40) / 12
        colour = (178, 58, 52) if stripe % 2 else (236, 228, 214)
        pen.polygon([(x, top + 180), (x + 56, top + 180), (x + 50, top + 236), (x - 6, top + 236)], fill=colour)
    lit = Image.new("RGB", SIZE)
    ImageDraw.Draw(lit).ellipse(
        (left - 60, ground - 70, right + 60, ground + 120), fill=_mixed((0, 0, 0), scene.light, 0.35)
    )
    picture.paste(ImageChops.screen(picture, lit.filter(ImageFilter.GaussianBlur(60))))


def _grained(picture: Image.Image, random: Random) -> Image.Image:
    """Soft as a lens draws, and with the grain of a film."""
    soft = picture.filter(ImageFilter.GaussianBlur(1.2))
    grain = Image.frombytes("L", SIZE, random.randbytes(SIZE[0] * SIZE[1])).filter(ImageFilter.GaussianBlur(0.8))
    return Image.blend(soft, ImageChops.overlay(soft, grain.convert("RGB")), 0.22)


def _what_a_camera_writes() -> Image.Exif:
    found = Image.Exif()
    found[MAKE] = CAMERA
    found[GPS] = {LATITUDE_REF: "N", LATITUDE: (54.0, 19.0, 12.0)}
    return found


def _mixed(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue
