"""The store against its journal: what was edited past it is named, and nothing else is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.record.case import Books
from trueline.model.digest import Digest
from trueline.record.approval import Approvals
from trueline.record.chain import Damage
from trueline.record.history import DEPLOYMENTS_MAX, DeploymentResult, History
from trueline.record.hold import Holds
from trueline.record.journal import Kind, Note
from trueline.record.replay import differences
from trueline.record.trust import TrustBook, VerifiedCommit

PLAN = Digest("plan")

EDITS = {
    "another reason": ("UPDATE hold SET why = 'none' WHERE revision = ''", "hold of shop: the store has another why"),
    "a later end": ("UPDATE hold SET until = '2030' WHERE revision = ''", "hold of shop: the store has another until"),
    "a hold that is gone": ("DELETE FROM hold", "hold of shop: it is not in the store any more"),
    "a hold of nobody": (
        "INSERT INTO hold VALUES ('blog', '', 'eve', 'why not', '2026', NULL)",
        "hold of blog: it stands in the store, and no record tells of it",
    ),
    "a resumed hold": (
        "INSERT INTO hold VALUES ('shop', 'r1', 'ada', 'bad', '2026', NULL)",
        "hold of shop r1: it stands in the store, and no record tells of it",
    ),
    "another approver": ("UPDATE approval SET who = 'eve' WHERE who = 'bob'", "approval of plan bob: it is not in"),
    "another plan's approval": ("UPDATE approval SET application = 'blog'", "the store has another application"),
    "another author": (
        "UPDATE deployment SET by = 'eve' WHERE number = 2",
        "deployment of shop 2: the store has another by",
    ),
    "a better end": ("UPDATE deployment SET result = 'done' WHERE number = 3", "shop 3: the store has another result"),
    "other pins": (
        """UPDATE deployment SET pins = '{"a":"c9"}' WHERE number = 2""",
        "shop 2: the store has another pins",
    ),
    "pins that cannot be read": (
        "UPDATE deployment SET pins = 'nonsense' WHERE number = 2",
        "shop 2: the store has another pins",
    ),
    "another signer": (
        """UPDATE deployment SET signed = '{"(fleet)":{"owner":"eve"}}' WHERE number = 2""",
        "shop 2: the store has another signed",
    ),
    "another commit that was verified": (
        "UPDATE verified SET body = replace(CAST(body AS TEXT), 'c2', 'c9')",
        "verified of main: the store has another commit",
    ),
    "a verified commit that cannot be read": (
        "UPDATE verified SET body = 'nonsense'",
        "verified of main: the store has another at, body, commit",
    ),
    "a line that nobody verified": (
        """INSERT INTO verified VALUES ('other', '{"commit":"c9"}')""",
        "verified of other: it stands in the store, and no record tells of it",
    ),
    "a key that nobody added": (
        """UPDATE trusted SET body = '{"keys":["eve"]}' WHERE name = 'platform'""",
        "trusted of platform: the store has another body",
    ),
    "a key that was taken away": (
        """INSERT INTO trusted VALUES ('former', '{"keys":["eve"]}')""",
        "trusted of former: it stands in the store, and no record tells of it",
    ),
    "a demand that is gone": ("DELETE FROM trusted WHERE name = 'platform'", "trusted of platform: it is not in"),
}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Two of everything."""
    made = Books(tmp_path / "books.sqlite")
    history, holds = History(made.store, made.journal, made.clock), Holds(made.store, made.journal, made.clock)
    approvals = Approvals(made.store, made.journal, made.clock)
    for number in (1, 2, 3):
        history.begin("shop", revision=f"c{number}", tree=f"t{number}", plan=PLAN, by="git", pins={"a": f"c{number}"})
        history.end("shop", number, DeploymentResult.PARTLY)
    history.begin("shop", revision="c4", tree="t4", plan=PLAN, by="ada")
    holds.hold("shop", who="ada", why="bad", revision="r1")
    holds.hold("shop", who="ada", why="first")
    holds.hold("shop", who="bob", why="an incident", until=made.clock.now())
    holds.resume("shop", who="ada", revision="r1")
    for who in ("ada", "bob", "ada"):
        approvals.approve("shop", PLAN, who=who)
    book = TrustBook(made.store, made.journal)
    for keys in (["ada"], ["ada", "bo"]):
        book.trust("platform", {"keys": keys}, told={"commit": "c1"})
    book.trust("former", {"keys": ["eve"]}, told={"commit": "c1"})
    book.trust("former", None, told={"commit": "c2"})
    for commit in ("c1", "c2"):
        verified = VerifiedCommit(commit=commit, at=made.clock.now(), keys=Digest("k"), signer={"owner": "ada"})
        book.advance("main", verified, told={"mode": "head"}, proof={"of": commit})
    yield made
    made.store.close()


def test_what_was_written_through_the_journal_differs_in_nothing(books: Books) -> None:
    assert differences(books.store) == ()


@pytest.mark.parametrize(("statement", "detail"), EDITS.values(), ids=EDITS.keys())
def test_what_was_edited_past_the_journal_is_named(books: Books, statement: str, detail: str) -> None:
    books.store.execute(statement)
    [breach] = differences(books.store)
    assert detail in breach.detail
    assert (breach.damage, breach.diagnostic.code) == (Damage.DIFFERS, "TL0812")
    assert books.journal.verify() == ()


def test_what_a_record_of_before_does_not_tell_is_not_compared(books: Books) -> None:
    """A journal of an earlier version says that trust changed, and not to what."""
    books.journal.append([Note(kind=Kind.TRUST_CHANGED, body={"name": "platform", "commit": "c3"})])
    books.store.execute("""UPDATE trusted SET body = '{"keys":["ada","bo","cy"]}' WHERE name = 'platform'""")
    assert differences(books.store) == ()
    TrustBook(books.store, books.journal).trust("platform", {"keys": ["ada"]}, told={"commit": "c4"})
    assert differences(books.store) == ()
    books.store.execute("""UPDATE trusted SET body = '{"keys":["eve"]}' WHERE name = 'platform'""")
    assert [one.damage for one in differences(books.store)] == [Damage.DIFFERS]


def test_deployments_that_were_let_go_of_are_not_missed(tmp_path: Path) -> None:
    made = Books(tmp_path / "books.sqlite")
    history = History(made.store, made.journal, made.clock)
    with made.store.transaction():
        for number in range(1, DEPLOYMENTS_MAX + 4):
            history.begin("shop", revision=f"c{number}", tree="t", plan=PLAN, by="git")
            history.end("shop", number, DeploymentResult.DONE)
    assert differences(made.store) == ()
    made.store.execute("DELETE FROM deployment WHERE number = 4")
    assert [breach.detail for breach in differences(made.store)] == [
        "deployment of shop 4: it is not in the store any more"
    ]
    made.store.close()
