"""What applications consist of, as their targets tell it for pages: seldom asked of them, and briefly waited for."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from trueline.runtime.clock import Clock
from trueline.server.body import ResourceSightBody, TreeBody
from trueline.server.sight import Sights

KEPT_S: Final = 2.0
"""However many look, the target is asked for an application, or one object, no more often."""
KEPT_MAX: Final = 64
WAIT_S: Final = 3.0
"""So long a page waits for its target; then it shows what is known without it, and says so."""


@dataclass(slots=True)
class _Kept:
    until_s: float = float("-inf")
    answer: Any = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Grown:
    """The trees of the applications, and the objects, that somebody looks at."""

    def __init__(self, sights: Sights, clock: Clock, *, wait_s: float = WAIT_S) -> None:
        self._sights = sights
        self._clock = clock
        self._wait_s = wait_s
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    async def tree(self, name: str) -> TreeBody:
        """The tree of an application; who comes while it is asked for waits for the same answer.

        Raises:
            UserError: TL0710, there is none of that name.
            Transient: its target cannot be reached at all.
        """
        found: TreeBody = await self._shared((name, ""), lambda: self._tree(name))
        return found

    async def resource(self, name: str, ref: str) -> ResourceSightBody:
        """One object of an application, in the same way.

        Raises:
            UserError: TL0710, TL0727: there is no such application, or no such object of it.
            Transient: its target cannot be reached at all, or does not tell whether it is of this application.
        """
        found: ResourceSightBody = await self._shared((name, ref), lambda: self._resource(name, ref))
        return found

    async def _shared(self, key: tuple[str, str], ask: Callable[[], Awaitable[Any]]) -> Any:
        kept = self._kept.setdefault(key, _Kept())
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        async with kept.lock:
            if kept.answer is None or self._clock.monotonic_s() >= kept.until_s:
                kept.answer = await ask()
                kept.until_s = self._clock.monotonic_s() + KEPT_S
            return kept.answer

    async def _tree(self, name: str) -> TreeBody:
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._sights.tree(name)
        except TimeoutError:
            known = await self._sights.standing(name)
            return msgspec.structs.replace(known, unknown=(self._silent,))

    async def _resource(self, name: str, ref: str) -> ResourceSightBody:
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._sights.resource(name, ref)
        except TimeoutError:
            return await self._sights.unseen(name, ref, self._silent)

    @property
    def _silent(self) -> str:
        return f"the target did not answer within {self._wait_s:g} s"
