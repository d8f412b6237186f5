"""Sightings on their way to who listens: one for each object at most, so that a slow listener costs no memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from trueline.model.ref import Ref
from trueline.target.protocol import Contact, Seen, Sighting
from trueline.target.snapshot import Observed

PENDING_MAX = 100_000
_OVERRUN = "more changed than could be told"


class Listener:
    """What one listener has not heard yet."""

    def __init__(self) -> None:
        self._seen: dict[Ref, Observed | None] = {}
        self._contacts: list[Contact] = []
        self._some = asyncio.Event()

    def tell(self, ref: Ref, observed: Observed | None) -> None:
        """An object changed; what was not heard of it before no longer counts."""
        if len(self._seen) >= PENDING_MAX and ref not in self._seen:
            self._seen.clear()
            self._contacts = [Contact(reason=_OVERRUN), Contact(reason="")]
        self._seen[ref] = observed
        self._some.set()

    def tell_contact(self, reason: str) -> None:
        """Contact was lost, or is back; only the last word counts, and the one before it."""
        self._contacts = [*self._contacts[-1:], Contact(reason=reason)]
        self._some.set()

    async def heard(self) -> AsyncIterator[Sighting]:
        """Everything in turn, for ever."""
        while True:
            await self._some.wait()
            self._some.clear()
            contacts, self._contacts = self._contacts, []
            for contact in contacts:
                yield contact
            while self._seen:
                ref = next(iter(self._seen))
                yield Seen(ref=ref, observed=self._seen.pop(ref))
            self._seen.clear()  # an emptied table keeps the room of the most that ever waited in it


class Listeners:
    """Who listens now."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def tell(self, ref: Ref, observed: Observed | None) -> None:
        """Tell everybody of an object."""
        for listener in self._listeners:
            listener.tell(ref, observed)

    def tell_contact(self, reason: str) -> None:
        """Tell everybody that contact is lost, or back."""
        for listener in self._listeners:
            listener.tell_contact(reason)

    def open(self, there: Mapping[Ref, Observed | None]) -> AsyncIterator[Sighting]:
        """Listen from now on, before the first sighting is asked for; `there` is what nobody heard of who listens."""
        listener = Listener()
        for ref, observed in there.items():
            listener.tell(ref, observed)
        self._listeners.append(listener)
        return self._stream(listener)

    async def _stream(self, listener: Listener) -> AsyncIterator[Sighting]:
        try:
            async for sighting in listener.heard():
                yield sighting
        finally:
            self._listeners.remove(listener)
