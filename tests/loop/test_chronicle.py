"""What the engine writes down of its passes: each drift once, and only what was written counts as told."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.loop.test_progress import NOTHING
from tests.record.case import Books
from trueline.drift.drift import Drift, DriftKind
from trueline.loop.chronicle import FLEET, Chronicle
from trueline.loop.progress import Pass, concluded
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.journal import Note
from trueline.runtime.store import StoreFull
from trueline.target.fence import Head

REF = Ref("ConfigMap", "shop", "settings")
DRIFT = Drift(ref=REF, kind=DriftKind.CHANGED, fields=("data.a",))


class Paper:
    """A journal that has room or not."""

    def __init__(self) -> None:
        self.has_room = True
        self.written: list[Note] = []

    def append(self, notes: list[Note]) -> None:
        """Write, where there is room."""
        if not self.has_room:
            raise StoreFull([])
        self.written += notes


def chronicle(paper: Paper) -> Chronicle:
    """With no history: only looks are told of here."""
    journal: Any = paper
    history: Any = SimpleNamespace()
    return Chronicle(journal, history)


def found(**drifts: Any) -> Pass:
    """A pass that found this."""
    made = concluded(NOTHING, (), waits=())
    return Pass(review=made.review, sync=made.sync, **drifts)


@pytest.mark.parametrize("where", ["drifts", "left"])
def test_what_was_not_written_is_not_told(where: str) -> None:
    """INV-14: the disk was full for a moment; the pass after that finds the same, and tells it."""
    paper = Paper()
    told, made = chronicle(paper), found(**{where: (DRIFT,)})
    paper.has_room = False
    with pytest.raises(StoreFull):
        told.drift("shop", made)
    paper.has_room = True
    told.drift("shop", made)
    assert [note.body["fields"] for note in paper.written] == [["data.a"]]


def test_what_is_left_is_told_once() -> None:
    paper = Paper()
    told, made = chronicle(paper), found(left=(DRIFT,))
    told.drift("shop", made)
    told.drift("shop", made)
    told.drift("shop", found())
    told.drift("shop", made)
    assert len(paper.written) == 2, "it was put back meanwhile, and differs again"


def test_what_was_foreseen_is_told_once_until_it_is_healed() -> None:
    paper = Paper()
    told = chronicle(paper)
    told.foresee("shop", (DRIFT,))
    told.foresee("shop", (DRIFT,))
    told.drift("shop", found(drifts=(DRIFT,)))
    assert len(paper.written) == 1
    told.foresee("shop", (DRIFT,))
    assert len(paper.written) == 2, "it drifted again"


def test_who_agreed_since_a_fence_stands_where_it_stands() -> None:
    """INV-12: what was agreed to before the fence moved says nothing of what it says now."""
    books = Books()
    told = Chronicle(books.journal, History(books.store, books.journal, books.clock))
    approvals = Approvals(books.store, books.journal, books.clock)
    theirs = Head(sequence=40, digest="theirs")
    approvals.approve(FLEET, Digest("first"), who="ada")
    ours = told.head
    assert told.agreed("prod", "shop", ours) == ()
    told.meet("prod", "shop", theirs)
    approvals.approve("shop", Digest("plan"), who="ada")
    for commit in ("second", "third"):
        approvals.approve(FLEET, Digest(commit), who="ada")
    assert told.agreed("prod", "shop", ours) == ("third", "second")
    assert told.agreed("prod", "shop", theirs) == ("third", "second")
    assert told.agreed("prod", "blog", theirs) == (), "that one was not met there"
    assert told.agreed("prod", "shop", Head(sequence=41, digest="newer")) == ()
    assert told.agreed("prod", "shop", Head()) == (), "nothing is said there"
    assert told.has_met("prod", "shop", theirs)
