"""A drawing that is published under its own name: whether it draws and does nothing else. Nothing is rewritten.

A page shows an SVG as an image, and a browser runs nothing of it then. Led to the file itself, it runs all of it.
"""

from typing import Final

from trueline.render.site.image.answer import Remark
from trueline.render.site.image.finding import TOO_LARGE
from trueline.render.site.image.info import ImageRefused
from trueline.render.site.image.kind import Kind, sniff
from trueline.render.site.image.setting import DEFAULT_SETTINGS
from trueline.render.site.image.svg import describe_svg
from trueline.render.site.media import media_of

_DRAWN: Final = "image/svg+xml"


def may_draw(name: str) -> bool:
    """Whether a browser that is given a file of this name takes it for a drawing.

    >>> may_draw("a/Plan.SVG"), may_draw("plan.png")
    (True, False)
    """
    return media_of(name).startswith(_DRAWN)


def fault_of(data: bytes) -> Remark | None:
    """Why a file is not to be published as a drawing; `None` where it only draws."""
    if sniff(data) not in {None, Kind.SVG}:
        return None  # a picture that is called so: no browser finds markup in it
    if len(data) > DEFAULT_SETTINGS.svg_bytes_max:
        return Remark(TOO_LARGE, f"{len(data)} bytes; the limit of an SVG is {DEFAULT_SETTINGS.svg_bytes_max}")
    try:
        describe_svg(data)
    except ImageRefused as refused:
        return Remark(refused.code, refused.detail)
    return None
