"""Which applications are ready, and which stand where they stay by themselves."""

from typing import Any

import pytest

from tests.loop.fleet_of import board_of, stand
from tests.loop.still_clock import StillClock
from trueline.health.status import Status
from trueline.loop.readiness import FAILURES_SETTLED, Readiness
from trueline.loop.schedule import PAUSE_MAX_S
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic

TROUBLE = (Diagnostic(code="TL0802", summary="the disk is full", detail="", remedy="make room"),)


@pytest.mark.parametrize("reason", ["failure", "trouble", "fenced", "away", "held", "waits_for"])
def test_a_first_pass_or_a_reason_for_none_is_needed(reason: str) -> None:
    board = board_of(shop=())
    readiness = Readiness(board, is_ours=lambda _: True)
    assert not readiness.is_ready
    given: Any = "base" if reason in {"held", "waits_for"} else TROUBLE
    setattr(board.kept["shop"], reason, given)
    assert readiness.is_ready
    board.looks = 0
    assert not readiness.is_ready, "Git was not looked at"


def test_whose_passes_are_made_elsewhere_is_not_waited_for() -> None:
    board = board_of(shop=(), blog=())
    board.kept["shop"].held = "a look (ada)"
    board.kept["blog"].is_due = True
    assert not Readiness(board, is_ours=lambda _: True).is_final
    ours = Readiness(board, is_ours=lambda kept: kept.application.name == "shop")
    assert (ours.is_ready, ours.is_final) == (True, True)


@pytest.mark.parametrize(
    ("changes", "is_final"),
    [
        ({}, True),
        ({"sync": Sync.SYNCING}, False),
        ({"sync": Sync.WAITING}, True),
        ({"sync": Sync.BLOCKED}, True),
        ({"health": Status.PROGRESSING}, False),
        ({"health": Status.MISSING}, False),
        ({"health": Status.MISSING, "is_left": True}, True),
        ({"health": Status.DEGRADED}, True),
        ({"sync": Sync.OUT_OF_SYNC, "health": Status.PROGRESSING}, True),
    ],
)
def test_how_it_stands_may_change_by_itself(changes: dict[str, Any], *, is_final: bool) -> None:
    board = board_of(shop=())
    stand(board.kept["shop"], **changes)
    assert Readiness(board, is_ours=lambda _: True).is_final is is_final


async def test_a_trouble_is_news_for_some_tries() -> None:
    """INV-29: what fails again and again has a name, and nobody waits for ever."""
    clock = StillClock()
    board = board_of(clock, shop=())
    board.kept["shop"].trouble = TROUBLE
    readiness = Readiness(board, is_ours=lambda _: True)
    for _ in range(FAILURES_SETTLED):
        assert not readiness.is_final
        board.schedule.retry("shop")
        clock.pass_s(PAUSE_MAX_S)
        board.schedule.done(await board.schedule.next())
    assert readiness.is_final


def test_who_waits_stays_as_long_as_what_it_waits_for() -> None:
    board = board_of(base=(), shop=("base",))
    shop, base = board.kept["shop"], board.kept["base"]
    shop.waits_for = "base"
    readiness = Readiness(board, is_ours=lambda _: True)
    assert not readiness.is_final, "it is True: its turn comes"
    stand(base, sync=Sync.BLOCKED)
    assert readiness.is_final
    del board.kept["base"]
    assert readiness.is_final
