"""Text → the words by which it is found: without case and accents; scripts that write no spaces, by pairs of letters.

`theme/search.js` does the same to what a reader types; tests hold both against each other.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from unicodedata import category, normalize

WORD_CHARS_MAX = 32
"""A longer word counts as several."""

_PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_ASCII_WORD = re.compile(rf"[a-z0-9]{{1,{WORD_CHARS_MAX}}}")
_RUN = re.compile(rf"[{_PAIRED}]+|[^\W_{_PAIRED}]{{1,{WORD_CHARS_MAX}}}")
_PAIRED_FIRST = re.compile(rf"[{_PAIRED}]")
_KEPT_MARKS = "\u3099\u309a"
"""Kana change their sound by these: other letters, not accents."""
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "\u0131": "i",
        "þ": "th",
        "ð": "d",
        "\u03c2": "\u03c3",
    }
)


def folded(text: str) -> str:
    """Text without case, accents and forms of width.

    >>> folded("Ångström ﬁndet Straße")
    'angstrom findet strasse'
    """
    if text.isascii():
        return text.lower()
    apart = normalize("NFKD", text).lower().translate(_LETTERS)
    marks = {ord(char): None for char in set(apart) if category(char)[0] == "M" and char not in _KEPT_MARKS}
    return normalize("NFC", apart.translate(marks))


def words(text: str) -> list[str]:
    """The words of a text in its order, with repetitions.

    >>> words("Rolling-Update, 東京都")
    ['rolling', 'update', '東京', '京都', '都']
    """
    plain = folded(text)
    if plain.isascii():
        return _ASCII_WORD.findall(plain)
    return [word for run in _RUN.findall(plain) for word in _of_run(run)]


def _of_run(run: str) -> Iterable[str]:
    if not _PAIRED_FIRST.match(run):
        return (run,)
    return (*(first + second for first, second in pairwise(run)), run[-1])
