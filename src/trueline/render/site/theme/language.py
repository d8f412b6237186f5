"""The theme's own words, by language, and how a language is written. They stand in `languages.json`, English first.

The words of the scripts are handed over in the page, so that a script is one file for all languages.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

ENGLISH: Final = "en"
_RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS: Final = frozenset({"arab", "hebr", "thaa"})
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class ScriptWords(msgspec.Struct, frozen=True, kw_only=True):
    """What the scripts say. `{…}` is put in by the script."""

    colours: str
    auto: str
    light: str
    dark: str
    copy: str
    copied: str
    failed: str
    link: str
    count: str
    nothing: str
    unreadable: str


class VersionWords(msgspec.Struct, frozen=True, kw_only=True):
    """What pages say of their version, by its standing; `{version}` is put in by the script."""

    name: str
    all: str
    old: str
    prerelease: str
    development: str
    other: str
    go: str


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages say. `{title}` is put in by the theme; `titles` are English titles that a parser wrote."""

    skip: str
    menu: str
    close: str
    pages: str
    below: str
    contents: str
    crumbs: str
    previous: str
    next: str
    neighbours: str
    search: str
    found: str
    lost: str
    lost_text: str
    home: str
    feed: str
    titles: Mapping[str, str]
    version: VersionWords
    script: ScriptWords


@cache
def languages() -> Mapping[str, Words]:
    """The words of every language that there are words for."""
    return msgspec.json.decode((files(__package__) / "languages.json").read_bytes(), type=dict[str, Words])


def has_words(language: str) -> bool:
    """Whether a page of that language is in that language altogether."""
    return _known(language) is not None


@cache
def words_of(language: str) -> Words:
    """The words of a language; of one that there are none for, the English ones."""
    return languages()[_known(language) or ENGLISH]


@cache
def script_words(language: str) -> str:
    """The words of the scripts as they are handed over."""
    return json.dumps(msgspec.to_builtins(words_of(language).script), ensure_ascii=False, separators=(",", ":"))


def tag_of(language: str) -> str:
    """The language as a browser reads it; English where it is none.

    >>> tag_of("de"), tag_of("pt_BR"), tag_of("<b>")
    ('de', 'pt-BR', 'en')
    """
    tag = language.replace("_", "-")
    return tag if _TAG.fullmatch(tag) else ENGLISH


def is_right_to_left(language: str) -> bool:
    """Whether its lines begin on the right.

    >>> is_right_to_left("fa-IR"), is_right_to_left("pa-Arab"), is_right_to_left("en")
    (True, True, False)
    """
    first, *others = tag_of(language).lower().split("-")
    return first in _RIGHT_TO_LEFT or not _RIGHT_TO_LEFT_SCRIPTS.isdisjoint(others)


@cache
def _known(language: str) -> str | None:
    """The name that a language's words stand under: the whole tag, or its beginning."""
    parts = (language or ENGLISH).replace("_", "-").lower().split("-")
    tags = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((tag for tag in tags if tag in languages()), None)
