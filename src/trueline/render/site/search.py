"""Full-text search without a server: pages → fragments, kept by page → the files that the theme's script reads.

Nothing here knows how a fragment is kept. The script that reads the files is `theme/search.js`: first `ENTRY`, which
lists pages and shards; then the few shards that can hold the words asked for; then the text of the pages it shows.
"""

import hashlib
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from zlib import crc32

import msgspec

from trueline.render.site.parsed import ParsedPage, Section
from trueline.render.site.word import words

ENTRY = "index.json"
"""The name of the first file that the script reads; every other name holds its content's digest (immutable)."""

TEXT_CHARS_MAX = 200_000
"""Of one page; what stands beyond it is not found."""

SECTIONS_MAX = 2_000
POSTINGS_MAX = 2_000
"""Of one word; the strongest stay. The script takes a word with so many for one that nobody means."""

STRENGTHS = 64
"""A posting is two numbers: the page, and `section * STRENGTHS + strength`."""

_TITLE, _HEADING, _TEXT_MAX = 40, 12, 7
_DIGEST_CHARS = 16
_SHELF_BYTES_SMALL = 32 << 10
_SHARD_POSTINGS_MIN = 2_000
_SHARD_POSTINGS_MAX = 6_000
_CUT_ONE_IN = 8
_ASCII_LAST = "\x7f"
_SECOND_LETTERS = "fmrs"


class _Fragment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`shelves`: by a coarse, ordered class of words, each word's code; `text`: the file of the page's sections."""

    address: str
    title: str
    text_digest: str
    shelves: dict[str, msgspec.Raw]
    text: msgspec.Raw


_encode = msgspec.json.Encoder().encode
_fragment_decoder = msgspec.json.Decoder(_Fragment)
_codes_decoder = msgspec.json.Decoder(list[dict[str, int]])


def fragment(address: str, page: ParsedPage) -> bytes:
    """What the index needs of one page: depends on nothing else, to be kept by the page's digest and its address.

    `address` is relative to the site's root, `""` for the home page, percent-encoded.
    """
    sections = _bounded(page.sections)
    shelves: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for word, code in _codes(page.title, sections).items():
        shelves[_shelf(word[:2])][word] = code
    text = _encode([[section.id, section.title, section.text] for section in sections])
    return _encode((address, page.title, _digest(text), shelves, msgspec.Raw(text)))


def index(fragments: Iterable[bytes]) -> Mapping[str, bytes]:
    """The files of the index by name, to be put in one folder; `PageContext.search_index` leads to `ENTRY` there.

    The order of the fragments does not matter.
    """
    return SearchIndex().build(fragments)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shard:
    """One file of postings; `first` is its first word."""

    first: str
    name: str
    data: bytes


@dataclass(slots=True)
class _Shelf:
    """What the pages have under one class of words: `pages[n]` is the page that `codes[n]` comes from."""

    pages: list[int] = field(default_factory=list)
    codes: list[msgspec.Raw] = field(default_factory=list)
    size_bytes: int = 0

    def put(self, page: int, codes: msgspec.Raw) -> None:
        self.pages.append(page)
        self.codes.append(codes)
        self.size_bytes += len(memoryview(codes))

    def add(self, other: "_Shelf") -> None:
        self.pages.extend(other.pages)
        self.codes.extend(other.codes)
        self.size_bytes += other.size_bytes


class SearchIndex:
    """The same as `index`, for whoever builds again: remembers the last build, and makes again only what changed."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Sequence[_Shard]] = {}

    def build(self, fragments: Iterable[bytes]) -> Mapping[str, bytes]:
        """The same files as `index(fragments)`."""
        pages = sorted((_fragment_decoder.decode(each) for each in fragments), key=lambda page: page.address)
        shards = self._shards(_shelves(pages))
        entry = {
            "pages": [[page.address, page.title, page.text_digest, len(memoryview(page.text))] for page in pages],
            "shards": [[shard.first, shard.name] for shard in shards],
        }
        files = {f"page-{page.text_digest}.json": bytes(page.text) for page in pages}
        files |= {shard.name: shard.data for shard in shards}
        return {ENTRY: _encode(entry), **files}

    def _shards(self, shelves: Iterable[_Shelf]) -> Sequence[_Shard]:
        kept: dict[bytes, Sequence[_Shard]] = {}
        shards: list[_Shard] = []
        for shelf in shelves:
            body = b"[" + b",".join(shelf.codes) + b"]"
            stamp = hashlib.blake2b(body, key=hashlib.sha256(array("I", shelf.pages)).digest(), digest_size=32).digest()
            known = self._kept.get(stamp)
            kept[stamp] = tuple(_cut(_postings(shelf.pages, body))) if known is None else known
            shards.extend(kept[stamp])
        self._kept = kept
        return shards


def _bounded(sections: Sequence[Section]) -> Sequence[Section]:
    room = TEXT_CHARS_MAX
    kept = []
    for section in sections[:SECTIONS_MAX]:
        if room <= 0:
            break
        kept.append(Section(section.id, section.title[:room], section.text[:room]))
        room -= len(section.text) + len(section.title)
    return kept


def _codes(title: str, sections: Sequence[Section]) -> dict[str, int]:
    """Each word's strength, and the section whose heading has it first, else whose text does."""
    every: list[str] = []
    first: dict[str, int] = {}
    for number, section in reversed(list(enumerate(sections))):
        found = words(section.text)
        every += found
        first.update(dict.fromkeys(found, number * STRENGTHS))
    counts = Counter(every).items()
    codes = {word: first[word] + (count if count < _TEXT_MAX else _TEXT_MAX) for word, count in counts}  # noqa: FURB136 - three times as fast, for each word of a site
    for number, section in reversed(list(enumerate(sections))):
        for word in words(section.title):
            codes[word] = number * STRENGTHS + _HEADING + codes.get(word, 0) % STRENGTHS % _HEADING
    for word in dict.fromkeys(words(title)):
        codes[word] = _TITLE + codes.get(word, 0) % STRENGTHS
    return codes


@lru_cache(maxsize=4096)
def _shelf(start: str) -> str:
    """The class of words that begin so; the classes have the order of their words."""
    first, second = start[0], start[1:]
    if first > _ASCII_LAST:
        return chr(ord(first) & ~0xFF)
    return f"{first}{bisect_right(_SECOND_LETTERS, second) if second else 0}"


def _shelves(pages: Iterable[_Fragment]) -> list[_Shelf]:
    """The shelves in the order of their words, those of one first letter together where they are small, or all."""
    by_name: defaultdict[str, _Shelf] = defaultdict(_Shelf)
    for number, page in enumerate(pages):
        for name, codes in page.shelves.items():
            by_name[name].put(number, codes)
    letters = [[by_name[name] for name in names] for _, names in groupby(sorted(by_name), key=lambda name: name[0])]
    return _together([shelf for letter in letters for shelf in _together(letter)])


def _together(shelves: list[_Shelf]) -> list[_Shelf]:
    """One shelf where all are small, so that a small site has few files."""
    if sum(shelf.size_bytes for shelf in shelves) >= _SHELF_BYTES_SMALL:
        return shelves
    whole = _Shelf()
    for shelf in shelves:
        whole.add(shelf)
    return [whole]


def _postings(pages: Sequence[int], body: bytes) -> dict[str, list[int]]:
    """Each word's pages and codes in turn, in the order of the pages."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for page, codes in zip(pages, _codes_decoder.decode(body), strict=True):
        for word, code in codes.items():
            found[word] += (page, code)
    return found


def _cut(postings: Mapping[str, list[int]]) -> Iterator[_Shard]:
    """Shards of about one size. Where one ends is said by the words themselves, so that a new word moves few ends."""
    room: dict[str, list[int]] = {}
    size = 0
    for word in sorted(postings):
        is_end = size >= _SHARD_POSTINGS_MIN and crc32(word.encode()) % _CUT_ONE_IN == 0
        if is_end or size >= _SHARD_POSTINGS_MAX:
            yield _shard(room)
            room, size = {}, 0
        room[word] = _strongest(postings[word])
        size += len(room[word]) // 2
    if room:
        yield _shard(room)


def _strongest(postings: list[int]) -> list[int]:
    if len(postings) <= 2 * POSTINGS_MAX:
        return postings
    pairs = sorted(zip(postings[::2], postings[1::2], strict=True), key=lambda pair: -(pair[1] % STRENGTHS))
    return [number for pair in sorted(pairs[:POSTINGS_MAX]) for number in pair]


def _shard(postings: Mapping[str, Sequence[int]]) -> _Shard:
    data = _encode(postings)
    return _Shard(first=next(iter(postings)), name=f"words-{_digest(data)}.json", data=data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS]
