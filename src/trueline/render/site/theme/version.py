"""Where a page says which version it is of. Its bytes hold no other version: the script reads those from one file.

Without scripts it is a link to the list of all versions.
"""

from trueline.render.site.context import VersionMark
from trueline.render.site.theme.escape import address, text

SCRIPT, STYLE = "version.js", "version.css"


def mark(version: VersionMark | None) -> str:
    """The name of the version in a page's head line; nothing where a site has no versions."""
    if version is None:
        return ""
    return (
        f'<div class="version" data-site="{address(version.site)}" data-menu="{address(version.menu)}">'
        f'<a href="{address(version.overview)}"><span class="unseen">Version </span>{text(version.name)}</a></div>'
    )
