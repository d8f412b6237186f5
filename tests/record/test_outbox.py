"""The outbox: what is told and what is known are one write; bounds; the newest status; nothing of who left."""

from datetime import timedelta

import pytest

from tests.record.case import START, StandingClock
from trueline.record.outbox import FULL, QUEUE_MAX, Outbox, Post
from trueline.record.schema import SCHEMA
from trueline.runtime.store import MEMORY, Store


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def outbox(clock: StandingClock) -> Outbox:
    return Outbox(Store.open(MEMORY, SCHEMA), clock)


def post(text: str, service: str = "chat", subject: str = "") -> Post:
    return Post(service=service, subject=subject, body=text.encode())


def waiting(outbox: Outbox) -> list[tuple[str, str, bytes, int]]:
    return [(one.notifier, one.service, one.body, one.waiting) for one in outbox.heads()]


def test_each_service_has_its_own_line_in_order(outbox: Outbox) -> None:
    outbox.keep("ops", b"1", [post("a"), post("b"), post("c", "mail")])
    outbox.keep("web", b"2", [post("d")])
    assert waiting(outbox) == [("ops", "chat", b"a", 2), ("ops", "mail", b"c", 1), ("web", "chat", b"d", 1)]
    outbox.done(outbox.heads()[0])
    assert waiting(outbox) == [("ops", "chat", b"b", 1), ("ops", "mail", b"c", 1), ("web", "chat", b"d", 1)]
    assert (outbox.book("ops"), outbox.book("web"), outbox.book("nobody")) == (b"1", b"2", b"")


def test_what_is_known_and_what_is_told_are_one_write(outbox: Outbox) -> None:
    """INV-14: where one part fails, neither is there, and the next look does both."""
    outbox.keep("ops", b"before")
    odd = post("x")
    object.__setattr__(odd, "body", object())
    with pytest.raises(Exception, match=r"type|bind"):
        outbox.keep("ops", b"after", [post("a"), odd])
    assert outbox.book("ops") == b"before"
    assert outbox.heads() == ()


def test_what_was_not_taken_is_due_later_and_its_reason_is_kept(outbox: Outbox) -> None:
    outbox.keep("ops", b"", [post("a")])
    outbox.retry(outbox.heads()[0], START + timedelta(seconds=5), "no answer" * 100)
    (head,) = outbox.heads()
    assert (head.attempts, head.due, head.made) == (1, START + timedelta(seconds=5), START)
    assert len(head.error) == 300


def test_a_full_queue_gives_up_the_oldest_and_counts_it(outbox: Outbox) -> None:
    """INV-31."""
    outbox.keep("ops", b"", [post(str(number)) for number in range(QUEUE_MAX + 3)])
    (head,) = outbox.heads()
    assert (head.body, head.waiting) == (b"3", QUEUE_MAX)
    (loss,) = outbox.losses()
    assert (loss.notifier, loss.service, loss.count, loss.error) == ("ops", "chat", 3, FULL)
    outbox.give_up(head, "refused")
    assert [(one.count, one.error) for one in outbox.losses()] == [(4, "refused")]
    outbox.done(outbox.heads()[0])
    assert outbox.losses() == ()


def test_of_one_subject_only_the_newest_waits(outbox: Outbox) -> None:
    """INV-12: what a commit came to is not told late over what a newer one came to."""
    outbox.keep("ops", b"", [post("old", subject="shop"), post("other", subject="blog")])
    outbox.keep("ops", b"", [post("new", subject="shop")])
    assert waiting(outbox) == [("ops", "chat", b"other", 2)]
    outbox.done(outbox.heads()[0])
    assert waiting(outbox) == [("ops", "chat", b"new", 1)]


def test_a_delivery_that_was_replaced_meanwhile_takes_nothing_else_with_it(outbox: Outbox) -> None:
    """The number of a row is never another's: else the end of the old one would be taken for that of the new one."""
    outbox.keep("ops", b"", [post("old", subject="shop")])
    under_way = outbox.heads()[0]
    outbox.keep("ops", b"", [post("new", subject="shop")])
    outbox.done(under_way)
    assert waiting(outbox) == [("ops", "chat", b"new", 1)]


def test_who_left_git_is_told_nothing(outbox: Outbox) -> None:
    outbox.keep("ops", b"1", [post("a"), post("b", "mail")])
    outbox.give_up(outbox.heads()[1], "refused")
    outbox.forget("ops", ("chat",))
    assert waiting(outbox) == [("ops", "chat", b"a", 1)]
    assert (outbox.losses(), outbox.book("ops"), outbox.names()) == ((), b"1", ("ops",))
    outbox.forget("ops")
    assert (outbox.heads(), outbox.book("ops"), outbox.names()) == ((), b"", ())


def test_since_when_a_service_takes_nothing_and_what_it_took_last(outbox: Outbox, clock: StandingClock) -> None:
    """INV-38: since the first that it did not take, not the last; over what was given up, until it takes one."""
    outbox.keep("ops", b"", [post("a"), post("b"), post("c")])
    assert outbox.reaches() == ()
    for seconds in (10, 20):
        clock.at = START + timedelta(seconds=seconds)
        outbox.retry(outbox.heads()[0], clock.at, "no answer")
    clock.at = START + timedelta(seconds=30)
    outbox.give_up(outbox.heads()[0], "refused")
    (one,) = outbox.reaches()
    assert (one.failing_since, one.taken_at, one.taken) == (START + timedelta(seconds=10), None, b"")
    outbox.done(outbox.heads()[0])
    (one,) = outbox.reaches()
    assert (one.failing_since, one.taken_at, one.taken) == (None, START + timedelta(seconds=30), b"b")
    clock.at = START + timedelta(seconds=40)
    outbox.retry(outbox.heads()[0], clock.at, "no answer")
    (one,) = outbox.reaches()
    assert (one.failing_since, one.taken_at) == (clock.at, START + timedelta(seconds=30))
    outbox.forget("ops", ("mail",))
    assert outbox.reaches() == ()


def test_a_notifier_of_which_only_a_delivery_is_known_is_forgotten_too(outbox: Outbox) -> None:
    outbox.keep("ops", b"1", [post("a")])
    under_way = outbox.heads()[0]
    outbox.forget("ops")
    outbox.done(under_way)
    assert outbox.names() == ("ops",)
    outbox.forget("ops")
    assert (outbox.names(), outbox.reaches()) == ((), ())
