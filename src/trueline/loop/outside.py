"""Asks the links of a render that lead to other sites, within a bound of time, and remembers the answers."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_bytes
from trueline.model.origin import Origin
from trueline.policy.outside import Heard, warn_of
from trueline.runtime.clock import Clock
from trueline.runtime.http import Unreachable
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.visit import Visits

ASKED_MAX: Final = 1_000
BUDGET_S: Final = 20.0
VISIT_S: Final = 10.0
AT_ONCE: Final = 12
AT_ONCE_EACH_HOST: Final = 2


class Answers(Protocol):
    """What addresses answered, by key; it may forget."""

    def get_each(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """What was put last under some keys."""
        ...

    def put_each(self, values: Mapping[str, bytes]) -> None:
        """Keep values."""
        ...


class OutsideLinks:
    """Warns of links to other sites that lead nowhere. What was not asked in time is asked the next time."""

    def __init__(self, *, visits: Visits, answers: Answers, clock: Clock, budget_s: float = BUDGET_S) -> None:
        """`budget_s` bounds what one call of `warnings` waits."""
        self._budget_s = budget_s
        self._visits = visits
        self._answers = answers
        self._clock = clock

    async def warnings(self, links: Sequence[tuple[str, Origin]]) -> tuple[Diagnostic, ...]:
        """The warnings, in the order of links."""
        urls = dict.fromkeys(url.partition("#")[0] for url, _ in links)
        known = self._known(urls)
        due = [url for url in urls if url not in known][:ASKED_MAX]
        asked = await self._ask(due)
        if asked:
            self._answers.put_each({_key(url): msgspec.json.encode(heard) for url, heard in asked.items()})
        known |= asked
        found = ((url, known.get(url.partition("#")[0]), origin) for url, origin in links)
        return tuple(warn_of(url, heard, origin) for url, heard, origin in found if heard is not None and heard.fault)

    def _known(self, urls: Iterable[str]) -> dict[str, Heard]:
        now_s = self._clock.now().timestamp()
        keys = {_key(url): url for url in urls}
        kept = self._answers.get_each(keys)
        heard = {keys[key]: msgspec.json.decode(text, type=Heard) for key, text in kept.items()}
        return {url: one for url, one in heard.items() if one.holds(now_s)}

    async def _ask(self, urls: Sequence[str]) -> dict[str, Heard]:
        found: dict[str, Heard] = {}
        if not urls:
            return found
        slots = asyncio.Semaphore(AT_ONCE)
        hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_EACH_HOST))

        async def one(url: str) -> None:
            async with hosts[urlsplit(url).netloc], slots:
                found[url] = await self._heard(url)

        try:
            async with asyncio.timeout(self._budget_s), TaskGroup() as group:
                for url in urls:
                    group.create_task(one(url))
        except TimeoutError:
            return found
        return found

    async def _heard(self, url: str) -> Heard:
        try:
            status, reason = await self._visits.visit(url, timeout_s=VISIT_S), ""
        except Unreachable as error:
            status, reason = 0, error.reason
        return Heard(self._clock.now().timestamp(), status, reason)


def _key(url: str) -> str:
    return f"outside/{digest_bytes(url.encode())}"
