"""An HTML document, read strictly enough to see what a browser would be told, and whether its elements are closed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "circle", "path"))


@dataclass(slots=True, kw_only=True)
class Element:
    """An element; `text` is all text in it."""

    name: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    text: str = ""


@dataclass(slots=True)
class Document(HTMLParser):
    """Its elements in the order of the text."""

    elements: list[Element] = field(default_factory=list)
    stack: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more element."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        attributes = {name: value or "" for name, value in attrs}
        element = Element(name=tag, attributes=attributes, parent=self.stack[-1] if self.stack else None)
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        """The end of the innermost element, of no other."""
        if tag not in VOID:
            assert self.stack[-1].name == tag, (self.stack[-1], tag)
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        """Text of every open element."""
        for element in self.stack:
            element.text += data

    def all(self, name: str, /, **attributes: str) -> list[Element]:
        """The elements of a name with all of these attributes; `_` stands for `-`, a last `_` for nothing."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [one for one in self.elements if one.name == name and wanted.items() <= one.attributes.items()]

    def one(self, name: str, /, **attributes: str) -> Element:
        """The only one."""
        (found,) = self.all(name, **attributes)
        return found


def read(html: str) -> Document:
    document = Document()
    document.feed(html)
    document.close()
    assert document.stack == []
    return document
