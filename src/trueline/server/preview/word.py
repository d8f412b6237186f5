"""The words of a page, and how two texts differ: paragraph by paragraph, then word by word. Pure, and bounded."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from html.parser import HTMLParser
from itertools import pairwise
from typing import Final

BLOCKS_MAX: Final = 5_000
WORDS_MAX: Final = 2_000
_SILENT: Final = frozenset({"script", "style", "template", "nav", "svg", "head"})
_BLOCKS: Final = frozenset(
    {"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "tr", "dt", "dd", "figcaption", "summary"}
    | {"div", "section", "article", "blockquote", "table", "ul", "ol", "dl", "header", "footer", "aside", "br", "hr"}
)
_MAIN: Final = re.compile(r"<main\b.*?</main>", re.DOTALL)
_ASIDE: Final = re.compile(r"<(script|style|template|nav|svg)\b.*?</\1>", re.DOTALL)
_TAG: Final = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")


class Kind(Enum):
    """Where a piece of text is."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that are in both texts, or in one of them."""

    kind: Kind
    text: str


class _Reader(HTMLParser):
    """Collects what stands in `main`; where there is none, what stands in the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[str] = [""]
        self.main: list[str] = [""]
        self._silent = 0
        self._main = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self._main += tag == "main"
        if tag in _BLOCKS:
            self._part()
        if tag == "img":
            self._add(f" [{dict(attrs).get('alt') or 'image'}] ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self._main = max(0, self._main - (tag == "main"))
        if tag in _BLOCKS:
            self._part()

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        if not self._silent:
            self.all[-1] += text
            if self._main:
                self.main[-1] += text

    def _part(self) -> None:
        self.all.append("")
        self.main.append("")


def words_of(html: str) -> list[str]:
    """A page's paragraphs, each with single spaces.

    >>> words_of("<nav>x</nav><main><h1>A  title</h1><p>and <b>more</b></p></main>aside")
    ['A title', 'and more']
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    blocks = [" ".join(block.split()) for block in reader.main]
    if not any(blocks):
        blocks = [" ".join(block.split()) for block in reader.all]
    return [block for block in blocks if block][:BLOCKS_MAX]


def signature(html: str) -> str:
    """The same for two pages with the same words, found without taking the page apart: it is asked of every page.

    >>> signature("<main><p class=a>one <b>two</b></p><nav>x</nav></main>") == signature("<main><p>one two</p></main>y")
    True
    """
    found = _MAIN.search(html)
    return " ".join(_TAG.sub(" ", _ASIDE.sub(" ", found[0] if found else html)).split())


def differences(before: Sequence[str], after: Sequence[str]) -> list[tuple[Piece, ...]]:
    """Paragraphs that differ, each as pieces, with one that is the same before and after; `()` stands for a gap.

    >>> [[(p.kind.value, p.text) for p in block] for block in differences(["a", "b c"], ["a", "b d"])]
    [[('same', 'a')], [('same', 'b '), ('gone', 'c'), ('new', 'd')]]
    """
    made: list[tuple[Piece, ...]] = []
    for tag, first, end, other, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            made += [(Piece(Kind.SAME, block),) for block in after[other:other_end]]
        else:
            made += _replaced(before[first:end], after[other:other_end])
    return list(_cut(made))


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Piece, ...]]:
    for old, new in zip(before, after, strict=False):
        yield tuple(_by_words(_WORD.findall(old), _WORD.findall(new)))
    shared = min(len(before), len(after))
    yield from ((Piece(Kind.GONE, block),) for block in before[shared:])
    yield from ((Piece(Kind.NEW, block),) for block in after[shared:])


def _by_words(before: list[str], after: list[str]) -> Iterator[Piece]:
    if max(len(before), len(after)) > WORDS_MAX:
        yield Piece(Kind.GONE, "".join(before))
        yield Piece(Kind.NEW, "".join(after))
        return
    for tag, first, end, other, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(Kind.SAME, "".join(after[other:other_end]))
            continue
        if first < end:
            yield Piece(Kind.GONE, "".join(before[first:end]))
        if other < other_end:
            yield Piece(Kind.NEW, "".join(after[other:other_end]))


def _cut(blocks: Sequence[tuple[Piece, ...]]) -> Iterator[tuple[Piece, ...]]:
    """Only what differs, and what stands right beside it."""
    differs = [at for at, block in enumerate(blocks) if any(piece.kind is not Kind.SAME for piece in block)]
    shown = sorted({near for at in differs for near in (at - 1, at, at + 1) if 0 <= near < len(blocks)})
    for before, at in pairwise([-1, *shown]):
        if at - before > 1:
            yield ()
        yield blocks[at]
