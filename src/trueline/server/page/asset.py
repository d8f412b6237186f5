"""The files of the page, each at an address that names its content: what has an address never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from types import MappingProxyType
from typing import Final

PREFIX: Final = "/static/"
_MEDIA: Final = {"page.css": "text/css", "page.js": "text/javascript"}
_TAG_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file: what it is called in an address, its media type and its bytes."""

    name: str
    media: str
    data: bytes

    @property
    def address(self) -> str:
        """Where it is got from."""
        return f"{PREFIX}{self.name}"


@cache
def assets() -> Mapping[str, Asset]:
    """Each by the name that it has beside this module."""
    folder = files(__package__) / "static"
    return MappingProxyType({name: _asset(name, (folder / name).read_bytes()) for name in _MEDIA})


def asset_at(name: str) -> Asset | None:
    """The file that an address names, if there is one with that content."""
    return next((one for one in assets().values() if one.name == name), None)


def _asset(name: str, data: bytes) -> Asset:
    stem, _, kind = name.partition(".")
    return Asset(
        name=f"{stem}.{blake2b(data, digest_size=_TAG_BYTES).hexdigest()}.{kind}", media=_MEDIA[name], data=data
    )
