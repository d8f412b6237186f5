"""What one Markdown file says, without knowing of any other: made by a worker, kept by the file's id and the options.

The HTML holds marks where something of the whole site has to be put in: `LINK` and `IMAGE` with the number of the link
or image between two NULs, which no Markdown can make (the parser turns NUL into U+FFFD).
"""

from typing import Any

import msgspec

MARK = "\x00"
LINK = "L"
IMAGE = "I"


def mark(kind: str, number: int) -> str:
    """The mark of a link's address, or of a whole image.

    >>> mark(LINK, 3).split(MARK)
    ['', 'L3', '']
    """
    return f"{MARK}{kind}{number}{MARK}"


class Heading(msgspec.Struct, frozen=True, gc=False):
    """A heading; `id` is unique in its page, `text` is plain."""

    level: int
    id: str
    text: str


class Link(msgspec.Struct, frozen=True, gc=False):
    """A link as it is written; `line` counts from 1 in the file."""

    target: str
    line: int = 0


class Image(msgspec.Struct, frozen=True, gc=False):
    """An image as it is written. `alt` is empty where nothing was written: a finding."""

    source: str
    alt: str = ""
    title: str = ""
    line: int = 0


class Finding(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a file: `code` is a diagnostic of `render/site/finding`, `detail` the user's own data."""

    code: str
    detail: str
    line: int = 0


class Section(msgspec.Struct, frozen=True, gc=False):
    """The plain text under one heading (`id` empty: before the first), for search."""

    id: str
    title: str
    text: str


class ParsedPage(msgspec.Struct, frozen=True, gc=False):
    """One Markdown file. `front` is its front matter, as YAML says it; `title` is that of it, or the first heading."""

    title: str
    html: str
    front: dict[str, Any] = {}
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    sections: tuple[Section, ...] = ()
    findings: tuple[Finding, ...] = ()
    description: str = ""
    anchors: tuple[str, ...] = ()
    """Ids beside those of headings: of footnotes, and of HTML where the site allows it."""
