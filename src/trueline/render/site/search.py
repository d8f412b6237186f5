"""Full-text search without a server: pages → fragments, kept by page → the files that the theme's script reads.

Nothing here knows how a fragment is kept. The script that reads the files is `theme/search.js`: first `ENTRY`, which
lists pages, shards and packs; then the few shards that can hold the words asked for; then the packs with the text of
the pages it shows. A shard holds the words from one on, a pack the text of pages whose addresses hash alike.

How many files there are goes with the size of the site, and no file is large. Where one ends is said by what stands in
it alone: so a changed page changes its pack, the shards of the words that changed, and `ENTRY`.
"""

import hashlib
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias
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

PACK_BYTES_MAX = 96 << 10
"""Of the text of several pages in one file; the page that has more stands alone."""

CHANGED_MAX = 100
"""When more pages changed at once, all is made anew: it takes no longer."""

_TITLE, _HEADING, _TEXT_MAX = 40, 12, 7
_DIGEST_CHARS = 16
_SHARD_BYTES_MIN, _SHARD_BYTES_MAX = 48 << 10, 80 << 10
_NUMBER_BYTES = 4
"""What a number of a posting is taken for: an end shall not move with each digit."""
_ENDS_ONE_IN = 8
_HASH_BITS = 32

Postings: TypeAlias = "array[int]"
"""Of one word: page and code in turn, in the order of the pages."""
_Edits: TypeAlias = Mapping[str, Mapping[int, int]]
"""By word and page, the code that it has now; 0 where it has none any more."""


class _Fragment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`codes`: each word's code; `text`: the page's sections."""

    address: str
    title: str
    codes: msgspec.Raw
    text: msgspec.Raw


_encode: Final = msgspec.json.Encoder().encode
_fragment_decoder: Final = msgspec.json.Decoder(_Fragment)
_codes_decoder: Final = msgspec.json.Decoder(dict[str, int])
_shard_decoder: Final = msgspec.json.Decoder(dict[str, list[int]])


def fragment(address: str, page: ParsedPage) -> bytes:
    """What the index needs of one page: depends on nothing else, to be kept by the page's digest and its address.

    `address` is relative to the site's root, `""` for the home page, percent-encoded.
    """
    sections = _bounded(page.sections)
    text = [[section.id, section.title, section.text] for section in sections]
    return _encode((address, page.title, _codes(page.title, sections), text))


def index(fragments: Iterable[bytes]) -> Mapping[str, bytes]:
    """The files of the index by name, to be put in one folder; `PageContext.search_index` leads to `ENTRY` there.

    The order of the fragments does not matter.
    """
    return SearchIndex().build(fragments).news


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An index: the names of all its files, and the bytes of those that the build before did not have."""

    names: tuple[str, ...]
    news: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Page:
    """A fragment as it was given, and as it was read; `place` orders pages for the packs, whatever they say."""

    source: bytes
    read: _Fragment
    place: int

    @classmethod
    def of(cls, source: bytes) -> "_Page":
        read = _fragment_decoder.decode(source)
        return cls(source, read, crc32(read.address.encode()))

    @property
    def codes(self) -> dict[str, int]:
        return _codes_decoder.decode(self.read.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shard:
    """One file of postings; `first` is its first word."""

    first: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pack:
    """One file of pages' texts, in the order of their addresses."""

    name: str
    size_bytes: int


@dataclass(slots=True, kw_only=True)
class _State:
    """A build, for the next one. `common` has whole what of a shard's word is cut off."""

    pages: tuple[_Page, ...] = ()
    shards: list[_Shard] = field(default_factory=list)
    common: dict[str, Postings] = field(default_factory=dict)
    packs: dict[tuple[bytes, ...], _Pack] = field(default_factory=dict)


class SearchIndex:
    """The same as `index`, for whoever builds again: remembers the last build, and makes again only what changed."""

    def __init__(self) -> None:
        self._last = _State()

    @property
    def size_bytes(self) -> int:
        """How much is remembered, the fragments themselves included."""
        return sum(len(page.source) for page in self._last.pages) + sum(len(one.data) for one in self._last.shards)

    def build(self, fragments: Iterable[bytes]) -> Built:
        """The same files as `index(fragments)`."""
        last, known = self._last, {page.source: page for page in self._last.pages}
        read = (known.get(each) or _Page.of(each) for each in fragments)
        pages = tuple(sorted(read, key=lambda page: page.read.address))
        now = _State(pages=pages, shards=last.shards, common=last.common)
        if (edits := _edits(last.pages, pages)) is None:
            now.shards, now.common = _cut(_postings(pages))
        elif edits:
            now.shards, now.common = _recut(last, edits)
        news: dict[str, bytes] = {}
        packed = _packed(pages, last.packs, now.packs, news)
        before = {shard.name for shard in last.shards}
        news |= {shard.name: shard.data for shard in now.shards if shard.name not in before}
        news[ENTRY] = _entry(pages, now, packed)
        self._last = now
        names = (ENTRY, *(shard.name for shard in now.shards), *(pack.name for pack in now.packs.values()))
        return Built(names=tuple(dict.fromkeys(names)), news=news)


# ---- of one page -----------------------------------------------------------------------------------------------------


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


# ---- words -----------------------------------------------------------------------------------------------------------


def _postings(pages: Iterable[_Page]) -> dict[str, Postings]:
    """Each word's pages and codes in turn, in the order of the pages."""
    found: defaultdict[str, Postings] = defaultdict(lambda: array("I"))
    for number, page in enumerate(pages):
        for word, code in page.codes.items():
            postings = found[word]
            postings.append(number)
            postings.append(code)
    return found


class _Cutter:
    """Words in their order → shards of about one size. Which word ends one is said by the word itself.

    So where shards begin depends on nothing that stands before the last end, and a new word moves few ends.
    """

    def __init__(self) -> None:
        self.shards: list[_Shard] = []
        self._room: dict[str, list[int]] = {}
        self._size = 0

    @property
    def is_at_end(self) -> bool:
        """Whether the next word begins a shard."""
        return not self._room

    def put(self, word: str, postings: list[int]) -> None:
        self._room[word] = postings
        self._size += len(word) + _NUMBER_BYTES * len(postings)
        is_end = self._size >= _SHARD_BYTES_MIN and crc32(word.encode()) % _ENDS_ONE_IN == 0
        if is_end or self._size >= _SHARD_BYTES_MAX:
            self.end()

    def end(self) -> None:
        if self._room:
            data = _encode(self._room)
            self.shards.append(_Shard(first=next(iter(self._room)), name=f"words-{_digest(data)}.json", data=data))
        self._room, self._size = {}, 0


def _cut(postings: Mapping[str, Postings]) -> tuple[list[_Shard], dict[str, Postings]]:
    """All shards, and the words of which not all is in them."""
    cutter, common = _Cutter(), dict[str, Postings]()
    for word in sorted(postings):
        if len(postings[word]) > 2 * POSTINGS_MAX:
            common[word] = postings[word]
        cutter.put(word, _strongest(postings[word]))
    cutter.end()
    return cutter.shards, common


def _edits(before: Sequence[_Page], now: Sequence[_Page]) -> _Edits | None:
    """What changed of the words; `None` where all is to be made anew: pages are known by their numbers."""
    if [page.read.address for page in before] != [page.read.address for page in now]:
        return None
    changed = [number for number, page in enumerate(now) if page is not before[number]]
    if len(changed) > CHANGED_MAX:
        return None
    edits: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for number in changed:
        old, new = before[number].codes, now[number].codes
        for word, code in new.items():
            if old.pop(word, 0) != code:
                edits[word][number] = code
        for word in old:
            edits[word][number] = 0
    return edits


def _recut(last: _State, edits: _Edits) -> tuple[list[_Shard], dict[str, Postings]]:
    """The same as cutting all anew: from a shard that changes on, until an end is where one was before."""
    cutter, common = _Cutter(), dict(last.common)
    by_shard: defaultdict[int, list[str]] = defaultdict(list)
    firsts = [shard.first for shard in last.shards]
    for word in edits:
        by_shard[max(0, bisect_right(firsts, word) - 1)].append(word)
    for number, shard in enumerate(last.shards):
        touched = by_shard[number]
        if not touched and cutter.is_at_end:
            cutter.shards.append(shard)
            continue
        held = _shard_decoder.decode(shard.data)
        for word in touched:
            held[word] = _edited(word, held.get(word, []), edits[word], common)
        for word in sorted(held) if touched else held:
            if held[word]:
                cutter.put(word, held[word])
    cutter.end()
    return cutter.shards, common


def _edited(word: str, held: Sequence[int], edits: Mapping[int, int], common: dict[str, Postings]) -> list[int]:
    """A word's postings after a change; `common` is kept true."""
    whole = common.pop(word, held)
    by_page = {**dict(zip(whole[::2], whole[1::2], strict=True)), **edits}
    postings = array("I", chain.from_iterable((page, by_page[page]) for page in sorted(by_page) if by_page[page]))
    if len(postings) > 2 * POSTINGS_MAX:
        common[word] = postings
    return _strongest(postings)


def _strongest(postings: Postings) -> list[int]:
    if len(postings) <= 2 * POSTINGS_MAX:
        return postings.tolist()
    pairs = sorted(zip(postings[::2], postings[1::2], strict=True), key=lambda pair: -(pair[1] % STRENGTHS))
    return [number for pair in sorted(pairs[:POSTINGS_MAX]) for number in pair]


# ---- texts -----------------------------------------------------------------------------------------------------------


def _packed(
    pages: Sequence[_Page],
    known: Mapping[tuple[bytes, ...], _Pack],
    packs: dict[tuple[bytes, ...], _Pack],
    news: dict[str, bytes],
) -> list[tuple[int, int]]:
    """Each page's pack and its place in that. `packs` gets all packs, `news` the bytes of those that are not known."""
    places = [(0, 0)] * len(pages)
    for pack, numbers in enumerate(_groups(pages, range(len(pages)), _HASH_BITS)):
        for place, number in enumerate(numbers):
            places[number] = (pack, place)
        sources = tuple(pages[number].source for number in numbers)
        if (made := known.get(sources)) is None:
            data = b"[" + b",".join(pages[number].read.text for number in numbers) + b"]"
            made = _Pack(name=f"text-{_digest(data)}.json", size_bytes=len(data))
            news[made.name] = data
        packs[sources] = made
    return places


def _groups(pages: Sequence[_Page], numbers: Sequence[int], bits: int) -> Iterator[Sequence[int]]:
    """Pages that share a file: in two by the next bit of their places, as long as their texts are too much for one."""
    size = sum(len(memoryview(pages[number].read.text)) for number in numbers)
    if len(numbers) <= 1 or bits == 0 or size <= PACK_BYTES_MAX:
        if numbers:
            yield numbers
        return
    bit = 1 << (bits - 1)
    yield from _groups(pages, [number for number in numbers if not pages[number].place & bit], bits - 1)
    yield from _groups(pages, [number for number in numbers if pages[number].place & bit], bits - 1)


def _entry(pages: Sequence[_Page], state: _State, places: Sequence[tuple[int, int]]) -> bytes:
    return _encode(
        {
            "pages": [[page.read.address, page.read.title, *at] for page, at in zip(pages, places, strict=True)],
            "packs": [[pack.name, pack.size_bytes] for pack in state.packs.values()],
            "shards": [[shard.first, shard.name] for shard in state.shards],
        }
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS]
