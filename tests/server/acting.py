"""A server over a real engine on the embedded cluster: what is asked for on its pages is done, or is not."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient

from tests.server.bench import AsServed, PlainHasher, browser
from trueline.record.journal import stamp
from trueline.server.access.access import access_of
from trueline.server.access.grant import grants_of
from trueline.server.access.session import csrf_of
from trueline.server.answer import Answers
from trueline.server.hook.aim import followed_by
from trueline.server.hook.hooks import hooks_of
from trueline.server.hook.key import NO_KEYS
from trueline.server.http import ServerParts, application
from trueline.server.metric.counts import Counts
from trueline.server.page.pages import Pages
from trueline.server.stream import Feed
from trueline.testing.conformance.engine.world import World

PROJECT = b"""apiVersion: trueline.dev/v1
kind: Project
metadata: {name: default}
spec: {roles: {viewer: ["user:vi"], deployer: ["user:dee", "user:both"], approver: ["user:app", "user:both"]}}
"""
REPOSITORY = "https://git.example/team/fleet.git"
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}


class Person:
    """Somebody with a browser that runs no script: they look, and send the form that they were shown."""

    def __init__(self, client: "TestClient[Any, Any]", session: str) -> None:
        self._client = client
        self._cookie = {"Cookie": browser(session)["Cookie"]}
        self.csrf = csrf_of(session)

    async def look(self, address: str) -> tuple[int, str]:
        """What stands there."""
        answer = await self._client.get(address, headers={**PAGE, **self._cookie}, allow_redirects=False)
        return answer.status, await answer.text()

    async def page(self, address: str) -> str:
        """The page that stands there."""
        status, text = await self.look(address)
        assert status == 200, text
        return text

    async def send(self, address: str, fields: dict[str, str], **headers: str) -> tuple[int, str, str]:
        """A form: the status, where it leads, and the page."""
        answer = await self._client.post(
            address, data=fields, headers={**PAGE, **self._cookie, **headers}, allow_redirects=False
        )
        return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def agree(self, address: str, **typed: str) -> tuple[int, str, str]:
        """Look, and press the button that is there."""
        return await self.press(await self.page(address), **typed)

    async def press(self, page: str, **typed: str) -> tuple[int, str, str]:
        """The button of a page that was looked at before."""
        action, fields = form_of(page)
        return await self.send(action, {**fields, **typed})


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the form of an action is sent, and what goes with it unseen."""
    found = re.search(r'<form class="deed" method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert found is not None, "there is no form"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[2])
    return found[1], dict(hidden)


class Acting:
    """The server; everybody is let in by name."""

    def __init__(self, world: World, client: "TestClient[Any, Any]", parts: ServerParts) -> None:
        self.world = world
        self.client = client
        self.parts = parts

    def person(self, name: str, *, is_admin: bool = False) -> Person:
        """Somebody who has signed in."""
        values = (name, "plain x", int(is_admin), stamp(self.world.clock.now()))
        self.world.store.execute("INSERT OR IGNORE INTO account VALUES (?, ?, ?, ?)", values)
        return Person(self.client, self.parts.access.sessions.begin(name))


@asynccontextmanager
async def acting(world: World) -> AsyncIterator[Acting]:
    """The server of an engine that runs."""
    engine, clock = world.now.engine, world.clock
    answers = Answers(world.control, world.toolbox, clock=clock)
    feed = Feed(world.journal, clock, answers.standings)
    access = access_of(
        store=world.store, journal=world.journal, clock=clock, grants=grants_of(engine), hasher=PlainHasher()
    )
    parts = ServerParts(
        answers=answers,
        access=access,
        feed=feed,
        counts=cast("Counts", None),
        pages=Pages(answers, feed, clock, REPOSITORY),
        hooks=hooks_of(
            poke=engine.poke, keys=NO_KEYS, followed=lambda: followed_by(engine, REPOSITORY, ""), clock=clock
        ),
        is_writable=lambda: True,
    )
    server = AsServed(application(parts, is_private=False))
    async with TestClient(server, cookie_jar=DummyCookieJar()) as client:
        yield Acting(world, client, parts)
