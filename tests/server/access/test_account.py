"""One's own account, users and programs as pages without script: what they show, what they do, and for whom."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.server.access.oidc.hostile import entering
from tests.server.access.test_identity import project
from tests.server.bench import PASSWORD, Bench, bench, browser
from trueline.declare.application import Role
from trueline.model.digest import canonical
from trueline.server.access.attempt import FREE
from trueline.server.access.identity import Scope
from trueline.server.access.program import CODES_MAX, LASTS_S, Program
from trueline.server.access.session import csrf_of

EVERYTHING = Scope(role=Role.ADMIN)
ANOTHER = "another long password"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKS = {"machine": "laptop", "port": "40123", "challenge": CHALLENGE, "state": "s" * 43}


def _cookie(secret: str) -> dict[str, str]:
    return {name: value for name, value in browser(secret).items() if name != "Trueline-Csrf"}


async def _post(client: Any, path: str, secret: str, **form: str) -> Any:
    data = {"csrf": csrf_of(secret), **form}
    return await client.post(path, data=data, headers=_cookie(secret), allow_redirects=False)


async def _text(client: Any, path: str, secret: str) -> str:
    answer = await client.get(path, headers=_cookie(secret))
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    text = str(await answer.text())
    assert "<script" not in text
    return text


async def _me(client: Any, headers: dict[str, str]) -> int:
    return int((await client.get("/api/v1/me", headers=headers)).status)


# ---- password ------------------------------------------------------------------------------------------------------


async def test_who_knows_the_password_chooses_another_and_every_other_session_is_over() -> None:
    made = bench()
    secret, elsewhere = made.enters("ada"), made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _post(client, "/account/password", secret, password=PASSWORD, new=ANOTHER)
        assert (answer.status, answer.headers["Location"]) == (303, "/account")
        fresh = answer.cookies["trueline"].value
        found = [await _me(client, _cookie(one)) for one in (secret, elsewhere, fresh)]
        assert found == [401, 401, 200]
    assert await made.access.users.is_right("ada", ANOTHER, made.hasher)
    assert not await made.access.users.is_right("ada", PASSWORD, made.hasher)
    assert b"long password" not in canonical([one.body for one in made.journal.after()])


@pytest.mark.parametrize(
    ("password", "new", "status", "code"),
    [("wrong", ANOTHER, 401, "TL0751"), (PASSWORD, "short", 422, "TL0745"), ("", "", 401, "TL0751")],
)
async def test_without_the_password_or_with_a_weak_one_it_stays(
    password: str, new: str, status: int, code: str
) -> None:
    """INV-11: whoever finds a browser open takes no account by it."""
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _post(client, "/account/password", secret, password=password, new=new)
        assert (answer.status, f"({code})" in await answer.text()) == (status, True)
        assert await _me(client, _cookie(secret)) == 200
    assert await made.access.users.is_right("ada", PASSWORD, made.hasher)


async def test_guesses_of_the_password_are_counted() -> None:
    """INV-31."""
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        for _ in range(FREE):
            await _post(client, "/account/password", secret, password="wrong", new=ANOTHER)
        answer = await _post(client, "/account/password", secret, password=PASSWORD, new=ANOTHER)
        assert (answer.status, "Retry-After" in answer.headers) == (429, True)


# ---- tokens and sessions -------------------------------------------------------------------------------------------


async def test_a_token_is_made_shown_once_and_revoked() -> None:
    """INV-25."""
    made = bench()
    made.declares(project("default", deployer="user:ada"))
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _post(
            client, "/account/token", secret, name="ci", role="viewer", projects="default other", days="7"
        )
        text = await answer.text()
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        token = re.search(r"tl_[0-9A-Za-z]{49}", text)
        assert token is not None
        assert "viewer in default, other" in text
        bearer = {"Authorization": f"Bearer {token[0]}"}
        assert await _me(client, bearer) == 200
        assert token[0] not in await _text(client, "/account", secret)
        assert (await _post(client, "/account/token/revoke", secret, name="ci")).status == 303
        assert await _me(client, bearer) == 401


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "", "role": "viewer", "days": "7"}, "TL0742"),
        ({"name": "<b>", "role": "viewer", "days": "7"}, "TL0742"),
        ({"name": "ci", "role": "root", "days": "7"}, "TL0720"),
        ({"name": "ci", "role": "viewer", "days": "9999999999"}, "TL0720"),
        ({"name": "ci", "role": "viewer", "days": "0"}, "TL0720"),
    ],
    ids=str,
)
async def test_a_token_that_cannot_be_made_is_told_of(form: dict[str, str], code: str) -> None:
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _post(client, "/account/token", secret, **form)
        text = await answer.text()
        assert (answer.status, f"({code})" in text, "<b>'" in text) == (422, True, False)
    assert made.access.tokens.all() == ()


async def test_what_one_revokes_and_ends_is_ones_own() -> None:
    """INV-11."""
    made = bench()
    ada, bo = made.enters("ada"), made.enters("bo", is_admin=True)
    async with made.client(is_private=False, who="") as client:
        await _post(client, "/account/token", bo, name="ci", role="viewer", days="7")
        [his] = made.access.sessions.all("bo", bo)
        assert (await _post(client, "/account/token/revoke", ada, name="ci")).status == 422
        assert (await _post(client, "/account/session/end", ada, id=his.id)).status == 303
        assert (await _post(client, "/account/session/end", ada, id="")).status == 303
        assert await _me(client, _cookie(bo)) == 200
        assert len(made.access.tokens.all("bo")) == 1
        elsewhere = made.enters("ada")
        [that] = [one for one in made.access.sessions.all("ada", ada) if not one.is_this]
        assert that.id[:16] in await _text(client, "/account", ada)
        await _post(client, "/account/session/end", ada, id=that.id)
        assert (await _me(client, _cookie(elsewhere)), await _me(client, _cookie(ada))) == (401, 200)


# ---- users ---------------------------------------------------------------------------------------------------------


async def test_who_administers_invites_and_removes() -> None:
    made = bench()
    root = made.enters("root", is_admin=True)
    made.access.address = "http://127.0.0.1:8600"
    async with made.client(is_private=False, who="") as client:
        answer = await _post(client, "/users/add", root, name=" ada ")
        address = re.search(r"http://127.0.0.1:8600/sign-in\?token=([\w-]+)", await answer.text())
        assert address is not None
        assert made.access.users.invited(address[1]) is not None
        assert "invited" in await _text(client, "/users", root)
        again = await _post(client, "/users/invite", root, name="ada")
        assert address[0] not in await again.text()
        assert made.access.users.invited(address[1]) is None
        assert (await _post(client, "/users/add", root, name="ada")).status == 422
        assert (await _post(client, "/users/remove", root, name="ada")).status == 303
        assert (await _post(client, "/users/add", root, name="bo", admin="yes")).status == 200
        assert (await _post(client, "/users/add", root, name="cy")).status == 200
    assert [(one.name, one.is_admin) for one in made.access.users.all()] == [
        ("bo", True), ("cy", False), ("root", True),
    ]  # fmt: skip


# ---- forms ---------------------------------------------------------------------------------------------------------

FORMS = [
    "/account/password", "/account/token", "/account/token/revoke", "/account/session/end", "/account/program",
    "/users/add", "/users/invite", "/users/remove",
]  # fmt: skip


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("odd", ["word", "origin", "no cookie", "token", "json"])
async def test_a_form_comes_from_a_page_of_this_session(path: str, odd: str) -> None:
    """INV-11."""
    made = bench()
    secret = made.enters("root", is_admin=True)
    token = made.access.tokens.create("ci", owner="root", scope=EVERYTHING, days=1, by="root")
    headers, form = _cookie(secret), {"csrf": csrf_of(secret), "name": "ci", **ASKS}
    if odd == "word":
        form["csrf"] = "x"
    elif odd == "origin":
        headers["Sec-Fetch-Site"] = "cross-site"
    elif odd == "no cookie":
        headers.pop("Cookie")
    elif odd == "token":
        headers = {"Authorization": f"Bearer {token}"}
    async with made.client(is_private=False, who="") as client:
        told: dict[str, Any] = {"json": form} if odd == "json" else {"data": form}
        answer = await client.post(path, headers=headers, allow_redirects=False, **told)
        assert answer.status == {"no cookie": 401, "json": 415}.get(odd, 403)
    assert len(made.access.tokens.all()) == 1
    assert [one.name for one in made.access.users.all()] == ["root"]


@pytest.mark.parametrize("path", ["/account", "/users", "/account/program"])
async def test_a_page_of_an_account_is_for_a_person_in_a_browser(path: str) -> None:
    made = bench()
    made.declares(project("default", admin="user:vi"))
    async with made.client(is_private=False, who="") as client:
        headers = {"Accept": "text/html"}
        led = await client.get(f"{path}?a=b", headers=headers, allow_redirects=False)
        assert (led.status, led.headers["Location"]) == (
            303,
            f"/sign-in?next=%2F{path[1:].replace('/', '%2F')}%3Fa%3Db",
        )
        token = made.access.tokens.create("ci", owner="", scope=EVERYTHING, days=1, by="x")
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 403
    async with made.client(is_private=False, who="vi") as client:
        assert (await client.get(path)).status == {"/account": 200, "/users": 403, "/account/program": 422}[path]


async def test_a_person_of_the_provider_has_an_account_without_a_password() -> None:
    """INV-11."""
    async with entering() as (made, _, errander):
        secret = await errander.enter()
        text = await _text(errander.client, "/account", secret)
        assert ("oidc:ada@shop.example" in text, "groups: platform" in text, 'name="password"' in text) == (
            True, True, False,
        )  # fmt: skip
        answer = await _post(errander.client, "/account/password", secret, password=PASSWORD, new=ANOTHER)
        assert answer.status == 401
    assert made.store.rows("SELECT name FROM account") == []


# ---- programs ------------------------------------------------------------------------------------------------------


async def _code(client: Any, secret: str) -> str:
    answer = await _post(client, "/account/program", secret, **ASKS)
    assert answer.status == 303
    parts = urlsplit(answer.headers["Location"])
    query = {key: value[0] for key, value in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, query["state"]) == ("http", "127.0.0.1:40123", ASKS["state"])
    return str(query["code"])


async def _exchange(client: Any, code: str, verifier: str = VERIFIER, **headers: str) -> Any:
    return await client.post("/api/v1/login/code", json={"code": code, "verifier": verifier}, headers=headers)


async def test_a_program_gets_a_token_of_its_machine_by_the_browser() -> None:
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        shown = await client.get("/account/program", params=ASKS, headers=_cookie(secret))
        text = await shown.text()
        assert ("laptop" in text, "<script" in text) == (True, False)
        assert "form-action 'self' http://127.0.0.1:40123;" in shown.headers["Content-Security-Policy"]
        answer = await _exchange(client, await _code(client, secret))
        body = await answer.json()
        assert (answer.status, body["name"], answer.headers["Cache-Control"]) == (200, "login-laptop", "no-store")
        assert await _me(client, {"Authorization": f"Bearer {body['token']}"}) == 200


async def test_a_code_of_a_program_is_good_once_for_a_minute_and_for_that_program() -> None:
    """INV-11."""
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        used = await _code(client, secret)
        assert (await _exchange(client, used)).status == 200
        stolen = await _code(client, secret)
        old = await _code(client, secret)
        for code, verifier in ((used, VERIFIER), (stolen, "w" * 43), (stolen, VERIFIER), ("x", VERIFIER)):
            answer = await _exchange(client, code, verifier)
            assert (await answer.json())["errors"][0]["code"] == "TL2215"
        made.clock.pass_s(LASTS_S + 1)
        assert (await _exchange(client, old)).status == 403
    assert len(made.access.tokens.all()) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": "evil.example"}, 421),
        ({"Host": "192.0.2.7"}, 403),
    ],
    ids=str,
)
async def test_no_page_of_somebody_else_exchanges_a_code(headers: dict[str, str], status: int) -> None:
    """INV-11."""
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        assert (await _exchange(client, await _code(client, secret), **headers)).status == status


@pytest.mark.parametrize(
    "odd",
    [
        {"machine": "<b>"}, {"machine": ""}, {"port": "80"}, {"port": "65536"}, {"port": "1@evil.example"},
        {"port": "\u0664\u0660\u0661\u0662\u0663"}, {"challenge": "x"}, {"state": "x&code=y"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_browser_is_led_to_no_other_place(odd: dict[str, str]) -> None:
    """INV-25."""
    made = bench()
    secret = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _post(client, "/account/program", secret, **{**ASKS, **odd})
        assert (answer.status, "Location" in answer.headers) == (422, False)
        shown = await client.get("/account/program", params={**ASKS, **odd}, headers=_cookie(secret))
        assert (shown.status, "evil" in shown.headers["Content-Security-Policy"]) == (422, False)


def test_codes_that_nobody_takes_are_bounded() -> None:
    """INV-31."""
    made: Bench = bench()
    programs = made.access.programs
    program = Program(machine="laptop", port=40123, challenge=CHALLENGE, state="s")
    codes = [programs.begin("ada", program) for _ in range(CODES_MAX + 1)]
    assert len(programs._codes) == CODES_MAX  # noqa: SLF001
    assert programs.finish(codes[-1], VERIFIER) == ("ada", "laptop")
