"""Links to other sites: asked once, remembered for as long as an answer holds, and told with their line."""

import asyncio

from tests.loop.still_clock import StillClock
from tests.render.site.case import MemoryCache
from trueline.loop.outside import ASKED_MAX, AT_ONCE_EACH_HOST, OutsideLinks
from trueline.model.origin import Origin
from trueline.policy.outside import BROKEN_S, FINE_S, PASSING_S
from trueline.runtime.http import Unreachable


class Web:
    """Answers by address; counts what is asked, and how many at once."""

    def __init__(self, **statuses: int) -> None:
        self.statuses = statuses
        self.asked: list[str] = []
        self.at_once = self.at_once_most = 0

    async def visit(self, url: str, *, timeout_s: float) -> int:
        """Answer by the last part of the address; 0 is no answer."""
        self.asked.append(url)
        self.at_once += 1
        self.at_once_most = max(self.at_once, self.at_once_most)
        await StillClock().sleep(0)
        self.at_once -= 1
        status = self.statuses.get(url.rpartition("/")[2], 200)
        if status == 0:
            raise Unreachable("no such host")
        return status


def links(*names: str) -> list[tuple[str, Origin]]:
    return [(f"https://x.example/{name}", Origin(path="a.md", line=line)) for line, name in enumerate(names, 1)]


def outside(web: Web, clock: StillClock, cache: MemoryCache | None = None) -> OutsideLinks:
    return OutsideLinks(visits=web, answers=MemoryCache() if cache is None else cache, clock=clock)


async def test_each_address_is_asked_once_and_told_where_it_stands() -> None:
    web, clock = Web(gone=404, guarded=403, away=0), StillClock()
    told = await outside(web, clock).warnings(links("fine", "gone", "gone#a", "guarded", "away", "gone#b"))
    assert [(one.code, one.origin.line if one.origin else 0, one.detail) for one in told] == [
        ("TL1542", 2, "https://x.example/gone: it answers 404"),
        ("TL1542", 3, "https://x.example/gone#a: it answers 404"),
        ("TL1542", 5, "https://x.example/away: no such host"),
        ("TL1542", 6, "https://x.example/gone#b: it answers 404"),
    ]
    assert sorted(web.asked) == [f"https://x.example/{name}" for name in ("away", "fine", "gone", "guarded")]


async def test_an_answer_holds_as_long_as_it_may() -> None:
    web, clock, cache = Web(gone=404, busy=503, away=0), StillClock(), MemoryCache()
    names = ("fine", "gone", "busy", "away")
    expected = {1.0: [], PASSING_S: ["away", "busy"], BROKEN_S: ["away", "busy", "gone"]}
    await outside(web, clock, cache).warnings(links(*names))
    for seconds, again in expected.items():
        web.asked.clear()
        clock.at_s += seconds
        assert len(await outside(web, clock, cache).warnings(links(*names))) == 3
        assert sorted(url.rpartition("/")[2] for url in web.asked) == again
    clock.at_s += FINE_S
    web.asked.clear()
    await outside(web, clock, cache).warnings(links(*names))
    assert len(web.asked) == 4


async def test_a_clock_that_went_back_makes_no_answer_eternal() -> None:
    web, clock, cache = Web(), StillClock(), MemoryCache()
    clock.at_s = 100.0
    await outside(web, clock, cache).warnings(links("fine"))
    clock.at_s = 0.0
    await outside(web, clock, cache).warnings(links("fine"))
    assert len(web.asked) == 2


async def test_hosts_are_not_stormed_and_much_is_left_for_the_next_time() -> None:
    web, clock, cache = Web(), StillClock(), MemoryCache()
    many = links(*map(str, range(ASKED_MAX + 5)))
    await outside(web, clock, cache).warnings(many)
    assert len(web.asked) == ASKED_MAX
    assert web.at_once_most <= AT_ONCE_EACH_HOST
    await outside(web, clock, cache).warnings(many)
    assert len(web.asked) == ASKED_MAX + 5


class Silent(Web):
    """One address never answers."""

    async def visit(self, url: str, *, timeout_s: float) -> int:
        """All others do."""
        if url.endswith("/silent"):
            await asyncio.Event().wait()
        return await super().visit(url, timeout_s=timeout_s)


async def test_who_never_answers_holds_nobody_for_ever_and_what_was_heard_counts() -> None:
    clock, cache = StillClock(), MemoryCache()
    asking = OutsideLinks(visits=Silent(gone=404), answers=cache, clock=clock, budget_s=0.05)
    told = await asyncio.wait_for(asking.warnings(links("gone", "silent")), 20)
    assert [one.detail for one in told] == ["https://x.example/gone: it answers 404"]
    again = Web(gone=404)
    await outside(again, clock, cache).warnings(links("gone", "silent"))
    assert again.asked == ["https://x.example/silent"], "what was not heard is asked the next time"
