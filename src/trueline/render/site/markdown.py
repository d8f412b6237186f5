"""One Markdown file → what it says: GitHub's Markdown with MkDocs' admonitions. In the worker only.

It takes whatever it is given: bytes, blocks within each other, links and HTML are bounded around the parser.
"""

import re
from functools import cache
from typing import Any, Final

import msgspec

from trueline.render.site import admonition
from trueline.render.site.element import tags
from trueline.render.site.finding import HTML_LEFT_OUT, INCLUDE, TOO_DEEP, TOO_LARGE, TOO_MANY
from trueline.render.site.markup import Markup, shortened
from trueline.render.site.parsed import MARK, Finding, ParsedPage

SOURCE_BYTES_MAX: Final = 4 << 20
HTML_LENGTH_MAX: Final = 16 << 20
NESTED_MAX: Final = 100
LINKS_MAX: Final = 20_000
INCLUDES_MAX: Final = 100
_NESTED: Final = re.compile(rf"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{{1,9}}[.)](?=[ \t]))){{{NESTED_MAX}}}")
_INDENT_MAX: Final = 2 * NESTED_MAX
_INCLUDE: Final = re.compile(r"[ \t]*(?:\{!\s*([^!\n]{1,500}?)\s*!\}|-{1,}8<-{1,}[ ]+\"([^\"\n]{1,500})\")[ \t]*\r?")
_LEFT_OUT: Final = "<!-- raw HTML omitted -->"
_RUNS: Final = re.compile(
    r'(href|src)="(?:javascript|vbscript|file|data(?!:image/(?:png|gif|jpeg|webp))):[^"]*"', re.IGNORECASE
)
"""The addresses that the parser leaves out with the HTML."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be read: its text after the front matter, the number of lines before it, the front matter's values."""

    path: str
    text: str
    line: int = 0
    front: dict[str, Any] = {}


def parse(source: Source, *, allow_html: bool) -> ParsedPage:
    """What the page says; of one that exceeds a bound only the finding."""
    if excess := _excess(source):
        return ParsedPage(title=_named(source, "title"), html="", front=source.front, findings=(excess,))
    text, numbers = admonition.to_alerts(source.text.replace(MARK, "\ufffd"))
    numbers = [number + source.line for number in numbers]
    html = _html(text, allow_html=allow_html)
    count = sum(html.count(start) for start in ("<a ", "<img ", "<h"))
    if len(html) > HTML_LENGTH_MAX or count > LINKS_MAX:
        what = f"{len(html)} letters of HTML, {count} links, images and headings"
        finding = Finding(TOO_MANY, f"{what}; allowed are {HTML_LENGTH_MAX} and {LINKS_MAX}")
        return ParsedPage(title=_named(source, "title"), html="", front=source.front, findings=(finding,))
    page = Markup(numbers=numbers, allow_html=allow_html)
    page.read(html)
    findings = [*page.findings, *_includes(source)]
    if _LEFT_OUT in html:
        findings += _left_out(text, html, numbers)
    return ParsedPage(
        title=_named(source, "title") or _first_heading(page),
        html="".join(page.html),
        front=source.front,
        headings=tuple(page.headings),
        links=tuple(page.links),
        images=tuple(page.images),
        sections=tuple(page.sections),
        findings=tuple(findings),
        description=shortened(_named(source, "description") or _named(source, "summary")) or page.description,
        anchors=tuple(dict.fromkeys(page.anchors)),
    )


def _named(source: Source, name: str) -> str:
    value = source.front.get(name)
    return " ".join(str(value).split()) if isinstance(value, str | int | float) and value is not True else ""


def _first_heading(page: Markup) -> str:
    first = next((one for one in page.headings if one.level == 1), None) or next(iter(page.headings), None)
    return first.text if first else ""


def _excess(source: Source) -> Finding | None:
    size = len(source.text.encode())
    if size > SOURCE_BYTES_MAX:
        return Finding(TOO_LARGE, f"{size} bytes of Markdown, allowed are {SOURCE_BYTES_MAX}")
    for number, line in enumerate(source.text.split("\n"), 1 + source.line):
        if _NESTED.match(line) or (len(line) > _INDENT_MAX and _is_deep(line)):
            return Finding(TOO_DEEP, f"more than {NESTED_MAX} quotes or lists", number)
    return None


def _is_deep(line: str) -> bool:
    """A list item that far to the right stands in as many others."""
    bare = line.lstrip(" \t")
    return len(line) - len(bare) > _INDENT_MAX and bare[:2] in {"- ", "* ", "+ "}


def _includes(source: Source) -> list[Finding]:
    found = [
        Finding(INCLUDE, match[1] or match[2], number)
        for number, line in enumerate(source.text.split("\n"), 1 + source.line)
        if (match := _INCLUDE.fullmatch(line))
    ]
    return found[:INCLUDES_MAX]


def _left_out(text: str, html: str, numbers: list[int]) -> list[Finding]:
    """One finding for a page that holds HTML beside comments, at the first such line.

    The parser's answer with the HTML is held against the one without it: piece by piece they are the same.
    """
    whole, at, first, names = _RUNS.sub(r'\1=""', _html(text, allow_html=True)), 0, 0, dict[str, None]()
    pieces = html.split(_LEFT_OUT)
    for count, piece in enumerate(pieces, 1):
        start = whole.find(piece, at) if count < len(pieces) else len(whole) - len(piece)
        if start < 0:
            break
        found = [tag for tag in tags(whole[at:start]) if tag.name not in {"", "!"}] if count > 1 else []
        names |= {tag.name: None for tag in found if not tag.is_close}
        if found and not first:
            first = _line_of(whole, at, numbers, found[0].name, text)
        at = start + len(piece)
    shown = ", ".join(f"<{name}>" for name in list(names)[:10])
    return [Finding(HTML_LEFT_OUT, shown, first)] if names else []


def _line_of(whole: str, at: int, numbers: list[int], name: str, text: str) -> int:
    """The line of a tag: from that of the block before it, which the parser told, down to where the tag is written."""
    place = whole.rfind(_PLACE, 0, at)
    start = int(re.match(r"\d+", whole[place + len(_PLACE) :])[0]) if place >= 0 else 1  # type: ignore[index]
    lines = text.split("\n")
    for number in range(start, len(lines) + 1):
        if f"<{name}" in lines[number - 1].lower():
            return numbers[number - 1]
    return numbers[start - 1]


_PLACE: Final = 'data-sourcepos="'


def _html(text: str, *, allow_html: bool) -> str:
    import comrak  # noqa: PLC0415 - in the worker only: an extra that not everybody installs

    extensions, parsing, rendering = _options(allow_html=allow_html)
    answer: str = comrak.render_markdown(text, extensions, parsing, rendering)
    return answer.replace(MARK, "\ufffd")


@cache
def _options(*, allow_html: bool) -> tuple[Any, Any, Any]:
    import comrak  # noqa: PLC0415

    extensions, parsing, rendering = comrak.ExtensionOptions(), comrak.ParseOptions(), comrak.RenderOptions()
    for name in ("table", "strikethrough", "tasklist", "footnotes", "autolink", "alerts"):
        setattr(extensions, name, True)
    rendering.sourcepos = True
    rendering.unsafe_ = allow_html
    return extensions, parsing, rendering
