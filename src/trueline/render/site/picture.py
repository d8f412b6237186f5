"""The images of a site's pages: which file each is, and what stands in its place. What encodes is a Protocol.

An address elsewhere and an image written into the page itself stay as they are.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from trueline.render.site.discover import AssetFile, PageFile
from trueline.render.site.element import is_external
from trueline.render.site.file import SiteFile
from trueline.render.site.finding import NO_ALTERNATIVE
from trueline.render.site.image.markup import ROOT_MARK
from trueline.render.site.image.stage import ImageRequest, PictureResult
from trueline.render.site.keep import identity_of
from trueline.render.site.link import LinkIndex, encoded
from trueline.render.site.parsed import Finding, Image, ParsedPage
from trueline.render.site.theme.escape import address, text
from trueline.runtime.files import FileTree

AT_ONCE_MAX: Final = 256


class Pictures(Protocol):
    """What makes the files and the HTML of images: `image.stage.ImageStage`. `encodes` counts what was made anew."""

    @property
    def encodes(self) -> int:
        """How many images were encoded."""
        ...

    async def pictures(
        self, requests: Sequence[ImageRequest], read: Callable[[str], Awaitable[bytes]]
    ) -> Sequence[PictureResult]:
        """The results in the order of the requests; what is wrong with an image is in its findings."""
        ...


@dataclass(slots=True)
class Shown:
    """The images of all pages: HTML by page, in the order of the page; the files; the sources that were taken over."""

    html: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: dict[str, tuple[SiteFile, str]] = field(default_factory=dict)
    """By published path, with the page that shows it first."""
    encoded: set[str] = field(default_factory=set)
    findings: list[tuple[str, Finding]] = field(default_factory=list)


async def show(
    pages: Iterable[PageFile],
    parsed: Mapping[str, ParsedPage],
    links: LinkIndex,
    files: FileTree,
    images: Pictures | None,
) -> Shown:
    """Find every image, and have those of the site made."""
    shown = Shown()
    wanted: list[tuple[PageFile, int, ImageRequest]] = []
    for page in pages:
        html = list[str]()
        for number, image in enumerate(parsed[page.source].images):
            if not image.alt:
                shown.findings.append((page.source, Finding(NO_ALTERNATIVE, image.source, image.line)))
            place = image.source if is_external(image.source) else links.image(page, image)
            if isinstance(place, AssetFile) and images is not None:
                wanted.append((page, number, _request(place, image, files, is_first=number == 0)))
            if isinstance(place, Finding):
                shown.findings.append((page.source, place))
            html.append(_plain(place, image, is_first=number == 0))
        shown.html[page.source] = tuple(html)
    if images is not None:
        await _encode(wanted, shown, files, images)
    return shown


async def _encode(
    wanted: Sequence[tuple[PageFile, int, ImageRequest]], shown: Shown, files: FileTree, images: Pictures
) -> None:
    for start in range(0, len(wanted), AT_ONCE_MAX):
        some = wanted[start : start + AT_ONCE_MAX]
        results = await images.pictures([request for _, _, request in some], files.read)
        for (page, number, request), result in zip(some, results, strict=True):
            html = shown.html[page.source]
            shown.html[page.source] = (*html[:number], result.html, *html[number + 1 :])
            shown.encoded.add(request.path)
            shown.findings += [(page.source, finding) for finding in result.findings]
            for file in result.files:
                shown.files.setdefault(file.path, (file, page.source))


def _request(place: AssetFile, image: Image, files: FileTree, *, is_first: bool) -> ImageRequest:
    return ImageRequest(
        path=place.source,
        identity=identity_of(files, place.source),
        alt=image.alt,
        title=image.title,
        is_first=is_first,
        line=image.line,
    )


def _plain(place: AssetFile | Finding | str, image: Image, *, is_first: bool) -> str:
    """An image as it is: elsewhere, in the page itself, or a file that nobody encodes."""
    if isinstance(place, Finding):
        return f'<span class="image-absent">{text(image.alt)}</span>'
    source = address(place) if isinstance(place, str) else f"{ROOT_MARK}{encoded(place.name)}"
    title = f' title="{text(image.title)}"' if image.title else ""
    later = "" if is_first else ' loading="lazy"'
    return f'<img src="{source}" alt="{text(image.alt)}"{title}{later} decoding="async">'
