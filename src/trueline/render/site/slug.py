"""The id of a heading, as GitHub makes it: lower case, spaces to hyphens, punctuation gone, numbered where taken."""

import re
import unicodedata
from typing import Final

_LENGTH_MAX: Final = 200
_PLAIN_GONE: Final = re.compile(r"[^a-z0-9_ -]")
_REPEATED: Final = re.compile(r"[-_]+")
_EMPTY: Final = "section"


def slug(text: str) -> str:
    """The id that a heading's text asks for.

    >>> slug("What's new in 2.0?"), slug("Größe & Gewicht"), slug("!!!")
    ('whats-new-in-20', 'größe--gewicht', 'section')
    """
    low = text.strip().lower()[:_LENGTH_MAX]
    kept = _PLAIN_GONE.sub("", low) if low.isascii() else "".join(one for one in low if _is_kept(one))
    return kept.replace(" ", "-") or _EMPTY


def free(wanted: str, taken: dict[str, int]) -> str:
    """The id itself, or with the first number that makes it one of its page; it is taken by that.

    `taken` has for each id the last number that was tried with it, so that a page of equal headings costs no more.

    >>> free("setup", {"setup": 0, "setup-1": 0})
    'setup-2'
    """
    number, found = taken.get(wanted, 0), wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    taken[wanted] = number
    taken.setdefault(found, 0)
    return found


def loose(anchor: str) -> str:
    """What is the same for ids that other generators make of one heading.

    >>> loose("size--weight_1") == loose("size-weight-1")
    True
    """
    return _REPEATED.sub("-", anchor.lower()).strip("-")


def _is_kept(one: str) -> bool:
    return one.isalnum() or one in "-_ " or unicodedata.category(one)[0] == "M"
