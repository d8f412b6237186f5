"""Coming in by a real provider with a real browser: its redirects, its cookies, and our policies."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from testbed.browser import Browser, Screen
from testbed.oidc_provider import RunningProvider
from tests.cli.person import TIMEOUT_S, command, somebody
from tests.server.access.oidc.test_real import provided
from tests.web.paged import Served
from tests.web.test_sign_in import PHONE, says


@pytest.fixture
def both(window: Browser) -> Iterator[tuple[Served, RunningProvider]]:
    with provided() as found:
        yield found
        window.command("Page.navigate", url="about:blank")


def by_provider(window: Browser, provider: RunningProvider) -> None:
    """From our page of sign-in, by the provider's own pages."""
    window.click(".door a.other")
    window.wait("return document.querySelector('[name=login]')")
    assert window.address.startswith(f"{provider.issuer}/interaction/")
    window.click("[name=login]")
    window.press("ada")
    window.click("[name=password]")
    window.press("any")
    window.click("button[type=submit]")
    window.wait("return document.querySelector('[name=prompt][value=consent]')")
    window.click("button[type=submit]")


@pytest.mark.parametrize("screen", [Screen(), PHONE, Screen(has_scripts=False)], ids=["desk", "phone", "no script"])
def test_a_person_goes_to_the_provider_comes_back_and_goes_out(
    window: Browser, both: tuple[Served, RunningProvider], screen: Screen
) -> None:
    served, provider = both
    window.command("Storage.clearDataForOrigin", origin=provider.issuer, storageTypes="all")
    window.show(f"{served.address}/sign-in?next=/applications/web", screen)
    by_provider(window, provider)
    says(window, "a word of the web")
    assert window.address == f"{served.address}/applications/web"
    assert window.run("return document.cookie") == ""
    assert not [one for one in window.complaints() if "Content Security Policy" in one]
    window.click("#visitor summary")
    window.click("#visitor button")
    says(window, "knows you still")
    window.click(".door .note a")
    window.wait("return location.pathname === '/session/end'")
    assert window.address.startswith(provider.issuer)


def test_who_does_not_come_in_is_told_why_on_the_page(window: Browser, both: tuple[Served, RunningProvider]) -> None:
    served, provider = both
    window.command("Storage.clearDataForOrigin", origin=provider.issuer, storageTypes="all")
    window.show(f"{served.address}/sign-in/provider/return?code=x&state=y")
    says(window, "TL2202")
    assert window.run("return document.querySelectorAll('[role=alert]').length") == 1
    assert window.run("return getComputedStyle(document.querySelector('.door a.other')).display") != "none"


def test_a_program_on_a_terminal_signs_in_by_the_browser(
    window: Browser, both: tuple[Served, RunningProvider], tmp_path: Path
) -> None:
    """INV-25: the token stands in the file alone. Our policy lets the browser follow the form."""
    served, provider = both
    window.command("Storage.clearDataForOrigin", origin=provider.issuer, storageTypes="all")
    person = somebody(tmp_path)
    with Popen(
        command("login", served.address), stdout=PIPE, stderr=PIPE, text=True, env=person.environment, cwd=tmp_path
    ) as child:
        assert child.stderr is not None
        told = re.search(r"http://\S+", child.stderr.readline())
        assert told is not None
        window.show(told[0])
        by_provider(window, provider)
        says(window, "wants to act as oidc:ada@shop.example")
        window.click(".door button")
        says(window, "This page can be closed")
        out, err = child.communicate(timeout=TIMEOUT_S)
        assert child.returncode == 0, err
    kept = json.loads((tmp_path / ".config/trueline/credentials.json").read_text())
    assert kept[served.address].startswith("tl_")
    assert kept[served.address] not in out + err
    found = json.loads(person.types("--server", served.address, "status", "-o", "json", code=2))
    assert [one["application"] for one in found] == ["web"]
