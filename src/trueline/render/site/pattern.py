"""The addresses of `_redirects` and `_headers`: which others they stand for. Pure.

A pattern has at most one `*`, which takes anything, and placeholders `:name` that take one part of the path. A slash at
the end of an address counts for no rule.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote

SPLAT: Final = "splat"
_PLACEHOLDER: Final = re.compile(r"(?<=/):([A-Za-z][A-Za-z0-9_]*)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """An address with places that take what stands there; `names` are those of its groups, in their order."""

    expression: re.Pattern[str]
    names: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> Self:
        """The pattern of a rule as it is written."""
        head, star, tail = normal(written).partition("*")
        names: list[str] = []
        pieces = [_pieces(head.rstrip("/") if star and not tail else head, names)]
        if star:
            names.append(SPLAT)
            pieces.append(r"(?:/(.*))?" if not tail and head.endswith("/") else r"(.*)")
            pieces.append(_pieces(tail, names))
        return cls(re.compile("".join(pieces), re.DOTALL), tuple(names))

    def match(self, path: str) -> Mapping[str, str] | None:
        """What stands in its places; `None` where the path is another one."""
        found = self.expression.fullmatch(path)
        return None if found is None else dict(zip(self.names, (part or "" for part in found.groups()), strict=True))


def is_pattern(written: str) -> bool:
    """Whether a rule's address has places in it.

    >>> is_pattern("/blog/*"), is_pattern("/blog/:slug"), is_pattern("/at/12:30")
    (True, True, False)
    """
    return "*" in written or _PLACEHOLDER.search(written) is not None


def _pieces(text: str, names: list[str]) -> str:
    made, at = [], 0
    for found in _PLACEHOLDER.finditer(text):
        names.append(found[1])
        made += [re.escape(text[at : found.start()]), "([^/]+)"]
        at = found.end()
    return "".join((*made, re.escape(text[at:])))


def normal(written: str) -> str:
    """An address as it is compared."""
    return unicodedata.normalize("NFC", unquote(written)).rstrip("/") or "/"


def example(written: str, word: str) -> str:
    """An address that a rule's address stands for, with a word in each of its places.

    >>> example("/blog/:year/*", "x"), example("/plain", "x")
    ('/blog/x/x', '/plain')
    """
    return _PLACEHOLDER.sub(word, written.replace("*", word))
