"""Delivery: in order, again and again, each service by itself, and for no longer than a day."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.notify.service.case import CANARY, message
from tests.notify.sink import until
from tests.record.case import START, StandingClock
from trueline.model.digest import canonical
from trueline.notify.courier import AT_ONCE_MAX, FIRST_PAUSE_S, PAUSE_S_MAX, Courier
from trueline.notify.notifier import ServiceSpec, Webhook
from trueline.notify.protocol import Parcel, Undelivered
from trueline.record.outbox import Outbox, Post
from trueline.record.schema import SCHEMA
from trueline.runtime.secret import SecretReference
from trueline.runtime.store import MEMORY, Store
from trueline.runtime.task_group import TaskGroup

KEY = SecretReference.parse({"secret": {"env": "KEY"}})


class Place:
    """A service that does what it is told: `takes` for each parcel."""

    def __init__(self, takes: Callable[[Parcel], Awaitable[None]]) -> None:
        self.takes = takes
        self.taken: list[str] = []
        self.asked: list[str] = []
        self.closed = 0

    async def send(self, parcel: Parcel) -> None:
        """Take it, or not."""
        self.asked.append(parcel.id)
        await self.takes(parcel)
        self.taken.append(parcel.id)

    async def close(self) -> None:
        """Count it."""
        self.closed += 1


async def takes(_: Parcel) -> None:
    """Everything."""


async def hangs(_: Parcel) -> None:
    """For ever."""
    await asyncio.sleep(3_600)


def refuses(error: Exception) -> Callable[[Parcel], Awaitable[None]]:
    """Everything."""

    async def refuse(_: Parcel) -> None:
        raise error

    return refuse


class World:
    """A courier with places by the name of their address."""

    def __init__(self, **places: Place) -> None:
        self.clock = StandingClock()
        self.store = Store.open(MEMORY, SCHEMA)
        self.outbox = Outbox(self.store, self.clock)
        self.places = places
        self.courier = Courier(self.outbox, self.clock, self.make)
        self.specs: dict[tuple[str, str], ServiceSpec] = {("ops", name): Webhook(url=name, key=KEY) for name in places}

    def make(self, spec: ServiceSpec) -> Place:
        """The place of an address."""
        assert isinstance(spec, Webhook)
        return self.places[spec.url]

    def queue(self, *ids: str, service: str = "chat") -> None:
        """Put messages into the outbox."""
        posts = [Post(service=service, body=canonical(message(id=one))) for one in ids]
        self.outbox.keep("ops", b"{}", posts)

    async def look(self, after_s: float = 0.0) -> None:
        """One look, and all that it leads to at once."""
        self.clock.at += timedelta(seconds=after_s)
        self.courier.look()
        for _ in range(20):
            await asyncio.sleep(0)


@asynccontextmanager
async def world(**places: Place) -> AsyncIterator[World]:
    made = World(**places)
    async with TaskGroup() as group:
        made.courier.begin(group)
        await made.courier.declare(made.specs)
        yield made
        made.courier.end()
    await made.courier.close()


async def test_messages_arrive_in_their_order() -> None:
    async with world(chat=Place(takes)) as made:
        made.queue("a", "b", "c")
        for _ in range(3):
            await made.look()
        assert made.places["chat"].taken == ["a", "b", "c"]
        assert made.outbox.heads() == ()
    assert made.places["chat"].closed == 1


async def test_what_is_not_taken_is_sent_again_more_and_more_seldom_and_holds_its_order() -> None:
    """INV-33."""
    chat = Place(refuses(Undelivered("the service answered 500")))
    async with world(chat=chat) as made:
        made.queue("a", "b")
        pauses = []
        for _ in range(10):
            await made.look()
            (head,) = made.outbox.heads()
            pauses.append((head.due - made.clock.at).total_seconds())
            made.clock.at = head.due
        assert pauses[:4] == [FIRST_PAUSE_S, 10, 20, 40]
        assert max(pauses) == PAUSE_S_MAX
        assert set(chat.asked) == {"a"}
        chat.takes = takes
        await made.look()
        await made.look()
        assert chat.taken == ["a", "b"]


async def test_it_is_not_asked_again_before_its_time() -> None:
    """INV-33: who says how long is asked after that."""
    chat = Place(refuses(Undelivered("the service answered 429", retry_after_s=100)))
    async with world(chat=chat) as made:
        made.queue("a")
        await made.look()
        await made.look(99)
        assert len(chat.asked) == 1
        await made.look(1)
        assert len(chat.asked) == 2


async def test_a_message_that_will_never_be_taken_makes_way() -> None:
    chat = Place(refuses(Undelivered("the service answered 400", is_final=True)))
    async with world(chat=chat) as made:
        made.queue("a", "b")
        await made.look()
        chat.takes = takes
        await made.look()
        assert chat.taken == ["b"]
        assert [(one.count, one.error) for one in made.outbox.losses()] == []


async def test_after_a_day_it_is_given_up_and_that_is_told() -> None:
    """INV-31."""
    chat = Place(refuses(Undelivered("no answer")))
    async with world(chat=chat) as made:
        made.queue("a")
        await made.look()
        await made.look(86_400)
        assert made.outbox.heads() == ()
        assert [one.error for one in made.outbox.losses()] == ["it was not taken for a day: no answer"]


async def test_who_never_answers_holds_up_nobody_else() -> None:
    """INV-30."""
    async with world(chat=Place(hangs), mail=Place(takes)) as made:
        made.queue("a", "b")
        made.queue("c", "d", service="mail")
        await made.look()
        await made.look()
        assert made.places["mail"].taken == ["c", "d"]
        assert made.places["chat"].asked == ["a"]


async def test_no_more_are_under_way_than_the_bound() -> None:
    """INV-31."""
    places = {f"s{number}": Place(hangs) for number in range(AT_ONCE_MAX + 5)}
    async with world(**places) as made:
        for name in places:
            made.queue("a", service=name)
        await made.look()
        assert sum(len(place.asked) for place in places.values()) == AT_ONCE_MAX


async def test_a_bug_of_one_service_is_told_by_its_name_alone() -> None:
    """INV-25: what it was given may stand in its words. INV-30: and the others go on."""
    async with world(chat=Place(refuses(RuntimeError(CANARY))), mail=Place(takes)) as made:
        made.queue("a")
        made.queue("b", service="mail")
        await made.look()
        (head,) = made.outbox.heads()
        assert head.error == "a fault of ours: RuntimeError"
        assert made.places["mail"].taken == ["b"]


async def test_a_full_disk_ends_nothing_and_tells_nobody_again_and_again() -> None:
    """INV-30: what came of a sending is written when there is room; until then nothing is sent."""
    chat = Place(takes)
    async with world(chat=chat, mail=Place(refuses(Undelivered("no answer")))) as made:
        made.queue("a", "b")
        made.queue("c", service="mail")
        made.store.execute("PRAGMA query_only=ON")
        for _ in range(5):
            await made.look(1)
        assert (chat.asked, made.places["mail"].asked) == (["a"], ["c"])
        made.store.execute("PRAGMA query_only=OFF")
        await made.look(1)
        await made.look(1)
        assert chat.asked == ["a", "b"]
        assert [(head.service, head.error) for head in made.outbox.heads()] == [("mail", "no answer")]


async def test_a_row_that_cannot_be_read_is_a_fault_of_that_service_alone() -> None:
    """INV-30: a newer program may have written it."""
    async with world(chat=Place(takes)) as made:
        made.outbox.keep("ops", b"{}", [Post(service="chat", body=b'{"type":"a parcel of tomorrow"}')])
        await made.look()
        assert [head.attempts for head in made.outbox.heads()] == [1]


async def test_what_git_declares_no_more_is_not_told() -> None:
    async with world(chat=Place(takes)) as made:
        made.queue("a")
        await made.look()
        await made.courier.declare({})
        assert made.places["chat"].closed == 1
        made.queue("b")
        await made.look()
        assert made.places["chat"].taken == ["a"]


async def test_a_clock_that_was_put_back_makes_nothing_wait_for_years() -> None:
    """INV-28."""
    chat = Place(refuses(Undelivered("no answer")))
    async with world(chat=chat) as made:
        made.queue("a")
        await made.look()
        made.clock.at = START - timedelta(days=3_650)
        await made.look()
        assert len(chat.asked) == 2


async def test_what_ends_while_it_is_sent_is_sent_after_the_next_start() -> None:
    """INV-14: at least once."""
    chat = Place(hangs)
    async with world(chat=chat) as made:
        made.queue("a")
        await made.look()
    chat.takes = takes
    async with TaskGroup() as group:
        made.courier.begin(group)
        await made.courier.declare(made.specs)
        await made.look()
        await until(lambda: chat.taken == ["a"])


@pytest.mark.parametrize("attempts", [0, 10, 10_000])
async def test_no_number_of_attempts_is_too_large(attempts: int) -> None:
    """INV-31."""
    chat = Place(refuses(Undelivered("no answer")))
    async with world(chat=chat) as made:
        made.queue("a")
        for _ in range(min(attempts, 30)):
            made.outbox.retry(made.outbox.heads()[0], START, "no answer")
        await made.look()
        (head,) = made.outbox.heads()
        assert head.due - made.clock.at <= timedelta(seconds=PAUSE_S_MAX)
