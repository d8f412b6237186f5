"""Debian's nginx before a published directory: who asks while releases are switched gets one release or the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from testbed.nginx import Nginx
from testbed.sshd import Sshd
from tests.target.directory.site_ground import DirectoryGround
from tests.target.site.ssh.ssh_ground import SshGround
from trueline.runtime.task_group import TaskGroup
from trueline.testing.conformance.site.world import World

RELEASES = 8
READERS = 3
MARK = "release "


def site(number: int) -> dict[str, str]:
    """Every page says which release it is of, and names a page that only this release has."""
    page = f"{MARK}{number} <a href=/only/{number}.html> <link href=/assets/{number}.css>"
    return {
        "index.html": page,
        "docs/guide/index.html": page,
        f"only/{number}.html": page,
        f"assets/{number}.css": f"/* {number} */",
        "assets/same.css": "/* always */",
        "404.html": "not here",
    }


def number_of(page: str) -> int:
    """Which release a page is of."""
    return int(page.removeprefix(MARK).split()[0])


@pytest.fixture(params=["directory", "ssh"])
async def ground(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[DirectoryGround | SshGround]:
    if request.param == "directory":
        yield DirectoryGround(tmp_path)
        return
    async with Sshd(tmp_path / "sshd") as sshd:
        made = SshGround(tmp_path, sshd)
        yield made
        await made.close()


class Reader:
    """Asks for a page, and then for what that page names, for as long as it is let."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.seen: list[int] = []
        self.wrong: list[str] = []

    async def read(self) -> None:
        """Without end."""
        while True:
            for path in ("/", "/docs/guide/"):
                self.note(path, *await self.get(path))
            _, styles = await self.get("/assets/same.css")
            if styles != "/* always */":
                self.wrong.append(f"assets: {styles!r}")

    def note(self, path: str, status: int, page: str) -> None:
        """A page is whole, and no reader goes back in time."""
        number = number_of(page) if status == 200 and page.startswith(MARK) else -1
        if number < 0 or page != site(number)["index.html"]:
            self.wrong.append(f"{path}: {status} {page[:80]!r}")
        elif self.seen and number < self.seen[-1]:
            self.wrong.append(f"{path}: {number} after {self.seen[-1]}")
        self.seen.append(number)

    async def get(self, path: str) -> tuple[int, str]:
        """One answer."""
        async with self._session.get(self._url + path) as answer:
            return answer.status, await answer.text()


async def reading(url: str, act: Callable[[], Awaitable[None]]) -> list[Reader]:
    """Readers while something is done."""
    async with aiohttp.ClientSession() as session:
        readers = [Reader(session, url) for _ in range(READERS)]
        async with TaskGroup() as group:
            tasks = [group.create_task(reader.read()) for reader in readers]
            await act()
            for task in tasks:
                task.cancel()
    return readers


async def test_a_reader_sees_whole_releases_only(tmp_path: Path, ground: DirectoryGround | SshGround) -> None:
    world = await World.on(ground)
    await world.publish(site(0))
    async with Nginx(tmp_path / "nginx", serves=tmp_path / "srv" / "www") as nginx:
        async with aiohttp.ClientSession() as session:
            asked = Reader(session, nginx.url)
            assert await asked.get("/only/0.html") == (200, site(0)["index.html"])
            assert await asked.get("/nowhere") == (404, "not here")

        async def publish() -> None:
            for number in range(1, RELEASES):
                await world.publish(site(number))
                await asyncio.sleep(0.05)

        readers = await reading(nginx.url, publish)
        assert [reader.wrong for reader in readers] == [[]] * READERS
        assert all(len(set(reader.seen)) > 2 for reader in readers), "they read while it was switched"
        async with aiohttp.ClientSession() as session:
            asked = Reader(session, nginx.url)
            assert await asked.get("/only/0.html") == (404, "not here")
            assert await asked.get("/assets/0.css") == (200, "/* 0 */"), "an open page of the first release finds it"
            await world.go(site(0))
            assert await asked.get("/") == (200, site(0)["index.html"])


async def test_a_server_that_follows_a_removed_site_finds_nothing(
    tmp_path: Path, ground: DirectoryGround | SshGround
) -> None:
    world = await World.on(ground)
    await world.publish(site(0))
    async with Nginx(tmp_path / "nginx", serves=tmp_path / "srv" / "www") as nginx, aiohttp.ClientSession() as session:
        asked = Reader(session, nginx.url)
        assert (await asked.get("/"))[0] == 200
        await world.remove()
        assert (await asked.get("/"))[0] == 404
