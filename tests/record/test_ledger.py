"""Inventory and journal are written together; what has no outcome is never guessed; nothing is lost when it ends."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from tests.record.case import Books, Died, Failing, act, applied, change, intent, outcome, ref, seen
from trueline.apply.ledger import Ledger
from trueline.apply.outcome import Outcome, Result
from trueline.model.digest import Digest
from trueline.plan.change import Action, Change
from trueline.record.entry_row import EntryRow, decode_entry, encode_row
from trueline.record.ledger import LOOKUPS_APART
from trueline.runtime.store import StoreFull
from trueline.target.answer import FieldConflict
from trueline.target.inventory import Ending, Entry, EntryState
from trueline.target.snapshot import NOTHING


def test_it_is_a_ledger() -> None:
    ledger: Ledger = Books().ledger
    ledger.intend(act(), [])
    ledger.settle(act(), [])
    assert not ledger.inventory("shop", "prod").entries


def test_an_intent_for_something_new() -> None:
    books = Books()
    books.ledger.intend(act(), [intent(change("a"))])
    assert books.entry("a") == Entry(
        ref=ref("a"), state=EntryState.INTENDED, intended=Digest("b1"), promised=Digest("p1")
    )
    assert books.told() == [("intent", "shop", "ConfigMap/shop/a", "create")]


def test_an_intent_keeps_what_was_known() -> None:
    books = Books()
    before = applied(books, "a")
    books.ledger.intend(act(), [intent(change("a", Action.UPDATE, "b2", uid="u1"), "p2")])
    expected = msgspec.structs.replace(before, state=EntryState.INTENDED, intended=Digest("b2"), promised=Digest("p2"))
    assert books.entry("a") == expected


def test_an_apply_that_was_done() -> None:
    books = Books()
    one = change("a", keep=True, run="r1")
    books.ledger.intend(act(), [intent(one)])
    withheld = (FieldConflict(manager="kubectl", path="data.x"),)
    done = outcome(one, Result.OVERRULED, seen(), withheld=withheld, overruled=("data.y",))
    books.ledger.settle(act(), [done])
    assert books.entry("a") == Entry(
        ref=ref("a"),
        state=EntryState.APPLIED,
        body=Digest("b1"),
        uid="u1",
        promised=Digest("p1"),
        ours=Digest("o1"),
        others=Digest("x1"),
        generation=1,
        overruled=("data.y",),
        withheld=("data.x",),
        run="r1",
        keep=True,
    )


def _after(books: Books, action: Action, result: Result) -> Entry | None:
    one = change("a", action, "" if action in {Action.PRUNE, Action.FORGET} else "b2", uid="u1")
    books.ledger.intend(act(), [intent(one, "p2")])
    books.ledger.settle(act(), [outcome(one, result, seen(ours="o2") if result is Result.DONE else None)])
    return books.entry("a")


@pytest.mark.parametrize("result", [Result.REFUSED, Result.STALE])
@pytest.mark.parametrize("action", [Action.UPDATE, Action.HEAL, Action.TAKE_OVER, Action.REPLACE, Action.PRUNE])
def test_refused_is_as_it_was_before(action: Action, result: Result) -> None:
    books = Books()
    before = applied(books, "a")
    assert _after(books, action, result) == before
    fresh = Books()
    assert _after(fresh, action, result) is None


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.PRUNE])
def test_unknown_stays_intended_through_a_refusal_that_follows(action: Action) -> None:
    books = Books()
    applied(books, "a")
    unknown = _after(books, action, Result.UNKNOWN)
    assert unknown is not None
    assert unknown.state is EntryState.INTENDED
    assert _after(books, Action.UPDATE, Result.REFUSED) == unknown


@pytest.mark.parametrize("action", [Action.PRUNE, Action.FORGET])
def test_what_is_gone_leaves_the_inventory(action: Action) -> None:
    books = Books()
    applied(books, "a")
    assert _after(books, action, Result.DONE) is None
    assert _after(books, action, Result.DONE) is None


def test_a_look_that_finds_nothing_renews_and_leaves_no_record() -> None:
    books = Books()
    one = change("a")
    books.ledger.intend(act(), [intent(one)])
    books.ledger.settle(act(), [outcome(one, Result.OVERRULED, seen(), overruled=("data.y",))])
    told = books.told()
    books.ledger.settle(act(), [outcome(change("a", Action.HEAL), Result.SAME, seen(ours="o9", generation=4))])
    entry = books.entry("a")
    assert entry is not None
    assert (entry.ours, entry.generation, entry.overruled) == ("o9", 4, ("data.y",))
    assert books.told() == told


def test_a_transfer_is_one_write_to_both_inventories() -> None:
    """INV-08: nobody owns it for a moment, and no two do."""
    books = Books()
    given_up = applied(books, "a", "old")
    one = change("a", Action.TRANSFER, uid="u1")
    books.ledger.intend(act("new"), [intent(one)])
    assert books.entry("a", "old") == given_up
    owner = books.ledger.lookup("prod", ref("a"))
    assert owner is not None
    assert owner[0] == "new"
    books.ledger.settle(act("new"), [outcome(one, observed=seen())])
    assert books.entry("a", "old") is None
    assert books.ledger.lookup("prod", ref("a")) == ("new", books.entry("a", "new"))
    assert ("transferred", "old", "ConfigMap/shop/a", "") in books.told()


def test_a_refused_transfer_changes_neither() -> None:
    books = Books()
    given_up = applied(books, "a", "old")
    one = change("a", Action.TRANSFER, uid="u1")
    books.ledger.intend(act("new"), [intent(one)])
    books.ledger.settle(act("new"), [outcome(one, Result.REFUSED)])
    assert (books.entry("a", "old"), books.entry("a", "new")) == (given_up, None)


def test_what_moves_keeps_what_was_ours_of_it() -> None:
    """D17: who had it forgets it before the outcome is known; what a person takes of it meanwhile is put back."""
    books = Books()
    before = applied(books, "a", "old")
    one = change("a", Action.TRANSFER, uid="u1")
    books.ledger.intend(act("new"), [intent(one)])
    moving = books.entry("a", "new")
    assert moving is not None
    assert before is not None
    assert moving.state is EntryState.INTENDED
    assert (moving.body, moving.ours, moving.others) == (before.body, before.ours, before.others)
    books.ledger.intend(act("old"), [intent(change("a", Action.FORGET, "", uid="u1"))])
    books.ledger.settle(act("old"), [outcome(change("a", Action.FORGET, "", uid="u1"))])
    assert (books.entry("a", "old"), books.entry("a", "new")) == (None, moving)


def test_what_is_in_no_book_is_not_forgotten() -> None:
    """INV-23: it moved while the pass went on; after a crash nobody would settle an intent that changes nothing."""
    books = Books()
    one = change("a", Action.FORGET, "", uid="u1")
    books.ledger.intend(act(), [intent(one)])
    books.ledger.settle(act(), [outcome(one)])
    assert (books.entry("a"), books.told()) == (None, [])


def test_what_is_given_up_leaves_no_intent_open() -> None:
    """INV-23: who had it was about to forget it, and ended before it could say so."""
    books = Books()
    applied(books, "a", "old")
    books.ledger.intend(act("old"), [intent(change("a", Action.FORGET, "", uid="u1"))])
    one = change("a", Action.TRANSFER, uid="u1")
    books.ledger.intend(act("new"), [intent(one)])
    books.ledger.settle(act("new"), [outcome(one, observed=seen())])
    of_old = [(kind, what) for kind, name, _, what in books.told() if name == "old"]
    assert of_old[-3:] == [("intent", "forget"), ("outcome", "forget"), ("transferred", "")]
    assert books.ledger.gone("old", "prod", [ref("a")]) == {}, "it lives, and is another's"


def test_who_owns_what() -> None:
    books = Books()
    applied(books, "a", "one")
    applied(books, "b", "two")
    assert books.ledger.applications("prod") == ("one", "two")
    assert books.ledger.targets("one") == ("prod",)
    assert (books.ledger.kinds("prod"), books.ledger.kinds("elsewhere")) == (("ConfigMap",), ())
    assert books.ledger.lookup("prod", ref("c")) is None
    assert books.ledger.lookup("elsewhere", ref("a")) is None


def test_many_lookups_in_a_row_are_one_question() -> None:
    """A start looks up each object that it sees; who is about to own one comes first, and a write is seen at once."""
    asked = list[str]()

    class Listening(Failing):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            asked.append(sql)
            return super().execute(sql, parameters)

    books = Books(factory=Listening)
    names = [f"n{number:03}" for number in range(2 * LOOKUPS_APART)]
    entries = {name: applied(books, name, "one") for name in names}
    books.ledger.intend(act("another"), [intent(change(names[0], Action.TRANSFER))])
    expected = [("another", books.entry(names[0], "another")), *(("one", entries[name]) for name in names[1:])]
    for _ in range(2):
        asked.clear()
        assert [books.ledger.lookup("prod", ref(name)) for name in names] == expected
        assert books.ledger.lookup("prod", ref("absent")) is None
    assert asked == []
    books.ledger.settle(act("another"), [outcome(change(names[0], Action.TRANSFER), Result.REFUSED)])
    assert books.ledger.lookup("prod", ref(names[0])) == ("one", entries[names[0]])


def test_what_is_too_much_to_be_read_at_once_is_asked_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trueline.record.ledger.OWNERS_MAX", 10)
    books = Books()
    entries = {name: applied(books, name) for name in (f"n{number}" for number in range(11))}
    for _ in range(2 * LOOKUPS_APART):
        assert [books.ledger.lookup("prod", ref(name)) for name in entries] == [("shop", e) for e in entries.values()]


def test_who_has_applied_what_of_a_kind() -> None:
    books = Books()
    body = applied(books, "a", "one").body
    other = applied(books, "b", "two").body
    assert set(books.ledger.holders("ConfigMap")) == {("one", body), ("two", other)}
    assert books.ledger.holders("Config") == ()
    books.ledger.intend(act("three"), [intent(change("c"))])
    assert "three" not in dict(books.ledger.holders("ConfigMap")), "an intent is not applied yet"


_CHANGES = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from([a for a in Action if a not in {Action.KEEP, Action.HOLD}]),
    st.sampled_from([*Result, None]),
    st.sampled_from(["one", "two"]),
)


@given(st.lists(_CHANGES, max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_object_that_may_exist_is_forgotten(steps: list[tuple[str, Action, Result | None, str]]) -> None:
    """INV-23: whatever comes: an apply that was taken is listed, and only a removal that was done takes it out."""
    books = Books()
    listed: set[tuple[str, str]] = set()
    attempts: set[tuple[str, str]] = set()
    for name, action, result, application in steps:
        one = change(name, action, "" if action in {Action.PRUNE, Action.FORGET} else "b")
        books.ledger.intend(act(application), [intent(one)])
        if result is not None:
            books.ledger.settle(act(application), [outcome(one, result, seen())])
        may_have_moved = (application, name) in attempts or result is Result.SAME  # nothing is intended for that
        if action.is_apply and may_have_moved and result in _TAKEN:
            listed.difference_update({(other, name) for other in ("one", "two") if other != application})
        _expect(listed, name, action, result, application)
        if result in {None, Result.UNKNOWN}:
            attempts.add((application, name))
        elif result is Result.DONE or (action.is_apply and result in _TAKEN):
            # What was refused, or left alone, says nothing of the attempt before it, which may have moved the object.
            attempts.discard((application, name))
    held = {(a, r.name) for a in ("one", "two") for r in books.ledger.inventory(a, "prod").entries}
    assert listed <= held
    assert books.journal.verify() == ()


_TAKEN = frozenset({Result.DONE, Result.SAME, Result.OVERRULED})


def _expect(listed: set[tuple[str, str]], name: str, action: Action, result: Result | None, application: str) -> None:
    is_taken = result in _TAKEN
    if action.is_apply and is_taken:
        listed.add((application, name))
        if action is Action.TRANSFER:
            listed.difference_update({(other, name) for other in ("one", "two") if other != application})
    elif (action in {Action.PRUNE, Action.RELEASE} and result is Result.DONE) or (action is Action.FORGET and is_taken):
        listed.discard((application, name))


# What a stage does, one call after the other; each is all or nothing.
_OLD = change("moved", Action.CREATE)
_STAGE: tuple[tuple[str, Action, Result], ...] = (
    ("a", Action.UPDATE, Result.DONE),
    ("b", Action.PRUNE, Result.DONE),
    ("moved", Action.TRANSFER, Result.DONE),
    ("c", Action.CREATE, Result.DONE),
    ("d", Action.UPDATE, Result.REFUSED),
    ("e", Action.UPDATE, Result.UNKNOWN),
)


def _prepare(path: Path) -> None:
    books = Books(path)
    for name in "abde":
        applied(books, name)
    applied(books, "moved", "old")
    books.store.close()


def _work(books: Books) -> None:
    changes = [change(name, action, "b2", uid="u1") for name, action, _ in _STAGE]
    books.ledger.intend(act(), [intent(one) for one in changes])
    books.ledger.settle(act(), [_outcome_of(one, result) for one, (_, _, result) in zip(changes, _STAGE, strict=True)])


def _outcome_of(one: Change, result: Result) -> Outcome:
    return outcome(one, result, seen() if result is Result.DONE and one.action is not Action.PRUNE else None)


def _check_agreement(books: Books) -> None:
    """The inventory is what the journal tells, no more and no less."""
    assert books.journal.verify() == ()
    records = [r for r in books.journal.after() if r.body.get("revision") == "c1"][10:]
    intents = [r for r in records if r.kind == "intent"]
    outcomes = {r.body["ref"]: r.body["result"] for r in records if r.kind == "outcome"}
    assert len(intents) in {0, len(_STAGE)}
    assert len(outcomes) in {0, len(_STAGE)}
    for name, action, _ in _STAGE:
        mine, key = books.entry(name), str(ref(name))
        if not intents:
            assert (mine is None) == (name in {"moved", "c"})
        elif not outcomes or outcomes[key] == "unknown":
            assert mine is not None
            assert mine.state is EntryState.INTENDED
        elif outcomes[key] == "refused":
            assert mine is not None
            assert (mine.state, mine.body) == (EntryState.APPLIED, "b1")
        else:
            assert (mine is None) == (action is Action.PRUNE)
            assert mine is None or (mine.state, mine.body, mine.intended) == (EntryState.APPLIED, "b2", NOTHING)
    assert (books.entry("moved", "old") is None) == bool(outcomes)


def _until_it_passes(directory: Path, one: Callable[[int, Path], bool]) -> int:
    for n in range(1, 500):
        place = directory / str(n)
        place.mkdir()
        _prepare(place / "books.sqlite")
        if one(n, place):
            return n
    raise AssertionError("it never passes")


def test_a_full_disk_at_every_call(tmp_path: Path) -> None:
    """INV-24: nothing of it is half there."""

    def one(n: int, place: Path) -> bool:
        failing = type("Once", (Failing,), {})
        books = Books(place / "books.sqlite", failing)
        connection = books.store._database  # noqa: SLF001 - the test holds the wire
        assert isinstance(connection, Failing)
        connection.count, connection.fail_at = 0, n
        try:
            _work(books)
        except StoreFull:
            connection.fail_at = 0
            _check_agreement(books)
            return False
        else:
            return True
        finally:
            books.store.close()

    assert _until_it_passes(tmp_path, one) > 15


@pytest.mark.parametrize("is_late", [False, True], ids=["before the call", "after the call"])
def test_death_at_every_call(tmp_path: Path, *, is_late: bool) -> None:
    """INV-14: what is on the disk then is what the journal tells."""

    def one(n: int, place: Path) -> bool:
        books = Books(place / "books.sqlite", Failing)
        connection = books.store._database  # noqa: SLF001 - the test holds the wire
        assert isinstance(connection, Failing)
        connection.path, connection.grave = place / "books.sqlite", place / "grave"
        connection.count, connection.fail_at, connection.is_death, connection.is_late = 0, n, True, is_late
        try:
            _work(books)
        except Died:
            again = Books(place / "grave" / "books.sqlite")
            _check_agreement(again)
            again.store.close()
            return False
        else:
            return True
        finally:
            connection.fail_at = 0
            books.store.close()

    assert _until_it_passes(tmp_path, one) > 15


def test_two_thousand_intents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    books = Books(tmp_path / "books.sqlite")
    intents = [intent(change(f"settings-{n}", body=f"{n:064}")) for n in range(2_000)]
    began = time.perf_counter()
    books.ledger.intend(act(), intents)
    between = time.perf_counter()
    books.ledger.settle(act(), [outcome(i.change, observed=seen()) for i in intents])
    ended = time.perf_counter()
    with capsys.disabled():
        print(f"\n2,000 intents {1e3 * (between - began):.1f} ms, outcomes {1e3 * (ended - between):.1f} ms")  # noqa: T201 - a figure to read
    assert len(books.ledger.inventory("shop", "prod").entries) == 2_000
    books.store.close()


def test_what_others_added_is_kept_until_the_next_look() -> None:
    books, update = Books(), change("a", Action.UPDATE, uid="u1")
    additions = tuple(FieldConflict(manager="kubectl", path=path) for path in ("data.y", "data.x"))
    texts = ("kubectl data.x", "kubectl data.y")
    books.ledger.intend(act(), [intent(change("a"))])
    books.ledger.settle(act(), [outcome(change("a"), observed=seen(), added=additions)])
    assert _added(books) == texts
    books.ledger.intend(act(), [intent(update)])
    assert _added(books) == texts
    books.ledger.settle(act(), [outcome(update)])
    assert _added(books) == texts, "nobody saw the object"
    books.ledger.settle(act(), [outcome(change("a", Action.HEAL), Result.SAME, seen())])
    assert _added(books) == ()


def test_a_row_of_before_has_neither_additions_nor_a_time() -> None:
    """INV-27: an older inventory is read."""
    row = EntryRow("ConfigMap", "shop", "a", "applied", uid="u1", ended="well", added=("kubectl data.x",), applied_at=9)
    fields = msgspec.msgpack.decode(encode_row(row))
    old, older = (decode_entry(msgspec.msgpack.encode(fields[:-fewer])) for fewer in (1, 2))
    assert (old.ended, old.added, old.applied_at) == (Ending.WELL, row.added, 0)
    assert (older.uid, older.ended, older.added) == ("u1", Ending.WELL, ())
    read = decode_entry(encode_row(row))
    assert (read.added, read.applied_at) == (row.added, 9)


def test_when_we_applied_last_is_known_until_something_is_seen() -> None:
    books, update = Books(), change("a", Action.UPDATE, uid="u1")
    books.ledger.intend(act(), [intent(change("a"))])
    books.ledger.settle(act(), [outcome(change("a"), observed=msgspec.structs.replace(seen(), applied_at=9))])
    books.ledger.intend(act(), [intent(update)])
    assert _applied_at(books) == 9
    books.ledger.settle(act(), [outcome(update)])
    assert _applied_at(books) == 9, "nobody saw the object"
    books.ledger.settle(act(), [outcome(update, observed=msgspec.structs.replace(seen(), applied_at=12))])
    assert _applied_at(books) == 12


def _applied_at(books: Books) -> int:
    entry = books.entry("a")
    assert entry is not None
    return entry.applied_at


def _added(books: Books) -> tuple[str, ...]:
    entry = books.entry("a")
    assert entry is not None
    return entry.added
