"""The HTML element of an image. It knows no page: the way to the site's root is an argument, or a mark put in later."""

from collections.abc import Iterable
from dataclasses import dataclass

from trueline.render.site.image.kind import Kind
from trueline.render.site.parsed import mark
from trueline.render.site.theme.escape import text

ROOT_MARK = mark("R", 0)
"""Stands in the HTML of `ImageStage` where a page puts the way to the site's root (`""`, `../`, …)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """One file of a picture; `path` is relative to the site's root; it is plain ASCII that needs no escaping."""

    kind: Kind
    width: int
    height: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image in a page. `files` are in the order of `plan`; with none, only the alternative text is shown.

    `is_first`: the first image of its page, which is loaded at once.
    """

    files: tuple[PictureFile, ...]
    alt: str = ""
    title: str = ""
    text_width: int = 736
    is_first: bool = False


def markup(picture: Picture, root: str = ROOT_MARK) -> str:
    """The element, on one line, so that it can stand within a paragraph.

    >>> one = PictureFile(kind=Kind.SVG, width=20, height=10, path="assets/img/a.0.svg")
    >>> markup(Picture(files=(one,), alt="A & B", is_first=True), "../")
    '<img src="../assets/img/a.0.svg" alt="A &amp; B" width="20" height="10" decoding="async" fetchpriority="high">'
    """
    if not picture.files:
        return f'<span class="image-absent" role="img" aria-label="{text(picture.alt)}">{text(picture.alt)}</span>'
    by_kind: dict[Kind, list[PictureFile]] = {}
    for file in picture.files:
        by_kind.setdefault(file.kind, []).append(file)
    *others, own = by_kind.values()
    sources = "".join(
        f'<source type="{files[0].kind.media}" srcset="{_srcset(files, root)}" sizes="{_sizes(picture)}">'
        for files in others
    )
    image = _image(picture, own, root)
    return f"<picture>{sources}{image}</picture>" if sources else image


def _image(picture: Picture, files: list[PictureFile], root: str) -> str:
    largest = max(files, key=lambda file: file.width)
    parts = [f'src="{root + largest.path}"']
    if len(files) > 1:
        parts += [f'srcset="{_srcset(files, root)}"', f'sizes="{_sizes(picture)}"']
    parts.append(f'alt="{text(picture.alt)}"')
    if picture.title:
        parts.append(f'title="{text(picture.title)}"')
    if largest.width and largest.height:
        parts.append(f'width="{largest.width}" height="{largest.height}"')
    parts.append('decoding="async"')
    parts.append('fetchpriority="high"' if picture.is_first else 'loading="lazy"')
    return f"<img {' '.join(parts)}>"


def _srcset(files: Iterable[PictureFile], root: str) -> str:
    return ", ".join(f"{root + file.path} {file.width}w" for file in files)


def _sizes(picture: Picture) -> str:
    """No image is stretched, so that one narrower than the page's text says its own width."""
    width = min(picture.text_width, max(file.width for file in picture.files))
    return f"(min-width: {width}px) {width}px, 100vw"
