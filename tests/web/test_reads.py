"""The pages that one reads, in a browser: by keyboard, without script, on a telephone, and live."""

import time
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from testbed.browser import Browser, Screen
from tests.server.page.seen import field, sight
from tests.web.furnished import SETTINGS, WEB, furnish
from tests.web.paged import PATIENCE_S, Served
from trueline.record.journal import Kind, Note

PHONE = Screen(width=375, height=812)
PAGES = (
    "/applications/checkout",
    "/applications/checkout?view=graph",
    "/applications/checkout/history",
    "/applications/checkout/resource?ref=Deployment.apps%2Fcheckout%2Fweb",
    "/applications/checkout/resource?ref=ConfigMap%2Fcheckout%2Fsettings",
    "/journal",
    "/drift",
    "/dependencies",
    "/notifiers",
)
MOVED_MAX = 0.0001
"""Of the cumulative layout shift: nothing that one can see."""
LATE = """
const live = document.getElementById("live"), theme = document.getElementById("theme");
const standing = document.querySelectorAll("main, .mark, header nav, .find, .theme, .visitor");
const place = (box) => [box.left, box.top, box.width].map(Math.round).join(" ");
const places = () => [...standing].map((one) => place(one.getBoundingClientRect())).join(", ");
const said = live.textContent, state = live.dataset.state, aged = document.querySelector("#as-of time");
if (aged) aged.textContent = "59 min ago";
const says = ([how, words]) => { live.dataset.state = how; live.textContent = words; return places(); };
const told = arguments[0].map(says);
live.textContent = ""; live.dataset.state = ""; theme.hidden = true;
const before = places();
live.textContent = said; live.dataset.state = state; theme.hidden = false;
return [before, told];
"""
"""Where everything stands before the script has said its words in the header, however late, and with each of them."""
WORDS = (
    ("live", "live"),
    ("asked", "looks every 15 s"),
    ("lost", "not live since 22:22:22"),
    ("lost", "you may not read this any more"),
)
"""What the script says in the header (`page.js`)."""
LIVE = "return document.getElementById('live').dataset.state === 'live'"


@pytest.fixture
def served(window: Browser) -> Iterator[Served]:
    with Served().running() as one:
        one.tell(furnish)
        yield one
        window.command("Page.navigate", url="about:blank")


def test_from_the_fleet_to_the_field_that_differs(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.follow("#row-checkout .name")
    window.follow(f'[id="object-{WEB}"] .name')
    differing = window.run("return [...document.querySelectorAll('.differing .path')].map((one) => one.textContent)")
    assert differing == ["spec.replicas", "spec.template.spec.containers[name=web].image"]
    window.follow(".way a:last-child")
    assert window.run("return document.querySelector('h1').textContent") == "checkout"
    assert window.complaints() == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_the_window_and_nothing_moves(window: Browser, served: Served, page: str) -> None:
    served.show(window, f"{served.address}{page}", PHONE)
    for screen in (PHONE, Screen(width=768), Screen()):
        window.become(screen)
        wide = window.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], screen
        assert window.run("return document.querySelector('header').offsetHeight") <= 110
        window.wait(LIVE)
        before, told = window.run(LATE, WORDS)
        assert told == [before] * len(WORDS), screen
    served.show(window, f"{served.address}{page}")
    window.wait(LIVE)
    assert window.complaints() == []
    assert sum(move[0] for move in window.moves()) < MOVED_MAX, window.moves()


@pytest.mark.parametrize("page", PAGES)
def test_it_reads_without_script(window: Browser, served: Served, page: str) -> None:
    served.show(window, f"{served.address}{page}", Screen(has_scripts=False))
    assert window.seen("main h1")
    assert len(window.seen("main .panel, main table, main .graph")) >= 1


def test_fields_are_filtered_without_script(window: Browser, served: Served) -> None:
    served.show(window, f"{served.address}{PAGES[3]}", Screen(has_scripts=False))
    window.click("#fields input[name=find]")
    window.press("kubectl-scale", Keys.ENTER)
    end_s = time.perf_counter() + PATIENCE_S
    while "find=kubectl-scale" not in window.address:
        assert time.perf_counter() < end_s, window.address
        time.sleep(0.02)
    assert len(window.seen(".fields-of tbody tr:not(.group)")) == 1


def test_a_field_that_somebody_changes_is_shown_without_a_reload_and_what_is_open_stays(
    window: Browser, served: Served
) -> None:
    served.show(window, f"{served.address}{PAGES[4]}")
    window.wait(LIVE)
    window.click('[id="field-data.CERTIFICATE-live"] summary')
    window.run("window.kept = document.querySelector('h1')")
    changed = sight(
        field("data.MODE", "live", "by hand", "kubectl-edit"), field("data.CERTIFICATE", "A" * 400, "A" * 400)
    )

    def change(made: object) -> None:
        made.targets.seen[SETTINGS] = changed  # type: ignore[attr-defined]
        note = Note(kind=Kind.DRIFT_FOUND, application="checkout", body={"ref": str(SETTINGS), "drift": "changed"})
        made.journal.append([note])  # type: ignore[attr-defined]

    window.run("return new Promise((done) => setTimeout(done, 2100))")  # the target is asked once in two seconds
    served.tell(change)
    window.wait("return document.getElementById('differs-data.MODE')?.textContent.includes('by hand')")
    assert window.run("return window.kept === document.querySelector('h1')"), "no reload"
    assert window.run("""return document.getElementById('field-data.CERTIFICATE-live').open""")


def test_a_record_opens_by_keyboard_and_leads_to_its_object(window: Browser, served: Served) -> None:
    served.show(window, f"{served.address}/journal?kind=drift")
    window.run("document.querySelector('.entries summary').focus()")
    window.press(Keys.ENTER)
    window.wait("return document.querySelector('.entries details').open")
    window.follow(".entries details .origin")
    assert "/resource?ref=Deployment.apps" in window.address


def test_a_box_of_the_graph_leads_to_its_application(window: Browser, served: Served) -> None:
    served.show(window, f"{served.address}/dependencies")
    window.run("document.getElementById('box-search').focus()")
    window.press(Keys.ENTER)
    window.wait("return location.pathname === '/applications/search'")
