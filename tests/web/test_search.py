"""Search without a server, as a reader uses it: by keyboard, from any page, also from the page for no page."""

import pytest
from selenium.webdriver.common.keys import Keys

from testbed.browser import Browser, Screen
from tests.web.host import Host

SAID = "return document.querySelector('[role=status]').textContent"
FIRST = "return (document.querySelector('[role=option]') || { textContent: '' }).textContent"
MARKED = "[...document.querySelectorAll('[role=option] mark')].map((one) => one.textContent)"
CHOSEN = """
const input = document.getElementById("tl-find"), id = input.getAttribute("aria-activedescendant");
const options = [...document.querySelectorAll("[role=option]")];
return [input.getAttribute("aria-expanded"), options.findIndex((one) => one.id === id && one.ariaSelected === "true")];
"""


def ask(window: Browser, text: str) -> None:
    """Press `/` and type, and wait for the answer to that."""
    window.press("/")
    window.wait("return document.activeElement.id === 'tl-find'")
    window.press(*text)
    window.wait(f"{SAID} !== ''")


@pytest.mark.parametrize("start", ["", "guide/install/", "reference/gr%C3%B6%C3%9Fe/", "no/such/page.html"])
def test_a_word_of_a_text_is_found_from_anywhere(window: Browser, host: Host, start: str) -> None:
    window.show(host.page(start), Screen(is_still=True))
    ask(window, "quokka")
    window.wait(f"{SAID} === '1 found'")
    assert window.run("return document.querySelector('[role=option] mark').textContent") == "quokka"
    window.press(Keys.ENTER)
    window.wait("return location.hash === '#the-last-heading'")
    assert window.address == host.page("#the-last-heading")
    assert window.run("return document.getElementById('the-last-heading').getBoundingClientRect().top < innerHeight")


def test_arrows_choose_and_the_choice_is_told(window: Browser, host: Host) -> None:
    window.show(host.page())
    assert window.run(CHOSEN) == ["false", -1]
    ask(window, "install")
    count = window.wait("return document.querySelectorAll('[role=option]').length")
    assert count > 1
    assert window.run(CHOSEN) == ["true", 0]
    window.press(Keys.ARROW_DOWN)
    assert window.run(CHOSEN) == ["true", 1]
    window.press(Keys.ARROW_UP, Keys.ARROW_UP)
    assert window.run(CHOSEN) == ["true", count - 1]
    window.press(Keys.ESCAPE)
    assert window.run(CHOSEN) == ["false", -1]
    assert window.seen("[data-found]") == []
    assert window.run("return [document.activeElement.id, document.activeElement.value]") == ["tl-find", ""]
    window.press(Keys.ESCAPE)
    assert window.run("return document.activeElement.tagName") == "BODY"


def test_a_heading_goes_before_a_text_and_accents_do_not_matter(window: Browser, host: Host) -> None:
    window.show(host.page())
    ask(window, "interval")
    assert window.wait(FIRST).startswith("Settings")
    window.press(Keys.ESCAPE)
    window.press(*"grosse kanguru")
    window.wait(f"{FIRST}.startsWith('Größe') && {MARKED}.includes('Känguru')")
    window.click("[role=option] a")
    assert window.address.startswith(host.page("reference/gr%C3%B6%C3%9Fe/"))


def test_nothing_found_is_said(window: Browser, host: Host) -> None:
    window.show(host.page())
    ask(window, "xylophone")
    window.wait(f"{SAID} === 'Nothing found for “xylophone”'")
    assert window.run(CHOSEN) == ["false", -1]
    window.press(Keys.ENTER)
    assert window.address == host.page()


def test_a_slash_is_a_letter_where_one_writes(window: Browser, host: Host) -> None:
    window.show(host.page())
    window.press("/", *"a/b")
    assert window.run("return document.getElementById('tl-find').value") == "a/b"


def test_to_go_on_closes_what_was_found(window: Browser, host: Host) -> None:
    window.show(host.page())
    ask(window, "quokka")
    assert window.seen("[data-found]") == ["div"]
    window.press(Keys.TAB)
    assert window.seen("[data-found]") == []


def test_on_a_telephone_what_is_found_fits(window: Browser, host: Host) -> None:
    window.show(host.page("guide/use/"), Screen(width=360))
    window.click("#tl-find")
    window.press(*"quokka")
    window.wait(f"{SAID} === '1 found'")
    left, right = window.run(
        "const one = document.querySelector('.found').getBoundingClientRect(); return [one.left, one.right]"
    )
    assert (left >= 0, right <= 360) == (True, True)
    window.click("[role=option] a")
    window.wait("return location.hash === '#the-last-heading'")


def test_nothing_is_loaded_before_somebody_searches(window: Browser, host: Host) -> None:
    window.show(host.page())
    asked = window.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert [one for one in asked if "assets/theme/search" in one]
    assert [one for one in asked if "assets/search" in one] == []
