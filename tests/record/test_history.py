"""Deployments, fence, holds, approvals, statuses: what was written is there after a start, with its record."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.record.case import START, Books
from trueline.model.digest import Digest
from trueline.record.approval import Approvals
from trueline.record.history import DEPLOYMENTS_MAX, DeploymentResult, History
from trueline.record.hold import Holds
from trueline.record.status import Statuses

PLAN = Digest("plan")


def _history(books: Books) -> History:
    return History(books.store, books.journal, books.clock)


def test_deployments_are_numbered_and_ended(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite")
    history = _history(books)
    first = history.begin("shop", revision="c1", tree="t1", plan=PLAN, by="ada")
    history.end("shop", first.number, DeploymentResult.DONE)
    second = history.begin("shop", revision="c2", tree="t2", plan=PLAN, by="ada")
    history.end("shop", second.number, DeploymentResult.FAILED)
    history.begin("shop", revision="c3", tree="t3", plan=PLAN, by="ada")
    books.store.close()
    again = Books(tmp_path / "books.sqlite")
    history = _history(again)
    assert [d.number for d in history.history("shop")] == [3, 2, 1]
    assert [d.number for d in history.history("shop", 1)] == [3]
    good = history.last_good("shop")
    assert good is not None
    assert (good.revision, good.began, good.ended, good.by) == ("c1", START, START, "ada")
    assert [d.revision for d in history.unfinished()] == ["c3"]
    assert history.last_good("blog") is None
    assert [r.kind for r in again.journal.after()] == ["deployment begun", "deployment ended"] * 2 + [
        "deployment begun"
    ]
    assert again.journal.verify() == ()
    again.store.close()


def test_a_deployment_ends_once() -> None:
    history = _history(Books())
    deployment = history.begin("shop", revision="c1", tree="t1", plan=PLAN, by="ada")
    history.end("shop", deployment.number, DeploymentResult.DONE)
    with pytest.raises(KeyError):
        history.end("shop", deployment.number, DeploymentResult.FAILED)
    assert len(history.history("shop")) == 1


def test_deployments_are_bounded() -> None:
    books = Books()
    history = _history(books)
    with books.store.transaction():
        for n in range(DEPLOYMENTS_MAX + 5):
            history.begin("shop", revision=f"c{n}", tree="t", plan=PLAN, by="ada")
    assert len(history.history("shop", DEPLOYMENTS_MAX + 5)) == DEPLOYMENTS_MAX


def test_the_fence_moves_only_from_where_it_was_seen() -> None:
    """INV-12: a late worker is told."""
    history = _history(Books())
    assert history.newest("shop") == ""
    assert history.advance("shop", expected="", commit="c1")
    assert not history.advance("shop", expected="", commit="c0")
    assert history.advance("shop", expected="c1", commit="c2")
    assert not history.advance("shop", expected="c1", commit="c1b")
    assert history.newest("shop") == "c2"
    assert history.newest("blog") == ""


def test_a_hold_holds_until_it_ends() -> None:
    books = Books()
    holds = Holds(books.store, books.journal, books.clock)
    whole = holds.hold("shop", who="ada", why="a freeze", until=START + timedelta(hours=1))
    one = holds.hold("shop", who="bob", why="it is bad", revision="c9")
    assert holds.active("shop") == (whole, one)
    assert holds.active("shop", START + timedelta(hours=1)) == (one,)
    assert holds.active("blog") == ()
    assert holds.resume("shop", who="ada", revision="c9") == (one,)
    assert holds.resume("shop", who="ada") == (whole,)
    assert holds.resume("shop", who="ada") == ()
    assert [r.kind for r in books.journal.after()] == ["hold", "hold", "resume", "resume"]


def test_an_approval_is_of_one_plan_and_counts_once() -> None:
    books = Books()
    approvals = Approvals(books.store, books.journal, books.clock)
    first = approvals.approve("shop", PLAN, who="ada")
    books.clock.at += timedelta(hours=1)
    assert approvals.approve("shop", PLAN, who="ada") == first
    second = approvals.approve("shop", PLAN, who="bob")
    assert approvals.of(PLAN) == (first, second)
    assert approvals.of(Digest("another")) == ()
    assert [r.kind for r in books.journal.after()] == ["approval", "approval"]


def test_a_status_is_kept_with_its_time(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite")
    statuses = Statuses(books.store, books.clock)
    statuses.put("shop", {"sync": "OutOfSync"})
    statuses.put("shop", {"sync": "Synced"})
    statuses.put("blog", {"sync": "Unknown"})
    books.store.close()
    again = Books(tmp_path / "books.sqlite")
    statuses = Statuses(again.store, again.clock)
    kept = statuses.get("shop")
    assert kept is not None
    assert (kept.at, kept.body) == (START, {"sync": "Synced"})
    statuses.forget("shop")
    assert [status.application for status in statuses.all()] == ["blog"]
    assert statuses.get("shop") is None
    again.store.close()
