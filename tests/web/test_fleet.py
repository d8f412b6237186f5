"""The fleet in a browser: both themes, a telephone, no script, the keyboard, and live without a reload."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from testbed.browser import Browser, Screen
from tests.server.bench import Bench
from tests.server.page.seen import field, sight
from tests.web.paged import Served
from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.runtime.clock import SystemClock
from trueline.server.stream import LISTENERS_MAX

PHONE = Screen(width=375, height=812)
LONG = "an-application-whose-name-" + "is-long-" * 12
DARK, LIGHT = 150, 550
"""Of the three parts of a colour together, of 765."""
LIVE = "return document.getElementById('live').dataset.state === 'live'"
FAULT = Diagnostic(code="TL0301", summary="it cannot be read", detail="x" * 300, remedy="mend it")


def fill(made: Bench) -> None:
    """A fleet with something of everything."""
    now = SystemClock().now()
    made.stands(LONG, sync=Sync.BLOCKED, message="y" * 200, problems=(FAULT,), wanted="main@0a0a0a0a0a")
    made.stands("cart", health=Status.DEGRADED, health_message="0 of 2 ready", labels={"team": "web"})
    made.stands("mail", sync=Sync.WAITING, message="deletes 1 thing", since=now - timedelta(hours=2))
    made.stands("queue", sync=Sync.UNKNOWN, message="the cluster cannot be reached")
    for at in range(40):
        made.stands(f"small-{at:02}", target="prod-eu" if at % 2 else "prod-us")


@pytest.fixture
def served(window: Browser) -> Iterator[Served]:
    with Served().running() as one:
        one.tell(fill)
        yield one
        window.command("Page.navigate", url="about:blank")  # a stream that is open would be waited for


def colours(window: Browser) -> list[Any]:
    """The luminance of paper and ink."""
    return list(
        window.run(
            "const style = getComputedStyle(document.body);"
            "return [style.backgroundColor, style.color].map((one) => one.match(/\\d+/g).slice(0, 3)"
            ".reduce((sum, part) => sum + Number(part), 0))"
        )
    )


def test_it_shows_what_is_wrong_first_and_complains_of_nothing(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    assert window.title == "fleet · Trueline"
    first = window.run("return [...document.querySelectorAll('#first ~ table .name')].map((one) => one.textContent)")
    assert first == ["cart", LONG, "queue", "mail"]
    assert window.run("return document.querySelectorAll('.ticks a').length") == 45
    window.wait(LIVE)
    assert window.complaints() == []
    assert sum(move[0] for move in window.moves()) < 0.0001, "nothing moves by itself, but for the word `live`"


def test_both_themes_and_the_switch_which_is_remembered(window: Browser, served: Served) -> None:
    served.show(window, served.address, Screen(is_dark=True))
    paper, ink = colours(window)
    assert paper < DARK
    assert ink > LIGHT
    served.show(window, served.address, Screen(is_dark=False))
    paper, ink = colours(window)
    assert ink < DARK
    assert paper > LIGHT
    window.click("#theme")
    window.click("#theme")
    assert window.run("return document.getElementById('theme').textContent") == "Theme: dark"
    assert colours(window)[0] < DARK
    window.run("location.reload()")
    window.wait("return document.getElementById('theme')?.textContent === 'Theme: dark'")
    assert colours(window)[0] < DARK
    assert window.complaints() == []


@pytest.mark.parametrize("query", ["", "?view=matrix", "?group=label:team", "?find=none-has-this", "?state=wrong"])
def test_nothing_is_wider_than_the_window(window: Browser, served: Served, query: str) -> None:
    served.show(window, f"{served.address}/{query}", PHONE)
    for screen in (PHONE, Screen(width=768), Screen()):
        window.become(screen)
        assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert window.run("return innerWidth") == screen.width, "a telephone does not zoom out"
        assert window.run("return document.querySelector('header').offsetHeight") <= 110, "two rows, at most"


def test_a_name_without_a_place_to_break_it_makes_no_page_wider(window: Browser, served: Served) -> None:
    name = "n" * 63
    ref = f"ConfigMap/{name}/{name}"

    def named(made: Bench) -> None:
        made.stands(name, sync=Sync.OUT_OF_SYNC, message=f"{ref}: it is left", project=name, needs=("cart",))
        made.stands("needs", needs=(name,))
        made.contains(name, ref)
        made.targets.seen[Ref.parse(ref)] = sight(field("data.a", name, "b", name))

    served.tell(named)
    at = f"applications/{name}"
    for path in ("?group=project", at, f"{at}/history", f"{at}/resource?ref={ref}", f"{at}/approve", "dependencies"):
        served.show(window, f"{served.address}/{path}", PHONE)
        assert name in window.run("return document.querySelector('main').innerText")
        assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


def test_a_tick_keeps_its_width_however_many_there_are(window: Browser, served: Served) -> None:
    def many(made: Bench) -> None:
        for at in range(1_000):
            made.stands(f"many-{at:04}")

    served.tell(many)
    for screen in (PHONE, Screen()):
        served.show(window, served.address, screen)
        width = (
            "const one = document.querySelector('.pieces svg');"
            "return one.getBoundingClientRect().width / one.viewBox.baseVal.width"
        )
        assert window.run(width) >= 2, "a tick and a gap, a CSS pixel each"
        assert window.run("return parseFloat(getComputedStyle(document.querySelector('.tick.true')).strokeWidth)") >= 1
        wide = "return parseFloat(getComputedStyle(document.querySelector('.ticks .below .hit')).strokeWidth)"
        assert window.run(wide) >= 12
        assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_tick_off_the_line_is_hit_and_leads_to_its_application(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.wait(LIVE)
    window.run(
        "const hit = document.querySelector('#tick-cart .hit').getBoundingClientRect();"
        "document.elementFromPoint(hit.x + 3, hit.y + hit.height / 2).closest('a').dispatchEvent("
        "new MouseEvent('click', { bubbles: true, cancelable: true }))"
    )
    window.wait("return location.pathname === '/applications/cart' && document.querySelector('h1')")
    assert window.run("return document.querySelector('h1').textContent") == "cart"


def test_without_script_all_is_read_filtered_and_opened(window: Browser, served: Served) -> None:
    served.show(window, served.address, Screen(has_scripts=False))
    assert window.seen("#theme") == []
    assert window.seen("#as-of time") == ["time"]
    assert window.seen("#row-cart") == ["tr"]
    window.follow(".counts a[href*=degraded]")
    window.click("#find-text")
    window.press("car")
    window.submit(".filter button")
    assert "find=car&state=degraded" in window.address
    assert len(window.seen("#list tbody tr")) == 1
    served.show(window, f"{served.address}/?state=blocked", Screen(has_scripts=False))
    assert window.seen("main details ul") == []
    window.click("main details summary")
    assert window.seen("main details ul") == ["ul"]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(window: Browser, served: Served) -> None:
    served.show(window, served.address, Screen(is_still=True))
    reached = set()
    for _ in range(140):
        window.press(Keys.TAB)
        name, outline, hit = window.run(
            "const one = document.activeElement, style = getComputedStyle(one), hit = one.querySelector('.hit');"
            "return [one.id || one.name || one.href || one.textContent, style.outlineStyle,"
            " hit && getComputedStyle(hit).stroke !== 'rgba(0, 0, 0, 0)']"
        )
        if window.run("return document.activeElement === document.body"):
            break
        assert outline != "none" or hit, name
        reached.add(name)
    wanted = (
        "[...document.querySelectorAll('a[href]:not([tabindex]), button, input:not([type=hidden]), select, summary')]"
        ".filter((one) => one.matches('summary') || !one.closest('details:not([open])'))"
    )
    every = window.run(f"return {wanted}.map((one) => one.id || one.name || one.href || one.textContent)")
    assert sorted(set(every) - reached) == []


def test_a_slash_goes_to_the_search_and_enter_searches(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.press("/")
    assert window.run("return document.activeElement.id") == "find-text"
    window.press("c", "a", "/", Keys.BACKSPACE, "r", Keys.ENTER)
    window.wait("return location.search.includes('find=car') && document.querySelector('#row-cart')")
    assert window.run("return document.querySelectorAll('#list tbody .name').length") == 1


def test_what_changes_is_shown_without_a_reload_and_the_reader_keeps_the_place(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.wait(LIVE)
    window.run("window.same = document.querySelector('#row-small-30')")
    summary = f"#more-row-{LONG} summary"
    window.click(summary)
    window.run("document.querySelector(arguments[0]).focus()", "#row-small-30 a")
    window.run("document.querySelector('#row-small-30').scrollIntoView({ block: 'center' })")
    window.run("document.getElementById('find-text').value = 'half a wo'")
    window.run("document.querySelector('select[name=target]').value = 'prod-us'")
    top = "return Math.round(document.querySelector('#row-small-30').getBoundingClientRect().top)"
    before = window.run(top)
    served.tell(lambda made: made.stands("small-31", sync=Sync.HELD, message="an incident (ada)"))
    window.wait("return document.querySelector('#row-small-31').innerText.includes('an incident (ada)')")
    window.wait("return document.querySelector('.counts').innerText.includes('Held')")
    assert window.run("return window.same.isConnected")
    assert window.run("return document.activeElement === window.same.querySelector('a')")
    assert window.run("return document.getElementById('find-text').value") == "half a wo"
    assert window.run("return document.querySelector('select[name=target]').value") == "prod-us"
    assert window.run(f"return document.querySelector('#more-row-{LONG}').open")
    assert abs(window.run(top) - before) <= 2
    served.tell(lambda made: made.engine.kept.pop("small-02"))
    window.wait("return !document.querySelector('#row-small-02')")
    served.tell(lambda made: made.stands("aaa-new", target="a-new-target"))
    window.wait("return document.querySelector('#row-aaa-new')")
    assert window.run("return document.querySelector('select[name=target]').value") == "prod-us"
    rows = "[...document.querySelectorAll('#list tbody tr')].map((one) => one.id)"
    assert window.run(f"return {rows}") == sorted(window.run(f"return {rows}"))
    assert window.run("return document.activeElement === window.same.querySelector('a')")
    assert window.complaints() == []


def test_many_changes_are_one_refresh_a_second(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.wait(LIVE)
    window.run(
        "window.asked = 0; const old = fetch; window.fetch = (...all) => { window.asked += 1; return old(...all); }"
    )
    for at in range(30):
        served.tell(partial(Bench.stands, name=f"small-{at:02}", message=f"change {at}", sync=Sync.HELD))
    window.wait("return document.querySelector('#row-small-29').innerText.includes('change 29')")
    assert window.run("return window.asked") <= 4


def test_inv_38_a_page_that_is_not_live_says_so_and_since_when_and_goes_on_by_itself(
    window: Browser, served: Served
) -> None:
    """INV-38: a stream that is cut is told; what came meanwhile is shown once the server is back."""
    served.show(window, served.address)
    window.wait(LIVE)
    served.stop()
    said = window.wait(
        "const one = document.getElementById('live'); return one.dataset.state === 'lost' && one.textContent"
    )
    assert said.startswith("not live since ")
    served.tell(lambda made: made.stands("cart", health=Status.HEALTHY))
    served.start()
    window.wait(LIVE)
    window.wait("return document.querySelector('#row-cart .state').textContent === 'True'")


def test_where_no_more_may_listen_the_page_asks_and_says_so(window: Browser, served: Served) -> None:
    def fill_up(made: Bench) -> ExitStack:
        stack = ExitStack()
        for _ in range(LISTENERS_MAX):
            stack.enter_context(made.parts.feed.listening())
        return stack

    listening = served.tell(fill_up)
    served.show(window, served.address)
    said = "const one = document.getElementById('live'); return one.dataset.state === 'asked' && one.textContent"
    assert window.wait(said) == "looks every 15 s"
    served.tell(lambda _: listening.close())


def test_what_nobody_tells_of_is_asked_for(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.wait(LIVE)
    served.tell(lambda made: setattr(made.engine, "problems", (FAULT,)))
    window.wait("return document.getElementById('wrong')")
    assert window.run("return document.querySelector('.doubts').innerText.includes('last followed to')")


def test_times_go_on_by_themselves(window: Browser, served: Served) -> None:
    now = SystemClock().now()
    served.tell(lambda made: made.stands("mail", since=now - timedelta(seconds=56)))
    served.show(window, f"{served.address}/?application=mail")
    said = "return document.querySelector('#row-mail .when time').textContent"
    assert window.run(said).endswith("s ago")
    window.wait(f"return (() => {{ {said} }})() === '1 min ago'")


def test_the_sign_stands_still_where_motion_is_not_wanted(window: Browser, served: Served) -> None:
    served.tell(lambda made: made.stands("mail", sync=Sync.SYNCING))
    moves = "return getComputedStyle(document.querySelector('.state.rolling-out svg')).animationName"
    served.show(window, served.address, Screen(is_still=True))
    assert window.run(moves) == "none"
    served.show(window, served.address)
    assert window.run(moves) == "turn"


def test_what_a_reader_who_does_not_see_is_told(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    levels = window.run("return [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert levels.count(1) == 1
    said = window.run("return document.querySelector('.ticks').getAttribute('aria-label')")
    assert said == "45 applications: 1 Degraded, 1 Blocked, 1 Unknown, 1 Waiting for approval, 41 True"
    ids = window.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    assert window.run("return document.querySelectorAll('header, main, footer, nav[aria-label]').length") >= 4


def test_an_application_is_looked_at_and_goes_on_by_itself(window: Browser, served: Served) -> None:
    """From its row to its page, and back; a change is there without a reload, and the plan keeps what was opened."""

    def declares(made: Bench) -> None:
        made.contains("cart", "Deployment.apps/shop/cart", "ConfigMap/shop/settings")

    served.tell(declares)
    served.show(window, served.address)
    window.run("document.querySelector('#first-cart .name').click()")
    window.wait("return document.querySelector('h1') && document.querySelector('h1').textContent === 'cart'")
    assert window.run("return [...document.querySelectorAll('.tree .name')].map((one) => one.textContent)") == [
        "settings",
        "cart",
    ]
    window.wait(LIVE)
    served.tell(lambda made: made.stands("cart", health=Status.HEALTHY, health_message="", message=""))
    window.wait("return document.querySelector('.head .state').textContent === 'True'")
    window.run("document.querySelector('.way a').click()")
    window.wait("return document.querySelector('#row-cart .state').textContent === 'True'")
