"""Where a page says which version it is of. Its bytes hold no other version: the script reads those from one file.

Without scripts it is a link to the list of all versions.
"""

import json

import msgspec

from trueline.render.site.context import VersionMark
from trueline.render.site.theme.escape import address, text
from trueline.render.site.theme.language import VersionWords

SCRIPT, STYLE = "version.js", "version.css"


def mark(version: VersionMark | None, words: VersionWords) -> str:
    """The name of the version in a page's head line; nothing where a site has no versions."""
    if version is None:
        return ""
    said = text(json.dumps(msgspec.to_builtins(words), ensure_ascii=False, separators=(",", ":")))
    return (
        f'<div class="version" data-site="{address(version.site)}" data-menu="{address(version.menu)}"'
        f' data-words="{said}"><a href="{address(version.overview)}">'
        f'<span class="unseen">{text(words.name)} </span>{text(version.name)}</a></div>'
    )
