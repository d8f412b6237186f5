"""What can be wrong with an image: each code with its summary and remedy. It judges nothing."""

from typing import Final

from trueline.render.site.parsed import Finding

TOO_LARGE: Final = "TL1550"
TOO_MANY_PIXELS: Final = "TL1551"
MISLABELLED: Final = "TL1552"
CORRUPT: Final = "TL1553"
UNKNOWN_FORMAT: Final = "TL1554"
SVG_BROKEN: Final = "TL1555"
SVG_HOSTILE: Final = "TL1556"
ANIMATED_BOMB: Final = "TL1557"
NOT_ENCODED: Final = "TL1558"
NO_SIZE: Final = "TL1559"
ABSENT: Final = "TL1560"

TEXTS: Final = {
    "TL1550": ("an image has too many bytes", "make it smaller, or raise the site's limit"),
    "TL1551": ("an image has too many pixels", "scale it down before it is committed; no page shows so many"),
    "TL1552": (
        "an image's name says another format than its content",
        "rename the file, or save it anew as it is named",
    ),
    "TL1553": ("an image is broken or ends too early", "export it again and open it once before it is committed"),
    "TL1554": ("an image has a format that browsers do not show", "save it as JPEG, PNG, WebP, AVIF, GIF or SVG"),
    "TL1555": (
        "an SVG cannot be read",
        "mend it in the editor that made it; entities and other encodings are not read",
    ),
    "TL1556": ("an SVG does more than draw", "take out scripts, event handlers, foreign markup and outside references"),
    "TL1557": ("an animation has too many frames", "shorten it, make it smaller, or publish a video instead"),
    "TL1558": ("an image could not be encoded", "make it smaller or export it again; the reason is above"),
    "TL1559": ("an SVG does not say how large it is", "give its first element a viewBox, or a width and a height"),
    "TL1560": ("an image is not there", "add the file, or mend the address in the page"),
}
"""Code → summary and remedy."""

WARNINGS: Final = frozenset({MISLABELLED, NO_SIZE})
"""Findings beside which the image is published all the same; with any other it is not."""


def found(code: str, path: str, detail: str = "", line: int = 0) -> Finding:
    """A finding about the file of an image."""
    assert code in TEXTS, f"{code} has no text"
    return Finding(code, f"{path}: {detail}" if detail else path, line)
