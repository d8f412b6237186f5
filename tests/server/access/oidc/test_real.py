"""Coming in by a real provider: npm's oidc-provider, with its own pages, keys, cookies and endpoints."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from testbed.oidc_provider import SECRET, RunningProvider, Visitor, running
from tests.server.access.test_identity import project
from tests.web.paged import Served
from trueline.loop.status import Sync
from trueline.model.masked import Masked
from trueline.runtime.http import Endpoint
from trueline.runtime.http_aiohttp import AiohttpTransport
from trueline.server.access.oidc.provider import Provider
from trueline.server.access.oidc.registration import Registration

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@shop.example", "email_verified": True, "groups": ["platform"]},
    "bo": {"email": "bo@shop.example", "email_verified": True, "groups": []},
    "eve": {"email": "ada@shop.example", "email_verified": False, "groups": ["platform"]},
}


@contextmanager
def provided(*, is_conform: bool = True, secret: str = SECRET) -> Iterator[tuple[Served, RunningProvider]]:
    """A server in a thread of its own, whose people a real provider knows."""
    with Served().running() as served:
        back = f"{served.address}/sign-in/provider/return"
        with running(back, PEOPLE, is_conform=is_conform) as provider:
            registration = Registration(issuer=provider.issuer, client_id=provider.client, client_secret=Masked(secret))

            def introduce(made: Any) -> Provider:
                made.stands("web", project="shop", sync=Sync.HELD, message="a word of the web")
                made.declares(project("shop", viewer="group:platform"))
                opened = lambda origin: AiohttpTransport(Endpoint(url=origin))  # noqa: E731 - a port
                found = Provider(registration, opened, made.clock)
                made.access.provider = found
                return found

            known: Provider = served.tell(introduce)
            try:
                yield served, provider
            finally:
                served.wait(known.close())


@pytest.mark.parametrize("is_conform", [True, False])
def test_a_person_signs_in_by_a_real_provider_and_sees_what_their_group_may(is_conform: bool) -> None:
    """With claims in the id token, and on the endpoint beside it, as the standard has it."""
    with provided(is_conform=is_conform) as (served, _):
        ada = Visitor("ada")
        status, at, text = ada.sign_in(f"{served.address}/sign-in/provider?next=/applications/web")
        assert (status, at) == (200, f"{served.address}/applications/web")
        assert "oidc:ada@shop.example" in text
        assert "a word of the web" in text
        people = served.tell(lambda made: made.access.people.all())
        assert [(one.name, one.groups) for one in people] == [("oidc:ada@shop.example", ("platform",))]
        # the provider's own session is there still: who comes again is in at once
        assert ada.sign_in(f"{served.address}/sign-in/provider")[:2] == (200, f"{served.address}/")


@pytest.mark.parametrize(("login", "code"), [("bo", "TL2212"), ("eve", "TL2211")])
def test_who_has_no_group_or_no_verified_address_does_not_come_in(login: str, code: str) -> None:
    """INV-11."""
    with provided() as (served, _):
        status, _, text = Visitor(login).sign_in(f"{served.address}/sign-in/provider")
        assert (status, f"({code})" in text) == (403, True)
        assert served.tell(lambda made: made.store.rows("SELECT count(*) FROM session")) == [(0,)]


def test_a_wrong_secret_of_the_client_is_told_without_it() -> None:
    """INV-25."""
    with provided(secret="canary-that-is-wrong") as (served, _):
        status, _, text = Visitor("ada").sign_in(f"{served.address}/sign-in/provider")
        assert (status, "(TL2205)" in text, "canary" in text) == (403, True, False)
        assert "invalid_client" in text


def test_a_code_that_was_used_is_good_for_nothing() -> None:
    """INV-11: the real provider takes it once."""
    with provided() as (served, provider):
        asked: list[str] = []
        ada = Visitor("ada", asked.append)
        assert ada.sign_in(f"{served.address}/sign-in/provider")[0] == 200
        [used] = [address for address in asked if "/return?" in address]
        query = dict(parse_qsl(urlsplit(used).query))
        assert query["iss"] == provider.issuer
        status, _, text = ada.get(used)
        assert (status, "(TL2202)" in text) == (403, True)
        again: list[str] = []
        ada = Visitor("ada", lambda address: _stop(again, address))
        with pytest.raises(_Stopped):
            ada.sign_in(f"{served.address}/sign-in/provider")
        mine = dict(parse_qsl(urlsplit(again[-1]).query))
        stolen = urlencode({**mine, "code": query["code"]})
        ada = ada.anew()
        status, _, text = ada.get(f"{served.address}/sign-in/provider/return?{stolen}")
        assert (status, "(TL2205)" in text, "invalid_grant" in text) == (403, True, True)


class _Stopped(Exception):
    """Who read the address of the way back goes there with another code."""


def _stop(seen: list[str], address: str) -> None:
    seen.append(address)
    if "/return?" in address:
        raise _Stopped


def test_the_page_after_signing_out_leads_to_the_end_of_the_providers_session() -> None:
    with provided() as (served, provider):
        ada = Visitor("ada")
        ada.sign_in(f"{served.address}/sign-in/provider")
        _, _, text = ada.get(f"{served.address}/sign-in/provider/end")
        assert f'href="{provider.issuer}/session/end?client_id=trueline"' in text
        status, _, _ = ada.get(f"{provider.issuer}/session/end?client_id=trueline")
        assert status == 200
