"""How an application stands: what is not known now is never told as Synced."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.loop.still_clock import START
from tests.loop.test_reconcile import desired, parts, reviewed
from trueline.health.reason import Reason
from trueline.health.status import Health, Status, healthy
from trueline.loop.kept import Kept
from trueline.loop.progress import Pass, blocked, concluded, waiting
from trueline.loop.standing import is_known, stand
from trueline.loop.status import WAITS, ApplicationStatus, Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.render.resource import Resource
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.snapshot import NOTHING

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


def test_inv_25_what_it_waits_for_is_told_apart_from_the_message() -> None:
    """INV-25: the journal and whoever is told have the message; a name is put in for who may read that one."""
    given: dict[str, Any] = {"application": desired().application, "status": BEFORE, "desired": desired(), "last": LAST}
    status = stand(Kept(**given, waits_for="database"), None, START)
    assert (status.message, status.waits_for) == (WAITS, "database")
    assert status.message_named == "waits for database"
    assert replace(status, message=f"rolled back; {WAITS}").message_named == "rolled back; waits for database"
    held = stand(Kept(**given, waits_for="database", held="frozen"), None, START)
    assert (held.waits_for, held.message_named) == ("", "frozen")


def test_its_age_is_told_and_begins_anew_when_the_word_changes() -> None:
    """INV-38: since when it stands so, and when it was looked at last."""
    later = START.replace(year=START.year + 1)
    kept = Kept(application=desired().application, status=BEFORE, desired=replace(desired()), last=LAST)
    same = stand(kept, None, START.replace(hour=13))
    assert same.at == START.replace(hour=13)
    kept.trouble = (TOLD,)
    assert stand(kept, None, later).since == later


class Half:
    """Of what is asked about, only what is called `old` is there."""

    def health(self, refs: Collection[Ref]) -> Mapping[Ref, Health]:
        """See `Healths`."""
        return {ref: healthy(Reason.EXISTS, "") if ref.name == "old" else missing() for ref in refs}


def missing() -> Health:
    return Health(status=Status.MISSING, reason=Reason.ABSENT, message="it is not there")


OLD, NEW = Ref("File", "", "old"), Ref("File", "", "new")
STOPS = {"blocked": lambda made: blocked(made, [TOLD]), "waiting": lambda made: waiting(made, Sync.WAITING, "ask")}


@pytest.mark.parametrize("stop", STOPS)
def test_what_was_never_made_is_not_missed_while_its_plan_is_stopped(stop: str) -> None:
    """What runs is whole: that a page of a refused release is not there is no illness of the site."""
    changes = (
        Change(ref=NEW, action=Action.CREATE, reason="new in Git"),
        Change(ref=OLD, action=Action.UPDATE, reason=""),
    )
    wanted = tuple(Resource(ref=ref, digest=NOTHING, origin=Origin(path="")) for ref in (OLD, NEW))
    aim = replace(desired(), resources=wanted)

    def said(last: Pass | None) -> tuple[Status, set[str]]:
        kept = Kept(application=aim.application, status=BEFORE, desired=aim, last=last)
        told = stand(kept, replace(parts(), health=Half(), target=SimpleNamespace(name="cluster")), START)  # type: ignore[arg-type]
        return told.health, set(told.unhealthy)

    assert said(None) == (Status.MISSING, {"File/new"})
    assert said(STOPS[stop](reviewed(*changes)).remembered) == (Status.HEALTHY, set())
    lost = reviewed(
        *changes, inventory=Inventory(application="shop", entries={NEW: Entry(ref=NEW, state=EntryState.APPLIED)})
    )
    assert said(STOPS[stop](lost).remembered) == (Status.MISSING, {"File/new"}), "it was there"
    first = reviewed(*(replace(one, action=Action.CREATE) for one in changes))
    assert said(STOPS[stop](first).remembered)[0] is Status.MISSING, "nothing of it was ever there"


def test_inv_29_what_is_left_so_is_told_unless_something_else_is_on_its_way() -> None:
    """INV-29: what is missing besides is waited for, as after every apply."""
    newer = Ref("File", "", "newer")
    wanted = tuple(Resource(ref=ref, digest=NOTHING, origin=Origin(path="")) for ref in (OLD, NEW, newer))
    aim, place = replace(desired(), resources=wanted), replace(parts(), health=Half())  # type: ignore[arg-type]
    place = replace(place, target=SimpleNamespace(name="cluster"))

    def said(*gone: Ref) -> tuple[bool, str]:
        kept = Kept(application=aim.application, status=BEFORE, desired=aim, last=LAST, gone=frozenset(gone))
        told = stand(kept, place, START)
        return told.is_left, told.message

    assert said() == (False, "")
    assert said(NEW) == (False, "")
    assert said(NEW, newer) == (True, "File/new: deleted on the target; drift is ignored here")
