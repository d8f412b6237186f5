"""Values of secrets in text that others wrote: masked where they are known, in the ways in which programs write them.

Pure. What is not known cannot be masked: secrets that nobody applied through Trueline, what was derived from one (a
hash, a token that was exchanged for it), parts of a value, and values of fewer than six characters.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

MASK: Final = "•••"
SHORTEST: Final = 6
"""A shorter value stands in many a line that tells nothing of it: a port, a yes."""
VALUE_BYTES_MAX: Final = 64 << 10
VALUES_MAX: Final = 2_000


class Veil:
    """Hides some values in lines of text."""

    def __init__(self, values: Iterable[bytes]) -> None:
        found: dict[str, None] = {}
        for value in values:
            for way in _ways(value[:VALUE_BYTES_MAX]):
                if len(found) < VALUES_MAX:
                    found[way] = None
        longest_first = sorted(found, key=len, reverse=True)
        self._hidden = re.compile("|".join(map(re.escape, longest_first))) if found else None

    def over(self, line: str) -> str:
        """The line without any of the values.

        >>> Veil([b"correct horse"]).over("password=correct%20horse (correct horse)")
        'password=••• (•••)'
        """
        return self._hidden.sub(MASK, line) if self._hidden is not None else line


def secrets_in(body: Any) -> Iterator[bytes]:
    """The values of a Secret as it is applied; of any other object none.

    >>> list(secrets_in({"kind": "Secret", "data": {"a": "aG9yc2U="}, "stringData": {"b": "x"}}))
    [b'horse', b'x']
    """
    if not isinstance(body, dict) or body.get("kind") != "Secret":
        return
    for value in (body.get("data") or {}).values():
        try:
            yield base64.b64decode(value, validate=True)
        except (ValueError, TypeError):
            continue
    for value in (body.get("stringData") or {}).values():
        if isinstance(value, str):
            yield value.encode(errors="replace")


def _ways(value: bytes) -> Iterator[str]:
    """As it is, line by line, in a JSON text, in an address, and as base64 has it."""
    text = value.decode(errors="replace")
    for one in dict.fromkeys((text, text.strip(), *text.splitlines())):
        for way in (one, json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], quote(one, safe="")):
            if len(one.strip()) >= SHORTEST:
                yield way
    if len(value) >= SHORTEST:
        yield base64.b64encode(value).decode().rstrip("=")
        yield base64.urlsafe_b64encode(value).decode().rstrip("=")
