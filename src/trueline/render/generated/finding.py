"""What can be wrong with a site that another program builds: each code with its summary and remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.render.refusal import Rule
from trueline.render.site import finding as own

NO_MKDOCS: Final = "TL1600"
CONFIGURATION: Final = "TL1601"
NOT_INSTALLED: Final = "TL1602"
WARNED: Final = "TL1603"
SOURCE_LINK: Final = "TL1604"
NAVIGATION: Final = "TL1605"
NOT_STARTED: Final = "TL1606"
FAILED: Final = "TL1607"
LIMIT: Final = "TL1608"
NO_OUTPUT: Final = "TL1609"
BROKEN_LINK: Final = "TL1610"
BROKEN_ANCHOR: Final = "TL1611"
DUPLICATE_ID: Final = "TL1612"
NO_ALTERNATIVE: Final = "TL1613"
NO_FILE: Final = "TL1614"
UNSTABLE: Final = "TL1615"
NOT_CONFINED: Final = "TL1616"
SOURCE_LIMIT: Final = "TL1617"
NOT_CHECKED: Final = "TL1618"

TEXTS: Final = {
    "TL1600": (
        "MkDocs is not installed here",
        "`pip install mkdocs` and what the project needs, beside Trueline; or `render: {site: {}}` for our own builder",
    ),
    "TL1601": ("the configuration of MkDocs is wrong", "correct the value; `mkdocs build` says the same"),
    "TL1602": (
        "MkDocs asks for what is not installed",
        "install the package that the detail names, beside Trueline; a project often lists it in a requirements.txt",
    ),
    "TL1603": ("MkDocs warns", "correct what it warns of; with `strict: true` it stops the site"),
    "TL1604": ("MkDocs finds a link that leads nowhere", "correct the link, or add the file"),
    "TL1605": ("the navigation of MkDocs has a page that is not there", "correct `nav`, or add the page"),
    "TL1606": (
        "the program that builds the site is not there",
        "install it where programs are (`/usr/local`), or name its folder in TRUELINE_GENERATOR_PATHS",
    ),
    "TL1607": (
        "the program that builds the site failed",
        "correct what it says; it has no network, and no files but its own and those of installed programs",
    ),
    "TL1608": (
        "the program that builds the site exceeded a limit",
        "let it do less; `timeoutSeconds` and `memoryBytesMax` can be raised",
    ),
    "TL1609": ("the program left no site", "correct `output`: the folder that it writes, seen from the source's path"),
    "TL1610": ("a link of a built page leads nowhere", "correct it where the page is made, or add what it leads to"),
    "TL1611": ("a link's anchor is not on the built page", "correct the anchor, or give the heading that id"),
    "TL1612": ("an id stands twice on a built page", "give one of them another id"),
    "TL1613": ("an image of a built page has no alternative text", "write `alt`; empty where it says nothing"),
    "TL1614": (
        "the output holds what cannot be published",
        "let the program write plain files, with names that every disk can hold",
    ),
    "TL1615": (
        "two builds of the same files differ",
        "nothing, if that is wanted: each build publishes these files anew; else take times and chance out of them",
    ),
    "TL1616": (
        "a program was built with less confinement than there should be",
        "run Trueline on Linux with Landlock or user namespaces; until then build only what you would run yourself",
    ),
    "TL1617": ("the source of a site is too large for its builder", "make it smaller, or part it"),
    "TL1618": ("a built page could not be checked", "make the page smaller; it is published as it is"),
}
"""Code → summary and remedy."""

LINKS: Final = frozenset({BROKEN_LINK, BROKEN_ANCHOR})
WARNINGS: Final = frozenset({DUPLICATE_ID, NO_ALTERNATIVE, UNSTABLE, NOT_CONFINED, NOT_CHECKED})
TOLD_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that is wrong; `path` is a file of the source, or of the output under the output's name."""

    code: str
    detail: str
    path: str = ""
    line: int = 0

    def diagnostic(self, commit: str) -> Diagnostic:
        """With summary, remedy and place."""
        summary, remedy = TEXTS.get(self.code) or own.TEXTS[self.code]
        origin = Origin(path=self.path, line=self.line, commit=commit) if self.path else None
        return Rule(code=self.code, summary=summary, remedy=remedy).about(self.detail, origin)


def diagnostics(cases: Iterable[Case], commit: str) -> tuple[Diagnostic, ...]:
    """Each case once, in the order of files and lines."""
    ordered = sorted(set(cases), key=lambda one: (one.path, one.line, one.code, one.detail))
    return tuple(one.diagnostic(commit) for one in ordered[:TOLD_MAX])
