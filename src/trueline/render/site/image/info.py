"""What an image is, told without decoding it, and why it is refused. Values only."""

import msgspec

from trueline.render.site.image.kind import Kind


class ImageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An image that may be published. `width` and `height` are as a reader sees it: after orientation.

    An SVG has a size of 0 by 0 where it names none. `has_exif`: it holds private data of a camera or a program.
    """

    kind: Kind
    width: int
    height: int
    size_bytes: int
    frames: int = 1
    has_alpha: bool = False
    has_exif: bool = False
    orientation: int = 1

    @property
    def is_kept(self) -> bool:
        """It is published as it is: drawn by vectors, or moving."""
        return self.kind is Kind.SVG or self.frames > 1


class ImageRefused(Exception):
    """An image that is not published; `code` is one of `finding`, `detail` says what was found in it."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code} {detail}")
