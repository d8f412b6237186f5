"""The judge finds each wrong that the engine could do, and holds nothing right against it."""

from typing import Any

import pytest

from tests.chaos.declared import TURN, Declared, clock, item
from tests.chaos.etcd_watch import Written
from tests.chaos.judge import NOTE, Fault, Judge

ITEM, OTHER, CLOCK = item("left", 0), item("left", 4), clock("left")


class Case:
    """Writes, one after the other."""

    def __init__(self, *turns: dict[Any, int]) -> None:
        self.judge = Judge(declared=Declared(turns=list(turns)))
        self._revision = 0

    def put(self, name: str, *, turn: int = 0, uid: str = "1", note: bool = False) -> None:
        """An object is written."""
        annotations = {TURN: str(turn), **({NOTE: "x"} if note else {})}
        self._see(name, {"metadata": {"uid": uid, "annotations": annotations}})

    def delete(self, name: str) -> None:
        """And deleted."""
        self._see(name, None)

    @property
    def faults(self) -> list[Fault]:
        """What the judge holds against them."""
        return [wrong.fault for wrong in self.judge.wrongs]

    def _see(self, name: str, value: object) -> None:
        self._revision += 1
        key = f"/registry/configmaps/left/{name}"
        self.judge.see(Written(revision=self._revision, key=key, is_delete=value is None, value=value))


def test_the_course_of_things_is_not_wrong() -> None:
    case = Case({ITEM: 0, CLOCK: 0}, {CLOCK: 1}, {ITEM: 2, CLOCK: 2})
    case.put("clock")
    case.put("item-0", note=True)
    case.put("item-0", note=True)
    case.put("stranger-a")
    case.put("clock", turn=1)
    case.delete("item-0")
    case.put("clock", turn=2)
    case.put("item-0", turn=2, uid="2")
    case.put("kube-root-ca.crt")
    assert case.faults == []
    assert case.judge.differences() == []


@pytest.mark.parametrize(("reached", "faults"), [(0, []), (1, []), (2, [Fault.DELETED])])
def test_a_delete_is_wrong_once_the_turn_that_asked_for_it_is_past(reached: int, faults: list[Fault]) -> None:
    case = Case({ITEM: 0, CLOCK: 0}, {CLOCK: 1}, {ITEM: 0, CLOCK: 2})
    case.put("item-0")
    case.put("clock", turn=reached)
    case.delete("item-0")
    assert case.faults == faults


def test_a_delete_of_what_every_turn_declares() -> None:
    case = Case({ITEM: 0, CLOCK: 0}, {ITEM: 0, CLOCK: 1})
    case.put("item-0")
    case.delete("item-0")
    assert case.faults == [Fault.DELETED]


def test_a_stranger_is_touched() -> None:
    case = Case({CLOCK: 0})
    case.put("stranger-a")
    case.put("stranger-a", turn=1)
    case.put("stranger-b")
    case.delete("stranger-b")
    assert case.faults == [Fault.TOUCHED, Fault.TOUCHED]


def test_older_over_newer_also_where_it_was_gone_between() -> None:
    case = Case({ITEM: 0}, {ITEM: 1}, {})
    case.put("item-0", turn=1)
    case.put("item-0", turn=0)
    case.delete("item-0")
    case.put("item-0", turn=0, uid="2")
    assert case.faults == [Fault.OLDER, Fault.OLDER]


def test_a_neighbours_field_is_lost() -> None:
    case = Case({ITEM: 0})
    case.put("item-0", note=True)
    case.put("item-0")
    assert case.faults == [Fault.NOTE_LOST]


def test_what_differs_from_git() -> None:
    case = Case({ITEM: 0, CLOCK: 0}, {ITEM: 1, CLOCK: 1})
    case.put("item-0")
    case.put("item-4")
    assert [text.rpartition(": ")[2] for text in case.judge.differences()] == [
        "absent, not 1",
        "0, not 1",
        "0, not absent",
    ]
