"""How an application stands: what is not known now is never told as Synced."""

from dataclasses import replace
from typing import Any

import pytest

from tests.loop.still_clock import START
from tests.loop.test_reconcile import desired, reviewed
from trueline.loop.kept import Kept
from trueline.loop.progress import concluded
from trueline.loop.standing import is_known, stand
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.diagnostic import Diagnostic

TOLD = Diagnostic(code="TL0101", summary="away", detail="git", remedy="wait")
LAST = concluded(reviewed(), (), waits=())
BEFORE = ApplicationStatus(application="shop", target="prod", sync=Sync.SYNCED, at=START, since=START)

STANDS: list[tuple[str, dict[str, Any], Sync]] = [
    ("all is done", {}, Sync.SYNCED),
    ("nothing was looked at", {"last": None}, Sync.UNKNOWN),
    ("its files cannot be rendered", {"failure": (TOLD,)}, Sync.BLOCKED),
    ("its last pass could not be made", {"trouble": (TOLD,)}, Sync.UNKNOWN),
    ("Git says something else and is away", {"away": (TOLD,), "is_unread": True}, Sync.UNKNOWN),
    ("Git is away and said nothing else", {"away": (TOLD,)}, Sync.SYNCED),
    ("a new revision waits", {"is_due": True}, Sync.SYNCING),
    ("another one has to be there first", {"waits_for": "database"}, Sync.SYNCING),
    ("somebody holds it", {"held": "frozen (ada)"}, Sync.HELD),
    ("somebody holds it, whatever else", {"held": "frozen (ada)", "trouble": (TOLD,)}, Sync.HELD),
]


@pytest.mark.parametrize(("case", "kept", "sync"), STANDS)
def test_what_is_not_known_now_is_never_synced(case: str, kept: dict[str, Any], sync: Sync) -> None:
    """INV-38: Synced is said of a whole pass over what Git says now, and of nothing else."""
    given = {"application": desired().application, "status": BEFORE, "desired": desired(), "last": LAST}
    one = Kept(**{**given, **kept})
    status = stand(one, None, START)
    assert status.sync is sync, case
    assert is_known(one) is (kept != {"last": None})
    assert (status.at, status.since) == (START, START)


def test_its_age_is_told_and_begins_anew_when_the_word_changes() -> None:
    """INV-38: since when it stands so, and when it was looked at last."""
    later = START.replace(year=START.year + 1)
    kept = Kept(application=desired().application, status=BEFORE, desired=replace(desired()), last=LAST)
    same = stand(kept, None, START.replace(hour=13))
    assert same.at == START.replace(hour=13)
    kept.trouble = (TOLD,)
    assert stand(kept, None, later).since == later
