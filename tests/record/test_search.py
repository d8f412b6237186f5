"""Records that are searched for: the newest first, by what is asked, and never more examined than is bounded."""

import pytest

from trueline.record.journal import EXAMINED_MAX, Journal, Kind, Note, Wanted
from trueline.record.schema import SCHEMA
from trueline.runtime.store import MEMORY, Store
from trueline.testing.clock import StillClock

NOTES = (
    Note(kind=Kind.REVISION_SEEN, body={"commit": "9f31", "author": "Ana", "subject": "Größer"}),
    Note(kind=Kind.HOLD, application="shop", body={"who": "ben", "why": "100% \\ of _it_"}),
    Note(kind=Kind.OUTCOME, application="shop", body={"ref": "ConfigMap/shop/a", "result": "done"}),
    Note(kind=Kind.OUTCOME, application="blog", body={"ref": "ConfigMap/blog/a", "result": "refused"}),
    Note(kind=Kind.STOPPED, body=[1]),
)


@pytest.fixture
def journal() -> Journal:
    clock = StillClock()
    made = Journal(Store.open(MEMORY, SCHEMA), clock)
    for note in NOTES:
        made.append([note])
        clock.pass_s(86_400)
    return made


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [5, 4, 3, 2, 1]),
        (Wanted(application="shop"), [3, 2]),
        (Wanted(application=""), [5, 1]),
        (Wanted(kinds=("outcome", "hold")), [4, 3, 2]),
        (Wanted(kinds=("nothing",)), []),
        (Wanted(who="BEN"), [2]),
        (Wanted(who="an"), [1]),
        (Wanted(text="configmap/"), [4, 3]),
        (Wanted(text="größer"), [1]),
        (Wanted(text="HOLD"), [2]),
        (Wanted(text="%"), [2]),
        (Wanted(text="_it_"), [2]),
        (Wanted(text="'; DROP TABLE record; --"), []),
        (Wanted(since="2026-07-03"), [5, 4, 3]),
        (Wanted(application="shop", kinds=("outcome",), text="done"), [3]),
    ],
)
def test_what_is_asked_for_is_found(journal: Journal, wanted: Wanted, numbers: list[int]) -> None:
    found = journal.search(wanted)
    assert ([one.sequence for one in found.records], found.reached) == (numbers, 0)


def test_it_goes_on_before_a_number(journal: Journal) -> None:
    numbers, before, pages = list[int](), 0, 0
    while before or not pages:
        found = journal.search(Wanted(), before=before, limit=2)
        numbers += [one.sequence for one in found.records]
        before, pages = found.reached, pages + 1
    assert (numbers, pages) == ([5, 4, 3, 2, 1], 3)
    assert journal.search(Wanted(), limit=0).records == ()


def test_inv_31_a_search_examines_so_many_and_says_how_far_it_came() -> None:
    """INV-31: what is found nowhere does not hold everything else up."""
    journal = Journal(Store.open(MEMORY, SCHEMA), StillClock())
    journal.append([Note(kind=Kind.STARTED, application="rare"), *[Note(kind=Kind.INTENT)] * (EXAMINED_MAX + 5)])
    first = journal.search(Wanted(text="rare"))
    assert (first.records, first.reached) == ((), 7)
    assert [one.sequence for one in journal.search(Wanted(text="rare"), before=first.reached).records] == [1]
    assert [one.sequence for one in journal.search(Wanted(application="rare")).records] == [1], "by its index"
