"""The way in: what comes is bounded before it is read, judged before it is understood, and means "look again"."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.server.bench import Bench, bench
from tests.server.hook.sent import OTHER, SECRET, SIGNING, Sent, generic, gitea, github, gitlab, pushes
from trueline.declare.application import SourceSpec
from trueline.runtime.task_group import TaskGroup
from trueline.server.hook.forge import Forge
from trueline.server.hook.key import HookKeys
from trueline.server.hook.pace import LISTENED_AT_ONCE
from trueline.server.hook.reading import READ_OF_ONE_MAX
from trueline.server.hook.route import HOOK_BYTES_MAX, HookRoutes
from trueline.server.http import application
from trueline.testing.clock import START

NOW = int(START.timestamp())
PUSHES = pushes(NOW)


@pytest.fixture
def keys(tmp_path: Path) -> HookKeys:
    """One file for all forges."""
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n{SIGNING}\n")
    return HookKeys(files=dict.fromkeys(Forge, path))


async def sent(client: "TestClient[Any, Any]", one: Sent, **headers: str) -> tuple[int, Any]:
    """The answer to a delivery."""
    answer = await client.post(one.forge.path, data=io.BytesIO(one.body), headers={**one.headers, **headers})
    return answer.status, await answer.json()


def code(answered: tuple[int, Any]) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answered[0], answered[1]["errors"][0]["code"]


@pytest.mark.parametrize("name", PUSHES)
async def test_a_push_that_is_signed_is_looked_at_once(name: str, keys: HookKeys) -> None:
    """INV-11 A replay is refused, whatever it calls itself, and looks at nothing."""
    made = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        assert await sent(client, PUSHES[name]) == (202, {"accepted": True, "look": True})
        assert made.engine.poked == [None]
        again = await sent(client, PUSHES[name], **{"X-GitHub-Delivery": "another", "X-Request-UUID": "another"})
        assert code(again) == (409, "TL2004")
    assert made.engine.pokes == 1


@pytest.mark.parametrize("name", PUSHES)
async def test_without_a_secret_there_is_no_webhook(name: str) -> None:
    """INV-11 No secret is not an empty secret."""
    made = bench()
    async with made.client(is_private=False, who="") as client:
        assert code(await sent(client, PUSHES[name])) == (404, "TL2000")
    assert made.engine.pokes == 0


async def test_who_signs_with_another_secret_is_not_heard(keys: HookKeys) -> None:
    made = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        assert code(await sent(client, github(secret=OTHER))) == (401, "TL2002")
        assert code(await sent(client, gitlab(secret=OTHER))) == (401, "TL2002")
        assert (await sent(client, github()))[0] == 202, "what was refused is no replay"
    assert made.engine.pokes == 1


async def test_a_secret_is_changed_without_a_start(keys: HookKeys) -> None:
    made, path = bench(hook_keys=keys), keys.files[Forge.GITHUB]
    async with made.client(is_private=False, who="") as client:
        path.write_text(f"{SECRET}\n{OTHER}\n")
        assert (await sent(client, github({"ref": "1"}, secret=OTHER)))[0] == 202
        path.write_text(f"{OTHER}\n")
        assert code(await sent(client, github({"ref": "2"}))) == (401, "TL2002")
        path.unlink()
        status, told = await sent(client, github({"ref": "3"}, secret=OTHER))
        assert (status, told["errors"][0]["code"]) == (503, "TL2011")
        assert str(path) not in str(told)


async def test_a_ping_is_answered_and_what_is_no_push_is_nothing(keys: HookKeys) -> None:
    made = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        assert (await sent(client, github({"zen": "Keep it simple."}, event="ping")))[0] == 200
        assert await sent(client, github({}, event="issues")) == (202, {"accepted": True, "look": False})
        assert code(await sent(client, github([]))) == (422, "TL2006")
    assert made.engine.pokes == 0


async def test_only_what_follows_the_repository_is_looked_at(keys: HookKeys) -> None:
    made = bench(hook_keys=keys)
    made.stands("till")
    told: Any = made.engine.kept["till"].application
    told.sources = (SourceSpec(url="https://git.example/team/charts", revision="main"),)
    made.engine.look = SimpleNamespace(revision=SimpleNamespace(ref="refs/heads/main"))
    charts = {"ref": "refs/heads/main", "repository": {"full_name": "team/charts"}, "after": "f" * 40}
    async with made.client(is_private=False, who="") as client:
        assert (await sent(client, github(charts)))[1]["look"] is True
        assert (await sent(client, github({**charts, "ref": "refs/heads/try"})))[1]["look"] is False
        assert (await sent(client, gitea({"repository": {"full_name": "team/fleet"}, "ref": "refs/heads/main"})))[1][
            "look"
        ]
    assert made.engine.poked == [frozenset({"till"}), None]


async def test_what_a_delivery_says_of_content_and_commits_is_not_taken(keys: HookKeys) -> None:
    """INV-11 The most that a delivery can do is a look: what is applied comes from Git alone."""
    made = bench(hook_keys=keys)
    value = {
        "after": "e" * 40,
        "repository": {"clone_url": "https://evil.example/x.git"},
        "commits": [{"id": "e" * 40}],
    }
    async with made.client(is_private=False, who="") as client:
        assert (await sent(client, github(value)))[0] == 202
    assert (made.engine.poked, made.engine.woken, made.journal.head().sequence) == ([None], [], 0)


async def never() -> AsyncIterator[bytes]:
    """A body that begins, and does not go on."""
    yield b"{"
    await asyncio.sleep(3_600)


async def test_a_body_that_says_it_is_too_large_is_not_read(keys: HookKeys) -> None:
    """INV-30 It is answered before it has come."""
    made = bench(hook_keys=keys)
    headers = {**github().headers, "Content-Length": str(HOOK_BYTES_MAX + 1)}
    async with made.client(is_private=False, who="") as client, asyncio.timeout(30):
        answer = await client.post("/hooks/github", data=never(), headers=headers)
        assert code((answer.status, await answer.json())) == (413, "TL2008")


async def test_a_body_without_an_end_is_read_to_its_bound(keys: HookKeys) -> None:
    """INV-30 A body that never ends is let go of at its bound."""
    told = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal told
        while told < HOOK_BYTES_MAX * 20:
            told += 1 << 16
            yield b"x" * (1 << 16)

    made = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        answer = await client.post("/hooks/github", data=endless(), headers=github().headers)
        assert code((answer.status, await answer.json())) == (413, "TL2008")
        assert told < HOOK_BYTES_MAX * 10


async def test_what_is_packed_is_not_opened(keys: HookKeys) -> None:
    """INV-30 A bomb costs what it weighs."""
    made, push = bench(hook_keys=keys), github()
    bomb = Sent(forge=push.forge, headers=push.headers, body=gzip.compress(b"\0" * (8 << 20)))
    async with made.client(is_private=False, who="") as client:
        assert code(await sent(client, bomb, **{"Content-Encoding": "gzip"})) == (415, "TL2005")


async def test_who_is_not_signed_is_sent_away_before_the_body_is_read(keys: HookKeys) -> None:
    made = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        async with asyncio.timeout(30):
            answer = await client.post("/hooks/github", data=never())
            assert code((answer.status, await answer.json())) == (401, "TL2001")


async def test_slow_bodies_end_and_hold_nobody_else_up(keys: HookKeys) -> None:
    """INV-30 A body that comes byte by byte ends; so many at once hold up no page, and other deliveries little."""
    made = bench(hook_keys=keys)
    routes = HookRoutes(made.parts.hooks, read_s_max=0.5)
    app = web.Application()
    app.router.add_post("/slow", guarded(routes))
    goes_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await goes_on.wait()

    async with TestClient(TestServer(app)) as client, asyncio.timeout(20):
        async with TaskGroup() as group:
            tasks = [
                group.create_task(client.post("/slow", data=slow(), headers=github().headers))
                for _ in range(READ_OF_ONE_MAX + 2)
            ]
            statuses = sorted([(await task).status for task in tasks])
            goes_on.set()
        assert statuses == [408] * READ_OF_ONE_MAX + [429] * 2
        assert (await client.post("/slow", data=github().body, headers=github().headers)).status == 202


def guarded(routes: HookRoutes) -> Any:
    """The handler of GitHub's, with refusals as bare statuses."""
    deliver = routes.handler(Forge.GITHUB)

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await deliver(request)
        except Exception as error:
            return web.Response(status=getattr(error, "status", 500))

    return answer


async def test_a_flood_is_listened_to_so_far(keys: HookKeys) -> None:
    made = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        statuses = [(await client.post("/hooks/github", data=b"{}")).status for _ in range(LISTENED_AT_ONCE + 3)]
    assert statuses == [401] * LISTENED_AT_ONCE + [429] * 3


async def test_what_becomes_of_deliveries_is_counted(keys: HookKeys) -> None:
    made: Bench = bench(hook_keys=keys)
    async with made.client(is_private=False, who="") as client:
        await sent(client, github())
        await sent(client, github())
        await sent(client, github({}, event="issues"))
        await sent(client, generic(NOW - 10_000))
    assert dict(made.parts.hooks.counts) == {
        ("github", "look"): 1,
        ("github", "TL2004"): 1,
        ("github", "nothing"): 1,
        ("generic", "TL2003"): 1,
    }


async def test_no_answer_has_a_secret(keys: HookKeys) -> None:
    made = bench(hook_keys=keys)
    async with TestClient(TestServer(application(made.parts, is_private=False))) as client:
        for one in (*PUSHES.values(), github(secret=OTHER), gitlab(secret=OTHER)):
            assert "hunter2" not in str(await sent(client, one))
