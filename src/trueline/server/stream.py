"""What happens, as it happens: each event is encoded once for all who listen, with a bounded queue for each of them.

Records come from the journal, and standings are compared: a lost event is one look later, never a wrong answer.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import msgspec

from trueline.record.journal import Journal, Record
from trueline.runtime.clock import Clock
from trueline.server.body import ApplicationBody, GoneBody
from trueline.server.shape import record_body
from trueline.server.standings import Standings

LOOK_PAUSE_S = 0.2
PAGE = 500
LOOK_RECORDS_MAX = 10_000
QUEUE_EVENTS_MAX = 1_000
LISTENERS_MAX = 64
HEARTBEAT_S = 15.0

_PLACE = re.compile(r"(\d{1,18})(?:-([0-9a-f]{8})-(\d{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """After what a listener goes on: a record, and so many changes of standings in the life named `epoch`.

    Without an epoch only records are resumed.
    """

    sequence: int
    epoch: str = ""
    version: int = 0

    def __str__(self) -> str:
        return f"{self.sequence}-{self.epoch}-{self.version}" if self.epoch else str(self.sequence)


def read_place(text: str) -> Place | None:
    """The id of an event; `None` where it is none."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    sequence, epoch, version = found.groups()
    return Place(sequence=int(sequence), epoch=epoch or "", version=int(version or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: `text` is what is sent, `application` the one that it is of; empty where it is of none.

    `sequence` is the record's number, 0 where it is of a standing; `kind` is the record's, or `application` or `gone`.
    Where an application waits for another one, `waits_for`, `named` is the text with its name.
    """

    place: Place
    kind: str
    application: str
    text: bytes
    sequence: int = 0
    waits_for: str = ""
    named: bytes = b""

    def text_for(self, reads: Callable[[str], bool]) -> bytes:
        """What is sent to somebody: INV-25, the name of another application to whoever may read that one, too."""
        return self.named if self.waits_for and reads(self.waits_for) else self.text


class Lost:
    """A place among the listeners was lost."""


class Feed:
    """Follows the journal and the standings. A listener that does not keep up is let go: it resumes where it was.

    `encoded` counts the events that were encoded while somebody listened or looked back.
    """

    def __init__(self, journal: Journal, clock: Clock, standings: Standings) -> None:
        self._journal = journal
        self._clock = clock
        self._standings = standings
        head = journal.head()
        self._epoch, self._seen, self._version = head.digest[:8] or "0" * 8, head.sequence, standings.version
        self._listeners: dict[int, asyncio.Queue[Event | Lost]] = {}
        self._next = 0
        self.encoded = 0

    @property
    def place(self) -> Place:
        """How far it has come."""
        return Place(sequence=self._seen, epoch=self._epoch, version=self._version)

    async def run(self, tell: Callable[[Sequence[Record]], None] = lambda _: None) -> None:
        """Look again and again; `tell` hears the records of each look too. Never ends by itself."""
        while True:
            self.look(tell)
            await self._clock.sleep(LOOK_PAUSE_S)

    def look(self, tell: Callable[[Sequence[Record]], None] = lambda _: None) -> None:
        """Hand on what is new since the last look."""
        found = list[Record]()
        while len(found) < LOOK_RECORDS_MAX and self._journal.head().sequence > self._seen:
            page = self._journal.after(self._seen, limit=PAGE)
            if not page:
                break
            for record in page:
                self._seen = record.sequence
                self._standings.see(record)
                if self._listeners:
                    self._hand_on(self._of_record(record, self.place))
            found += page
        self._look_at_standings()
        tell(found)

    def _look_at_standings(self) -> None:
        if not self._listeners:
            return  # who comes then is told what it missed
        bodies = self._standings.all()
        before, self._version = self._version, self._standings.version
        for name in self._standings.changed_since(before):
            self._hand_on(self._of_standing(name, bodies.get(name)))

    def _of_record(self, record: Record, place: Place) -> Event:
        text = self._text(place, b"record", record_body(record))
        return Event(place=place, kind=record.kind, application=record.application, text=text, sequence=record.sequence)

    def _of_standing(self, name: str, body: ApplicationBody | None) -> Event:
        kind, value = (b"gone", GoneBody(application=name)) if body is None else (b"application", body)
        event = Event(place=self.place, kind=kind.decode(), application=name, text=self._text(self.place, kind, value))
        if body is None or not (other := self._standings.waits_for(name)):
            return event
        return replace(event, waits_for=other, named=self._text(self.place, kind, self._standings.named(body)))

    def _text(self, place: Place, kind: bytes, body: msgspec.Struct) -> bytes:
        self.encoded += 1
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (str(place).encode(), kind, msgspec.json.encode(body))

    def _hand_on(self, event: Event) -> None:
        for number, queue in list(self._listeners.items()):
            if queue.qsize() >= QUEUE_EVENTS_MAX:
                queue.put_nowait(Lost())
                del self._listeners[number]
            else:
                queue.put_nowait(event)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def is_full(self) -> bool:
        """Whether nobody more may listen."""
        return len(self._listeners) >= LISTENERS_MAX

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Event | Lost]]:
        """A place among the listeners."""
        if not self._listeners:
            self._standings.all()
            self._version = self._standings.version
        number, self._next = self._next, self._next + 1
        queue: asyncio.Queue[Event | Lost] = asyncio.Queue()
        self._listeners[number] = queue
        try:
            yield queue
        finally:
            self._listeners.pop(number, None)

    async def after(self, place: Place | None) -> AsyncIterator[Event | None]:
        """What follows a place (`None`: what comes from now on), then what comes; `None` where nothing came a while.

        It ends for a listener that does not keep up.
        """
        with self.listening() as queue:
            last = self._seen
            if place is not None:
                last = place.sequence
                while page := self._journal.after(last, limit=PAGE):
                    for record in page:
                        last = record.sequence
                        yield self._of_record(record, Place(sequence=last, epoch=place.epoch, version=place.version))
                bodies = self._standings.all()
                for name in self._missed(place):
                    yield self._of_standing(name, bodies.get(name))
            while True:
                heard = await _next(queue)
                if isinstance(heard, Lost):
                    return
                if heard is None or not 0 < heard.sequence <= last:
                    yield heard

    def _missed(self, place: Place) -> Sequence[str]:
        """Whose standing the listener does not know: of another life, every one."""
        if not place.epoch:
            return ()
        return self._standings.changed_since(place.version if place.epoch == self._epoch else 0)


async def _next(queue: "asyncio.Queue[Event | Lost]") -> "Event | Lost | None":
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            return await queue.get()
    except TimeoutError:
        return None
