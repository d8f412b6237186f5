"""How a hook ended stands in its row, and outlives its object; the wave of what was applied stands there too."""

from dataclasses import replace

from tests.record.case import Books, act, change, intent, outcome, ref, seen
from trueline.apply.outcome import Result
from trueline.plan.change import Action, Change
from trueline.render.resource import Position
from trueline.target.inventory import Ending, EntryState


def hook(action: Action = Action.CREATE, run: str = "r1") -> Change:
    return replace(change("a", action, run=run, uid="u1"), position=Position(wave=-3))


def done(books: Books, one: Change) -> None:
    books.ledger.intend(act(), [intent(one)])
    books.ledger.settle(act(), [outcome(one, Result.DONE, seen())])


def test_an_ending_is_written_once() -> None:
    books = Books()
    done(books, hook())
    books.ledger.end(act(), {ref("a"): Ending.BADLY, ref("stranger"): Ending.WELL})
    entry = books.entry("a")
    assert entry is not None
    assert (entry.ended, entry.wave, entry.state) == (Ending.BADLY, -3, EntryState.APPLIED)
    assert set(books.ledger.inventory("shop", "prod").entries) == {ref("a")}


def test_the_row_of_a_failed_hook_outlives_its_object() -> None:
    """Else it would run again; the next run begins with nothing known."""
    books = Books()
    done(books, hook())
    books.ledger.end(act(), {ref("a"): Ending.BADLY})
    done(books, hook(Action.PRUNE))
    entry = books.entry("a")
    assert entry is not None
    assert (entry.run, entry.ended, entry.uid, entry.state) == ("r1", Ending.BADLY, "", EntryState.APPLIED)
    done(books, hook(run="r2"))
    entry = books.entry("a")
    assert entry is not None
    assert (entry.run, entry.ended) == ("r2", Ending.NONE)


def test_a_failed_hook_that_is_found_gone_is_still_known() -> None:
    """INV-14: a process died after it deleted the object. Nobody knows so: the row is what says that it ran."""
    books = Books()
    done(books, hook())
    books.ledger.end(act(), {ref("a"): Ending.BADLY})
    books.ledger.intend(act(), [intent(hook(Action.PRUNE))])
    done(books, hook(Action.FORGET))
    entry = books.entry("a")
    assert entry is not None
    assert (entry.run, entry.ended, entry.uid, entry.state) == ("r1", Ending.BADLY, "", EntryState.APPLIED)
    done(books, hook(Action.FORGET, run=""))
    assert books.entry("a") is None


def test_a_failed_hook_that_git_dropped_is_forgotten_at_once() -> None:
    books = Books()
    done(books, hook())
    books.ledger.end(act(), {ref("a"): Ending.BADLY})
    done(books, hook(Action.FORGET, run=""))
    assert books.entry("a") is None


def test_the_row_of_a_hook_that_did_its_work_goes_with_it() -> None:
    books = Books()
    done(books, hook())
    books.ledger.end(act(), {ref("a"): Ending.WELL})
    done(books, hook(Action.PRUNE))
    assert books.entry("a") is None


def test_a_delete_that_was_refused_leaves_the_ending() -> None:
    books = Books()
    done(books, hook())
    books.ledger.end(act(), {ref("a"): Ending.BADLY})
    before, prune = books.entry("a"), hook(Action.PRUNE)
    books.ledger.intend(act(), [intent(prune)])
    books.ledger.settle(act(), [outcome(prune, Result.REFUSED)])
    assert books.entry("a") == before
