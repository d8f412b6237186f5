"""The parser's HTML → the HTML of a page with marks, and what the page says: headings, links, images, text by section.

One pass from tag to tag. Lines come from the parser's `data-sourcepos`. It knows no other page and no theme.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Final

from trueline.render.site import element, slug
from trueline.render.site.balance import FRAME, Balance
from trueline.render.site.element import Tag
from trueline.render.site.finding import DUPLICATE_ID, HTML_INVALID, HTML_REMOVED, UNSAFE_LINK
from trueline.render.site.highlight import highlight
from trueline.render.site.parsed import IMAGE, LINK, MARK, Finding, Heading, Image, Link, Section, mark

CODE_SEARCHED_LENGTH_MAX: Final = 2_000
DESCRIPTION_LENGTH_MAX: Final = 200
CELL_LENGTH_LONG: Final = 30
"""Letters from which on a cell of a table is not made as narrow as its longest word."""
TASK_DONE, TASK_OPEN = "Done", "To do"
"""What a task's box is called; the theme has the same in other languages."""
_PLACE: Final = re.compile(r' data-sourcepos="(\d+):[^"]*"')
_ID: Final = re.compile(r"\s*\{#([A-Za-z0-9_][\w:.-]{0,199})\}\s*$")
_HEADINGS: Final[Mapping[str, int]] = {f"h{level}": level for level in range(1, 7)}
_LANGUAGE: Final = re.compile(r'<code(?: class="language-([^"]*)")?>')
_CODE_END: Final = "</code></pre>"
_TABLE: Final = '<div class="table">'
_WORDS: Final = re.compile(r"\s+")
_SHAPED: Final = frozenset({"input", "table", "td"})
_PLAIN: Final = frozenset(("em strong li ul ol th tr thead tbody code del blockquote br hr sup").split())  # noqa: SIM905 - reads better


@dataclass(slots=True)
class _Open:
    """A heading whose end has not come: where its HTML and its text begin."""

    level: int
    html: int
    line: int
    attributes: dict[str, str]


@dataclass(slots=True)
class Markup:
    """What one pass has found. `numbers` are the file's lines of the lines that were parsed."""

    numbers: Sequence[int]
    allow_html: bool = False
    html: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)
    description: str = ""
    _taken: dict[str, int] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _heading_text: list[str] = field(default_factory=list)
    _heading: _Open | None = None
    _paragraph: int = -1
    _cell: tuple[int, int] = (0, 0)
    _tables: int = 0
    _section: tuple[str, str] = ("", "")
    _line: int = 0
    _until: str = ""
    _balance: Balance = field(default_factory=Balance)

    def read(self, source: str) -> None:
        """Take the whole HTML."""
        at = 0
        for tag in element.tags(source):
            if tag.start < at:
                continue
            if tag.start > at:
                self._take_text(source[at : tag.start])
            at = self._take(tag, source)
        self._take_text(source[at:])
        self._end_heading()
        self._end_section()
        if self.allow_html:
            self.html.append(self._balance.finish())
            self.findings += [Finding(HTML_INVALID, *found) for found in self._balance.findings]

    def _take_text(self, text: str) -> None:
        if self._until:
            return
        self.html.append(text)
        self._text.append(text)
        if self._heading is not None:
            self._heading_text.append(text)

    def _take(self, tag: Tag, source: str) -> int:
        """One tag; answers where the pass goes on."""
        if self._until:
            self._until = "" if tag.is_close and tag.name == self._until else self._until
            return tag.end
        place = _PLACE.search(tag.attributes)
        if place is not None:
            self._line = self._number(int(place[1]))
        if tag.name == "pre" and not tag.is_close and source.startswith("<code", tag.end):
            return self._code(tag, source)
        self._write(tag, tag.attributes if place is None else tag.attributes.replace(place[0], "", 1))
        return tag.end

    def _number(self, line: int) -> int:
        return self.numbers[min(max(line, 1), len(self.numbers)) - 1] if self.numbers else line

    def _write(self, tag: Tag, rest: str) -> None:
        if not self.allow_html or tag.is_close or tag.name in {"", "!"} or tag.name in element.REMOVED:
            self._write_one(tag, rest)
        elif not rest.endswith("/"):
            if tag.name == "table" and not self._tables:
                self._balance.begin(FRAME, self._line)
            self._balance.begin(tag.name, self._line)
            self._write_one(tag, rest)
        else:
            self._write_one(tag, rest)
            self.html.append(self._balance.empty(tag.name))

    def _write_one(self, tag: Tag, rest: str) -> None:
        if tag.name in _HEADINGS:
            self._take_heading(tag, rest)
        elif tag.is_close:
            self._close(tag)
        elif tag.name == "a":
            self._link(rest)
        elif tag.name == "img":
            self._image(rest)
        elif tag.name == "p":
            self._paragraph = len(self._text) if self._paragraph < 0 and not self.description and not rest else -1
            self.html.append(f"<p{self._other(rest)}>")
        elif tag.name in _SHAPED:
            self._shaped(tag, rest)
        elif tag.name in _PLAIN and not rest.strip(" /"):
            self.html.append(f"<{tag.name}>")
        elif not tag.name:
            self._take_text("&lt;")
        elif tag.name != "!":
            self._any(tag, rest)

    def _shaped(self, tag: Tag, rest: str) -> None:
        """A table, a cell of one, the box of a task."""
        if tag.name == "table" and not rest.endswith("/"):
            self._tables += 1
            self.html.append(f"{_TABLE if self._tables == 1 else ''}<table{self._other(rest)}>")
        elif tag.name == "input" and 'type="checkbox"' in rest and "aria-label" not in rest:
            state = TASK_DONE if "checked" in rest else TASK_OPEN
            self.html.append(f'<input{self._other(rest)} aria-label="{state}">')
        else:
            self._cell = len(self.html), len(self._text)
            self._any(tag, rest)

    def _any(self, tag: Tag, rest: str) -> None:
        """Another element: of the parser, or of the page's own HTML."""
        if not self.allow_html:
            self._note_anchor(element.attributes(rest).get("id", "") if ' id="' in rest else "")
            self.html.append(f"<{tag.name}{rest.removesuffix('/').rstrip()}>")
        elif tag.name in element.REMOVED:
            self._until = tag.name if tag.name in element.REMOVED_WHOLE and not rest.endswith("/") else ""
            self.findings.append(Finding(HTML_REMOVED, f"<{tag.name}>", self._line))
        else:
            end = "/" if rest.endswith("/") else ""  # in a drawing it says that the element holds nothing
            self.html.append(f"<{tag.name}{self._other(rest)}{end}>")

    def _other(self, rest: str) -> str:
        """Attributes, written anew; those of allowed HTML without what runs something."""
        if not rest.strip(" /"):
            return ""
        found = element.attributes(rest)
        kept = element.safe_attributes(found)
        if len(kept) < len(found):
            gone = ", ".join(sorted(found.keys() - kept.keys()))
            self.findings.append(Finding(HTML_REMOVED, gone, self._line))
        self._note_anchor(kept.get("id", ""))
        return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())

    def _note_anchor(self, anchor: str) -> None:
        if anchor and anchor in self._taken:
            self.findings.append(Finding(DUPLICATE_ID, anchor, self._line))
        elif anchor:
            self._taken[anchor] = 0
            self.anchors.append(anchor)

    def _close(self, tag: Tag) -> None:
        if tag.name in element.REMOVED:
            return
        if tag.name == "p" and self._paragraph >= 0:
            self.description = shortened(plain(self._text[self._paragraph :]))
            self._paragraph = -1
        end = self._balance.end(tag.name, self._line) if self.allow_html else f"</{tag.name}>"
        if tag.name == "p" and end == "</p>" and self._is_figure():
            self._figure()
        elif tag.name == "table" and end:
            self.html.append(end + self._end_table())
        else:
            self._end_cell(tag.name)
            self.html.append(end)

    def _end_table(self) -> str:
        """What ends the frame around the outermost table."""
        self._tables -= 1
        if self._tables:
            return ""
        return self._balance.end(FRAME, self._line) if self.allow_html else "</div>"

    def _is_figure(self) -> bool:
        """Whether a paragraph that ends is one image with a title."""
        last = mark(IMAGE, len(self.images) - 1)
        return bool(self.images) and self.html[-2:] == ["<p>", last] and bool(self.images[-1].title)

    def _figure(self) -> None:
        """The title becomes what stands below the image, for everybody to read."""
        image = self.images[-1]
        self.images[-1] = Image(image.source, image.alt, "", image.line)
        self.html[-2:] = ["<figure>", self.html[-1], f"<figcaption>{escape(image.title)}</figcaption></figure>"]
        self._text += ["\n", escape(image.title), "\n"]

    def _end_cell(self, name: str) -> None:
        at, start = self._cell
        if (
            name == "td"
            and at
            and sum(map(len, self._text[start:])) >= CELL_LENGTH_LONG
            and "class=" not in self.html[at]
        ):
            self.html[at] = self.html[at].replace("<td", '<td class="long"', 1)
        self._cell = (0, 0)

    def _link(self, rest: str) -> None:
        found = element.attributes(rest)
        target = found.get("href")
        if target is None or target.startswith(("#fn-", "#fnref-")):
            self.html.append(f"<a{self._other(rest)}>")
            if anchor := found.get("name", ""):
                self.anchors.append(anchor)
            return
        if not target or not element.is_safe_address(target):
            self.findings.append(Finding(UNSAFE_LINK, target, self._line))
            target = ""
        else:
            self.links.append(Link(target, self._line))
            target = mark(LINK, len(self.links) - 1)
        others = {name: value for name, value in found.items() if name != "href"}
        self.html.append(element.written("a", {"href": target, **element.safe_attributes(others)}))

    def _image(self, rest: str) -> None:
        found = element.attributes(rest)
        alt, source = found.get("alt", ""), found.get("src", "")
        if not element.is_safe_address(source):
            self.findings.append(Finding(UNSAFE_LINK, source, self._line))
            return
        self.images.append(Image(source, alt, found.get("title", ""), self._line))
        self.html.append(mark(IMAGE, len(self.images) - 1))
        if self._heading is not None:
            self._heading_text.append(escape(alt))

    def _code(self, tag: Tag, source: str) -> int:
        start = _LANGUAGE.match(source, tag.end)
        end = source.find(_CODE_END, tag.end)
        if start is None or end < 0:
            self._write(tag, tag.attributes)
            return tag.end
        code, language = unescape(source[start.end() : end]), unescape(start[1] or "").split(",")[0]
        language = language.lstrip("{.").rstrip("}")  # `{.js}`, as Pandoc and Python-Markdown have it
        name = f' data-language="{escape(language)}"' if language else ""
        shown = highlight(code, language)
        self.html.append(f'<div class="code"><pre class="highlight"{name}><code>{shown}{_CODE_END}</div>')
        self._text += ["\n", escape(code[:CODE_SEARCHED_LENGTH_MAX]), "\n"]
        return end + len(_CODE_END)

    def _take_heading(self, tag: Tag, rest: str) -> None:
        inside = self._balance.end(tag.name, self._line) if tag.is_close and self.allow_html else ""
        if inside := inside.removesuffix(f"</{tag.name}>"):
            self.html.append(inside)
        self._end_heading()
        if tag.is_close:
            return
        self._end_section()
        self.html.append("")
        self._heading = _Open(_HEADINGS[tag.name], len(self.html) - 1, self._line, element.attributes(rest))

    def _end_heading(self) -> None:
        opened, self._heading = self._heading, None
        if opened is None:
            return
        found = _ID.search(plain(self._heading_text)) if self.html[-1].rstrip().endswith("}") else None
        if found is not None:
            self.html[-1] = _ID.sub("", self.html[-1])
            self._heading_text[-1] = _ID.sub("", self._heading_text[-1])
        text = plain(self._heading_text)
        wanted = found[1] if found else element.safe_attributes(opened.attributes).get("id", "")
        if wanted in self._taken:
            self.findings.append(Finding(DUPLICATE_ID, wanted, opened.line))
        anchor = slug.free(wanted or slug.slug(text), self._taken)
        self.html[opened.html] = f'<h{opened.level} id="{escape(anchor)}">'
        self.html.append(f"</h{opened.level}>")
        self.headings.append(Heading(opened.level, anchor, text))
        self._section = (anchor, text)
        self._text, self._heading_text = [], []

    def _end_section(self) -> None:
        text = plain(self._text)
        if text or self._section[0]:
            self.sections.append(Section(*self._section, text))
        self._text, self._section, self._paragraph = [], ("", ""), -1


def plain(texts: Sequence[str]) -> str:
    r"""Text of HTML as it is read.

    >>> plain(["a &amp;\n", " b"])
    'a & b'
    """
    return _WORDS.sub(" ", unescape("".join(texts))).strip().replace(MARK, "")


def shortened(text: str) -> str:
    """The first words of a text, as a page is described."""
    if len(text) <= DESCRIPTION_LENGTH_MAX:
        return text
    return f"{text[:DESCRIPTION_LENGTH_MAX].rsplit(' ', 1)[0]}…"
