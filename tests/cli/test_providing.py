"""What `up` is told of a provider: refused where it does not hold, before anything listens."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.person import somebody
from trueline.cli.provider import NO_OFFER, Offer
from trueline.cli.providing import SECRET, registration_of, without_secret
from trueline.model.fault import UserError

GOOD = Offer(issuer="https://id.example/realms/team", client="trueline")
LOOPBACK = "127.0.0.1:8600"


def _registered(
    offer: Offer, environment: dict[str, str] | None = None, *, listen: str = LOOPBACK, public_url: str = ""
) -> Any:
    return registration_of(offer, environment or {}, listen=listen, public_url=public_url)


def test_without_an_issuer_there_is_no_provider() -> None:
    assert _registered(NO_OFFER, {SECRET: "canary"}) is None


def test_the_secret_comes_from_a_file_or_a_variable_and_is_shown_nowhere(tmp_path: Path) -> None:
    """INV-25."""
    file = tmp_path / "secret"
    file.write_text("canary-of-a-file\n")
    of_file = _registered(replace(GOOD, secret_file=file), {SECRET: "canary-of-a-variable"})
    of_variable = _registered(GOOD, {SECRET: "canary-of-a-variable"})
    found = [one.client_secret.reveal() for one in (of_file, of_variable)]
    assert found == ["canary-of-a-file", "canary-of-a-variable"]
    assert "canary" not in repr(of_file)
    assert _registered(GOOD).client_secret is None


def test_no_declaration_can_name_the_clients_secret() -> None:
    """INV-25: whoever writes to the fleet repository would send it wherever they like."""
    assert without_secret({SECRET: "canary", "HOME": "/x"}) == {"HOME": "/x"}


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"client": ""}, {}),
        ({"issuer": ""}, {}),
        ({"issuer": "http://id.example"}, {}),
        ({"issuer": "file:///etc/passwd"}, {}),
        ({"issuer": "https://ada:canary@id.example"}, {}),
        ({"issuer": "https://id.example?x=y"}, {}),
        ({"issuer": "https://id.example#x"}, {}),
        ({"lasts_s": 299.0}, {}),
        ({"lasts_s": timedelta(days=8).total_seconds()}, {}),
        ({"lasts_s": 1e18}, {}),
        ({"scopes": "email"}, {}),
        ({"name_claim": ""}, {}),
        ({"secret_file": Path("/nowhere/at/all")}, {}),
        ({"secret_file": Path("/dev/null")}, {}),
        ({}, {"listen": "0.0.0.0:8600"}),
        ({}, {"listen": "none"}),
        ({}, {"listen": "192.0.2.7:80", "public_url": "http://trueline.example"}),
    ],
    ids=str,
)
def test_what_does_not_hold_is_refused(told: dict[str, Any], where: dict[str, str]) -> None:
    """INV-25: nobody's code comes back over a connection that others can read."""
    with pytest.raises(UserError) as caught:
        _registered(replace(GOOD, **told), {}, **where)
    [one] = caught.value.diagnostics
    assert one.code == "TL2214"
    assert "canary" not in one.detail


@pytest.mark.parametrize(
    "where",
    [{}, {"listen": "[::1]:8600"}, {"listen": "0.0.0.0:80", "public_url": "https://trueline.example"}],
    ids=str,
)
def test_what_holds_is_taken(where: dict[str, str]) -> None:
    found = _registered(GOOD, {}, **where)
    assert (found.issuer, found.client_id, found.host) == (GOOD.issuer, "trueline", "id.example")


def test_up_says_what_is_wrong_before_anything_is_made(tmp_path: Path) -> None:
    made = somebody(tmp_path)
    made.commit("The first")
    made.types(
        "up", str(made.fleet), "--once", "--oidc-issuer", "http://id.example", "--oidc-client", "x",
        "--data-dir", str(tmp_path / "data"), code=1,
    )  # fmt: skip
    assert "TL2214" in made.stderr
    assert not (tmp_path / "data").exists()
