"""What can be wrong with a site: each code with its summary and remedy, and which of them a site may be published with.

Findings become diagnostics here, with the file and the line. It judges no file itself.
"""

from collections.abc import Iterable
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.render.refusal import Rule
from trueline.render.site.image import finding as images
from trueline.render.site.parsed import Finding

NO_PAGE: Final = "TL1501"
NOT_UTF8: Final = "TL1502"
FRONT_BROKEN: Final = "TL1503"
TOO_LARGE: Final = "TL1504"
TOO_DEEP: Final = "TL1505"
TOO_MANY: Final = "TL1506"
NOT_READ: Final = "TL1507"
TWO_FILES: Final = "TL1508"
NAMES_COLLIDE: Final = "TL1509"
BROKEN_LINK: Final = "TL1510"
BROKEN_ANCHOR: Final = "TL1511"
NO_IMAGE: Final = "TL1512"
NO_ALTERNATIVE: Final = "TL1513"
UNSAFE_LINK: Final = "TL1514"
HTML_LEFT_OUT: Final = "TL1515"
HTML_REMOVED: Final = "TL1516"
DUPLICATE_ID: Final = "TL1517"
INCLUDE: Final = "TL1518"
NAVIGATION: Final = "TL1519"
REDIRECT_WRONG: Final = "TL1520"
REDIRECT_TWICE: Final = "TL1521"
REDIRECT_CYCLE: Final = "TL1522"
HEADER_WRONG: Final = "TL1523"
BAD_NAME: Final = "TL1524"
FRONT_WRONG: Final = "TL1525"
IMAGE_TOO_LARGE: Final = "TL1541"
HTML_INVALID: Final = "TL1543"
NO_WORDS: Final = "TL1549"
HEADER_OF_SERVER: Final = "TL1620"
REWRITE_AWAY: Final = "TL1621"
STAR_TWICE: Final = "TL1622"
REDIRECT_ASTRAY: Final = "TL1911"
LINK_ASTRAY: Final = "TL1912"
REDIRECT_ANCHOR: Final = "TL1913"

TEXTS: Final = {
    "TL1501": ("there is no Markdown to make a site of", "add an `index.md`, or correct `source.path`"),
    "TL1502": ("a page is not UTF-8", "save the file as UTF-8"),
    "TL1503": ("the front matter does not parse", "correct the YAML between the first two lines of `---`"),
    "TL1504": ("a page is too large", "part it, or raise `render.site.pageBytesMax`"),
    "TL1505": ("a page has blocks too deep within each other", "take out the nested quotes or lists"),
    "TL1506": ("a site has more than it may have", "make it smaller, or part it"),
    "TL1507": ("a page could not be read", "shorten the page or its code blocks; if it stays, report it"),
    "TL1508": ("two files have one address", "rename one of them"),
    "TL1509": ("two names differ only by case or by the form of a letter", "rename one of them"),
    "TL1510": ("a link leads nowhere", "correct the link, or add the page"),
    "TL1511": ("a link's anchor is not on the page it leads to", "correct the anchor, or give the heading `{#anchor}`"),
    "TL1512": ("an image is not there", "add the file, or correct the address in the page"),
    "TL1513": ("an image has no alternative text", "write what it shows between the brackets of the image"),
    "TL1514": ("an address is empty or would run something", "write an address of a page, or one of https"),
    "TL1515": (
        "HTML in a page is left out",
        "write it as Markdown, or allow HTML for this site: `render.site.allowHtml`",
    ),
    "TL1516": ("HTML that could run something was taken out", "take it out of the page"),
    "TL1517": ("an id stands twice on a page", "give one of them another id"),
    "TL1518": ("a line asks a plug-in to include a file", "copy the text, link to the file, or build with MkDocs"),
    "TL1519": ("an entry of the navigation leads nowhere", "correct its path, or take it out"),
    "TL1520": ("a redirect cannot be read", "write `/from /to 301`, one a line"),
    "TL1521": ("an address is redirected twice", "delete one of the lines: the first one holds"),
    "TL1522": ("redirects lead in a circle", "let one of them lead to a page"),
    "TL1523": ("a header rule cannot be read", "write an address, then indented lines `Name: value`"),
    "TL1524": ("a file's name cannot be published", "rename the file"),
    "TL1525": ("a value of the front matter is not what it should be", "correct the value; it was not used"),
    "TL1541": ("an image is too large as it is published", "make it smaller, or raise `render.site.imageBytesMax`"),
    "TL1543": ("HTML in a page is not whole", "close what is opened, in the order in which it was opened"),
    "TL1549": (
        "the theme has no words in the site's language",
        "correct `render.site.language`, or live with menus and search in English",
    ),
    "TL1620": ("a header is the server's own and no site's to set", "take the line out of `_headers`"),
    "TL1621": (
        "a rewrite leads to another site",
        "the built-in server shows only its own files: redirect with 302, or let a proxy do it",
    ),
    "TL1911": ("a redirect leads nowhere", "correct the second address in `_redirects`, or add the page"),
    "TL1913": (
        "a redirect's anchor is not on the page it leads to",
        "correct the anchor in `_redirects`, or give the heading `{#anchor}`",
    ),
    "TL1912": (
        "a link among the files leads out of the repository, nowhere or in a circle",
        "put what is meant into the site's folder, or take the link out",
    ),
    "TL1622": ("an address of a rule has more than one `*`", "only the first one stands for anything: write two rules"),
}
"""Code → summary and remedy."""

WARNINGS: Final = frozenset(
    {
        NO_ALTERNATIVE,
        UNSAFE_LINK,
        HTML_LEFT_OUT,
        HTML_REMOVED,
        DUPLICATE_ID,
        INCLUDE,
        REDIRECT_TWICE,
        FRONT_WRONG,
        HTML_INVALID,
        NO_WORDS,
        HEADER_OF_SERVER,
        REWRITE_AWAY,
        STAR_TWICE,
    }
)
"""Findings beside which the site is published all the same."""

LINKS: Final = frozenset({BROKEN_LINK, BROKEN_ANCHOR, NO_IMAGE, REDIRECT_ASTRAY, REDIRECT_ANCHOR})
"""Findings that a site may have as warnings: `broken_links: warn`."""

TOLD_MAX: Final = 1_000


class Told:
    """Collects findings by file; each is told once, in the order of files and lines."""

    def __init__(self, commit: str, *, broken_links_stop: bool, is_past: bool = False) -> None:
        """`is_past`: the navigation was not written for these files; see `Site.is_past`."""
        self._commit = commit
        known = WARNINGS | images.WARNINGS
        self._warnings = known if broken_links_stop else known | LINKS | {images.ABSENT}
        self._warnings |= {NAVIGATION} if is_past else set()
        self._errors: dict[tuple[str, int, str, str], Diagnostic] = {}
        self._notes: dict[tuple[str, int, str, str], Diagnostic] = {}

    def add(self, path: str, findings: Iterable[Finding]) -> None:
        """What is wrong with a file; an empty path is the site as a whole."""
        for one in findings:
            where = self._notes if one.code in self._warnings else self._errors
            where[path, one.line, one.code, one.detail] = diagnostic(path, one, self._commit)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What stops the site."""
        return _sorted(self._errors)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What does not."""
        return _sorted(self._notes)


def diagnostic(path: str, finding: Finding, commit: str) -> Diagnostic:
    """A finding with its place."""
    summary, remedy = TEXTS.get(finding.code) or images.TEXTS[finding.code]
    origin = Origin(path=path, line=finding.line, commit=commit) if path else None
    return Rule(code=finding.code, summary=summary, remedy=remedy).about(finding.detail, origin)


def _sorted(found: dict[tuple[str, int, str, str], Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(found[key] for key in sorted(found)[:TOLD_MAX])
