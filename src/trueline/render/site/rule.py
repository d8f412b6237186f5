"""`_redirects` and `_headers` at work: which rule an address matches, and what it leads to. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote

from trueline.render.site.address import Address
from trueline.render.site.file import HeaderRule, Redirect
from trueline.render.site.pattern import SPLAT, Pattern, is_pattern, normal

REWRITE: Final = 200
_NAMED: Final = re.compile(r":([A-Za-z][A-Za-z0-9_]*)")
_AWAY: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_WRITTEN: Final = "%/:?#[]@!$&'()*+,;=~-._"
"""What stays as it is written where an address is put into a header."""
_JOINED: Final = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """A redirect: the answer's status, and the header `Location`."""

    status: int
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """Another file is shown at this address: `path` is decoded and has no slash at its beginning."""

    path: str


@dataclass(frozen=True, slots=True)
class _Numbered:
    number: int
    pattern: Pattern
    redirect: Redirect


@dataclass(frozen=True, slots=True)
class RedirectRules:
    """Redirects: the first that matches holds. Exact ones are found at once, however many there are."""

    exact: Mapping[str, tuple[int, Redirect]] = field(default_factory=dict)
    patterns: Sequence[_Numbered] = ()

    @classmethod
    def of(cls, redirects: Sequence[Redirect]) -> Self:
        """The rules of a release; a rewrite to another site is nothing that a server of files can do."""
        exact: dict[str, tuple[int, Redirect]] = {}
        patterns: list[_Numbered] = []
        for number, one in enumerate(redirects):
            if one.status == REWRITE and not one.leads_to.startswith("/"):
                continue
            if is_pattern(one.source):
                patterns.append(_Numbered(number, Pattern.of(one.source), one))
            else:
                exact.setdefault(normal(one.source), (number, one))
        return cls(exact, tuple(patterns))

    def find(self, address: Address) -> Led | Rewritten | None:
        """Where an address leads. A rule that leads back to the same address does not hold for it."""
        path = _normal_path(address)
        number, redirect = self.exact.get(path, (len(self.patterns) + len(self.exact) + 1, None))
        for one in self.patterns:
            if redirect is not None and one.number > number:
                break
            if (taken := one.pattern.match(path)) is not None and (led := _led(one.redirect, taken, address)):
                return led
        return _led(redirect, {}, address) if redirect is not None else None


def _normal_path(address: Address) -> str:
    return f"/{address.path}".rstrip("/") or "/"


def _led(redirect: Redirect, taken: Mapping[str, str], address: Address) -> Led | Rewritten | None:
    away = _AWAY.match(redirect.leads_to)
    root = away[0] if away else ""
    rest, hash_, fragment = redirect.leads_to[len(root) :].partition("#")
    path, _, query = rest.partition("?")
    if redirect.status == REWRITE:
        path = _filled(unquote(path), taken, quoted=False)
        return Rewritten(path=unicodedata.normalize("NFC", path).lstrip("/"))
    path = _filled(quote(path, safe=_WRITTEN), taken, quoted=True)
    if not root and not redirect.leads_to.startswith("//"):
        path = "/" + path.lstrip("/")  # what was taken from the request names no other host
        if unquote(path) == f"/{address.path}":
            return None
    query = "&".join(filter(None, (_filled(quote(query, safe=_WRITTEN), taken, quoted=True), address.query)))
    location = f"{root}{path}{'?' if query else ''}{query}{hash_}{quote(fragment, safe=_WRITTEN)}"
    return Led(status=redirect.status, location=location)


def _filled(text: str, taken: Mapping[str, str], *, quoted: bool) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in taken:
            return found[0]
        return quote(taken[found[1]], safe="/" if found[1] == SPLAT else "") if quoted else taken[found[1]]

    return _NAMED.sub(value, text)


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """Header rules: all that match hold."""

    rules: Sequence[tuple[Pattern, HeaderRule]] = ()

    @classmethod
    def of(cls, rules: Sequence[HeaderRule]) -> Self:
        """The rules of a release."""
        return cls(tuple((Pattern.of(one.pattern), one) for one in rules))

    def find(self, address: Address) -> dict[str, tuple[str, str]]:
        """Headers by their names in lower case. What several rules set is joined, as other platforms do."""
        path = _normal_path(address)
        found: dict[str, tuple[str, str]] = {}
        for pattern, rule in self.rules:
            if pattern.match(path) is None:
                continue
            for name, value in rule.headers:
                before = found.get(name.lower())
                found[name.lower()] = (name, value) if before is None else (before[0], before[1] + _JOINED + value)
        return found
