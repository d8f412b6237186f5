"""What a browser is told as it happens: server-sent events, one for each build, the last one at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from trueline.runtime.clock import Clock
from trueline.runtime.task_group import TaskGroup

LISTENERS_MAX: Final = 64
HEARTBEAT_S: Final = 10.0
_HEARTBEAT: Final = b": still here\n\n"
_PROBLEMS_MAX: Final = 50


class Teller:
    """Tells every listener of the newest build; who is slow misses the ones between."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._news = asyncio.Event()
        self._event = b""
        self.listeners = 0

    def tell(self, number: int, problems: list[str]) -> None:
        """A build was made, or failed: `number` is that of the one that is shown."""
        data = json.dumps({"number": number, "problems": problems[:_PROBLEMS_MAX]})
        self._event = f"event: build\ndata: {data}\n\n".encode()
        self._news.set()
        self._news = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether nobody else is listened to."""
        return self.listeners >= LISTENERS_MAX

    def listen(self) -> "Telling":
        """A new listener."""
        return Telling(self, self._clock)

    @property
    def newest(self) -> tuple[bytes, asyncio.Event]:
        """What is to be told now, and what says that there is something newer."""
        return self._event, self._news


class Telling:
    """One listener's stream; see `Pieces`."""

    def __init__(self, teller: Teller, clock: Clock) -> None:
        self._teller = teller
        self._clock = clock
        teller.listeners += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            event, news = self._teller.newest
            yield event or _HEARTBEAT
            while not await self._is_told(news):
                yield _HEARTBEAT

    async def _is_told(self, news: asyncio.Event) -> bool:
        async with TaskGroup() as group:
            told, tired = group.create_task(news.wait()), group.create_task(self._clock.sleep(HEARTBEAT_S))
            await asyncio.wait({told, tired}, return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            tired.cancel()
        return news.is_set()

    async def aclose(self) -> None:
        """It is gone."""
        self._teller.listeners -= 1
