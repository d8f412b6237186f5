"""A finding: what is wrong at one place of a document, before the line of that place is known."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.model.pointer import Path

SHOWN_CHARS_MAX: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A diagnostic without its origin; `at` is the path in the document."""

    code: str
    summary: str
    detail: str
    remedy: str
    at: Path = ()

    def diagnostic(self, origin: Origin) -> Diagnostic:
        """The diagnostic, now that its place is known."""
        return Diagnostic(code=self.code, summary=self.summary, detail=self.detail, remedy=self.remedy, origin=origin)


@dataclass(frozen=True, slots=True)
class Fault:
    """A code with its constant summary."""

    code: str
    summary: str

    def at(self, at: Path, detail: str, remedy: str) -> Finding:
        """The finding of one case."""
        return Finding(code=self.code, summary=self.summary, detail=detail, remedy=remedy, at=at)


TWICE: Final = Fault("TL0201", "declared twice")
NO_PARSE: Final = Fault("TL0202", "a declaration does not parse")
UNKNOWN_KIND: Final = Fault("TL0203", "the kind or its version is not known")
UNKNOWN_FIELD: Final = Fault("TL0204", "a field is not known")
WRONG_TYPE: Final = Fault("TL0205", "a field has the wrong type")
MISSING: Final = Fault("TL0206", "a field is missing")
REFUSED_VALUE: Final = Fault("TL0207", "the value of a field is not allowed")
CONTRADICTION: Final = Fault("TL0208", "fields contradict each other")
LEADS_OUT: Final = Fault("TL0209", "a path leads out of its source")
NO_DEPENDENCY: Final = Fault("TL0210", "an application depends on one that is not declared")
CYCLE: Final = Fault("TL0211", "applications depend on each other in a circle")
NO_SOURCE: Final = Fault("TL0212", "the source is not declared")
NOT_SUPPORTED: Final = Fault("TL0213", "this is not supported by this version")
TOO_MUCH: Final = Fault("TL0214", "declarations exceed a bound")
UNREADABLE: Final = Fault("TL0215", "a file cannot be read for declarations")
NOTHING_THERE: Final = Fault("TL0216", "there is nothing at the path of the fleet")
STILL_DECLARED: Final = Fault("TL1630", "an application is declared and shall be removed")
UNBOUNDED_REMOVAL: Final = Fault("TL1631", "a removal does not say how much may be deleted")
NO_PROJECT: Final = Fault("TL0148", "the project whose keys are named is not declared")
NO_OWN_PROJECT: Final = Fault("TL0740", "the project of an application is not declared")
TEMPLATE: Final = Fault("TL2100", "the template of a Notifier does not hold")
OPEN_PASSWORD: Final = Fault("TL2101", "a password would be sent in clear")
BROKEN_REMOVAL: Final = Fault("TL1632", "a removal of this application's resources cannot be read")


def suggestion(written: str, allowed: Iterable[str]) -> str:
    """What was probably meant, as the end of a sentence; empty where nothing is near.

    >>> suggestion("prun", ["prune", "drift"])
    '; did you mean `prune`?'
    """
    near = difflib.get_close_matches(written[:SHOWN_CHARS_MAX], list(allowed), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def shown(text: str) -> str:
    """A foreign text that is no secret, short and on one line.

    >>> shown("shop")
    "'shop'"
    """
    return repr(text if len(text) <= SHOWN_CHARS_MAX else f"{text[:SHOWN_CHARS_MAX]}…")


def one_of(allowed: Iterable[str]) -> str:
    """A remedy that lists what may be written."""
    return f"write one of: {', '.join(allowed)}"
