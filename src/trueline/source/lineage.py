"""Lineage: how a revision that was found stands to the applied one. INV-12: older is never applied over newer."""

from enum import Enum

from trueline.model.diagnostic import Diagnostic
from trueline.model.known import Known, Unknown
from trueline.source.artifact import Revision
from trueline.source.protocol import History


class Lineage(Enum):
    """What the found revision is to the applied one."""

    SAME = "the same"
    NEWER = "newer"
    OLDER = "older"
    REWRITTEN = "on another line of history"


async def relate(history: History, applied: str, found: str) -> Known[Lineage] | Unknown:
    """Compare two commits of one source."""
    if applied == found:
        return Known(Lineage.SAME)
    is_newer = await history.is_ancestor(applied, found)
    if is_newer == Known(value=True):
        return Known(Lineage.NEWER)
    is_older = await history.is_ancestor(found, applied)
    if is_older == Known(value=True):
        return Known(Lineage.OLDER)
    return is_newer if isinstance(is_newer, Unknown) else Known(Lineage.REWRITTEN)


def warn_of_relation(
    relation: Known[Lineage] | Unknown, source: str, applied: str, found: Revision
) -> Diagnostic | None:
    """What to tell a person about a revision that is not known to follow the applied one; unknown is not newer."""
    match relation:
        case Known(lineage):
            return _warn_of(lineage, source, applied, found)
        case Unknown(reason):
            return _warn_of_unknown(reason, source, applied, found)


def _warn_of_unknown(reason: str, source: str, applied: str, found: Revision) -> Diagnostic:
    return Diagnostic(
        code="TL0137",
        summary="it cannot be told whether a revision follows the applied one",
        detail=f"{source}: {found} was found where {applied[:10]} is applied: {reason}",
        remedy=f"it is asked again; if this is meant: trueline approve --revision {found.commit}",
    )


def _warn_of(lineage: Lineage, source: str, applied: str, found: Revision) -> Diagnostic | None:
    detail = f"{source}: {found} was found where {applied[:10]} is applied"
    match lineage:
        case Lineage.OLDER:
            remedy = (
                f"to go back, revert the commits in Git; if this is meant: trueline approve --revision {found.commit}"
            )
            return Diagnostic(
                code="TL0131", summary="the source went back to an older revision", detail=detail, remedy=remedy
            )
        case Lineage.REWRITTEN:
            remedy = f"if this is meant: trueline approve --revision {found.commit}; otherwise restore the branch"
            return Diagnostic(
                code="TL0130", summary="the history of the source was rewritten", detail=detail, remedy=remedy
            )
        case Lineage.SAME | Lineage.NEWER:
            return None
