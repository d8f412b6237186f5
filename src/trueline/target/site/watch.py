"""Sightings of a platform: each interval it is looked at, and what differs from what was seen last is told.

A file that was changed and put back between two looks is not seen.
"""

from collections.abc import AsyncIterator, Iterator, MutableMapping

from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.render.site.file import FILE_KIND, RELEASE_REF
from trueline.runtime.clock import Clock
from trueline.target.protocol import Contact, Seen, Sighting
from trueline.target.site.access import Access
from trueline.target.site.platform import Look, PlatformRefused
from trueline.target.site.staged import StagedNote
from trueline.target.site.view import Part, View

HANDED_S = 5.0
"""So long a pass that a sighting has woken may start from the look that sighted."""


class SightingStream:
    """What one listener hears. `seen` is what whoever looked saw last; what is found here is noted there too."""

    def __init__(  # noqa: PLR0913 - what it looks with
        self,
        *,
        name: str,
        access: Access,
        note: StagedNote,
        clock: Clock,
        interval_s: float,
        seen: MutableMapping[Ref, Part],
    ) -> None:
        self._name = name
        self._access = access
        self._note = note
        self._clock = clock
        self._interval_s = interval_s
        self._seen = seen
        self._lost = ""

    async def sightings(self) -> AsyncIterator[Sighting]:
        """Everything from now on, until it is closed."""
        yield Contact(reason="")
        while True:
            try:
                look = await self._access.look_anew()
            except PlatformRefused as refused:
                for sighting in self._contact(f"{self._name}: {refused.message}"):
                    yield sighting
            else:
                for sighting in (*self._contact(""), *self._found(look)):
                    yield sighting
            await self._clock.sleep(self._interval_s)

    def _contact(self, why: str) -> Iterator[Sighting]:
        if self._lost != why:
            self._lost = why
            yield Contact(reason=why)

    def _found(self, look: Look) -> Iterator[Sighting]:
        view = View(look=look, staged=self._note.get())
        paths = view.published.body.files if view.published else ()
        refs = dict.fromkeys([*(Ref(FILE_KIND, "", path) for path in paths), *self._seen, RELEASE_REF])
        news = {ref: part for ref, part in view.parts(refs, "").items() if self._seen.get(ref) != part}
        if news:
            self._access.hand_over(look, self._clock.monotonic_s() + HANDED_S)
        for ref, part in news.items():
            self._seen[ref] = part
            if isinstance(part, Known):
                yield Seen(ref=ref, observed=part.value)
