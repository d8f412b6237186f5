"""What forbids a pass to begin or to go on: the gate, and a stage that failed. Nothing is written past it."""

from dataclasses import replace
from typing import Any

import pytest

from tests.trial.answering import AnsweringTarget, Bodies, LoggingLedger, accepted, change, inventory, ref, refused
from trueline.declare.application import Application, ClusterTarget, Mode, SyncOptions
from trueline.health.status import healthy
from trueline.loop.desired import Desired
from trueline.loop.parts import Parts
from trueline.loop.progress import Pass
from trueline.loop.reconcile import Asking, _gate, _Run, _Writing
from trueline.loop.review import Review
from trueline.loop.status import Sync
from trueline.model.origin import Origin
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.render.resource import Position
from trueline.target.answer import Answer, Refusal
from trueline.target.protocol import Write
from trueline.target.snapshot import Snapshot
from trueline.trial.trial import Trial, Verdict


class Agreed:
    """Who agreed to which plans."""

    def __init__(self, *plans: str) -> None:
        self._plans = plans

    def is_approved(self, plan: str) -> bool:
        """Whether somebody did."""
        return plan in self._plans


class Well:
    """Everything is healthy."""

    def health(self, refs: Any) -> dict[Any, Any]:
        """It is."""
        return dict.fromkeys(refs, healthy("Exists", "it exists"))

    def last(self, uid: str) -> None:
        """Nothing left."""


def reviewed(*changes: Change, **more: Any) -> Review:
    """A review of these changes, all of which passed their trial."""
    asks = more.pop("asks", ())
    given: dict[str, Any] = {
        "plan": Plan(application="shop", target="cluster", revision="main@1", changes=changes, asks=asks),
        "trials": tuple(Trial(change=one, verdict=Verdict.PASSED) for one in changes),
        "tried": AnsweringTarget().tried(inventory()),
        "inventory": inventory(),
        "snapshot": Snapshot(),
    }
    return Review(**{**given, **more})


def desired(**sync: Any) -> Desired:
    """The application."""
    application = Application(
        name="shop", sources=(), target=ClusterTarget(), origin=Origin(path=""), sync=SyncOptions(**sync)
    )
    return Desired(application=application, revision="main@1", commit="1")


def parts(target: AnsweringTarget | None = None, agreed: Agreed | None = None) -> Parts:
    """What a pass works with."""
    at = target or AnsweringTarget()
    nobody: Any = None
    given: Any = agreed or Agreed()
    bodies: Any = Bodies()
    return Parts(
        target=at.target,
        watcher=nobody,
        owners=nobody,
        health=Well(),
        ledger=LoggingLedger(at.log),
        bodies=bodies,
        approvals=given,
        claims=nobody,
    )


def gate(found: Review, *, is_asked: bool = False, agreed: Agreed | None = None, **sync: Any) -> Pass | None:
    """What forbids to begin; the one call."""
    return _gate(parts(agreed=agreed), desired(**sync), found, asking=Asking(is_asked=is_asked))


UPDATE, KEPT = change("a"), change("b", Action.KEEP)
LOST = Trial(change=UPDATE, verdict=Verdict.LOST, message="429")


@pytest.mark.parametrize("silent", [{"unknown": ((ref("z"), "HTML"),)}, {"trials": (LOST,)}])
def test_nothing_is_written_while_something_is_not_known(silent: dict[str, Any]) -> None:
    """INV-04, INV-05: one part that the target cannot tell about ends the pass, whoever asked for it."""
    stopped = gate(reviewed(UPDATE, **silent), is_asked=True)
    assert stopped is not None
    assert (stopped.sync, stopped.is_retried) == (Sync.UNKNOWN, True)


WHO = [
    ("auto", Mode.AUTO, False, None),
    ("only planned", Mode.PLAN_ONLY, False, Sync.OUT_OF_SYNC),
    ("only planned, and asked for", Mode.PLAN_ONLY, True, Sync.OUT_OF_SYNC),
    ("by hand", Mode.MANUAL, False, Sync.OUT_OF_SYNC),
    ("by hand, and asked for", Mode.MANUAL, True, None),
]


@pytest.mark.parametrize(("case", "mode", "is_asked", "sync"), WHO)
def test_who_decides_before_anything_is_written(case: str, mode: Mode, sync: Sync | None, *, is_asked: bool) -> None:
    stopped = gate(reviewed(UPDATE), is_asked=is_asked, mode=mode)
    assert (stopped.sync if stopped else None) is sync, case
    assert gate(reviewed(KEPT), is_asked=is_asked, mode=mode) is None


@pytest.mark.parametrize(("is_same", "sync"), [(True, None), (False, Sync.OUT_OF_SYNC)])
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.MANUAL])
def test_what_a_person_was_shown_is_begun_or_nothing(mode: Mode, *, is_same: bool, sync: Sync | None) -> None:
    """INV-11: who asked for a pass is asked again where it would do something else by now."""
    found = reviewed(UPDATE)
    shown = found.plan.digest if is_same else reviewed(change("c")).plan.digest
    stopped = _gate(parts(), desired(mode=mode), found, asking=Asking(is_asked=True, plan=shown))
    assert (stopped.sync if stopped else None) is sync
    assert stopped is None or stopped.is_other
    assert _gate(parts(), desired(mode=mode), reviewed(KEPT), asking=Asking(is_asked=True, plan=shown)) is None


def test_an_agreement_is_to_this_plan_and_no_other() -> None:
    """INV-11: what was agreed to is what is done."""
    asked = reviewed(UPDATE, asks=("7 of 10 objects would be deleted",))
    other = replace(asked, plan=replace(asked.plan, changes=(change("c"),)))
    agreed = Agreed(asked.plan.digest)
    assert gate(asked, agreed=agreed) is None
    for stopped in (gate(asked), gate(other, agreed=agreed)):
        assert stopped is not None
        assert (stopped.sync, stopped.message) == (Sync.WAITING, "7 of 10 objects would be deleted")


STOPS = [
    (refused(Refusal.DENIED), Sync.PARTLY),
    (refused(Refusal.STALE), Sync.SYNCING),
    (refused(Refusal.BUSY), Sync.SYNCING),
]


@pytest.mark.parametrize(("answer", "sync"), STOPS, ids=["denied", "stale", "busy"])
async def test_a_stage_that_failed_stops_the_next(answer: Answer, sync: Sync) -> None:
    """INV-17, INV-18: what follows is not begun, and nothing is pruned."""
    first, second = change("a"), replace(change("b"), position=Position(wave=1))
    last = replace(change("c", Action.PRUNE), position=Position(wave=1))

    def answered(write: Write) -> Answer:
        return answer if write.ref == first.ref else accepted()

    target = AnsweringTarget(answered)
    made = await _Run(parts(target), desired(), reviewed(first, second, last), _Writing()).go()
    assert target.log == ["intend a", "apply a", "settle a"]
    assert made.sync is sync
    target = AnsweringTarget()
    await _Run(parts(target), desired(), reviewed(first, second, last), _Writing()).go()
    assert [line for line in target.log if line.startswith(("apply", "delete"))] == [
        "apply a",
        "apply b",
        "delete c u1 t1.shop",
    ]
