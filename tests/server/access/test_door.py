"""Coming in and going out over HTTP: invitations, sessions, pauses; and that no secret is kept or recorded."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.server.bench import PASSWORD, Bench, bench, browser
from trueline.model.digest import canonical
from trueline.model.fault import UserError
from trueline.runtime.task_group import TaskGroup
from trueline.server.access.attempt import FREE, KEYS_MAX, PAUSE_S_MAX, Attempts, address_key, name_key
from trueline.server.access.door import TRIES_AT_ONCE_MAX
from trueline.server.access.front import Front
from trueline.server.access.password import Argon2
from trueline.server.access.session import IDLE, SESSIONS_MAX, WHOLE

SITE = {"Sec-Fetch-Site": "same-origin"}


async def _send(client: Any, *, headers: dict[str, str] = SITE, **form: str) -> Any:
    return await client.post("/sign-in", data=form, headers=headers, allow_redirects=False)


def _secret(answer: Any, cookie: str = "trueline") -> str:
    return str(answer.cookies[cookie].value)


def _kinds(made: Bench) -> list[str]:
    return [record.kind for record in made.journal.after()]


# ---- invitations ---------------------------------------------------------------------------------------------------


async def test_the_first_one_comes_in_by_what_was_printed_and_chooses_name_and_password() -> None:
    made = bench()
    token = made.access.users.invite_first()
    async with made.client(is_private=False, who="") as client:
        page = await client.get(f"/sign-in?token={token}")
        text = await page.text()
        assert (page.status, 'name="name"' in text, 'name="password"' in text) == (200, True, True)
        assert "script" not in text
        assert "'none'" in page.headers["Content-Security-Policy"]
        assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("same-origin", "no-store")
        answer = await _send(client, token=token, name="ada", password=PASSWORD)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        me = await (await client.get("/api/v1/me", headers=browser(_secret(answer)))).json()
        assert (me["name"], "administer" in me["everywhere"]) == ("ada", True)
        again = await _send(client, token=token, name="eve", password=PASSWORD)
        assert again.status == 404
        assert (await client.get(f"/sign-in?token={token}")).status == 404
    assert [user.name for user in made.access.users.all()] == ["ada"]
    assert _kinds(made) == ["user invited", "password set", "signed in"]


async def test_two_who_open_one_invitation_at_once_are_not_both_let_in() -> None:
    made = bench()
    token, users = made.access.users.invite_first(), made.access.users

    async def accept(name: str) -> str:
        try:
            return await users.accept(token, name, PASSWORD, Slow())
        except UserError as error:
            return error.diagnostics[0].code

    class Slow:
        async def hash(self, password: str) -> str:
            await asyncio.sleep(0)
            return f"plain {password}"

        async def is_right(self, hashed: str, password: str) -> bool:
            return False

    async with TaskGroup() as group:
        tasks = [group.create_task(accept(name)) for name in ("ada", "eve")]
    assert sorted(task.result() for task in tasks) == ["TL0741", "ada"]
    assert len(users.all()) == 1


@pytest.mark.parametrize("passed", [timedelta(hours=24), timedelta(hours=25), timedelta(days=-3), timedelta(days=-9)])
async def test_an_invitation_is_over_after_a_day_and_when_the_clock_was_put_back(passed: timedelta) -> None:
    """INV-28."""
    made = bench()
    token = made.access.users.invite_first()
    assert made.access.users.invited(token) is not None
    made.clock.pass_s(passed.total_seconds())
    assert made.access.users.invited(token) is None
    with pytest.raises(UserError):
        await made.access.users.accept(token, "ada", PASSWORD, made.hasher)


async def test_once_somebody_is_in_nobody_is_the_first_any_more() -> None:
    made = bench()
    token = made.access.users.invite_first()
    later = made.access.users.add("ada", is_admin=True, by="the test")
    assert made.access.users.invited(token) is not None
    await made.access.users.accept(later, "", PASSWORD, made.hasher)
    assert made.access.users.invited(token) is None
    made.enters("bo")
    assert made.access.users.invited(made.access.users.invite_first()) is None


async def test_a_new_invitation_ends_the_one_before_and_a_name_cannot_be_taken_by_one() -> None:
    made = bench()
    users = made.access.users
    first = users.invite_first()
    second = users.invite_first()
    assert (users.invited(first), users.invited(second) is not None) == (None, True)
    users.add("ada", is_admin=False, by="the test")
    with pytest.raises(UserError) as caught:
        await users.accept(second, "ada", PASSWORD, made.hasher)
    assert caught.value.diagnostics[0].code == "TL0743"
    mine = users.invite("ada", by="the test")
    assert await users.accept(mine, "root", PASSWORD, made.hasher) == "ada"
    found = users.find("ada")
    assert found is not None
    assert not found.is_admin


@pytest.mark.parametrize("name", ["", "Ada", "a b", "../x", "a/b", "\u0430da", "x" * 129, "ada\n", "-ada"])
async def test_a_name_that_cannot_be_meant_is_refused(name: str) -> None:
    made = bench()
    token = made.access.users.invite_first()
    with pytest.raises(UserError) as caught:
        await made.access.users.accept(token, name, PASSWORD, made.hasher)
    assert caught.value.diagnostics[0].code == "TL0742"
    assert made.access.users.invited(token) is not None


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 20, "a-long-name-of-one", "y" + "x" * 1_000])
async def test_a_password_that_is_none_is_refused_and_the_invitation_stands(password: str) -> None:
    made = bench()
    token = made.access.users.invite_first()
    async with made.client(is_private=False, who="") as client:
        answer = await _send(client, token=token, name="a-long-name-of-one", password=password)
        assert answer.status == 422
        text = await answer.text()
        assert 'role="alert"' in text
        assert password not in text or not password or password == "a-long-name-of-one"
    assert made.access.users.invited(token) is not None


# ---- sessions ------------------------------------------------------------------------------------------------------


async def test_name_and_password_open_a_session_and_signing_out_ends_it() -> None:
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _send(client, name=" ada ", password=PASSWORD)
        assert answer.status == 303
        cookie = answer.cookies["trueline"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", "/", "")
        secret = cookie.value
        shown = await (await client.get("/sign-in", headers=browser(secret))).text()
        csrf = re.search(r'name="csrf" value="([^"]+)"', shown)
        assert csrf is not None
        assert "<b>ada</b>" in shown
        headers = {key: value for key, value in browser(secret).items() if key != "Trueline-Csrf"}
        refused = await client.post("/sign-out", data={"csrf": "x"}, headers=headers, allow_redirects=False)
        assert refused.status == 403
        assert (await client.get("/api/v1/me", headers=browser(secret))).status == 200
        left = await client.post("/sign-out", data={"csrf": csrf[1]}, headers=headers, allow_redirects=False)
        assert (left.status, left.cookies["trueline"].value) == (303, "")
        assert (await client.get("/api/v1/me", headers=browser(secret))).status == 401
    assert _kinds(made) == ["signed in", "signed out"]


async def test_a_session_is_a_new_one_with_each_sign_in_and_the_one_before_is_over() -> None:
    """Whatever somebody has put into the browser before is worth nothing."""
    made = bench()
    before = made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        headers = {**SITE, "Cookie": f"trueline={before}"}
        answer = await _send(client, headers=headers, name="ada", password=PASSWORD)
        assert _secret(answer) != before
        assert (await client.get("/api/v1/me", headers=browser(before))).status == 401


async def test_behind_a_proxy_the_cookie_is_sent_over_tls_alone() -> None:
    made = bench()
    made.enters("ada")
    headers = {"Host": "trueline.example", "Origin": "https://trueline.example"}
    async with made.client(is_private=False, who="", front=Front(public_url="https://trueline.example")) as client:
        answer = await _send(client, headers=headers, name="ada", password=PASSWORD)
        cookie = answer.cookies["__Host-trueline"]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


async def test_two_on_one_machine_have_cookies_of_their_own() -> None:
    """INV-25: ports do not separate cookies. Nor is a session of one anything to the other."""
    made, other = bench(), bench()
    made.enters("ada")
    other.enters("ada")
    first, second = Front(installation="one"), Front(installation="two")
    async with (
        made.client(is_private=False, who="", front=first) as here,
        other.client(is_private=False, who="", front=second) as there,
    ):
        mine = await _send(here, name="ada", password=PASSWORD)
        theirs = await _send(there, name="ada", password=PASSWORD)
        assert (set(mine.cookies), set(theirs.cookies)) == ({"trueline-one"}, {"trueline-two"})
        both = f"trueline-one={_secret(mine, 'trueline-one')}; trueline-two={_secret(theirs, 'trueline-two')}"
        for client in (here, there):
            assert (await client.get("/api/v1/me", headers={"Cookie": both})).status == 200
        left = await there.post(
            "/sign-out", data={"csrf": "x"}, headers={**SITE, "Cookie": f"trueline-one={_secret(mine, 'trueline-one')}"}
        )
        assert "trueline-one" not in left.cookies
        assert (await here.get("/api/v1/me", headers={"Cookie": both})).status == 200


async def test_over_a_connection_that_others_can_read_nobody_signs_in() -> None:
    """INV-25."""
    made = bench()
    made.enters("ada")
    headers = {"Host": "192.0.2.7:8600", "Origin": "http://192.0.2.7:8600"}
    async with made.client(is_private=False, who="") as client:
        answer = await _send(client, headers=headers, name="ada", password=PASSWORD)
        assert (answer.status, "trueline" in answer.cookies) == (403, False)
    assert made.hasher.compared == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}],
    ids=str,
)
async def test_a_form_of_another_page_signs_nobody_in(headers: dict[str, str]) -> None:
    """Else somebody works in the account of whoever made that page."""
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        answer = await _send(client, headers=headers, name="ada", password=PASSWORD)
        assert (answer.status, "trueline" in answer.cookies) == (403, False)


@pytest.mark.parametrize(
    ("steps", "is_live"),
    [
        ((0.9,), True),
        ((1.0,), False),
        ((0.9, 0.9, 0.9), True),
        ((0.9,) * 15, True),
        ((0.9,) * 16, False),
        ((-0.1,), False),
        ((-20.0,), False),
    ],
    ids=str,
)
async def test_a_session_ends_when_it_is_not_used_and_in_any_case(steps: tuple[float, ...], is_live: bool) -> None:
    """INV-28: also when the clock was put back. Steps are parts of the 12 hours."""
    made = bench()
    secret = made.enters("ada")
    found = made.access.sessions.find(secret)
    for step in steps:
        made.clock.pass_s(IDLE.total_seconds() * step)
        found = made.access.sessions.find(secret)
    assert (found is not None) is is_live
    assert WHOLE / IDLE == 14


async def test_a_user_who_is_removed_or_invited_anew_is_out() -> None:
    made = bench()
    secret = made.enters("ada")
    invitation = made.access.users.invite("ada", by="the test")
    assert made.access.sessions.find(secret) is not None
    await made.access.users.accept(invitation, "", "another long one", made.hasher)
    assert made.access.sessions.find(secret) is None
    secret = made.access.sessions.begin("ada")
    made.access.users.remove("ada", by="the test")
    assert made.access.sessions.find(secret) is None
    assert not await made.access.users.is_right("ada", "another long one", made.hasher)
    made.access.users.add("ada", is_admin=False, by="the test")
    assert made.access.sessions.find(secret) is None
    assert not await made.access.users.is_right("ada", "", made.hasher)


async def test_sessions_of_one_user_are_bounded() -> None:
    """INV-31."""
    made = bench()
    first = made.enters("ada")
    for _ in range(SESSIONS_MAX):
        made.clock.pass_s(1)
        made.enters("ada")
    assert made.access.sessions.find(first) is None
    assert made.store.rows("SELECT count(*) FROM session") == [(SESSIONS_MAX,)]


# ---- what fails ----------------------------------------------------------------------------------------------------


async def test_who_is_not_there_takes_as_long_as_who_is_and_is_told_the_same() -> None:
    """Else names are found by trying."""
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        texts = []
        for name in ("ada", "eve", "not a name"):
            answer = await _send(client, name=name, password="a wrong password")
            assert answer.status == 401
            texts.append((await answer.text()).replace(f'value="{name}"', 'value="NAME"'))
    assert len(set(texts)) == 1
    assert made.hasher.compared == [f"plain {PASSWORD}", "", ""]


async def test_argon2_compares_for_unknown_names_too() -> None:
    """The real one: a hash of nobody is compared, and is never right."""
    hasher = Argon2()
    hashed = await hasher.hash(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert await hasher.is_right(hashed, PASSWORD)
    assert not await hasher.is_right(hashed, "a wrong password")
    assert not await hasher.is_right("", "nobody's")
    assert not await hasher.is_right("no hash", PASSWORD)
    assert hashed != await hasher.hash(PASSWORD)
    assert await hasher.is_right(await hasher.hash("caf\u00e9 au lait, please"), "cafe\u0301 au lait, please")


async def test_after_some_that_fail_comes_a_pause_that_grows_and_ends() -> None:
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        for _ in range(FREE):
            assert (await _send(client, name="ada", password="wrong")).status == 401
        refused = await _send(client, name="ada", password=PASSWORD)
        assert (refused.status, int(refused.headers["Retry-After"]) >= 1) == (429, True)
        assert len(made.hasher.compared) == FREE
        made.clock.pass_s(2)
        assert (await _send(client, name="ada", password="wrong")).status == 401
        assert (await _send(client, name="ada", password=PASSWORD)).status == 429
        made.clock.pass_s(3)
        assert (await _send(client, name="ada", password=PASSWORD)).status == 303


async def test_failed_attempts_are_recorded_and_never_what_was_typed() -> None:
    """INV-25: who types a password where the name belongs finds it nowhere. INV-31: nor is the journal filled."""
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        for name in ("canary-in-the-name", "ada", "ada", "ada"):
            await _send(client, name=name, password="canary password")
            made.clock.pass_s(4)
    records = made.journal.after()
    assert [record.body["name"] for record in records] == ["", "ada"]
    assert [record.body["attempts"] for record in records] == [1, 3]
    assert b"canary" not in canonical([record.body for record in records])


async def test_attempts_at_once_are_bounded() -> None:
    """INV-31: each of them costs memory and time."""
    made = bench()
    gate = asyncio.Event()

    async def slow(hashed: str, password: str) -> bool:
        await gate.wait()
        return False

    made.hasher.is_right = slow  # type: ignore[method-assign]
    async with made.client(is_private=False, who="") as client, TaskGroup() as group:
        tasks = [group.create_task(_send(client, name=f"user-{number}", password="wrong")) for number in range(FREE)]
        await asyncio.sleep(0.2)
        assert (await _send(client, name="one-more", password="wrong")).status == 429
        gate.set()
    assert [task.result().status for task in tasks] == [401] * FREE
    assert TRIES_AT_ONCE_MAX >= FREE


def test_pauses_grow_to_an_end_are_forgotten_and_bounded() -> None:
    """INV-31."""
    attempts, keys = Attempts(), (name_key("ada"), address_key("192.0.2.7"))
    waits, now_s = [], 0.0
    for _ in range(14):
        now_s += attempts.wait_s(keys, now_s)
        attempts.begin(keys, now_s)
        waits.append(attempts.wait_s(keys, now_s))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, *[PAUSE_S_MAX] * 4]
    assert attempts.wait_s((name_key("bo"),), now_s) == 0
    assert attempts.wait_s((name_key("bo"), address_key("192.0.2.7")), now_s) == PAUSE_S_MAX
    attempts.succeed(*keys)
    assert attempts.wait_s((name_key("ada"),), now_s) == 0
    assert attempts.wait_s((address_key("192.0.2.7"),), now_s) == PAUSE_S_MAX
    attempts.begin(keys, now_s + 1_000)
    assert attempts.wait_s(keys, now_s + 1_000) == 0
    for number in range(KEYS_MAX + 10):
        attempts.begin((name_key(str(number)),), now_s)
    assert len(attempts) == KEYS_MAX
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff") != address_key("2001:db8:0:1::1")


async def test_no_secret_is_kept_as_it_is() -> None:
    """INV-25: of invitations and sessions the digest alone."""
    made = bench()
    invitation = made.access.users.add("ada", is_admin=False, by="the test")
    first = made.access.users.invite_first()
    session = made.enters("bo")
    tables = ("account", "invitation", "session", "record")
    kept = repr([made.store.rows(f"SELECT * FROM {table}") for table in tables])  # noqa: S608 - constants
    for secret in (invitation, first, session):
        assert len(secret) == 43
        assert secret not in kept
