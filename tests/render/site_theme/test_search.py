"""A site is searched without a server: what the index holds, the theme's script finds."""

import json
import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import given, settings, strategies as st

from tests.render.site_theme.node import ask, needs_node, run, text_of
from trueline.render.site import search
from trueline.render.site.parsed import ParsedPage, Section
from trueline.render.site.search import ENTRY, SearchIndex, fragment, index
from trueline.render.site.theme.language import script_words
from trueline.render.site.word import words

HOSTILE = "</script><img src=x onerror=alert(1)> \"quoted\" 'too' & done"


def page(title: str, *sections: tuple[str, str, str]) -> ParsedPage:
    return ParsedPage(title=title, html="", sections=tuple(Section(*section) for section in sections))


PAGES = {
    "": page("Welcome", ("", "Welcome", "Start here. A gateway is mentioned once.")),
    "guide/install/": page(
        "Install",
        ("", "Install", "How to put it on a machine."),
        ("requirements", "Requirements", "Python and Git. " + "Something else is needed too. " * 30),
        ("rolling-update", "Rolling update", "To update it while rolling."),
    ),
    "guide/gateway/": page("Gateway", ("", "Gateway", "Traffic enters here.")),
    "guide/network/": page("Network", ("", "Network", "Words."), ("gateway", "The gateway", "It stands between.")),
    "release/": page("Releases", ("", "Releases", "An update is never rolling, a rolling one is an update.")),
    "many/": page("Strategy", ("", "Strategy", "Choose the rolling update where there may be one.")),
    "accent/": page("Café", ("", "Café", "Ein Ångström ist klein; die Straße auch.")),
    "cjk/": page("配置", ("", "配置", "東京都の設定を変更する。"), ("k", "한국어", "배포 설정을 바꿉니다.")),
    "hostile/": page(HOSTILE, ('"><b', HOSTILE, HOSTILE + " constructor __proto__ zebra")),
}


def built(pages: Mapping[str, ParsedPage] = PAGES) -> Mapping[str, bytes]:
    return index(fragment(address, each) for address, each in pages.items())


def addresses(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [one["address"] for one in found]


def plain(parts: Sequence[Mapping[str, Any]]) -> str:
    return "".join(part["text"] for part in parts)


def marks(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    return [part["text"] for part in parts if part["isMark"]]


@needs_node
def test_a_title_stands_before_a_heading_before_text() -> None:
    (found,) = ask(built(), ["gateway"])["found"]
    assert addresses(found) == ["guide/gateway/", "guide/network/", ""]
    assert found[1]["id"] == "gateway"
    assert plain(found[1]["section"]) == "The gateway"
    assert marks(found[2]["snippet"]) == ["gateway"]


@needs_node
def test_words_are_found_by_their_beginning_without_accents_and_case() -> None:
    queries = ["requ", "ANGSTROM", "strasse", "cafe", "Straße klein", "東京", "設定", "京", "설정"]
    answers = dict(zip(queries, ask(built(), queries)["found"], strict=True))
    assert addresses(answers["requ"]) == ["guide/install/"]
    assert answers["requ"][0]["id"] == "requirements"
    for query in ("ANGSTROM", "strasse", "cafe", "Straße klein"):
        assert addresses(answers[query]) == ["accent/"], query
    for query in ("東京", "設定", "京", "설정"):
        assert addresses(answers[query]) == ["cjk/"], query
    assert marks(answers["ANGSTROM"][0]["snippet"]) == ["Ångström"]
    assert marks(answers["東京"][0]["snippet"]) == ["東京"]


@needs_node
def test_words_in_their_order_stand_before_the_same_words_apart() -> None:
    (found,) = ask(built(), ["rolling update"])["found"]
    assert addresses(found) == ["guide/install/", "many/", "release/"]
    assert found[0]["id"] == "rolling-update"
    without = {address: each for address, each in PAGES.items() if address != "guide/install/"}
    (found,) = ask(built(without), ["rolling update"])["found"]
    assert addresses(found) == ["many/", "release/"]


@needs_node
def test_all_words_are_needed_where_a_page_has_them_all() -> None:
    answers = ask(built(), ["gateway traffic", "gateway unheardof", "unheardof", "", "!?"])["found"]
    assert addresses(answers[0]) == ["guide/gateway/"]
    assert addresses(answers[1])[0] == "guide/gateway/"
    assert answers[2:] == [[], [], []]


@needs_node
def test_hostile_text_is_text() -> None:
    queries = ["zebra", "</script>", "constructor", "__proto__", '"quoted"', "x" * 5000, "\ud83d"]
    answers = dict(zip(queries, ask(built(), queries)["found"], strict=True))
    for query in ("zebra", "</script>", "constructor", "__proto__", '"quoted"'):
        assert addresses(answers[query]) == ["hostile/"], query
    assert plain(answers["zebra"][0]["title"]) == HOSTILE
    assert answers["x" * 5000] == []


@needs_node
def test_pages_too_long_to_be_read_at_once_are_found_without_their_text() -> None:
    pages = {f"{number}/": page(f"Page {number}", ("", "", f"zebra n{number} " * 15_000)) for number in range(6)}
    files = built(pages)
    answer = ask(files, ["zebra"])
    assert addresses(answer["found"][0]) == list(pages)
    assert [bool(one["snippet"]) for one in answer["found"][0]] == [True, True, False, False, False, False]
    assert sum(len(files[name]) for name in answer["loads"][0]) < 405_000


@needs_node
def test_a_snippet_is_cut_around_what_was_asked() -> None:
    text = "before " * 3000 + "needle in the haystack" + " after" * 3000
    (found,) = ask(built({"a/": page("A", ("", "A", text[14_000:]))}), ["needle"])["found"]
    shown = plain(found[0]["snippet"])
    assert "needle in the haystack" in shown
    assert len(shown) < 260
    assert shown.startswith("… before")
    assert shown.endswith("after …")


@cache
def large_site(count: int) -> Mapping[str, ParsedPage]:
    """Pages of 8 kB with words as frequent as in a language: the n-th of 20,000 once in n."""
    pages = {}
    seed = 1
    for number in range(count):
        text = []
        for _ in range(1200):
            seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            text.append(f"{chr(97 + (rank := int(20_000 ** ((seed >> 11) / (1 << 53)))) % 26)}word{rank:x}")
        pages[f"part{number % 20}/page{number}/"] = page(f"Page {number}", ("", f"Page {number}", " ".join(text)))
    return pages


@needs_node
def test_a_site_of_a_thousand_pages_loads_little_before_the_first_answer() -> None:
    files = built(large_site(1000))
    assert sum(len(data) for name, data in files.items() if name.startswith("text-")) > 8_000_000
    answers = ask(files, ["bword1", "page 77", "zwo", "f"])
    for query, found, loads in zip(range(4), answers["found"], answers["loads"], strict=True):
        assert found, query
        assert sum(len(files[name]) for name in loads) < 650_000, query
        assert sum(len(zlib.compress(files[name])) for name in loads) < 250_000, query
    assert addresses(answers["found"][1])[0] == "part17/page77/"


def test_the_files_of_an_index_are_few_and_none_is_large() -> None:
    """Each is a resource of the plan: of a thousand pages there are a third as many, of a few pages three in all."""
    files = built(large_site(1000))
    kinds = Counter(name.split("-")[0] for name in files)
    assert (kinds["text"], kinds["words"], len(files)) == (172, 106, 279)
    assert max(map(len, files.values())) < 100_000
    assert Counter(name.split("-")[0] for name in built()) == {ENTRY: 1, "text": 1, "words": 1}


def test_files_are_named_by_their_content_and_their_order_is_their_own() -> None:
    files = built()
    assert files == index([fragment(address, each) for address, each in reversed(PAGES.items())])
    others = built({**PAGES, "guide/gateway/": page("Gateway", ("", "Gateway", "Other traffic."))})
    for name in files.keys() & others.keys() - {ENTRY}:
        assert files[name] == others[name]
    assert index([]) == {ENTRY: b'{"pages":[],"packs":[],"shards":[]}'}


def test_a_page_beyond_the_limits_is_cut() -> None:
    sections = [(f"s{number}", f"h{number}", "w" * 30 + " ") for number in range(search.SECTIONS_MAX * 6)]
    (kept,) = json.loads(
        next(data for name, data in built({"": page("T", *sections)}).items() if name.startswith("text-"))
    )
    assert len(kept) <= search.SECTIONS_MAX
    long = json.loads(fragment("", page("T", ("", "T", "a " * search.TEXT_CHARS_MAX))))
    assert len(long[-1][0][2]) == search.TEXT_CHARS_MAX


def test_a_word_of_every_page_keeps_only_its_strongest_places() -> None:
    count = search.POSTINGS_MAX + 500
    pages = {f"{number:05}": page("T" if number else "common", ("", "", "common")) for number in range(count)}
    files = built(pages)
    shards = [json.loads(data) for name, data in files.items() if name.startswith("words-")]
    (postings,) = [shard["common"] for shard in shards if "common" in shard]
    assert len(postings) == 2 * search.POSTINGS_MAX
    assert postings[0] == 0
    assert postings[1] > search.STRENGTHS // 2


def test_where_a_shard_ends_may_move_with_the_words_that_come_and_go() -> None:
    """Also where the word that ended one is gone: what follows is cut anew until an end falls where one was."""

    def rare(number: int, step: int = 0) -> ParsedPage:
        words = (f"{number:02}{zlib.crc32(f'{number} {step} {word}'.encode()):010}" for word in range(400))
        return page(f"n{number}", ("", "", " ".join(words)))

    pages, again, kept = {f"{number}/": rare(number) for number in range(60)}, SearchIndex(), dict[str, bytes]()
    count = sum(name.startswith("words-") for name in renewed(again, kept, pages))
    assert count > 5
    for step in range(8):
        for number in range(step * 7, step * 7 + 5):
            pages[f"{number}/"] = rare(number, step) if step % 2 else page("n", ("", "", ""))
        assert renewed(again, kept, pages) == built(pages), step


TEXT = st.text(st.sampled_from("abfmrsz09éß東京がк \U00020000\uffed"), max_size=40)
SITE = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3)), max_size=5
)


@settings(deadline=None, max_examples=60)
@given(st.lists(SITE, min_size=1, max_size=3))
def test_what_is_built_again_is_what_is_built_afresh(sites: Sequence[Mapping[str, Any]]) -> None:
    """And every word of every page stands in the one shard that the script would look into."""
    again, kept = SearchIndex(), dict[str, bytes]()
    for site in sites:
        pages = {name: page(title, *(("i", *each) for each in sections)) for name, (title, sections) in site.items()}
        files = renewed(again, kept, pages)
        assert files == built(pages)
        shards = json.loads(files[ENTRY])["shards"]
        assert [first for first, _ in shards] == sorted(first for first, _ in shards)
        for number, (_, each) in enumerate(sorted(pages.items())):
            for word in words(" ".join([each.title, *(f"{one.title} {one.text}" for one in each.sections)])):
                name = [name for first, name in shards if first <= word][-1]
                assert number in json.loads(files[name])[word][::2]


def test_a_page_that_is_only_counted_otherwise_is_written_anew() -> None:
    again, kept = SearchIndex(), dict[str, bytes]()
    one, other = page(""), page("zebra")
    for pages in ({"a/": one, "b/": other}, {"b/": other}):
        assert renewed(again, kept, pages) == built(pages)


def renewed(again: SearchIndex, kept: dict[str, bytes], pages: Mapping[str, ParsedPage]) -> Mapping[str, bytes]:
    """The files of the next build, of which `kept` has those of the builds before."""
    made = again.build(fragment(address, each) for address, each in pages.items())
    kept.update(made.news)
    assert len(set(made.names)) == len(made.names)
    return {name: kept[name] for name in made.names}


def test_after_one_changed_page_few_files_are_new() -> None:
    """Its text, the words that came, and the first file; the same when all is made anew."""
    pages, again = dict(large_site(1000)), SearchIndex()
    files = renewed(again, {}, pages)
    (section,) = pages["part7/page47/"].sections
    pages["part7/page47/"] = page("Page 47", ("", section.title, section.text + " one zebra more"))
    made = again.build(fragment(address, each) for address, each in pages.items())
    assert sorted(name.split("-")[0] for name in made.news) == [ENTRY, "text", "words", "words", "words"]
    assert set(made.news.items()) == set(built(pages).items()) - set(files.items())
    assert sum(len(data) for name, data in made.news.items() if name != ENTRY) < 300_000


def test_a_word_is_counted_on_though_not_all_of_it_is_in_its_shard() -> None:
    """Where it stands on more pages than are listed, a page that changes may bring another one in, or leave it out."""
    count = search.POSTINGS_MAX + 2
    pages = {f"{number:05}": page(f"n{number}", ("", "", "common " * 3)) for number in range(count)}
    again, kept = SearchIndex(), dict[str, bytes]()
    renewed(again, kept, pages)
    for text in ("nothing", "common", "common " * 5, "nothing", "common"):
        for number in (7, count - 1, 8):
            pages[f"{number:05}"] = page(f"n{number}", ("", "", text))
        assert renewed(again, kept, pages) == built(pages), text


def test_after_many_changed_pages_it_is_as_if_built_afresh() -> None:
    pages, again, kept = dict(large_site(120)), SearchIndex(), dict[str, bytes]()
    names, chance = sorted(pages), random.Random(1)
    for step in range(12):
        for name in chance.sample(names, (1, 3, search.CHANGED_MAX + 1)[step % 3]):
            (section,) = pages[name].sections
            cut = chance.randrange(len(section.text))
            text = section.text[cut:] + f" word{chance.randrange(9)} aa{step} zzz{step}"
            pages[name] = page(pages[name].title, ("", section.title, text))
        assert renewed(again, kept, pages) == built(pages), step


@needs_node
def test_a_reader_presses_slash_types_and_presses_enter() -> None:
    files = text_of(built())
    question = {"files": files, "query": "gateway", "keys": ["ArrowDown", "Enter"]}
    seen = run("page.js", question)
    assert (seen["isFocused"], seen["isPanelHidden"]) == (True, False)
    assert (seen["said"], seen["isExpanded"], seen["active"]) == ("3 found", "true", "tl-found-1")
    assert seen["gone"] == ["https://site.example/docs/guide/network/#gateway"]
    assert [item["role"] for item in seen["list"]] == ["option"] * 3
    assert run("page.js", {**question, "keys": ["ArrowUp"]})["at"] == 2
    assert run("page.js", {**question, "keys": ["Escape"]})["isPanelHidden"]


@needs_node
def test_what_is_shown_is_made_of_text_alone() -> None:
    seen = run("page.js", {"files": text_of(built()), "query": "zebra", "keys": []})
    (item,) = seen["list"]
    (link,) = item["children"]
    assert link["href"] == "https://site.example/docs/hostile/#%22%3E%3Cb"
    tags = {child["tag"] for part in link["children"] for child in part["children"]}
    assert tags == {"SPAN", "MARK"}
    assert "".join(child["text"] for child in link["children"][0]["children"]) == HOSTILE


@needs_node
def test_an_address_is_never_taken_for_a_scheme() -> None:
    files = text_of(built({"javascript:alert(1)": page("Trap", ("", "Trap", "zebra"))}))
    seen = run("page.js", {"files": files, "query": "zebra", "keys": []})
    assert seen["list"][0]["children"][0]["href"] == "https://site.example/docs/javascript:alert(1)"


@needs_node
def test_nothing_found_and_no_index_are_said() -> None:
    assert run("page.js", {"files": text_of(built()), "query": "<>", "keys": ["Enter"]})["gone"] == []
    said = run("page.js", {"files": text_of(built()), "query": "unheardof", "keys": []})["said"]
    assert said == "Nothing found for “unheardof”"
    assert run("page.js", {"files": {}, "query": "zebra", "keys": []})["said"] == "The search index could not be read"
    german = {"files": text_of(built()), "query": "unheardof", "keys": [], "words": script_words("de")}
    assert run("page.js", german)["said"] == "Nichts gefunden für „unheardof“"
