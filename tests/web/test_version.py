"""The menu of versions and the banner, as a browser makes them."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from testbed.browser import Browser, Screen
from tests.render.site.case import Bench
from tests.render.site.shelf import DECLARED, MAIN, NEW, OLD, URL, V1, V2, Shelf
from trueline.render.site.media import media_of
from trueline.render.site.worker import MODULE
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.runtime.worker_process import arguments_of

pytest.importorskip("comrak", reason="the extra `site` is not installed: NOT RUN")

FOLDER = "/handbook/"
REFS = {MAIN: NEW, "refs/tags/v3.0-rc1": NEW, V2: NEW, V1: OLD}
MENU = "return document.querySelector('.version details')"
CURRENT = "return document.querySelector('.version [aria-current]').textContent"
CHOOSE = (
    "const links = [...document.querySelectorAll('.version li a')];"
    "links.find((one) => one.firstChild.textContent === arguments[0]).click()"
)
LISTED = "return [...document.querySelectorAll('article li a')].map((one) => one.href)"


async def _built(place: Path) -> dict[str, bytes]:
    clock, worker = SystemClock(), Path(sys.executable)
    async with (
        ProcessToolbox(path=worker, arguments=arguments_of(MODULE), clock=clock, timeout_s=60) as reading,
        ProcessToolbox(path=find_toolbox().path, clock=clock) as yaml,
    ):
        bench = Bench(worker=reading, toolbox=yaml, place=place)
        return bench.published(await Shelf(bench).render(REFS, replace(DECLARED, url=URL + FOLDER)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with versions, below a folder."""
    files = asyncio.run(_built(tmp_path_factory.mktemp("versions")))

    class Handler(BaseHTTPRequestHandler):
        """Answers from memory."""

        def do_GET(self) -> None:
            """One file."""
            name = unquote(urlsplit(self.path).path).removeprefix(FOLDER)
            name = f"{name}index.html" if not name or name.endswith("/") else name
            status, shown = (200, name) if name in files else (404, "404.html")
            self.send_response(status)
            self.send_header("content-type", media_of(shown))
            self.send_header("content-length", str(len(files[shown])))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(files[shown])

        do_HEAD = do_GET  # noqa: N815 - as the library names it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{FOLDER}"
        finally:
            server.shutdown()
            thread.join()


class Reader:
    """Somebody with a browser."""

    def __init__(self, window: Browser, site: str) -> None:
        self.window = window
        self._site = site

    def opens(self, path: str) -> None:
        """Go to a page, and wait for what its scripts make."""
        self.window.show(self._site + path)
        self.window.wait(MENU)

    def chooses(self, folder: str) -> str:
        """Take a version from the menu; the path that it led to."""
        before = self.where
        self.window.click(".version summary")
        self.window.run(CHOOSE, folder)
        self.window.wait("return location.href !== arguments[0]", self._site + before)
        self.window.wait(MENU)
        return self.where

    @property
    def where(self) -> str:
        """The path from the site's root."""
        return self.window.address.removeprefix(self._site)

    @property
    def banner(self) -> str:
        """What the banner says; empty where there is none."""
        found = self.window.run("return [...document.querySelectorAll('.outdated')].map((one) => one.textContent)")
        assert len(found) < 2
        return str(found[0]) if found else ""


@pytest.fixture
def reader(window: Browser, site: str) -> Reader:
    return Reader(window, site)


def test_the_menu_lists_all_and_leads_to_the_same_page(reader: Reader) -> None:
    reader.opens("v1.0/guide/")
    listed = reader.window.run("return [...document.querySelectorAll('.version li a')].map((one) => one.textContent)")
    assert listed == ["latest main", "stable v2.0", "main", "v3.0-rc1", "v2.0", "v1.0"]
    assert reader.window.run(CURRENT) == "v1.0"
    assert reader.chooses("v2.0") == "v2.0/guide/"
    assert reader.chooses("latest") == "latest/guide/"
    assert reader.window.complaints() == []
    reader.opens("v1.0/old/")
    assert reader.chooses("v2.0") == "v2.0/"


def test_versions_that_are_not_the_one_to_read_have_a_banner(reader: Reader) -> None:
    expected = {
        "v1.0/guide/": "This is v1.0, an older version. Go to v2.0",
        "v3.0-rc1/guide/": "This is v3.0-rc1, which is not released yet. Go to v2.0",
        "latest/guide/": "This is the development version (main). Go to v2.0",
        "main/": "This is the development version (main). Go to v2.0",
        "v2.0/guide/": "",
        "stable/guide/": "",
    }
    found = {}
    for path in expected:
        reader.opens(path)
        found[path] = reader.banner
    assert found == expected
    reader.opens("v1.0/guide/")
    reader.window.click(".outdated a")
    reader.window.wait("return location.pathname.endsWith('/stable/guide/')")


def test_the_banner_takes_no_room_and_hides_no_text(reader: Reader) -> None:
    reader.opens("v1.0/guide/")
    reader.window.wait("return document.querySelector('.outdated')")
    assert reader.window.moves() == []
    below = "scrollTo(0, 1e6); return innerHeight - document.querySelector('.bottom').getBoundingClientRect().bottom"
    height = "return document.querySelector('.outdated').getBoundingClientRect().height"
    assert reader.window.run(below) >= reader.window.run(height)


def test_the_menu_is_shut_by_a_click_beside_it_and_by_the_keyboard(reader: Reader) -> None:
    reader.opens("v1.0/guide/")
    is_open = "return document.querySelector('.version details').open"
    reader.window.click(".version summary")
    assert reader.window.run(is_open)
    reader.window.click("h1")
    assert not reader.window.run(is_open)
    reader.window.click(".version summary")
    reader.window.press(Keys.ESCAPE)
    assert not reader.window.run(is_open)


def test_the_page_for_no_page_knows_the_versions_too(reader: Reader) -> None:
    reader.opens("v1.0/nothing/here/")
    assert reader.window.run(CURRENT) == "v1.0"


def test_without_scripts_a_link_leads_to_the_list(window: Browser, site: str) -> None:
    window.show(f"{site}v1.0/guide/", Screen(has_scripts=False))
    window.follow(".version a")
    assert window.address == f"{site}versions.html"
    assert window.seen("article li a") == ["a"] * 6
    window.show(f"{site}versions.html")
    folders = ["main", "latest", "v3.0-rc1", "v2.0", "stable", "v1.0"]
    assert window.run(LISTED) == [f"{site}{folder}/" for folder in folders]
    window.show(site)
    window.wait("return location.href === arguments[0]", f"{site}stable/")
