"""The files of the preview's own pages, as they stand beside this module."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_NAMES: Final = ("preview.js", "compare.js", "preview.css")


@cache
def assets() -> Mapping[str, bytes]:
    """Each by its name."""
    folder = files(__package__)
    return MappingProxyType({name: (folder / name).read_bytes() for name in _NAMES})
