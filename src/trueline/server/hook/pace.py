"""How often one is listened to, and how often Git is looked at for it: a flood costs a bounded number of both."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from trueline.runtime.clock import Clock
from trueline.server.access.attempt import address_key
from trueline.server.hook.aim import Aim
from trueline.server.hook.refusal import many

LISTENED_AT_ONCE: Final = 200
LISTENED_PER_S: Final = 20.0
ADDRESSES_MAX: Final = 1_024
LOOKS_AT_ONCE: Final = 10
LOOKS_PER_S: Final = 1.0


class Bucket:
    """Tokens that come back with time: `at_once` of them, `per_s` a second."""

    __slots__ = ("_at_once", "_at_s", "_left", "_per_s")

    def __init__(self, *, at_once: float, per_s: float, now_s: float) -> None:
        self._at_once, self._per_s = at_once, per_s
        self._left, self._at_s = at_once, now_s

    def take(self, now_s: float) -> bool:
        """Take one, if there is one."""
        self._left = min(self._at_once, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Listening:
    """How many deliveries are listened to, by the address they come from; the addresses are bounded, too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, Bucket] = OrderedDict()

    def admit(self, address: str) -> None:
        """One more from there.

        Raises:
            Refusal: TL2009.
        """
        key, now_s = address_key(address), self._clock.monotonic_s()
        bucket = self._known.pop(key, None) or Bucket(at_once=LISTENED_AT_ONCE, per_s=LISTENED_PER_S, now_s=now_s)
        self._known[key] = bucket
        if len(self._known) > ADDRESSES_MAX:
            self._known.popitem(last=False)
        if not bucket.take(now_s):
            raise many(1)

    def __len__(self) -> int:
        return len(self._known)


class Looks:
    """Asks for looks: the first ones at once, of a flood one a second, and the last one always."""

    def __init__(self, poke: Callable[[Aim], None], clock: Clock) -> None:
        self._poke = poke
        self._clock = clock
        self._bucket = Bucket(at_once=LOOKS_AT_ONCE, per_s=LOOKS_PER_S, now_s=clock.monotonic_s())
        self._waiting: Aim = frozenset()
        self._is_waiting = asyncio.Event()

    def ask(self, aim: Aim) -> None:
        """Have it looked at: now, or with others within a second."""
        if aim is not None and not aim:
            return
        if not self._is_waiting.is_set() and self._bucket.take(self._clock.monotonic_s()):
            self._poke(aim)
            return
        self._waiting = None if aim is None or self._waiting is None else self._waiting | aim
        self._is_waiting.set()

    async def run(self) -> None:
        """Have those looked at that had to wait. Never ends by itself."""
        while True:
            await self._is_waiting.wait()
            while not self._bucket.take(self._clock.monotonic_s()):
                await self._clock.sleep(1.0 / LOOKS_PER_S)
            aim, self._waiting = self._waiting, frozenset()
            self._is_waiting.clear()
            self._poke(aim)
