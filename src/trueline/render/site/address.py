"""What a request asks for: its target, taken apart and decoded once. It knows no release."""

import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

LENGTH_MAX: Final = 4_096
_CONTROL_END: Final = 0x20
_DELETE: Final = 0x7F


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a request leads. `path` is decoded and has no slash at its beginning; `query` is as it came.

    `is_plain`: it can be the path of a file. One with an encoded slash in it cannot.
    """

    path: str
    query: str = ""
    is_plain: bool = True

    @property
    def suffix(self) -> str:
        """The query as it is put behind another path."""
        return f"?{self.query}" if self.query else ""


def read_address(target: str) -> Address | None:
    """The address of a request's target; `None` where it is none that any site has.

    >>> read_address("/caf%C3%A9/?q=1")
    Address(path='café/', query='q=1', is_plain=True)
    >>> read_address("/a/%2e%2e/b"), read_address("/a%00"), read_address("/%ff")
    (None, None, None)
    """
    if len(target) > LENGTH_MAX:
        return None
    path, _, query = _from_root(target.partition("#")[0]).partition("?")
    if not path.startswith("/"):
        return None
    try:
        decoded = unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode()[1:]
        query.encode("ascii")
    except UnicodeError:
        return None
    if any(ord(letter) < _CONTROL_END or ord(letter) == _DELETE for letter in (*decoded, *query)):
        return None
    if not {".", ".."}.isdisjoint(decoded.replace("\\", "/").split("/")):
        return None
    is_plain = decoded.count("/") == path.count("/") - 1
    return Address(path=unicodedata.normalize("NFC", decoded), query=query, is_plain=is_plain)


def _from_root(target: str) -> str:
    """A proxy may ask with the whole address."""
    scheme, colon, rest = target.partition("://")
    if not colon or scheme.lower() not in {"http", "https"}:
        return target
    ends = [at for mark in "/?" if (at := rest.find(mark)) >= 0]
    path = rest[min(ends, default=len(rest)) :]
    return path if path.startswith("/") else f"/{path}"
