"""Logs in a browser: what comes is added as text, and stops when a person says so."""

import asyncio
from collections.abc import Iterator

import pytest

from testbed.browser import Browser
from tests.server.bench import Bench
from tests.server.test_log import SCRIPT, fill
from tests.web.paged import Served
from tests.web.test_acts import is_accessible

ADDRESS = "/applications/shop/logs?pod=shop%2Fweb-a&container=app"


def filled(made: Bench) -> None:
    """A container that goes on writing."""
    fill(made)
    made.targets.goes_on = asyncio.Event()


def writes(made: Bench) -> None:
    """One line more."""
    made.targets.written = [b"<b>news</b>"]


def goes_on(made: Bench) -> None:
    """And what comes while somebody listens."""
    assert made.targets.goes_on is not None
    made.targets.goes_on.set()


@pytest.fixture
def served(window: Browser) -> Iterator[Served]:
    with Served().running() as one:
        one.tell(filled)
        yield one
        window.command("Page.navigate", url="about:blank")


def test_what_a_container_writes_is_followed_as_text(window: Browser, served: Served) -> None:
    served.show(window, f"{served.address}{ADDRESS}")
    assert SCRIPT in window.run("return document.getElementById('log').textContent")
    assert window.run("return document.querySelectorAll('#log *').length") == 0
    served.tell(writes)
    window.click("#follow")
    window.wait("return document.getElementById('log').textContent.includes('<b>news</b>')")
    served.tell(goes_on)
    window.wait("return document.getElementById('log').textContent.includes('and on')")
    assert window.run("return document.querySelectorAll('#log *').length") == 0
    window.click("#follow")
    window.wait("return document.getElementById('follow').textContent === 'stopped'")
    assert window.complaints() == []


def test_axe_complains_of_nothing_there(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    for address in ("/applications/shop/logs", ADDRESS):
        is_accessible(window, f"{served.address}{address}")
