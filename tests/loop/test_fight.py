"""Fights are found, named and backed off (promise 13)."""

from dataclasses import replace

from tests.loop.still_clock import StillClock
from trueline.drift.drift import Drift, DriftKind
from trueline.loop.fight import PAUSE_FIRST_S, PAUSE_MAX_S, WINDOW_S, Fights
from trueline.model.ref import Ref

REF = Ref("Deployment.apps", "shop", "web")


def drift(path: str = "spec.replicas", kind: DriftKind = DriftKind.CHANGED) -> Drift:
    return Drift(ref=REF, kind=kind, fields=(path,), managers=("kubectl",))


async def test_three_heals_of_one_field_are_a_fight() -> None:
    """INV-16: and it has a name."""
    fights = Fights(StillClock())
    assert [bool(fights.note("shop", [drift()])) for _ in range(3)] == [False, False, True]
    assert fights.resting("shop") == {REF: "fights with kubectl over spec.replicas"}
    assert fights.resting("blog") == {}


async def test_heals_of_several_fields_or_far_apart_are_none() -> None:
    clock = StillClock()
    fights = Fights(clock)
    assert not any(fights.note("shop", [drift(path)]) for path in ("a", "b", "c"))
    for _ in range(6):
        clock.pass_s(WINDOW_S / 2 + 1)
        assert not fights.note("shop", [drift()])
    assert not any(fights.note("shop", [drift(kind=DriftKind.ADDED)]) for _ in range(5))


async def test_what_is_added_again_and_again_and_taken_away_is_a_fight() -> None:
    fights, going = Fights(StillClock()), replace(drift(kind=DriftKind.ADDED), goes=True)
    assert [bool(fights.note("shop", [going])) for _ in range(3)] == [False, False, True]


async def test_the_pause_ends_and_grows() -> None:
    clock = StillClock()
    fights = Fights(clock)
    found = [fight for _ in range(3) for fight in fights.note("shop", [drift()])]
    pauses = [found[0].pause_s]
    for _ in range(10):
        clock.pass_s(pauses[-1])
        assert fights.resting("shop") == {}
        pauses.append(fights.note("shop", [drift()])[0].pause_s)
    assert pauses[:3] == [PAUSE_FIRST_S, PAUSE_FIRST_S * 2, PAUSE_FIRST_S * 4]
    assert pauses[-1] == PAUSE_MAX_S


async def test_a_fight_is_over_when_nobody_fights() -> None:
    clock = StillClock()
    fights = Fights(clock)
    for _ in range(3):
        fights.note("shop", [drift()])
    clock.pass_s(PAUSE_FIRST_S + WINDOW_S + 1)
    assert not fights.note("shop", [drift()])
    for _ in range(2):
        fights.note("shop", [drift()])
    fights.forget("shop")
    assert fights.resting("shop") == {}
