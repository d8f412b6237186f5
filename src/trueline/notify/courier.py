"""Delivers what is queued: each service by itself, in order, again and again until it is taken or too old.

Between the taking and the noting of it a process may end: then it is sent again, with the same id (at least once).
A service that does not answer holds up nobody but itself.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

import msgspec

from trueline.model.fault import Fault
from trueline.notify.notifier import ServiceSpec
from trueline.notify.protocol import Parcel, Service, Undelivered
from trueline.record.outbox import Delivery, Outbox
from trueline.runtime.clock import Clock
from trueline.runtime.task_group import TaskGroup

AT_ONCE_MAX: Final = 16
ATTEMPT_S_MAX: Final = 60.0
FIRST_PAUSE_S: Final = 5.0
PAUSE_S_MAX: Final = 600.0
ASKED_S_MAX: Final = 3_600.0
AGE_MAX: Final = timedelta(days=1)
TOO_OLD: Final = "it was not taken for a day"
_parcels: Final[msgspec.json.Decoder[Parcel]] = msgspec.json.Decoder(Parcel)

Key: TypeAlias = tuple[str, str]
"""The names of a Notifier and of its service."""


class Courier:
    """Knows the services that are declared now; `make` makes one. `begin` gives it the group that its tasks live in."""

    def __init__(self, outbox: Outbox, clock: Clock, make: Callable[[ServiceSpec], Service]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._make = make
        self._declared: Mapping[Key, ServiceSpec] = {}
        self._services: dict[Key, Service] = {}
        self._under_way: dict[Key, asyncio.Task[None]] = {}
        self._unwritten: dict[Key, Callable[[], None]] = {}
        """What came of a sending and could not be written: a full disk makes nobody be told again and again."""
        self._group: TaskGroup | None = None
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)

    def begin(self, group: TaskGroup) -> None:
        """From now on deliveries go on in this group."""
        self._group = group

    def end(self) -> None:
        """What is under way ends; it is delivered after the next start."""
        self._group = None
        for task in self._under_way.values():
            task.cancel()

    async def declare(self, services: Mapping[Key, ServiceSpec]) -> None:
        """These are the services; what is held for others is given back."""
        self._declared = services
        for key in [key for key in self._services if key not in services]:
            await self._services.pop(key).close()

    async def close(self) -> None:
        """Give back what is held."""
        await self.declare({})

    def look(self) -> None:
        """Begin with whatever is due; never waits."""
        self._under_way = {key: task for key, task in self._under_way.items() if not task.done()}
        if self._group is None:
            return
        for key in tuple(self._unwritten):
            self._write(key)
        now, busy = self._clock.now(), self._under_way.keys() | self._unwritten.keys()
        for head in self._outbox.heads():
            key = head.notifier, head.service
            if key in self._declared and key not in busy and _is_due(head, now):
                self._under_way[key] = self._group.create_task(self._deliver(key, head))

    async def _deliver(self, key: Key, head: Delivery) -> None:
        """One parcel. Whatever goes wrong is about this service alone (promise 14)."""
        async with self._slots:
            why = await self._try(key, head)
        self._unwritten[key] = partial(self._note, head, why, self._clock.now())
        self._write(key)

    async def _try(self, key: Key, head: Delivery) -> Undelivered | None:
        """Send it; `None` where it was taken."""
        try:
            parcel = _parcels.decode(head.body)
            async with asyncio.timeout(ATTEMPT_S_MAX):
                await self._service(key).send(parcel)
        except Undelivered as undelivered:
            return undelivered
        except TimeoutError:
            return Undelivered("no answer within the time allowed")
        except Exception as error:  # noqa: BLE001 - a bug of one service; its text may hold what it was given
            return Undelivered(f"a fault of ours: {type(error).__name__}")
        return None

    def _write(self, key: Key) -> None:
        """INV-30: what came of the last sending; a full disk ends nothing, and it is tried again."""
        note = self._unwritten.pop(key)
        try:
            note()
        except Fault:
            self._unwritten[key] = note

    def _service(self, key: Key) -> Service:
        if key not in self._services:
            self._services[key] = self._make(self._declared[key])
        return self._services[key]

    def _note(self, head: Delivery, why: Undelivered | None, now: datetime) -> None:
        if why is None:
            self._outbox.done(head)
        elif why.is_final:
            self._outbox.give_up(head, why.reason)
        elif now - head.made >= AGE_MAX:
            self._outbox.give_up(head, f"{TOO_OLD}: {why.reason}")
        else:
            self._outbox.retry(head, now + timedelta(seconds=_pause_s(head.attempts, why)), why.reason)


def _pause_s(attempts: int, why: Undelivered) -> float:
    """Twice as long each time, with a bound; longer where the service asks for it, with a bound too."""
    own = min(FIRST_PAUSE_S * 2.0 ** min(attempts, 20), PAUSE_S_MAX)
    return max(own, min(why.retry_after_s, ASKED_S_MAX))


def _is_due(head: Delivery, now: datetime) -> bool:
    """INV-28: with a clock that was put back nothing waits for longer than it ever would."""
    return head.due <= now or head.due - now > timedelta(seconds=ASKED_S_MAX)
