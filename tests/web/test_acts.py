"""What people ask for with a real browser, on `up` and the embedded cluster: a rollback, an approval, a heal."""

import json
import re
import time
import urllib.request
from pathlib import Path

import pytest

from testbed.browser import Browser, Screen
from testbed.npm import AXE, text_of
from tests.cli.person import FLEET, Person, somebody
from tests.web.paged import PATIENCE_S
from tests.web.test_accessible import RUN
from tests.web.test_up import enter, up

SCREENS = (Screen(is_still=True), Screen(is_dark=True, is_still=True), Screen(width=375, height=812, is_still=True))
SHOP = "/applications/shop"
LOOK_S = 0.2
CHANGED = "return window.kept.filter(([one, href]) => one.isConnected && one.href !== href).map(([one, href]) => href)"
"""The links of the page that lead elsewhere than they did when they were kept."""
WARNS = f"{FLEET}  sync: {{drift: warn, approve: destructive}}\n"
WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "example.test/app:1"}]}
"""


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody whose shop is painted, and only warned of drift."""
    made = somebody(tmp_path)
    made.write("blue", declaration=WARNS)
    (made.fleet / "apps" / "shop" / "web.yaml").write_text(WEB)
    made.commit("Paint it blue")
    return made


def edit(person: Person, colour: str) -> None:
    """Somebody edits the ConfigMap on the cluster."""
    [file] = person.home.rglob("embedded.kubeconfig")
    found = re.search(r"server: (\S+)", file.read_text())
    assert found is not None
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{found[1]}/api/v1/namespaces/shop/configmaps/settings?fieldManager=kubectl-edit",
        data=json.dumps({"data": {"colour": colour}}).encode(),
        headers={"Content-Type": "application/merge-patch+json"},
        method="PATCH",
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - loopback


def says(window: Browser, words: str) -> None:
    """The page says so, once it is there; one that is live says it without a reload."""
    window.wait("return document.readyState === 'complete' && document.body.innerText.includes(arguments[0])", words)


def stands(window: Browser, address: str, state: str) -> None:
    """The application stands so; without script, a page that was made too early says so for ever."""
    for _ in range(round(PATIENCE_S / LOOK_S)):
        window.go(f"{address}{SHOP}")
        if window.run("return document.querySelector('.head .state')?.textContent") == state:
            return
        time.sleep(LOOK_S)
    raise AssertionError(f"it is not {state}")


def paint_green(window: Browser, person: Person, address: str) -> None:
    """A second deployment, by somebody who is signed in and sees it."""
    enter(window, person)
    stands(window, address, "True")
    person.write("green", declaration=WARNS)
    person.commit("Paint it green")
    says(window, "Paint it green")
    stands(window, address, "True")


def is_accessible(window: Browser, address: str) -> None:
    """axe-core complains of nothing, in both themes and at the width of a telephone; nothing is cut off."""
    for screen in SCREENS:
        window.become(screen)
        window.go(address)
        window.run(f"{text_of(AXE)}; window.axe = axe")
        window.run(RUN)
        assert window.wait("return window.told")["found"] == [], address
        assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    window.become(Screen())


@pytest.mark.parametrize("screen", [Screen(), Screen(has_scripts=False)], ids=["desk", "no script"])
def test_a_person_sees_what_would_change_and_goes_back(window: Browser, person: Person, screen: Screen) -> None:
    with up(person) as address:
        paint_green(window, person, address)
        window.become(screen)
        window.go(f"{address}{SHOP}")
        window.follow("a[href$='rollback?revision=1']")
        says(window, "What would change")
        says(window, "green → blue")
        assert window.run("return [...document.querySelectorAll('dd')].map((one) => one.innerText)") == ["green → blue"]
        window.click("form.deed button")
        says(window, "rolled back to")
        window.go(f"{address}{SHOP}")
        stands(window, address, "Held")
        edit(person, "red")
        window.follow("a[href$='/resume']")
        says(window, "rolled back to")
        window.click("form.deed button")
        says(window, "resumed by ada")
        assert window.complaints() == []
        window.command("Page.navigate", url="about:blank")


def test_a_person_puts_back_a_drift_restarts_and_approves(window: Browser, person: Person) -> None:
    with up(person) as address:
        enter(window, person)
        stands(window, address, "True")
        edit(person, "red")
        window.wait("return document.querySelector(\"a[href$='/heal']\")")
        window.follow("a[href$='/heal']")
        says(window, "What would change")
        says(window, "red → blue")
        is_accessible(window, f"{address}{SHOP}/heal")
        window.click("form.deed button")
        says(window, "a heal of ConfigMap/shop/settings asked for by ada")
        stands(window, address, "True")
        window.go(f"{address}{SHOP}/restart")
        window.follow(".choices a")
        says(window, "2 pods made anew")
        is_accessible(window, window.address)
        window.click("form.deed button")
        says(window, "a restart of Deployment.apps/shop/web asked for by ada")
        stands(window, address, "True")
        person.write("blue", declaration=WARNS.replace("approve: destructive", "approve: always"))
        (person.fleet / "apps" / "shop" / "web.yaml").unlink()
        person.commit("Close the shop")
        stands(window, address, "Waiting for approval")
        is_accessible(window, f"{address}{SHOP}")
        window.follow("a[href$='/approve']")
        says(window, "1 deleted")
        is_accessible(window, f"{address}{SHOP}/approve")
        window.click("form.deed button")
        says(window, "approved by ada")
        stands(window, address, "True")
        for page in ("plan", "sync", "hold", "resume", "refresh", "rollback", "rollback?revision=1", "approve"):
            is_accessible(window, f"{address}{SHOP}/{page}")
        assert window.complaints() == []
        window.command("Page.navigate", url="about:blank")


def test_a_link_never_becomes_another_one(window: Browser, person: Person) -> None:
    """What can be asked for changes while the page is looked at; whoever is about to follow a link follows that one."""
    with up(person) as address:
        paint_green(window, person, address)
        window.run("window.kept = [...document.querySelectorAll('main a')].map((one) => [one, one.href])")
        edit(person, "red")
        window.wait("return document.querySelector(\"a[href$='/heal']\")")
        assert window.run(CHANGED) == []
        person.write("yellow", declaration=WARNS)
        person.commit("Paint it yellow")
        window.wait("return document.querySelector(\"a[href$='revision=2']\")")
        assert window.run(CHANGED) == []
        window.command("Page.navigate", url="about:blank")


def test_a_plan_that_changed_meanwhile_is_shown_anew(window: Browser, person: Person) -> None:
    """INV-11: what is pressed is what was read, or nothing."""
    with up(person) as address:
        enter(window, person)
        stands(window, address, "True")
        edit(person, "red")
        window.wait("return document.querySelector(\"a[href$='/heal']\")")
        window.follow("a[href$='/heal']")
        says(window, "What would change")
        edit(person, "yellow")
        window.click("form.deed button")
        says(window, "Nothing was done")
        says(window, "yellow → blue")
        window.click("form.deed button")
        says(window, "a heal of ConfigMap/shop/settings asked for by ada")
        stands(window, address, "True")
        window.command("Page.navigate", url="about:blank")
