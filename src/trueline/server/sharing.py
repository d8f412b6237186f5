"""Questions that are asked several times at once are asked once: of each, one is under way and at most one follows it.

Who asks never gets an answer that was begun before they asked, so that what they did before it is seen.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Turn:
    """One asking; `answered` is set with its answer, with its fault, or with neither where it was given up."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Any = None
    fault: Exception | None = None
    is_answered: bool = False


@dataclass(slots=True)
class _Line:
    now: _Turn
    following: _Turn | None = None


class Sharing:
    """The questions that are under way."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line] = {}

    async def answer(self, key: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer to a question, asked now, or together with all who wait for its turn to come.

        Raises:
            Exception: what asking raises.
        """
        while True:
            line = self._lines.get(key)
            if line is None:
                return await self._lead(key, _Turn(), ask)
            if line.following is None:
                turn = line.following = _Turn()
                try:
                    await line.now.over.wait()
                except BaseException:
                    self._give_up(key, turn)
                    raise
                return await self._lead(key, turn, ask)
            turn = line.following
            await turn.over.wait()
            if turn.fault is not None:
                raise turn.fault
            if turn.is_answered:
                return turn.answer

    def __len__(self) -> int:
        return len(self._lines)

    async def _lead(self, key: Hashable, turn: _Turn, ask: Callable[[], Awaitable[Any]]) -> Any:
        line = self._lines[key] = _Line(now=turn)
        try:
            turn.answer = await ask()
            turn.is_answered = True
        except Exception as error:
            turn.fault = error
            raise
        finally:
            turn.over.set()
            if line.following is None and self._lines.get(key) is line:
                del self._lines[key]
        return turn.answer

    def _give_up(self, key: Hashable, turn: _Turn) -> None:
        """Who would have asked next is gone: whoever waits for it asks."""
        line = self._lines.get(key)
        if line is not None and line.following is turn:
            line.following = None
            if line.now.over.is_set():
                del self._lines[key]
        turn.over.set()
