"""`POST /api/v1/login`: a program of somebody gets a token of its machine for name and password."""

from typing import Any

import pytest

from tests.server.access.test_gate import fleet
from tests.server.access.test_token import HOLD, WEB, status
from tests.server.bench import PASSWORD
from trueline.server.access.attempt import FREE
from trueline.server.access.front import Front


async def _log_in(client: Any, headers: dict[str, str] | None = None, **said: str) -> Any:
    body = {"name": "di", "password": PASSWORD, "machine": "laptop", **said}
    return await client.post("/api/v1/login", json=body, headers=headers or {})


async def test_a_machine_gets_a_token_that_can_do_what_its_owner_can_and_a_new_one_ends_the_last() -> None:
    made = fleet()
    made.enters("di")
    async with made.client(is_private=False, who="") as client:
        first = (await (await _log_in(client)).json())["token"]
        assert (await status(client, "GET", WEB, first), await status(client, "POST", HOLD, first)) == (200, 200)
        assert await status(client, "GET", "/api/v1/applications/secret", first) == 404
        second = (await (await _log_in(client)).json())["token"]
        assert (await status(client, "GET", WEB, first), await status(client, "GET", WEB, second)) == (401, 200)
    assert [token.name for token in made.access.tokens.all("di")] == ["login-laptop"]


@pytest.mark.parametrize(
    ("headers", "said", "code"),
    [
        ({}, {"password": "a wrong password"}, "TL0751"),
        ({}, {"name": "nobody"}, "TL0751"),
        ({}, {"machine": ""}, "TL0720"),
        ({}, {"machine": "../x"}, "TL0720"),
        ({"Content-Type": "text/plain"}, {}, "TL0752"),
        ({"Origin": "http://evil.example"}, {}, "TL0748"),
        ({"Sec-Fetch-Site": "same-origin"}, {}, "TL0748"),
        ({"Host": "evil.example"}, {}, "TL0749"),
        ({"Host": "192.0.2.7"}, {}, "TL0753"),
    ],
    ids=str,
)
async def test_nobody_else_gets_one(headers: dict[str, str], said: dict[str, str], code: str) -> None:
    """INV-11: nor does a page of somebody else in a browser, nor a password that went in clear."""
    made = fleet()
    made.enters("di")
    async with made.client(is_private=False, who="") as client:
        answer = await _log_in(client, headers, **said)
        assert (await answer.json())["errors"][0]["code"] == code
    assert made.access.tokens.all() == ()


async def test_attempts_are_counted_with_those_of_the_page() -> None:
    made = fleet()
    made.enters("di")
    async with made.client(is_private=False, who="") as client:
        for _ in range(FREE):
            assert (await _log_in(client, password="wrong")).status == 401
        assert (await _log_in(client)).status == 429


async def test_behind_a_proxy_with_tls_it_answers() -> None:
    made = fleet()
    made.enters("di")
    async with made.client(is_private=False, who="", front=Front(public_url="https://trueline.example")) as client:
        assert (await _log_in(client, {"Host": "trueline.example"})).status == 200
