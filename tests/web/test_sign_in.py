"""Signing in with a real browser: its own Origin, cookies and policies; with script and without."""

from collections.abc import Iterator

import pytest

from testbed.browser import Browser, Screen
from tests.server.access.test_identity import project
from tests.server.bench import PASSWORD
from tests.web.paged import Served
from trueline.loop.status import Sync

PHONE = Screen(width=375, height=812)
SIGNED_OUT = "return location.pathname === '/sign-in' && location.search"


@pytest.fixture
def served(window: Browser) -> Iterator[Served]:
    with Served().running() as one:
        yield one
        window.command("Page.navigate", url="about:blank")


def fill(window: Browser, **fields: str) -> None:
    """Fill a form in and send it, as a person does."""
    for name, text in fields.items():
        window.click(f"[name={name}]")
        window.press(text)
    window.click(".door button")


def says(window: Browser, words: str) -> None:
    """The page says so, once it is there."""
    window.wait("return document.readyState === 'complete' && document.body.innerText.includes(arguments[0])", words)


@pytest.mark.parametrize("screen", [Screen(), PHONE, Screen(has_scripts=False)], ids=["desk", "phone", "no script"])
def test_a_person_comes_in_goes_out_and_comes_back_to_where_they_wanted(
    window: Browser, served: Served, screen: Screen
) -> None:
    """The browser's own Origin and cookies: a policy that hides the Origin would shut everybody out."""
    token = served.tell(lambda made: made.access.users.invite_first())
    window.show(f"{served.address}/sign-in?token={token}", screen)
    fill(window, name="ada", password=PASSWORD)
    says(window, "All applications")
    assert window.address == f"{served.address}/"
    assert window.run("return document.cookie") == ""
    window.click("#visitor summary")
    window.click("#visitor button")
    says(window, "Password")
    window.run("location.href = '/applications/shop?view=graph'")
    says(window, "Password")
    assert window.address == f"{served.address}/sign-in?next=%2Fapplications%2Fshop%3Fview%3Dgraph"
    fill(window, name="ada", password="a wrong password")
    says(window, "obody has this name and password")
    window.run("document.querySelector('[name=name]').value = ''")
    assert not [one for one in window.complaints() if "Content Security Policy" in one]
    fill(window, name="ada", password=PASSWORD)
    says(window, "What happened")
    assert window.address == f"{served.address}/applications/shop?view=graph"


def test_a_page_whose_session_ends_leads_to_where_one_signs_in_and_back(window: Browser, served: Served) -> None:
    """INV-11: nothing is shown to who is signed out, and the stream that ended is not asked for again and again."""
    served.show(window, f"{served.address}/applications/shop")
    window.wait("return document.getElementById('live').dataset.state === 'live'")
    served.tell(lambda made: made.store.execute("DELETE FROM session"))
    served.tell(lambda made: made.access.changes.note())
    served.tell(lambda made: made.stands("shop", sync=Sync.HELD, message="a word for nobody"))
    assert window.wait(SIGNED_OUT) == "?next=%2Fapplications%2Fshop"
    assert "a word for nobody" not in window.run("return document.documentElement.innerHTML")
    fill(window, name="root", password=PASSWORD)
    says(window, "a word for nobody")


def test_a_page_whose_rights_end_says_so_and_asks_no_more(window: Browser, served: Served) -> None:
    """INV-11."""
    served.tell(lambda made: made.stands("shop", project="shop"))
    served.tell(lambda made: made.declares(project("default", viewer="user:vi"), project("shop", viewer="user:vi")))
    served.show(window, served.address, who="vi")
    window.wait("return document.getElementById('live').dataset.state === 'live'")
    window.run(
        "window.asked = []; const old = fetch; window.fetch = (...all) => { asked.push('fetch'); return old(...all); };"
        "const Old = EventSource;"
        "window.EventSource = function (...all) { asked.push('events'); return new Old(...all); };"
    )
    served.tell(lambda made: made.declares())
    served.tell(lambda made: made.stands("shop", sync=Sync.HELD, message="a word for nobody"))
    window.wait("return document.getElementById('live').textContent === 'you may not read this any more'")
    count = window.run("return asked.length")
    assert count <= 2
    assert "a word for nobody" not in window.run("return document.documentElement.innerHTML")
    window.run("setTimeout(() => { window.waited = true; }, 4000)")
    window.wait("return window.waited")
    assert window.run("return asked.length") == count


def test_an_application_that_may_not_be_read_any_more_is_not_shown_on_and_comes_back(
    window: Browser, served: Served
) -> None:
    """INV-11: the page of what is not there takes its place, until the right is back."""
    served.tell(lambda made: made.stands("web", project="blog"))
    served.tell(lambda made: made.stands("cart", project="shop", sync=Sync.HELD, message="a word for vi"))
    both = (project("blog", viewer="user:vi"), project("shop", viewer="user:vi"))
    served.tell(lambda made: made.declares(*both))
    served.show(window, f"{served.address}/applications/cart", who="vi")
    window.wait("return document.getElementById('live').dataset.state === 'live'")
    says(window, "a word for vi")
    served.tell(lambda made: made.declares(both[0]))
    window.run("dispatchEvent(new Event('visibilitychange'))")
    says(window, "TL0710")
    assert "a word for vi" not in window.run("return document.body.innerHTML")
    served.tell(lambda made: made.declares(*both))
    served.tell(lambda made: made.stands("cart", message="a newer word for vi"))
    says(window, "a newer word for vi")


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_page_on_which_one_signs_in_is_of_the_same_language(window: Browser, served: Served, is_dark: bool) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    window.show(f"{served.address}/sign-in", Screen(is_dark=is_dark))
    said = window.run(paper)
    assert window.run("return document.querySelectorAll('script').length") == 0
    served.show(window, served.address, Screen(is_dark=is_dark))
    assert window.run(paper) == said
    assert window.complaints() == []
