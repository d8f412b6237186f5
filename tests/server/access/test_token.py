"""API tokens over HTTP: what they are good for, and when they are over."""

import asyncio
from typing import Any

import pytest

from tests.server.access.test_gate import fleet
from tests.server.bench import Bench, bench, browser
from trueline.model.fault import UserError
from trueline.record.journal import Kind
from trueline.server.access.secret import SYSTEM_RANDOM
from trueline.server.access.token import DAYS_MAX, is_token, new_token

DAY_S = 86_400.0


async def made(client: Any, headers: dict[str, str] | None = None, **asked: Any) -> str:
    """A new token, as it is told this once."""
    answer = await client.post("/api/v1/tokens", json={"name": "ci", **asked}, headers=headers or {})
    body = await answer.json()
    assert answer.status == 200, body
    return str(body["token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def status(client: Any, method: str, path: str, token: str) -> int:
    answer = await client.request(method, path, json={} if method == "POST" else None, headers=bearer(token))
    return int(answer.status)


HOLD, WEB = "/api/v1/applications/web/hold", "/api/v1/applications/web"


@pytest.mark.parametrize(
    ("owner", "asked", "statuses"),
    [
        ("di", {}, (200, 403)),
        ("di", {"role": "deployer"}, (200, 200)),
        ("di", {"role": "admin"}, (200, 200)),
        ("vi", {"role": "admin"}, (200, 403)),
        ("di", {"role": "deployer", "projects": ["shop"]}, (200, 200)),
        ("di", {"role": "deployer", "projects": ["vault"]}, (404, 404)),
        ("nobody", {"role": "admin"}, (404, 404)),
        ("root", {"role": "viewer"}, (200, 403)),
    ],
)
async def test_a_token_can_do_no_more_than_its_owner_and_no_more_than_it_says(
    owner: str, asked: dict[str, Any], statuses: tuple[int, int]
) -> None:
    """INV-11: read and act, with no word of a session and from no page."""
    fleeted = fleet()
    async with fleeted.client(is_private=False, who="") as client:
        token = await made(client, browser(fleeted.enters(owner, is_admin=owner == "root")), **asked)
        assert (await status(client, "GET", WEB, token), await status(client, "POST", HOLD, token)) == statuses
        assert await status(client, "GET", "/api/v1/applications/secret", token) == (200 if owner == "root" else 404)


async def test_what_a_token_does_has_its_name_and_its_owners() -> None:
    fleeted = fleet()
    async with fleeted.client(is_private=False, who="") as client:
        token = await made(client, browser(fleeted.enters("di")), role="deployer")
        await client.post(HOLD, json={"why": "x"}, headers=bearer(token))
    async with fleeted.client() as socket:
        own = await made(socket, name="prometheus")
        [record] = [one for one in fleeted.journal.after() if one.kind == Kind.HOLD.value]
        assert record.body["who"] == "token:ci of di"
    async with fleeted.client(is_private=False, who="") as client:
        me = await (await client.get("/api/v1/me", headers=bearer(own))).json()
        assert (me["name"], me["kind"], me["everywhere"], me["csrf"]) == ("", "token", ["read"], "")
        assert await status(client, "GET", "/metrics", own) == 200
        assert await status(client, "POST", HOLD, own) == 403


@pytest.mark.parametrize("end", ["expired", "revoked", "owner removed", "clock put back", "owner forgot"])
async def test_a_token_comes_to_its_end(end: str) -> None:
    """INV-28 too."""
    fleeted = fleet()
    async with fleeted.client(is_private=False, who="") as client:
        headers = browser(fleeted.enters("di"))
        token = await made(client, headers, days=2)
        fleeted.clock.pass_s(DAY_S)
        assert await status(client, "GET", WEB, token) == 200
        match end:
            case "expired":
                fleeted.clock.pass_s(DAY_S)
            case "revoked":
                headers = browser(fleeted.enters("di"))
                assert (await client.post("/api/v1/tokens/ci/revoke", json={}, headers=headers)).status == 200
            case "owner removed":
                fleeted.access.users.remove("di", by="the test")
            case "clock put back":
                fleeted.clock.pass_s(-2 * DAY_S)
            case _:
                fleeted.store.execute("UPDATE account SET password = ''")
        assert await status(client, "GET", WEB, token) == 401


async def test_a_stream_by_a_token_ends_when_it_is_revoked() -> None:
    fleeted = fleet()
    async with fleeted.client(is_private=False, who="") as client:
        token = await made(client, browser(fleeted.enters("vi")))
        answer = await client.get("/api/v1/events", headers=bearer(token))
        await answer.content.readuntil(b"\n\n")
        fleeted.access.tokens.revoke("ci", owner="vi", by="the test")
        fleeted.stands("web", message="not told")
        fleeted.parts.feed.look()
        async with asyncio.timeout(30):
            assert await answer.content.read() == b""


async def test_a_token_lets_nobody_in() -> None:
    """INV-11: it could outlive itself."""
    fleeted = fleet()
    async with fleeted.client(is_private=False, who="") as client:
        token = await made(client, browser(fleeted.enters("root", is_admin=True)), role="admin")
        for path, body in (
            ("tokens", {"name": "more"}),
            ("tokens/ci/revoke", {}),
            ("users", {"name": "eve", "admin": True}),
            ("users/root/invite", {}),
            ("users/root/remove", {}),
        ):
            answer = await client.post(f"/api/v1/{path}", json=body, headers=bearer(token))
            assert (answer.status, (await answer.json())["errors"][0]["code"]) == (403, "TL0756"), path
        assert await status(client, "GET", "/api/v1/users", token) == 200
    assert [user.name for user in fleeted.access.users.all()] == ["root"]


async def test_tokens_are_ones_own_and_of_an_administrator_everybodys() -> None:
    """INV-25: nobody hears of another's by its name either."""
    fleeted = fleet()
    async with fleeted.client(is_private=False, who="") as client:
        di, vi, root = (browser(fleeted.enters(name, is_admin=name == "root")) for name in ("di", "vi", "root"))
        await made(client, di)
        token = await made(client, vi)
        await status(client, "GET", WEB, token)
        listed = await (await client.get("/api/v1/tokens", headers=vi)).json()
        assert [(one["owner"], one["name"], bool(one["used"])) for one in listed["tokens"]] == [("vi", "ci", True)]
        assert token not in str(listed)
        listed = await (await client.get("/api/v1/tokens", headers=root)).json()
        assert [one["owner"] for one in listed["tokens"]] == ["di", "vi"]
        twice = await client.post("/api/v1/tokens", json={"name": "ci"}, headers=di)
        assert (await twice.json())["errors"][0]["code"] == "TL0754"
        foreign = await client.post("/api/v1/tokens/ci/revoke", json={"owner": "di"}, headers=vi)
        assert (await foreign.json())["owner"] == "vi"
        none = await client.post("/api/v1/tokens/ci/revoke", json={}, headers=vi)
        assert (await none.json())["errors"][0]["code"] == "TL0755"
        done = await client.post("/api/v1/tokens/ci/revoke", json={"owner": "di"}, headers=root)
        assert (await done.json())["owner"] == "di"
    assert fleeted.access.tokens.all() == ()


@pytest.mark.parametrize(
    "asked",
    [{"days": 0}, {"days": DAYS_MAX + 1}, {"role": "owner"}, {"name": ""}, {"name": "A b"}, {"projects": "shop"}],
    ids=str,
)
async def test_a_token_that_cannot_be_meant_is_refused(asked: dict[str, Any]) -> None:
    made_bench = bench()
    async with made_bench.client() as client:
        answer = await client.post("/api/v1/tokens", json={"name": "ci", **asked})
        assert answer.status == 422
    assert made_bench.access.tokens.all() == ()


@pytest.mark.parametrize("change", ["cut", "letter", "prefix", "long", "basic", "empty", "unknown"])
async def test_what_is_no_token_is_nobody(change: str) -> None:
    fleeted = fleet()
    async with fleeted.client() as socket:
        token = await made(socket)
    other = new_token(SYSTEM_RANDOM)
    said = {
        "cut": f"Bearer {token[:-1]}",
        "letter": f"Bearer {token[:5]}{'a' if token[5] != 'a' else 'b'}{token[6:]}",
        "prefix": f"Bearer x{token[1:]}",
        "long": f"Bearer {token}{'a' * 5_000}",
        "basic": f"Basic {token}",
        "empty": "Bearer",
        "unknown": f"Bearer {other}",
    }[change]
    async with fleeted.client(is_private=False, who="") as client:
        answer = await client.get(WEB, headers={"Authorization": said})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="trueline"')
        assert await status(client, "GET", WEB, token) == 200


async def test_a_program_may_use_a_name_of_the_network() -> None:
    """A token is sent by nobody's browser: whatever its Host says, nobody was turned to this machine."""
    fleeted = fleet()
    async with fleeted.client() as socket:
        token = await made(socket)
    async with fleeted.client(is_private=False, who="") as client:
        headers = {**bearer(token), "Host": "trueline.monitoring.svc"}
        assert (await client.get("/metrics", headers=headers)).status == 200


def test_a_token_tells_itself_apart_and_is_kept_as_a_digest() -> None:
    """INV-25."""
    kept = bench()
    token = _create(kept, "ci")
    assert (len(token), is_token(token), token.startswith("tl_")) == (52, True, True)
    assert not is_token(f"tl_{'-' * 43}{token[-6:]}")
    for table in ("token", "record"):
        assert token not in repr(kept.store.rows(f"SELECT * FROM {table}"))  # noqa: S608 - constants
    assert len({new_token(SYSTEM_RANDOM) for _ in range(100)}) == 100


def _create(kept: Bench, name: str, days: int = 1) -> str:
    from trueline.declare.application import Role  # noqa: PLC0415 - only here
    from trueline.server.access.identity import Scope  # noqa: PLC0415

    return kept.access.tokens.create(name, owner="", scope=Scope(role=Role.VIEWER), days=days, by="the test")


def test_tokens_are_bounded_and_those_that_are_over_make_room() -> None:
    """INV-31."""
    kept = bench()
    for number in range(1_000):
        _create(kept, f"t{number}")
    with pytest.raises(UserError) as caught:
        _create(kept, "more")
    assert caught.value.diagnostics[0].code == "TL0754"
    kept.clock.pass_s(DAY_S + 1)
    _create(kept, "more")
    assert [token.name for token in kept.access.tokens.all()] == ["more"]
