"""axe-core complains of nothing: on every page of the server, in both themes, at the width of a telephone too."""

from collections.abc import Iterator

import pytest

from testbed.browser import Browser, Screen
from testbed.npm import AXE, text_of
from tests.web.furnished import furnish
from tests.web.paged import Served
from tests.web.test_fleet import fill

SCREENS = (Screen(is_still=True), Screen(is_dark=True, is_still=True), Screen(width=375, height=812, is_still=True))
RUN = """
window.told = null;
axe.run(document, { resultTypes: ["violations"] }).then((found) => {
  window.told = { found: found.violations.map((one) => `${one.impact} ${one.id}: ${one.nodes[0].html.slice(0, 200)}`) };
});
"""


@pytest.fixture(scope="module")
def served(window: Browser) -> Iterator[Served]:
    with Served().running() as one:
        one.tell(fill)
        one.tell(furnish)
        yield one
        window.command("Page.navigate", url="about:blank")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?view=matrix",
        "?group=target&state=not-true",
        "?find=none-has-this",
        "?state=wrong",
        "applications/cart",
        "applications/no",
        "applications/checkout",
        "applications/checkout?view=graph",
        "applications/checkout/history",
        "dependencies",
        "drift",
        "drift?application=newsletter&days=30",
        "notifiers",
        "journal",
        "journal?kind=access&find=none-has-this",
        "applications/checkout/resource?ref=Deployment.apps%2Fcheckout%2Fweb",
        "applications/checkout/resource?ref=ConfigMap%2Fcheckout%2Fsettings",
        "sign-in",
        "account",
        "users",
        "account/program?machine=laptop&port=40123&challenge={word}&state={word}",
    ],
)
def test_axe_complains_of_nothing(window: Browser, served: Served, query: str) -> None:
    for screen in SCREENS:
        served.show(window, f"{served.address}/{query.format(word='x' * 43)}", screen)
        window.run(f"{text_of(AXE)}; window.axe = axe")
        window.run(RUN)
        assert window.wait("return window.told")["found"] == []


@pytest.mark.parametrize("query", ["sign-in", "sign-in?token={token}", "wrong"])
def test_axe_complains_of_nothing_where_nobody_is_signed_in(window: Browser, served: Served, query: str) -> None:
    token = served.tell(lambda made: made.access.users.add(f"u{made.journal.head().sequence}", is_admin=False, by="x"))
    for screen in SCREENS:
        window.show(f"{served.address}/{query.format(token=token)}", screen)
        window.run(f"{text_of(AXE)}; window.axe = axe")
        window.run(RUN)
        assert window.wait("return window.told")["found"] == []
        assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_axe_would_complain(window: Browser, served: Served) -> None:
    served.show(window, served.address)
    window.run("document.documentElement.removeAttribute('lang')")
    window.run(f"{text_of(AXE)}; window.axe = axe")
    window.run(RUN)
    assert [one.split(":")[0] for one in window.wait("return window.told")["found"]] == ["serious html-has-lang"]
