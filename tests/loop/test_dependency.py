"""Whom an application waits for: by how the others stand, and by whose passes are made here."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.loop.fleet_of import board_of, stand
from tests.loop.test_reconcile import desired
from trueline.health.status import Status
from trueline.loop.board import Board
from trueline.loop.dependency import Dependencies


def dependencies(board: Board, *, others: tuple[str, ...] = (), was_true: bool = True, done: str = "") -> Dependencies:
    """Passes of `others` are made elsewhere; each was True there once, and `done` is what was completed of it."""
    register: Any = SimpleNamespace(was_true=lambda _: was_true)
    chronicle: Any = SimpleNamespace(completed_run=lambda _: done)
    return Dependencies(
        board, register=register, chronicle=chronicle, is_ours=lambda kept: kept.application.name not in others
    )


def test_what_is_not_true_at_what_git_says_is_waited_for() -> None:
    """INV-18."""
    board = board_of(base=(), shop=("base",))
    asked = dependencies(board)
    shop, base = board.kept["shop"], board.kept["base"]
    assert (asked.missing(shop), asked.missing(base)) == ("", "")
    stand(base, wanted="newer")
    assert asked.missing(shop) == "base"
    stand(base, wanted="r", health=Status.PROGRESSING)
    assert asked.missing(shop) == "base"
    del board.kept["base"]
    assert asked.missing(shop) == "base"


def test_what_leaves_waits_for_whom_it_serves() -> None:
    """INV-18: deletion goes the other way round."""
    board = board_of(base=(), shop=("base",))
    base = board.kept["base"]
    aim = base.desired
    assert aim is not None
    base.desired = replace(aim, is_removal=True)
    assert dependencies(board).missing(base) == "shop"
    del board.kept["shop"]
    assert dependencies(board).missing(base) == ""


def test_what_others_keep_stands_as_it_stood_last() -> None:
    board = board_of(base=(), shop=("base",))
    shop, base = board.kept["shop"], board.kept["base"]
    stand(base, health=Status.UNKNOWN)
    assert base.desired is not None
    run = base.desired.run
    assert dependencies(board, others=("base",), done=run).missing(shop) == ""
    assert dependencies(board, others=("base",), done=run, was_true=False).missing(shop) == "base"
    assert dependencies(board, others=("base",), done="older").missing(shop) == "base"
    shop.pinned = desired()  # a rollback needs no newer one than that
    assert dependencies(board, others=("base",), done="older").missing(shop) == ""
