"""The ways around a site: by mouse, by finger, by keyboard."""

import pytest
from selenium.webdriver.common.keys import Keys

from testbed.browser import Browser, Screen
from tests.web.host import Host

FOCUS = "const one = document.activeElement; return one.className || one.id || one.textContent.trim()"
TOP_PX = 57


def test_the_first_key_offers_to_skip_to_the_text(window: Browser, host: Host) -> None:
    window.show(host.page("guide/install/"), Screen(is_still=True))
    window.press(Keys.TAB)
    assert window.run(FOCUS) == "skip"
    assert window.run("return document.querySelector('.skip').getBoundingClientRect().top") >= 0
    window.press(Keys.ENTER)
    assert window.run(FOCUS) == "tl-main"


def test_every_stop_of_the_keyboard_is_seen(window: Browser, host: Host) -> None:
    window.show(host.page("guide/install/"), Screen(is_still=True))
    stops = []
    for _ in range(40):
        window.press(Keys.TAB)
        outline, width, name = window.run(
            "const one = document.activeElement, style = getComputedStyle(one);"
            "const name = `${one.tagName} ${one.className || one.textContent}`;"
            "return [style.outlineStyle, parseFloat(style.outlineWidth), name]"
        )
        if name.startswith("BODY"):
            break
        stops.append(name)
        assert outline != "none", name
        assert width >= 2, name
    assert len(stops) > 12
    assert stops[0] == "A skip"
    assert "INPUT unseen" not in stops


def test_the_menu_shows_where_one_is(window: Browser, host: Host) -> None:
    window.show(host.page("guide/install/"))
    assert window.run("return document.querySelector('.menu [aria-current=page]').textContent") == "Install"
    assert window.seen(".menu a[href$='guide/use/']") == ["a"]
    assert window.seen(".menu a[href$='reference/settings/']") == []
    window.click(".menu > ul > li:last-child summary")
    assert window.seen(".menu a[href$='reference/settings/']") == ["a"]


def test_on_a_telephone_the_menu_lies_over_the_page(window: Browser, host: Host) -> None:
    window.show(host.page("guide/install/"), Screen(width=360, is_still=True))
    assert window.seen(".menu") == []
    window.click(".opener")
    assert window.seen(".menu") == ["nav"]
    assert window.run("return document.getElementById('tl-main').inert")
    top, bottom = window.run(
        "const one = document.querySelector('.menu').getBoundingClientRect(); return [one.top, one.bottom]"
    )
    assert (top, bottom) == (0, window.run("return innerHeight"))
    assert window.run(FOCUS) == "Install"
    for _ in range(20):
        window.press(Keys.TAB)
        assert window.run("return !document.activeElement.closest('main, .top, .bottom')")
    window.press(Keys.ESCAPE)
    assert window.seen(".menu") == []
    window.wait("return document.activeElement.className === 'opener'")
    assert not window.run("return document.getElementById('tl-main').inert")
    window.click(".opener")
    window.follow(".menu a[href$='guide/use/']")
    assert window.address == host.page("guide/use/")


@pytest.mark.parametrize("width", [360, 1280])
def test_an_anchor_is_shown_below_the_header(window: Browser, host: Host, width: int) -> None:
    window.show(host.page("#tables"), Screen(width=width, is_still=True))
    window.wait("return scrollY > 300")
    at = window.run("return document.getElementById('tables').getBoundingClientRect().top")
    assert TOP_PX <= at < TOP_PX + 60
    assert window.run("return document.querySelector('.top').getBoundingClientRect().top") == 0


def test_the_contents_follow_the_reader(window: Browser, host: Host) -> None:
    window.show(host.page(), Screen(is_still=True))
    current = "return [...document.querySelectorAll('.beside [aria-current]')].map((one) => one.textContent).join()"
    assert window.run(current) == ""
    for heading in ("tables", "lists", "notes"):
        window.run("document.getElementById(arguments[0]).scrollIntoView()", heading)
        window.wait(f"{current}.toLowerCase() === arguments[0]", heading)
    window.run("scrollBy(0, -400)")
    window.wait(f"{current} === 'Tables'")
    window.run("scrollTo(0, document.body.scrollHeight)")
    window.wait(f"{current} === 'The last heading'")
    window.follow(".beside .contents a")
    assert window.address == host.page("#code")


def test_on_a_telephone_the_contents_are_opened_and_close_again(window: Browser, host: Host) -> None:
    window.show(host.page(), Screen(width=360, is_still=True))
    assert window.seen(".beside") == []
    window.click(".above summary")
    window.follow(".above a[href='#notes']")
    assert not window.run("return document.querySelector('.above details').open")
    window.wait("return Math.abs(document.getElementById('notes').getBoundingClientRect().top - 77) < 30")


def test_previous_and_next_lead_through_the_site(window: Browser, host: Host) -> None:
    window.show(host.page(), Screen(is_still=True))
    seen = []
    while window.seen(".neighbours .next"):
        window.follow(".neighbours .next")
        seen.append(window.address.removeprefix(host.page()))
    assert seen == ["guide/", "guide/install/", "guide/use/", "reference/gr%C3%B6%C3%9Fe/", "reference/settings/"]


def test_a_heading_offers_its_own_address(window: Browser, host: Host) -> None:
    window.show(host.page("guide/install/"))
    links = window.run("return [...document.querySelectorAll('h2 .anchor')].map((one) => [one.hash, one.ariaLabel])")
    assert links[0] == ["#from-a-wheel", "Link to “From a wheel”"]


def test_the_page_for_no_page_leads_home_from_anywhere(window: Browser, host: Host) -> None:
    window.show(host.page("guide/deep/er/nothing.html"))
    assert window.run("return document.querySelector('h1').textContent") == "Page not found"
    window.follow("article a")
    assert window.address == host.page()
