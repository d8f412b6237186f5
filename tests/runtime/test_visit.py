"""Visits, on a real server: what is asked, what is followed, and what is never asked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from trueline.runtime.http import Unreachable
from trueline.runtime.visit_aiohttp import AiohttpVisits

LEADS = {
    "/moved": "/fine",
    "/round": "/round",
    "/to-metadata": "http://169.254.169.254/latest/",
    "/away": "ftp://x.example/",
}


@dataclass
class Rig:
    """A server and who visits it."""

    visits: AiohttpVisits
    base: str = ""
    asked: list[str] = field(default_factory=list)

    async def status(self, path: str) -> int:
        """What a visit says."""
        return await self.visits.visit(f"{self.base}{path}", timeout_s=30.0)


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig(AiohttpVisits())

    async def answer(request: web.Request) -> web.Response:
        rig.asked.append(f"{request.method} {request.path}")
        if request.path in LEADS:
            return web.Response(status=302, headers={"Location": LEADS[request.path]})
        if request.path == "/head-only-by-get":
            return web.Response(status=405 if request.method == "HEAD" else 200)
        return web.Response(status=404) if request.path == "/gone" else web.Response(text="x" * 1000)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    rig.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield rig
    await rig.visits.close()
    await runner.cleanup()


async def test_one_question_is_enough_where_a_server_knows_it(rig: Rig) -> None:
    assert await rig.status("/fine") == 200
    assert rig.asked == ["HEAD /fine"]


async def test_a_server_that_knows_no_head_is_asked_again(rig: Rig) -> None:
    assert await rig.status("/head-only-by-get") == 200
    assert await rig.status("/gone") == 404
    assert rig.asked == [f"{method} {path}" for path in ("/head-only-by-get", "/gone") for method in ("HEAD", "GET")]


async def test_redirects_are_followed_within_a_bound(rig: Rig) -> None:
    assert await rig.status("/moved") == 200
    assert await rig.status("/away") == 302
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        await rig.status("/round")


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::ffff:169.254.169.254]", "224.0.0.1"])  # noqa: S104
async def test_what_only_this_machine_can_reach_is_never_asked(rig: Rig, host: str) -> None:
    with pytest.raises(Unreachable, match="not asked from here"):
        await rig.visits.visit(f"http://{host}/", timeout_s=30.0)


async def test_a_redirect_does_not_lead_there_either(rig: Rig) -> None:
    with pytest.raises(Unreachable, match="not asked from here"):
        await rig.status("/to-metadata")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://", "http://[x/", "https://nobody.invalid/"])
async def test_no_answer_is_a_reason(rig: Rig, url: str) -> None:
    with pytest.raises(Unreachable):
        await rig.visits.visit(url, timeout_s=30.0)
