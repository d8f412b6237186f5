"""The theme's own files, as they stand beside this module. Whoever publishes them puts their digest in the name."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from trueline.render.site.theme.version import SCRIPT, STYLE

_NAMES = ("style.css", "theme.js", "search.js", "icon.svg")
_OF_VERSIONS = (STYLE, SCRIPT)


@cache
def assets(*, has_versions: bool = False) -> Mapping[str, bytes]:
    """`style.css`, `theme.js`, `search.js` and `icon.svg`, by name. No one of them refers to another.

    Of a site with versions `version.css` and `version.js` too, which come last of their kind.

    `PageContext.styles`: `style.css`, then the site's own. `scripts`: `theme.js`, `search.js`, then the site's own; the
    first is read before the page is drawn, so that a reader's dark page never flashes white, the others after it.
    """
    folder = files(__package__)
    return MappingProxyType({name: (folder / name).read_bytes() for name in (*_NAMES, *_OF_VERSIONS * has_versions)})
