"""What happens, as it happens: nothing is missed, nothing is encoded twice, and nobody holds the others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError
from aiohttp.test_utils import make_mocked_request

from tests.server.bench import Bench, bench
from trueline.loop.status import Sync
from trueline.record.journal import Kind, Note
from trueline.runtime.task_group import TaskGroup
from trueline.server.access.front import NO_FRONT
from trueline.server.access.gate import ASKED, Gate
from trueline.server.http import _Server
from trueline.server.stream import QUEUE_EVENTS_MAX, Event, Place, read_place


class _Ear:
    """One listener over HTTP."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def event(self) -> tuple[str, str, dict[str, Any]]:
        """The next event: its id, kind and body."""
        while (text := await self._answer.content.readuntil(b"\n\n")).startswith(b":"):
            pass
        lines = dict(line.split(": ", 1) for line in text.decode().strip().splitlines())
        return lines["id"], lines["event"], json.loads(lines["data"])

    async def listens(self) -> None:
        """Until it does: the first thing that comes is a sign of life."""
        assert (await self._answer.content.readuntil(b"\n\n")).startswith(b": ")


@asynccontextmanager
async def listening(made: Bench, after: str = "") -> AsyncIterator[_Ear]:
    async with made.client(is_private=False) as client:
        answer = await client.get("/api/v1/events", headers={"Last-Event-ID": after} if after else {})
        assert answer.status == 200
        ear = _Ear(answer)
        await ear.listens()
        yield ear
        answer.close()


async def test_events_begin_where_they_are_asked_to_and_go_on() -> None:
    made = bench()
    made.journal.append([Note(kind=Kind.STARTED), Note(kind=Kind.STARTED)])
    made.parts.feed.look()
    async with listening(made, after="1") as ear:
        place, kind, body = await ear.event()
        assert (place, kind, body["sequence"]) == ("2", "record", 2)
        made.journal.append([Note(kind=Kind.STOPPED)])
        made.parts.feed.look()
        _, kind, body = await ear.event()
        assert (kind, body["kind"], body["sequence"]) == ("record", "stopped", 3)


async def test_how_an_application_stands_is_told_as_it_changes() -> None:
    made = bench()
    async with listening(made) as ear:
        made.stands("shop", sync=Sync.SYNCING, message="3 of 5 ready")
        made.parts.feed.look()
        _, kind, body = await ear.event()
        assert (kind, body["application"], body["message"], body["true"]) == (
            "application",
            "shop",
            "3 of 5 ready",
            False,
        )
        del made.engine.kept["shop"]
        made.parts.feed.look()
        _, kind, body = await ear.event()
        assert (kind, body) == ("gone", {"application": "shop"})


async def test_what_changed_while_nobody_listened_is_told_to_who_resumes() -> None:
    """A lost connection costs time: who comes back hears how things stand, and only of what changed meanwhile."""
    made = bench()
    made.stands("blog")
    async with listening(made) as ear:
        made.stands("shop", message="one")
        made.parts.feed.look()
        place, _, _ = await ear.event()
    made.stands("shop", message="two")
    made.parts.feed.look()
    made.stands("shop", message="three")
    async with listening(made, after=place) as ear:
        _, kind, body = await ear.event()
        assert (kind, body["application"], body["message"]) == ("application", "shop", "three")
        made.stands("blog", message="four")
        made.parts.feed.look()
        _, _, body = await ear.event()
        assert (body["application"], body["message"]) == ("blog", "four")


async def test_who_comes_back_after_a_restart_is_told_everything() -> None:
    made = bench()
    made.stands("blog")
    async with listening(made, after="0-0badc0de-7") as ear:
        assert [(await ear.event())[2]["application"] for _ in range(2)] == ["blog", "shop"]


@pytest.mark.parametrize("text", ["x", "-1", "1-2", "1-zzzzzzzz-1", "9" * 19, "1-00000000-"])
async def test_what_is_no_id_is_refused(text: str) -> None:
    async with bench().client(is_private=False) as client:
        answer = await client.get("/api/v1/events", params={"after": text})
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (422, "TL0720")


@pytest.mark.parametrize("place", [Place(sequence=7), Place(sequence=7, epoch="0badc0de", version=3)])
def test_a_place_is_read_as_it_is_written(place: Place) -> None:
    assert read_place(str(place)) == place


async def test_an_event_is_encoded_once_for_all() -> None:
    """Fifty who listen cost one encoding of each event, and none where nobody does."""
    made = bench()
    feed = made.parts.feed
    made.journal.append([Note(kind=Kind.STARTED)])
    feed.look()
    assert feed.encoded == 0
    async with TaskGroup() as group:
        heard = [group.create_task(_first(feed.after(None))) for _ in range(50)]
        await asyncio.sleep(0)
        made.journal.append([Note(kind=Kind.STARTED)])
        made.stands("shop", message="new")
        feed.look()
    texts = {id(task.result().text) for task in heard}
    assert (feed.encoded, len(texts)) == (2, 1)


async def _first(events: AsyncIterator[Event | None]) -> Event:
    event = await anext(events)
    assert event is not None
    return event


async def test_a_listener_that_does_not_keep_up_is_let_go() -> None:
    made = bench()
    found = made.parts.feed.after(None)
    first = asyncio.ensure_future(anext(found))
    await asyncio.sleep(0)
    for _ in range(3):
        made.journal.append([Note(kind=Kind.STARTED) for _ in range(400)])
        made.parts.feed.look()
    event = await first
    assert event is not None
    assert event.sequence == 1
    rest = [event.sequence async for event in found if event is not None]
    assert len(rest) < QUEUE_EVENTS_MAX + 100
    assert not made.parts.feed.is_full


async def test_what_comes_while_a_listener_looks_back_is_told_once() -> None:
    made = bench()
    made.journal.append([Note(kind=Kind.STARTED) for _ in range(3)])
    feed = made.parts.feed
    feed.look()
    events = feed.after(Place(sequence=0))
    seen = [(await _first(events)).sequence]
    made.journal.append([Note(kind=Kind.STARTED)])
    feed.look()
    seen += [(await _first(events)).sequence for _ in range(3)]
    made.journal.append([Note(kind=Kind.STARTED)])
    feed.look()
    seen.append((await _first(events)).sequence)
    assert seen == [1, 2, 3, 4, 5]


class _Gone:
    """What a connection that is closed already takes."""

    transport = None

    def send_headers(self) -> None:
        raise ClientConnectionResetError

    async def write_headers(self, *_: object) -> None:
        raise ClientConnectionResetError

    def enable_chunking(self) -> None:
        """As it is asked to."""


async def test_who_went_before_the_first_word_is_no_fault() -> None:
    """A page that is left at once: `up` printed a traceback for it."""
    made = bench()
    gate = Gate(made.access, front=NO_FRONT, is_private=True, names=lambda: made.engine.kept)
    request = make_mocked_request("GET", "/api/v1/events", writer=_Gone())
    request[ASKED] = gate.known(request)
    answer = await _Server(made.parts, gate).events(request)
    assert answer.status == 200
