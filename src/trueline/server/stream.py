"""Records as they come: one look at the journal's head for all who listen, and a bounded queue for each of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager

from trueline.record.journal import Journal, Kind, Record
from trueline.runtime.clock import Clock

LOOK_PAUSE_S = 0.2
PAGE = 500
LOOK_RECORDS_MAX = 10_000
QUEUE_RECORDS_MAX = 1_000
LISTENERS_MAX = 64
HEARTBEAT_S = 15.0


class Lost:
    """A place among the listeners was lost."""


class Feed:
    """Follows the journal. A listener that does not keep up is let go: it resumes by the number it saw last."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._seen = journal.head().sequence
        self._listeners: dict[int, asyncio.Queue[Record | Lost]] = {}
        self._next = 0
        self.healed = 0

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
                self.healed += is_healed(record)
                self._hand_on(record)
            found += page
        tell(found)

    def _hand_on(self, record: Record) -> None:
        for number, queue in list(self._listeners.items()):
            if queue.qsize() >= QUEUE_RECORDS_MAX:
                queue.put_nowait(Lost())
                del self._listeners[number]
            else:
                queue.put_nowait(record)

    @property
    def is_full(self) -> bool:
        """Whether nobody more may listen."""
        return len(self._listeners) >= LISTENERS_MAX

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Record | Lost]]:
        """A place among the listeners."""
        number, self._next = self._next, self._next + 1
        queue: asyncio.Queue[Record | Lost] = asyncio.Queue()
        self._listeners[number] = queue
        try:
            yield queue
        finally:
            self._listeners.pop(number, None)

    async def after(self, sequence: int | None) -> AsyncIterator[Record | None]:
        """What follows a number (`None`: what comes from now on), then what comes; `None` where nothing came a while.

        It ends for a listener that does not keep up.
        """
        with self.listening() as queue:
            last = self._seen if sequence is None else sequence
            while sequence is not None and (page := self._journal.after(last, limit=PAGE)):
                for record in page:
                    last = record.sequence
                    yield record
            while True:
                heard = await _next(queue)
                if isinstance(heard, Lost):
                    return
                if heard is None or heard.sequence > last:
                    last = heard.sequence if heard else last
                    yield heard


async def _next(queue: "asyncio.Queue[Record | Lost]") -> "Record | Lost | None":
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            return await queue.get()
    except TimeoutError:
        return None


def is_healed(record: Record) -> bool:
    """Whether a record says that drift was put back."""
    return (
        record.kind == Kind.OUTCOME.value
        and record.body.get("action") == "heal"
        and record.body.get("result") == "done"
    )
