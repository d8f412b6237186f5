"""SVG, read strictly: it draws and does nothing else, or it is refused. It is published as it is, never rewritten."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from trueline.render.site.image.css import is_inside, outside_of
from trueline.render.site.image.finding import SVG_BROKEN, SVG_HOSTILE
from trueline.render.site.image.info import ImageInfo, ImageRefused
from trueline.render.site.image.kind import Kind

NAMESPACE: Final = "http://www.w3.org/2000/svg"
ELEMENTS_MAX: Final = 200_000
DEPTH_MAX: Final = 256
TOLD_MAX: Final = 10
_PIXELS_MAX: Final = 100_000
_ENCODINGS: Final = frozenset({"", "utf-8", "utf-16", "us-ascii", "iso-8859-1"})
_FOREIGN: Final = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"})
_ACTIVE: Final = frozenset(
    {"script", "foreignobject", "handler", "listener", "iframe", "embed", "object", "audio", "video", "canvas", "link"}
)
_ANIMATING: Final = frozenset({"set", "animate", "animatetransform", "animatemotion"})
_ADDRESSES: Final = frozenset({"href", "src"})
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*(?=:)")
_SCHEMES_LINKED: Final = frozenset({"http", "https", "mailto"})
_LENGTH: Final = re.compile(r"\s*(\d{1,7}(?:\.\d*)?|\.\d+)(px|pt|pc|mm|cm|in|)\s*")
_PIXELS: Final = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


def describe_svg(data: bytes) -> ImageInfo:
    """What an SVG is.

    Raises:
        ImageRefused: it is not well-formed SVG, or does more than draw.
    """
    reading = _Reading()
    parser = reading.parser
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise ImageRefused(SVG_BROKEN, f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
    if reading.hostile:
        more = len(reading.hostile) - TOLD_MAX
        told = [*reading.hostile[:TOLD_MAX], *([f"and {more} more"] if more > 0 else [])]
        raise ImageRefused(SVG_HOSTILE, "; ".join(told))
    width, height = _size(reading.root)
    return ImageInfo(kind=Kind.SVG, width=width, height=height, size_bytes=len(data))


@dataclass(slots=True)
class _Reading:
    """One pass over a file. What is hostile is collected; what cannot be read ends it."""

    hostile: list[str] = field(default_factory=list)
    root: Mapping[str, str] = field(default_factory=dict)
    style: list[str] | None = None
    depth: int = 0
    elements: int = 0
    parser: expat.XMLParserType = field(init=False)

    def __post_init__(self) -> None:
        parser = self.parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._typed
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        parser.ProcessingInstructionHandler = self._instructed
        parser.StartElementHandler = self._opened
        parser.EndElementHandler = self._closed
        parser.CharacterDataHandler = self._said

    def _broken(self, what: str) -> ImageRefused:
        return ImageRefused(SVG_BROKEN, f"line {self.parser.CurrentLineNumber}: {what}")

    def _add(self, what: str) -> None:
        self.hostile.append(f"line {self.parser.CurrentLineNumber}: {what}")

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "").lower() not in _ENCODINGS:
            raise self._broken(f"the encoding {encoding}")

    def _typed(self, _name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
        if has_subset:
            raise self._broken("a document type with declarations of its own")

    def _entity(self, name: str, *_: object) -> None:
        raise self._broken(f"the entity {name}")

    def _skipped(self, name: str, *_: object) -> None:
        raise self._broken(f"the entity {name}")

    def _instructed(self, name: str, _text: str) -> None:
        if name.lower() == "xml-stylesheet":
            self._add("a style sheet from elsewhere")

    def _opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEPTH_MAX or self.elements > ELEMENTS_MAX:
            raise self._broken(f"more than {DEPTH_MAX} levels or {ELEMENTS_MAX} elements")
        namespace, _, local = name.rpartition(" ")
        if self.depth == 1:
            if (namespace, local) != (NAMESPACE, "svg"):
                raise self._broken(f"the first element is {local!r}, not svg of {NAMESPACE}")
            self.root = dict(attributes)
        if namespace in _FOREIGN or local.lower() in _ACTIVE:
            self._add(f"the element {local}")
        if local.lower() == "style":
            self.style = []
        for attribute, value in attributes.items():
            self._look_at(local.lower(), attribute.rpartition(" ")[2].lower(), value)

    def _look_at(self, element: str, attribute: str, value: str) -> None:
        if attribute.startswith("on"):
            self._add(f"the event handler {attribute}")
        elif attribute in _ADDRESSES and not _may_lead(element, value):
            self._add(f"the address {value.strip()[:80]!r}")
        elif element in _ANIMATING and attribute == "attributename" and _is_animated_address(value):
            self._add(f"an animation of {value}")
        elif attribute not in _ADDRESSES and _may_fetch(attribute, value) and (place := outside_of(value)) is not None:
            self._add(f"a style that fetches {place[:80]!r}")

    def _closed(self, name: str) -> None:
        self.depth -= 1
        if self.style is not None and name.rpartition(" ")[2].lower() == "style":
            if (place := outside_of("".join(self.style))) is not None:
                self._add(f"a style that fetches {place[:80]!r}")
            self.style = None

    def _said(self, text: str) -> None:
        if self.style is not None:
            self.style.append(text)


def _may_lead(element: str, address: str) -> bool:
    """Whether an address of an element is harmless: of a link, one that a reader may follow; else, none elsewhere."""
    if element != "a":
        return not address.strip() or is_inside(address)
    plain = re.sub(r"[\s\x00-\x20]", "", address).lower()
    scheme = _SCHEME.match(plain)
    return scheme is None or scheme.group() in _SCHEMES_LINKED


def _may_fetch(attribute: str, value: str) -> bool:
    """Whether it is worth to read a value as a style: most are numbers, and names may be anything."""
    return attribute == "style" or "url" in value.lower() or "\\" in value


def _is_animated_address(value: str) -> bool:
    name = value.strip().lower().rpartition(":")[2]
    return name in _ADDRESSES or name.startswith("on")


def _size(root: Mapping[str, str]) -> tuple[int, int]:
    """In CSS pixels: from width and height where both are lengths, else from the viewBox, else 0 by 0."""
    lengths = [_pixels(root.get(name, "")) for name in ("width", "height")]
    if not all(lengths):
        parts = re.split(r"[\s,]+", root.get("viewBox", "").strip())
        lengths = [_pixels(part) for part in parts[2:4]] if len(parts) == 4 else [0, 0]  # noqa: PLR2004 - x y w h
    width, height = lengths
    return (width, height) if width and height else (0, 0)


def _pixels(length: str) -> int:
    found = _LENGTH.fullmatch(length)
    if found is None:
        return 0
    return min(_PIXELS_MAX, max(1, round(float(found[1]) * _PIXELS[found[2]]))) if float(found[1]) else 0
