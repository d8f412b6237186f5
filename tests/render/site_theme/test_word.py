"""Words are the same in Python, where the index is made, and in the browser, where it is asked."""

import sys
import unicodedata

from tests.render.site_theme.node import ask, needs_node
from trueline.render.site.word import WORD_CHARS_MAX, folded, words

TEXTS = (
    "Rolling-Update of kube_system v1.2.3",
    "Ångström, naïve café; Straße ŁÓDŹ İstanbul ΟΔΟΣ",
    "東京都とカタカナ、がぎぐ。",
    "한국어 문서",
    "การปรับใช้ does work",
    "𠮷野家 \U0001d49c\U0001d4c1\U0001d4c5 ﬁle \uff11\uff12\uff13",
    "x" * 100,
    "हिन्दी में खोज",
    "",
    "   ... </script> \"quotes\" 'more'",
)


def test_letters_lose_case_accents_and_forms_of_width() -> None:
    assert folded("Ångström ﬁne Straße \uff11\uff12") == "angstrom fine strasse 12"
    assert folded("が") != folded("か")


def test_scripts_without_spaces_are_found_by_pairs() -> None:
    assert words("東京都 is Tokyo") == ["東京", "京都", "都", "is", "tokyo"]


def test_a_long_word_is_several() -> None:
    assert [len(word) for word in words("a" * 70)] == [WORD_CHARS_MAX, WORD_CHARS_MAX, 6]


@needs_node
def test_the_browser_makes_the_same_words() -> None:
    every = [f"a{chr(code)}b" for code in range(sys.maxunicode // 4) if unicodedata.category(chr(code))[0] in "LNMPSZ"]
    assert len(every) > 100_000
    texts = [*TEXTS, *every]
    answers = ask({}, texts=texts)["words"]
    assert [(text, words(text)) for text in texts] == list(zip(texts, answers, strict=True))
