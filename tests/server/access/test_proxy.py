"""Behind a proxy attempts are those of whoever asks; and nobody says for whom they ask who is not trusted to."""

from typing import Any

import pytest

from tests.server.bench import PASSWORD, bench
from trueline.server.access.attempt import FREE
from trueline.server.access.front import Front
from trueline.server.access.proxy import HOPS_MAX, Proxies, read_network

TRUSTED = Proxies(networks=(read_network("10.0.0.0/8"), read_network("fd00::/8")))
LOCAL = Front(proxies=Proxies(networks=(read_network("127.0.0.0/8"),)))


@pytest.mark.parametrize(
    ("peer", "plain", "named", "client"),
    [
        ("10.0.0.1", [], [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7"], [], "192.0.2.7"),
        ("10.0.0.1", ["6.6.6.6, 192.0.2.7"], [], "192.0.2.7"),
        ("10.0.0.1", ["6.6.6.6", "192.0.2.7"], [], "192.0.2.7"),
        ("10.0.0.1", ["6.6.6.6, 192.0.2.7, 10.9.9.9"], [], "192.0.2.7"),
        ("192.0.2.7", ["6.6.6.6"], [], "192.0.2.7"),
        ("192.0.2.7", ["10.0.0.1"], [], "192.0.2.7"),
        ("10.0.0.1", ["6.6.6.6, what"], [], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, "], [], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, what, 10.0.0.2"], [], "10.0.0.2"),
        ("10.0.0.1", ["192.0.2.7:4711"], [], "192.0.2.7"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], [], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], [], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["::ffff:192.0.2.7"], [], "192.0.2.7"),
        ("fd00::1", ["192.0.2.7"], [], "192.0.2.7"),
        ("10.0.0.1", [], ['for=6.6.6.6, for="192.0.2.7:80";proto=https;by=10.0.0.1'], "192.0.2.7"),
        ("10.0.0.1", [], ['proto=https;For="[2001:db8::1]:80"'], "2001:db8::1"),
        ("10.0.0.1", [], ["for=6.6.6.6, for=_hidden"], "10.0.0.1"),
        ("10.0.0.1", [], ["for=6.6.6.6, proto=https"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7"], ["for=6.6.6.6"], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6"] + ["10.0.0.2"] * HOPS_MAX, [], "10.0.0.2"),
        ("", ["192.0.2.7"], [], ""),
    ],
)
def test_a_client_is_the_first_from_the_right_that_is_no_trusted_proxy(
    peer: str, plain: list[str], named: list[str], client: str
) -> None:
    """INV-25: what stands left of that is what somebody wrote who wants to be another one."""
    assert TRUSTED.client(peer, plain, named) == client


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "what", ""])
def test_everybody_is_no_proxy(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of the library or ours
        read_network(text)


async def _fail(client: Any, name: str, **headers: str) -> int:
    told = {"Sec-Fetch-Site": "same-origin", **headers}
    answer = await client.post(
        "/sign-in", data={"name": name, "password": "wrong"}, headers=told, allow_redirects=False
    )
    return int(answer.status)


async def test_behind_a_trusted_proxy_each_client_waits_for_its_own_failures() -> None:
    """INV-31."""
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="", front=LOCAL) as client:
        for number in range(FREE):
            assert await _fail(client, f"a{number}", **{"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}) == 401
        assert await _fail(client, "b", **{"X-Forwarded-For": "7.7.7.7, 192.0.2.7"}) == 429
        assert await _fail(client, "c", **{"X-Forwarded-For": "192.0.2.8"}) == 401
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": "192.0.2.9"}
        await client.post(
            "/sign-in", data={"name": "ada", "password": PASSWORD}, headers=headers, allow_redirects=False
        )
    assert made.journal.after()[-1].body["address"] == "192.0.2.9"


async def test_without_a_trusted_proxy_the_head_is_a_word_of_anybody() -> None:
    """INV-31: else every attempt is of another address."""
    made = bench()
    async with made.client(is_private=False, who="") as client:
        for number in range(FREE):
            assert await _fail(client, f"a{number}", **{"X-Forwarded-For": f"192.0.2.{number}"}) == 401
        assert await _fail(client, "b", **{"X-Forwarded-For": "192.0.2.99"}) == 429
