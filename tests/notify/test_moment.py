"""Records that are told as what happened; all others are not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trueline.notify.event import Event
from trueline.notify.moment import MomentReader
from trueline.record.journal import Kind

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A record."""

    sequence: int
    kind: str
    body: Any = field(default_factory=dict)
    application: str = "shop"
    at: datetime = AT


def told(*records: tuple[Kind, Any]) -> list[tuple[str, str, str]]:
    found = MomentReader().read(
        Told(sequence=n, kind=kind.value, body=body) for n, (kind, body) in enumerate(records, 1)
    )
    return [(one.event, one.line, one.revision) for one in found]


def test_a_deployment_that_ended_well_is_applied() -> None:
    begun = (Kind.DEPLOYMENT_BEGUN, {"number": 1, "revision": "c0ffee" * 6})
    assert told(begun, (Kind.DEPLOYMENT_ENDED, {"number": 1, "result": "done"})) == [
        (Event.APPLIED.value, "", "c0ffeec0ff")
    ]
    assert told(begun, (Kind.DEPLOYMENT_ENDED, {"number": 1, "result": "superseded"})) == []


def test_a_heal_is_told_with_what_was_done_before() -> None:
    drift = {"ref": "ConfigMap/shop/a", "drift": "changed", "fields": ["data.x"], "managers": ["kubectl", ""]}
    healed = {"ref": "ConfigMap/shop/a", "action": "heal", "result": "done"}
    assert told((Kind.DRIFT_FOUND, drift), (Kind.OUTCOME, healed)) == [
        (Event.HEALED.value, "ConfigMap/shop/a was changed by kubectl: data.x", "")
    ]
    assert told((Kind.OUTCOME, healed)) == [], "a value that was put back is taken back in silence"
    assert told((Kind.OUTCOME, healed | {"result": "refused"}), (Kind.OUTCOME, healed | {"action": "update"})) == []


def test_a_fight_a_rollback_and_a_removal() -> None:
    fight = {"ref": "a", "drift": "fight", "message": "spec.replicas is changed again and again by hpa"}
    assert told((Kind.DRIFT_FOUND, fight)) == [(Event.FOUGHT.value, fight["message"], "")]
    assert told((Kind.ROLLBACK, {"to": "deadbeef" * 5, "who": "ada"})) == [
        (Event.ROLLED_BACK.value, "by ada", "deadbeefde")
    ]
    assert [event for event, _, _ in told((Kind.REMOVED, {}))] == [Event.REMOVED.value]


def test_nothing_else_is_told_whatever_a_record_holds() -> None:
    """INV-30: a record of a newer program, or an odd one, is no fault of the loop."""
    named = {Kind.OUTCOME, Kind.DRIFT_FOUND, Kind.ROLLBACK, Kind.REMOVED, Kind.DEPLOYMENT_ENDED}
    assert told(*((kind, {}) for kind in Kind if kind not in named)) == []
    for kind in Kind:
        odd: tuple[Any, ...] = (None, [], "text", 7, {"fields": None, "managers": None, "result": 3})
        for body in odd:
            told((kind, body))
    assert list(MomentReader().read([Told(sequence=1, kind="a kind of tomorrow")])) == []
