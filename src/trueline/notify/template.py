"""Words of one's own: a text with names in braces. It has no loops, no calls and nothing that could fail when used.

What a name stands for may have been written by anybody; it is put in as text and never read as a template again.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

NAMES: Final = (
    "application",
    "applications",
    "count",
    "event",
    "lines",
    "notifier",
    "revision",
    "severity",
    "since",
    "state",
    "url",
)
"""What may stand in braces."""

TEMPLATE_CHARACTERS_MAX: Final = 4_096
TEXT_CHARACTERS_MAX: Final = 16_384
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def find_unknown(template: str) -> Iterator[str]:
    """What stands in braces and is no name; a brace alone is told as itself.

    >>> list(find_unknown("{application} {aplication} {{x}} {"))
    ['aplication', '{']
    """
    for piece in _PIECE.finditer(template):
        name = piece[1]
        if name is None and piece[0] in {"{", "}"}:
            yield piece[0]
        elif name is not None and name not in NAMES:
            yield name


def fill(template: str, values: Mapping[str, str]) -> str:
    """The text; a name that has no value is empty.

    >>> fill("{application} is {state} {{here}}", {"application": "{state}", "state": "degraded"})
    '{state} is degraded {here}'
    """
    filled = _PIECE.sub(lambda piece: values.get(piece[1], "") if piece[1] is not None else piece[0][0], template)
    return filled[:TEXT_CHARACTERS_MAX]
