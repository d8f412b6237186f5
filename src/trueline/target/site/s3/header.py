"""What a browser is told of an object: its media type, how long it may be kept, and what `_headers` says. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote

from trueline.render.site.file import HeaderRule, Release
from trueline.render.site.media import media_of
from trueline.render.site.pattern import Pattern, is_pattern, normal
from trueline.target.site.body import MarkedRelease
from trueline.target.site.s3.bucket import Attributes

FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
"""Kept by browsers and asked for each time, which costs an empty answer: a new page is seen at once."""
CARRIED: Final[Mapping[str, str]] = {
    name.lower(): name
    for name in ("Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type")
}
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_JOINED: Final = ", "
_INDEX: Final = "/index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderTable:
    """The rules of a release, ready to be asked: `exact` by address, the others one after the other."""

    immutable: frozenset[str] = frozenset()
    exact: Mapping[str, Sequence[int]] = field(default_factory=dict)
    patterns: Sequence[tuple[int, Pattern]] = ()
    rules: Sequence[HeaderRule] = ()

    @classmethod
    def of(cls, release: MarkedRelease) -> Self:
        """The table of a release."""
        exact: dict[str, list[int]] = {}
        patterns: list[tuple[int, Pattern]] = []
        for number, rule in enumerate(release.headers):
            if is_pattern(rule.pattern):
                patterns.append((number, Pattern.of(rule.pattern)))
            else:
                exact.setdefault(normal(rule.pattern), []).append(number)
        immutable = frozenset(release.immutable)
        return cls(immutable=immutable, exact=exact, patterns=patterns, rules=release.headers)

    def attributes(self, path: str, *, is_kept: bool = False) -> Attributes:
        """What an object has; several rules for one header are joined, as other platforms do.

        >>> HeaderTable().attributes("a.html")
        {'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache'}
        """
        is_immutable = is_kept or path in self.immutable
        found = {"Content-Type": media_of(path), "Cache-Control": FOR_EVER if is_immutable else ASK_AGAIN}
        said: dict[str, str] = {}
        for number in self._matching(path):
            for name, value in self.rules[number].headers:
                if (carried := CARRIED.get(name.lower())) and _VALUE.fullmatch(value):
                    said[carried] = f"{said[carried]}{_JOINED}{value}" if carried in said else value
        return {**found, **said}

    def _matching(self, path: str) -> list[int]:
        addresses = tuple(_addresses(path))
        found = {number for address in addresses for number in self.exact.get(address, ())}
        found |= {number for number, one in self.patterns if any(one.match(at) is not None for at in addresses)}
        return sorted(found)


def uncarried(release: Release) -> tuple[str, ...]:
    """The names of headers that no object can have, or that have such values."""
    found = {
        name.lower(): name
        for rule in release.headers
        for name, value in rule.headers
        if name.lower() not in CARRIED or not _VALUE.fullmatch(value)
    }
    return tuple(sorted(found.values()))


def _addresses(path: str) -> Iterator[str]:
    """Under which addresses a file is known: an index page is its folder's."""
    address = normal(quote(f"/{path}"))
    yield address
    if address.endswith(_INDEX):
        yield address.removesuffix(_INDEX) or "/"
