"""Every language has every word, a page has those of its own, and what a writer wrote stays."""

import json
import string
from dataclasses import replace

import pytest

from tests.render.site_theme.document import read
from tests.render.site_theme.test_page import FULL
from trueline.render.site.theme.language import (
    ENGLISH,
    has_words,
    is_right_to_left,
    languages,
    script_words,
    tag_of,
    words_of,
)
from trueline.render.site.theme.page import not_found, page

NAMED = ("ar", "de", "en", "es", "fa", "fr", "he", "it", "ja", "nl", "pl", "pt", "zh")
TITLE = '<p class="markdown-alert-title">{}</p>'


def places(language: str) -> dict[str, list[str | None]]:
    """The names in braces of each word."""
    words = words_of(language)
    flat = {name: str(getattr(words, name)) for name in words.__struct_fields__ if name not in {"titles", "script"}}
    flat |= json.loads(script_words(language))
    return {name: [field for _, field, _, _ in string.Formatter().parse(text) if field] for name, text in flat.items()}


def test_the_languages_are_those_that_are_promised() -> None:
    assert tuple(sorted(languages())) == NAMED


@pytest.mark.parametrize("language", NAMED)
def test_a_language_has_every_word_with_what_is_put_into_it(language: str) -> None:
    assert places(language) == places(ENGLISH)
    words = words_of(language)
    assert all(text.strip() for text in (*json.loads(script_words(language)).values(), *words.titles.values()))
    if language != ENGLISH:
        assert words.titles.keys() == words_of("de").titles.keys()
        same = [
            one for one in ("skip", "search", "previous", "lost") if getattr(words, one) == getattr(words_of("en"), one)
        ]
        assert same == []


@pytest.mark.parametrize(
    ("language", "tag", "search"),
    [
        ("de", "de", "Suchen"),
        ("de-CH", "de-CH", "Suchen"),
        ("pt_BR", "pt-BR", "Pesquisar"),
        ("ZH-Hans", "ZH-Hans", "搜索"),
        ("sv", "sv", "Search"),
        ("", "en", "Search"),
        ("<b>", "en", "Search"),
    ],
)
def test_a_language_is_found_by_its_tag(language: str, tag: str, search: str) -> None:
    assert tag_of(language) == tag
    assert words_of(language).search == search
    assert has_words(language) == (language not in {"sv", "<b>"})


def test_a_page_is_in_its_own_language_and_direction() -> None:
    hebrew = read(page(replace(FULL, language="he")))
    assert hebrew.one("html").attributes == {"lang": "he", "dir": "rtl", "data-words": script_words("he")}
    assert hebrew.one("input").attributes["placeholder"] == "חיפוש"
    assert is_right_to_left("ar-EG")
    swedish = read(page(replace(FULL, language="sv"))).one("html").attributes
    assert swedish == {"lang": "sv", "data-words": script_words("en")}
    assert read(not_found(replace(FULL, title="", body="", language="ja"))).one("h1").text == "ページが見つかりません"


def test_what_the_parser_wrote_is_translated_and_what_a_writer_wrote_is_not() -> None:
    task = '<input type="checkbox" checked="" disabled="" aria-label="Done">'
    body = "".join((TITLE.format("Note"), TITLE.format("Note well"), TITLE.format("Caution"), task, "<p>Note</p>"))
    german = read(page(replace(FULL, body=body)))
    assert [one.text for one in german.all("p", class_="markdown-alert-title")] == ["Hinweis", "Note well", "Vorsicht"]
    assert german.one("input", type="checkbox").attributes["aria-label"] == "Erledigt"
    assert "<p>Note</p>" in page(replace(FULL, body=body))
    assert body in page(replace(FULL, body=body, language="en"))
