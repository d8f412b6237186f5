"""`trueline up` as a person runs it, on the embedded cluster, with a browser open: the page says what happens."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.browser import Browser
from tests.cli.person import Person, command, somebody

PATIENCE_S = 90.0
PASSWORD = "correct horse battery"
COMMITTED = "return document.querySelector('#row-shop .what')?.innerText"


@contextmanager
def up(person: Person, listen: str = "127.0.0.1:0", *more: str) -> Iterator[str]:
    """`up` runs inside the block, and ends by Ctrl-C; the answer is the address it says."""
    told = person.home / "told"
    with told.open("w") as err:
        argv = command("up", "fleet", "--listen", listen, "--interval", "1s", *more)
        process = subprocess.Popen(argv, stderr=err, env=person.environment, cwd=person.home, text=True)
        try:
            end_s = time.perf_counter() + PATIENCE_S
            while not (found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", told.read_text())):
                assert process.poll() is None, told.read_text()
                assert time.perf_counter() < end_s, told.read_text()
                time.sleep(0.02)
            yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
    assert "Traceback" not in told.read_text()


def enter(window: Browser, person: Person) -> None:
    """The first one comes in, by what `up` printed: a name, a password, and then the fleet."""
    told = person.home / "told"
    end_s = time.perf_counter() + PATIENCE_S
    while not (found := re.search(r"comes in at (http://127\.0\.0\.1:\d+/sign-in\?token=\S+)\n", told.read_text())):
        assert time.perf_counter() < end_s, told.read_text()
        time.sleep(0.02)
    window.show(found[1])
    for name, text in (("name", "ada"), ("password", PASSWORD)):
        window.click(f"[name={name}]")
        window.press(text)
    window.click(".door button")
    window.wait("return location.pathname === '/' && document.getElementById('live')")


def test_a_commit_is_seen_to_arrive_and_a_broken_one_to_be_stopped(window: Browser, tmp_path: Path) -> None:
    person = somebody(tmp_path)
    person.write("blue")
    person.commit("Paint it blue")
    with up(person):
        enter(window, person)
        window.wait("return document.querySelector('#row-shop .state')?.textContent === 'True'")
        assert "Paint it blue" in window.wait(COMMITTED)
        window.run("window.same = true")
        person.write("green")
        person.commit("Paint it green & <b>bold</b>")
        window.wait(f"{COMMITTED}.includes('Paint it green & <b>bold</b>')")
        window.wait("return document.querySelector('#row-shop .state')?.textContent === 'True'")
        (person.fleet / "apps" / "shop" / "all.yaml").write_text("{")
        person.commit("Break it")
        said = window.wait("return document.querySelector('#first-shop .how')?.innerText")
        assert "Blocked" in said
        assert "all.yaml" in said
        assert window.run("return window.same"), "all of it without a reload"
        assert "correct-horse" not in window.run("return document.documentElement.innerHTML")
        assert window.complaints() == []
        window.command("Page.navigate", url="about:blank")


def test_a_page_outlives_the_server_and_goes_on_with_the_next_one(window: Browser, tmp_path: Path) -> None:
    """The session, too."""
    person = somebody(tmp_path)
    person.write("blue")
    person.commit("Paint it blue")
    live = "return document.getElementById('live')?.dataset.state"
    with up(person) as address:
        enter(window, person)
        window.wait("return document.querySelector('#row-shop .state')?.textContent === 'True'")
        window.run("window.same = true")
        window.wait(f"{live} === 'live'")
    window.wait(f"{live} === 'lost'")
    assert "Paint it blue" in window.run(COMMITTED), "what was so stays to be read, and is said to be of then"
    person.write("green")
    person.commit("Paint it green")
    with up(person, address.removeprefix("http://")):
        window.wait(f"{COMMITTED}?.includes('Paint it green')")
        window.wait(f"{live} === 'live'")
        assert window.run("return window.same")
        window.run(
            "window.asked = 0; const old = fetch; window.fetch = (...all) => { asked += 1; return old(...all); }"
        )
        time.sleep(3)
        assert window.run("return window.asked") <= 1, "it is at rest again"
        window.command("Page.navigate", url="about:blank")


def test_every_page_tells_of_what_the_engine_did(window: Browser, tmp_path: Path) -> None:
    """INV-25: a Secret's values are on none of them."""
    person = somebody(tmp_path)
    person.write("blue")
    person.commit("Paint it blue")
    shown = "return document.querySelector('main').innerText"
    with up(person):
        enter(window, person)
        window.wait("return document.querySelector('#row-shop .state')?.textContent === 'True'")
        window.follow("#row-shop .name")
        links = window.run("return [...document.querySelectorAll('.tree .name')].map((one) => one.href)")
        assert links
        for link in links:
            window.run("location.assign(arguments[0])", link)
            window.wait("return location.href === arguments[0] && document.getElementById('all-fields')", link)
            text = window.run(shown)
            assert "As declared" in text, text
            asked_for = r"declaration of shop itself" if "ref=Namespace" in link else r"apps/shop/all\.yaml:\d+"
            assert re.search(asked_for, text), text
            assert "Paint it blue" in text
            wrote = window.run("return [...document.querySelectorAll('.wrote')].map((one) => one.innerText)")
            assert all("or before Ada" in one for one in wrote), "history begins with the first look"
            assert bool(wrote) is ("ref=Namespace" not in link)
            assert "correct-horse" not in window.run("return document.documentElement.innerHTML")
        for place, said in (
            ("/applications/shop/history", "Paint it blue"),
            ("/journal", "Not checked yet"),
            ("/drift", "Nothing differs"),
            ("/notifiers", "No Notifier"),
            ("/dependencies", "No application depends on another one"),
        ):
            window.run("location.assign(arguments[0])", place)
            window.wait("return location.pathname === arguments[0] && document.getElementById('live')", place)
            assert said in window.run(shown)
            assert "correct-horse" not in window.run("return document.documentElement.innerHTML")
        person.types("verify")
        assert window.complaints() == []
        window.command("Page.navigate", url="about:blank")
