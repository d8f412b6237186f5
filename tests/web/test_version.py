"""The menu of versions and the banner, as a browser makes them."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.support.wait import WebDriverWait

from testbed.debian import program
from tests.render.site.case import Bench
from tests.render.site.shelf import DECLARED, MAIN, NEW, OLD, URL, V1, V2, Shelf
from trueline.render.site.media import media_of
from trueline.render.site.worker import MODULE
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.runtime.worker_process import arguments_of

pytest.importorskip("comrak", reason="the extra `site` is not installed: NOT RUN")
pytestmark = pytest.mark.xdist_group("web")

FOLDER = "/handbook/"
REFS = {MAIN: NEW, "refs/tags/v3.0-rc1": NEW, V2: NEW, V1: OLD}
TIMEOUT_S = 30.0
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


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

    def __init__(self, driver: Chrome, site: str) -> None:
        self._driver = driver
        self._site = site

    def opens(self, path: str) -> None:
        """Go to a page, and wait for what its scripts make."""
        self._driver.get(self._site + path)
        self.waits("return document.querySelector('.version details')")

    def asks(self, script: str) -> Any:
        """What a script answers."""
        return self._driver.execute_script(script)

    def waits(self, script: str) -> Any:
        """The same, once it is true."""
        return WebDriverWait(self._driver, TIMEOUT_S, 0.02).until(lambda _: self.asks(script), script)

    def chooses(self, folder: str) -> str:
        """Take a version from the menu; the path that it led to."""
        self._driver.find_element("css selector", ".version summary").click()
        before = self.where
        links = self._driver.find_elements("css selector", ".version li a")
        next(link for link in links if link.text.split(" ")[0] == folder).click()
        WebDriverWait(self._driver, TIMEOUT_S, 0.02).until(lambda _: self.where != before, f"still at {before}")
        return self.where

    @property
    def where(self) -> str:
        """The path from the site's root."""
        return self._driver.current_url.removeprefix(self._site)

    @property
    def banner(self) -> str:
        """What the banner says; empty where there is none."""
        found = self._driver.find_elements("css selector", ".outdated")
        return found[0].text if found else ""

    @property
    def complaints(self) -> list[str]:
        """What the browser holds against the page."""
        return [entry["message"] for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = str(program("chromium", "chromium"))
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = ChromeService(executable_path=str(program("chromedriver", "chromium-driver")))
    with Chrome(options=options, service=service) as started:
        yield started


@pytest.fixture
def reader(driver: Chrome, site: str) -> Reader:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    return Reader(driver, site)


def test_the_menu_lists_all_and_leads_to_the_same_page(reader: Reader) -> None:
    reader.opens("v1.0/guide/")
    listed = reader.asks("return [...document.querySelectorAll('.version li a')].map((one) => one.textContent)")
    assert listed == ["latest main", "stable v2.0", "main", "v3.0-rc1", "v2.0", "v1.0"]
    assert reader.asks("return document.querySelector('.version [aria-current]').textContent") == "v1.0"
    assert reader.chooses("v2.0") == "v2.0/guide/"
    assert reader.chooses("latest") == "latest/guide/"
    reader.opens("v1.0/old/")
    assert reader.chooses("v2.0") == "v2.0/"
    assert [one for one in reader.complaints if "404" not in one] == []  # the page that was asked for and is not there


def test_versions_that_are_not_the_one_to_read_have_a_banner(reader: Reader) -> None:
    expected = {
        "v1.0/guide/": "This is v1.0, an older version. Go to v2.0.",
        "v3.0-rc1/guide/": "This is v3.0-rc1, which is not released yet. Go to v2.0.",
        "latest/guide/": "This is the development version (main). Go to v2.0.",
        "main/": "This is the development version (main). Go to v2.0.",
        "v2.0/guide/": "",
        "stable/guide/": "",
    }
    found = {}
    for path in expected:
        reader.opens(path)
        found[path] = reader.banner
    assert found == expected
    reader.opens("v1.0/guide/")
    reader.asks("document.querySelector('.outdated a').click()")
    reader.waits("return location.pathname.endsWith('/stable/guide/')")


def test_the_menu_is_shut_by_a_click_beside_it_and_by_the_keyboard(reader: Reader) -> None:
    reader.opens("v1.0/guide/")
    is_open = "return document.querySelector('.version details').open"
    reader.asks("document.querySelector('.version summary').click()")
    assert reader.asks(is_open)
    reader.asks("document.querySelector('main').click()")
    assert not reader.asks(is_open)
    reader.asks("document.querySelector('.version summary').click()")
    reader.asks(
        "document.querySelector('.version li a').dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))"
    )
    assert not reader.asks(is_open)


def test_the_page_for_no_page_knows_the_versions_too(reader: Reader) -> None:
    reader.opens("v1.0/nothing/here/")
    assert reader.asks("return document.querySelector('.version [aria-current]').textContent") == "v1.0"


def test_without_scripts_a_link_leads_to_the_list(driver: Chrome, site: str) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(f"{site}v1.0/guide/")
    driver.find_element("css selector", ".version a").click()
    WebDriverWait(driver, TIMEOUT_S, 0.02).until(lambda _: driver.current_url == f"{site}versions.html")
    links = [one.get_attribute("href") for one in driver.find_elements("css selector", "article li a")]
    folders = ["main", "latest", "v3.0-rc1", "v2.0", "stable", "v1.0"]
    assert links == [f"{site}{folder}/" for folder in folders]
    driver.get(site)
    WebDriverWait(driver, TIMEOUT_S, 0.02).until(lambda _: driver.current_url == f"{site}stable/")
