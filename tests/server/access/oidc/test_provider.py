"""Coming in by a provider that lies, errs or does not answer: each is refused, with one code that says why."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from tests.server.access.oidc.hostile import (
    CLIENT,
    CURVE,
    OTHER,
    RSA,
    SECRET,
    SMALL,
    Errander,
    Hostile,
    by_public_key,
    entering,
    signed,
    unsigned,
)
from tests.server.access.test_identity import project
from tests.server.bench import Bench, browser
from trueline.model.digest import canonical
from trueline.record.line import line_of
from trueline.server.access.oidc.errand import LASTS_S, USED_MAX, Errands
from trueline.server.access.oidc.registration import LASTS
from trueline.server.access.refusal import Refusal
from trueline.server.access.secret import SYSTEM_RANDOM
from trueline.testing.clock import StillClock

PROVIDER_ADDRESS = "https://id.example"


async def _refused(made: Bench, answer: Any, code: str) -> str:
    """That nobody came in, for one reason, which the page and the log say; the text of the page."""
    text = str(await answer.text())
    assert f"({code})" in text
    assert answer.status in {403, 502}
    assert "trueline" not in answer.cookies
    assert made.store.rows("SELECT count(*) FROM session") == [(0,)]
    assert made.store.rows("SELECT count(*) FROM person") == [(0,)]
    [record] = made.journal.after()
    assert line_of(record).startswith(f"nobody came in: {code} ")
    assert b"canary" not in canonical(record.body)
    assert "canary" not in text
    return text


# ---- who comes in ---------------------------------------------------------------------------------------------------


async def test_somebody_whom_the_provider_knows_comes_in_with_their_groups_and_is_led_on() -> None:
    async with entering() as (made, provider, errander):
        asked = await errander.leave("/applications/web?a=b")
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert asked["redirect_uri"] == f"{made.access.address}/sign-in/provider/return"
        answer = await errander.come_back()
        assert answer.headers["Location"] == "/applications/web?a=b"
        secret = await errander.session(answer)
        me = await (await errander.client.get("/api/v1/me", headers=browser(secret))).json()
        assert (me["name"], me["kind"], me["everywhere"]) == ("oidc:ada@shop.example", "person", [])
        assert me["projects"] == {"shop": ["deploy", "read"]}
        cookie = answer.cookies["trueline"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        [token] = provider.tokens
        assert token["authorization"].startswith("Basic ")
        assert {"client_secret", "client_id"} & token.keys() == set()
    [record] = made.journal.after()
    assert (record.kind, record.body["who"]) == ("signed in", "oidc:ada@shop.example")
    assert b"canary" not in canonical([record.body])


@pytest.mark.parametrize(
    ("has_secret", "methods", "told"),
    [
        (False, None, {"client_id": CLIENT}),
        (True, ["client_secret_post"], {"client_id": CLIENT, "client_secret": SECRET}),
        (True, None, {}),
    ],
)
async def test_the_client_proves_itself_as_the_provider_wants_it(
    has_secret: bool, methods: list[str] | None, told: dict[str, str]
) -> None:
    async with entering(has_secret=has_secret) as (_, provider, errander):
        provider.described["token_endpoint_auth_methods_supported"] = methods
        await errander.enter()
        [token] = provider.tokens
        assert {key: token[key] for key in ("client_id", "client_secret") if key in token} == told
        assert bool(token["authorization"]) is (not told)


@pytest.mark.parametrize("key", [RSA, CURVE], ids=["RSA", "curve"])
async def test_an_identity_is_signed_by_a_key_of_the_provider_and_its_keys_may_change(key: Any) -> None:
    async with entering() as (_, provider, errander):
        await errander.enter()
        provider.keys = [key, OTHER]
        algorithm = "ES256" if key is CURVE else "RS256"
        provider.sign = lambda claims: signed(claims, key, algorithm)
        made = provider.clock
        made.pass_s(31)
        await errander.enter()
        provider.keys = [OTHER]
        provider.sign = lambda claims: signed(claims, OTHER)
        made.pass_s(31)
        await errander.enter()


async def test_keys_that_are_not_known_are_not_asked_for_again_and_again() -> None:
    """INV-31: nobody makes us ask the provider by signing with keys of their own."""
    async with entering() as (made, provider, errander):
        provider.sign = lambda claims: signed(claims, OTHER)
        for _ in range(4):
            await errander.leave()
            assert (await errander.come_back()).status == 403
            made.clock.pass_s(6)
        assert provider.asked.count("keys") == 1
        made.clock.pass_s(31)
        await errander.leave()
        assert (await errander.come_back()).status == 403
        assert provider.asked.count("keys") == 2
        assert provider.asked.count("openid-configuration") == 1


async def test_what_the_standard_tells_apart_from_the_identity_is_asked_for() -> None:
    async with entering() as (_, provider, errander):
        provider.claims = {"email": None, "email_verified": None, "groups": None}
        provider.person = {"sub": "7", "email": "ada@shop.example", "email_verified": True, "groups": ["platform"]}
        secret = await errander.enter()
        me = await (await errander.client.get("/api/v1/me", headers=browser(secret))).json()
        assert me["projects"] == {"shop": ["deploy", "read"]}


async def test_what_is_signed_counts_before_what_is_told_beside_it() -> None:
    async with entering() as (made, provider, errander):
        provider.claims = {"groups": None}
        provider.person = {"sub": "7", "email": "root@shop.example", "groups": ["platform"]}
        await errander.enter()
        assert [one.name for one in made.access.people.all()] == ["oidc:ada@shop.example"]


# ---- who does not ---------------------------------------------------------------------------------------------------

Change = Callable[[Hostile], None]


def _claims(**told: Any) -> Change:
    return lambda provider: provider.claims.update(told)


def _times(**told: float) -> Change:
    def change(provider: Hostile) -> None:
        now_s = provider.clock.now().timestamp()
        provider.claims |= {key: now_s + value for key, value in told.items()}

    return change


def _signs(sign: Callable[[Mapping[str, Any]], str]) -> Change:
    return lambda provider: setattr(provider, "sign", sign)


def _weak(provider: Hostile) -> None:
    provider.keys, provider.sign = [SMALL], lambda claims: signed(claims, SMALL)


def _two_alike(provider: Hostile) -> None:
    provider.keys, provider.sign = [RSA, OTHER], lambda claims: signed(claims, RSA, kid=None)


def _no_hash(provider: Hostile) -> None:
    provider.claims |= {"at_hash": "of-another", "email": None}
    provider.person = {"sub": "7", "email": "ada@shop.example", "email_verified": True}


def _another(provider: Hostile) -> None:
    provider.claims["email"] = None
    provider.person = {"sub": "8", "email": "root@shop.example", "email_verified": True}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(_signs(unsigned), "TL2206", id="alg none"),
        pytest.param(_signs(lambda claims: unsigned(claims, "None")), "TL2206", id="alg None"),
        pytest.param(_signs(lambda claims: unsigned(claims, "RS256")), "TL2206", id="no signature"),
        pytest.param(_signs(by_public_key), "TL2206", id="HS256 by the public key"),
        pytest.param(_signs(lambda claims: signed(claims, OTHER, kid="one")), "TL2206", id="another's key by its name"),
        pytest.param(_signs(lambda claims: signed(claims, OTHER)), "TL2206", id="a key that is not there"),
        pytest.param(_signs(lambda claims: signed(claims, typ="at+jwt")), "TL2206", id="an access token"),
        pytest.param(_signs(lambda claims: signed(claims, algorithm="RS384")), "TL2206", id="an alg not told of"),
        pytest.param(_signs(lambda _: "x" * 100_000), "TL2206", id="long"),
        pytest.param(_signs(lambda _: "a.b.c"), "TL2206", id="no token"),
        pytest.param(_weak, "TL2206", id="weak key"),
        pytest.param(_two_alike, "TL2206", id="no name of two keys"),
        pytest.param(_no_hash, "TL2206", id="at_hash of another"),
        pytest.param(_claims(iss="https://id.example"), "TL2207", id="other issuer"),
        pytest.param(_claims(iss=None), "TL2207", id="no issuer"),
        pytest.param(_claims(aud="other"), "TL2207", id="other audience"),
        pytest.param(_claims(aud=["other"]), "TL2207", id="list of others"),
        pytest.param(_claims(aud=None), "TL2207", id="no audience"),
        pytest.param(_claims(aud=[CLIENT, "other"]), "TL2207", id="two audiences and no party"),
        pytest.param(_claims(aud=[CLIENT, "other"], azp="other"), "TL2207", id="for another party"),
        pytest.param(_claims(azp="other"), "TL2207", id="another party alone"),
        pytest.param(_another, "TL2207", id="told of somebody else"),
        pytest.param(_times(exp=-61), "TL2208", id="expired"),
        pytest.param(_times(exp=-60), "TL2208", id="expired to the second"),
        pytest.param(_claims(exp=None), "TL2208", id="no expiry"),
        pytest.param(_claims(exp=True), "TL2208", id="expiry true"),
        pytest.param(_claims(exp=float("inf")), "TL2208", id="expiry without an end"),
        pytest.param(_claims(exp=float("nan")), "TL2208", id="expiry not a number"),
        pytest.param(_claims(exp="9999999999"), "TL2208", id="expiry a text"),
        pytest.param(_times(iat=61), "TL2208", id="of the future"),
        pytest.param(_times(iat=-700), "TL2208", id="old"),
        pytest.param(_claims(iat=None), "TL2208", id="no time"),
        pytest.param(_times(nbf=61), "TL2208", id="not yet"),
        pytest.param(_claims(nonce="another"), "TL2209", id="wrong nonce"),
        pytest.param(_claims(nonce=None), "TL2209", id="no nonce"),
        pytest.param(_claims(nonce=["x"]), "TL2209", id="odd nonce"),
        pytest.param(_claims(sub=""), "TL2210", id="empty subject"),
        pytest.param(_claims(sub=" "), "TL2210", id="blank subject"),
        pytest.param(_claims(sub=7), "TL2210", id="odd subject"),
        pytest.param(_claims(email=""), "TL2210", id="empty name"),
        pytest.param(_claims(email="ada\n@shop.example"), "TL2210", id="odd name"),
        pytest.param(_claims(email="oidc:root"), "TL2210", id="name with a prefix"),
        pytest.param(_claims(email=["ada"]), "TL2210", id="list of names"),
        pytest.param(_claims(email_verified=False), "TL2211", id="unverified"),
        pytest.param(_claims(email_verified="true"), "TL2211", id="verified as a text"),
        pytest.param(_claims(email_verified=None), "TL2211", id="nothing said of it"),
        pytest.param(_claims(groups=[]), "TL2212", id="empty groups"),
        pytest.param(_claims(groups=None), "TL2212", id="no groups"),
        pytest.param(_claims(groups=["", "user:root", "/team"]), "TL2212", id="odd groups alone"),
        pytest.param(_claims(groups="platform"), "TL2212", id="groups a text"),
        pytest.param(_claims(groups=["platform", None]), "TL2212", id="an odd group"),
        pytest.param(_claims(groups=["x"] * 1001), "TL2212", id="too many groups"),
    ],
)
async def test_an_identity_that_does_not_hold_lets_nobody_in(change: Change, code: str) -> None:
    """INV-11: each check of an identity stands alone."""
    async with entering() as (made, provider, errander):
        provider.person = {"sub": "7"}
        await errander.leave()
        change(provider)
        await _refused(made, await errander.come_back(), code)


@pytest.mark.parametrize(
    "sign",
    [unsigned, by_public_key, lambda claims: signed(claims, algorithm="RS384")],
    ids=["none", "HS256", "RS384"],
)
async def test_an_algorithm_that_is_not_taken_is_not_tried(sign: Callable[[Mapping[str, Any]], str]) -> None:
    """INV-11: whatever key there is; joserfc would refuse it, too."""
    async with entering() as (made, provider, errander):
        await errander.leave()
        provider.sign = sign
        assert "which is not taken" in await _refused(made, await errander.come_back(), "TL2206")


async def _slow(_: web.Request) -> web.Response:
    await asyncio.sleep(2)
    return web.Response()


def _large(_: web.Request) -> web.Response:
    return web.json_response({"keys": ["x" * 10_000_000]})


def _elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPFound("http://127.0.0.1:1/")


def _text(text: str) -> Callable[[web.Request], web.Response]:
    return lambda _: web.Response(text=text)


@pytest.mark.parametrize("name", ["openid-configuration", "keys", "token", "person"])
@pytest.mark.parametrize(
    "odd",
    [_large, _elsewhere, _text("[1]"), _text("{"), lambda _: web.Response(status=500)],
    ids=["large", "elsewhere", "a list", "no JSON", "500"],
)
async def test_a_provider_that_does_not_answer_as_one_is_told_of(name: str, odd: Any) -> None:
    """INV-31: ten mebibytes are not read, and no redirect is followed. INV-30: nor is it a fault of ours."""
    async with entering() as (made, provider, errander):
        provider.claims["groups"] = None
        provider.odd[name] = odd
        if name == "openid-configuration":
            answer = await errander.client.get("/sign-in/provider", allow_redirects=False)
        else:
            await errander.leave()
            answer = await errander.come_back()
        is_keys = (name, odd) == ("keys", _large)
        text = await answer.text()
        assert any(f"({code})" in text for code in ("TL2200", "TL2201")), (text, is_keys)
        assert answer.status == 502
    [record] = made.journal.after()
    assert record.body["code"] in {"TL2200", "TL2201"}


async def test_a_slow_provider_is_given_up() -> None:
    """INV-31."""
    async with entering(timeout_s=0.2) as (made, provider, errander):
        provider.odd["openid-configuration"] = _slow
        answer = await errander.client.get("/sign-in/provider", allow_redirects=False)
        await _refused(made, answer, "TL2200")


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://id.example"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": "https://user@id.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["https://id.example"]},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
    ids=str,
)
async def test_a_description_that_does_not_hold_is_refused(described: dict[str, Any]) -> None:
    """INV-25: nothing is asked in clear, and nothing of this machine; no secret goes to another's address."""
    async with entering() as (made, provider, errander):
        provider.described = described
        answer = await errander.client.get("/sign-in/provider", allow_redirects=False)
        await _refused(made, answer, "TL2201")


# ---- the way there and back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cookie", "told", "code"),
    [
        ("", {}, "TL2202"),
        ("trueline-errand=x.1.y.z", {}, "TL2202"),
        ("trueline-errand=" + "x" * 4_001, {}, "TL2202"),
        (None, {"state": "another"}, "TL2202"),
        (None, {"state": ""}, "TL2202"),
        (None, {"iss": PROVIDER_ADDRESS}, "TL2204"),
        (None, {"error": "access_denied", "error_description": "<b>canary</b>"}, "TL2203"),
        (None, {"code": ""}, "TL2205"),
        (None, {"code": "another"}, "TL2205"),
        (None, {"code": "x" * 2_001}, "TL2205"),
    ],
    ids=str,
)
async def test_a_way_back_that_is_not_of_this_browser_and_this_provider_leads_nowhere(
    cookie: str | None, told: dict[str, str], code: str
) -> None:
    """INV-11."""
    async with entering() as (made, _, errander):
        await errander.leave()
        await _refused(made, await errander.come_back(cookie, **told), code)


async def test_a_provider_that_says_who_it_is_has_to() -> None:
    """INV-11: RFC 9207, against a mix-up of two providers."""
    async with entering() as (made, provider, errander):
        provider.described["authorization_response_iss_parameter_supported"] = True
        await errander.leave()
        await _refused(made, await errander.come_back(), "TL2204")
        await errander.leave()
        await errander.session(await errander.come_back(iss=provider.issuer))


async def test_the_way_of_one_browser_is_not_anothers() -> None:
    """INV-11: else whoever sends a link lets others work in an account of theirs."""
    async with entering() as (made, provider, errander):
        mine = Errander(client=errander.client, provider=provider)
        await mine.leave()
        await errander.leave()
        await _refused(made, await errander.come_back(mine.cookie), "TL2202")


async def test_a_way_back_is_gone_once() -> None:
    """INV-11: who reads the address later, and has the cookie too, comes to nothing: it is not even asked for."""
    async with entering() as (_, provider, errander):
        await errander.leave()
        await errander.session(await errander.come_back())
        provider.codes["good"] = "whatever"
        again = await errander.come_back()
        assert "(TL2202)" in await again.text()
        assert len(provider.tokens) == 1


async def test_a_code_is_good_for_the_browser_alone_that_asked_for_it() -> None:
    """INV-11: by PKCE. The code of somebody else's errand is put into mine."""
    async with entering() as (made, provider, errander):
        await errander.leave()
        stolen = provider.codes.pop("good")
        await errander.leave()
        provider.codes["stolen"] = stolen
        await _refused(made, await errander.come_back(code="stolen"), "TL2205")


@pytest.mark.parametrize(("passed_s", "is_in"), [(LASTS_S - 1, True), (LASTS_S + 1, False)])
async def test_an_errand_takes_ten_minutes(passed_s: float, is_in: bool) -> None:
    """INV-28."""
    async with entering() as (made, _, errander):
        await errander.leave()
        made.clock.pass_s(passed_s)
        assert ((await errander.come_back()).status == 303) is is_in


async def test_what_the_cookie_of_an_errand_says_cannot_be_changed() -> None:
    """INV-11: not when it was begun, nor where it leads."""
    async with entering() as (made, _, errander):
        await errander.leave()
        made.clock.pass_s(LASTS_S + 1)
        name, _, value = errander.cookie.partition("=")
        secret, begun, *rest = value.split(".")
        younger = ".".join((secret, str(int(begun) + int(LASTS_S)), *rest))
        await _refused(made, await errander.come_back(f"{name}={younger}"), "TL2202")


@pytest.mark.parametrize(
    "following", ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-in/provider", "/sign-out", "x"]
)
async def test_after_it_one_is_led_to_a_path_of_this_server_alone(following: str) -> None:
    """INV-25."""
    async with entering() as (_, _, errander):
        await errander.leave(following)
        assert (await errander.come_back()).headers["Location"] == "/"
        shown = await (await errander.client.get(f"/sign-in?next={quote(following)}")).text()
        assert 'sign-in/provider">' in shown


def test_errands_that_were_gone_are_known_in_bounded_memory() -> None:
    """INV-31."""
    errands = Errands(StillClock(), SYSTEM_RANDOM)
    errand, cookie = errands.begin("/")
    for _ in range(USED_MAX + 10):
        errand, cookie = errands.begin("/")
        assert errands.finish(cookie, errand.state) == errand
    assert len(errands._used) == USED_MAX  # noqa: SLF001
    with pytest.raises(Refusal):
        errands.finish(cookie, errand.state)


async def test_it_begins_at_the_address_to_which_the_provider_leads_back() -> None:
    async with entering() as (made, _, errander):
        answer = await errander.client.get("/sign-in/provider", headers={"Host": "localhost:1"}, allow_redirects=False)
        await _refused(made, answer, "TL2202")
        assert f"{made.access.address}/sign-in/provider" in await (await errander.client.get("/sign-in")).text()


async def test_over_a_connection_that_others_can_read_nobody_is_led_there() -> None:
    """INV-25."""
    async with entering() as (made, _, errander):
        answer = await errander.client.get(
            "/sign-in/provider", headers={"Host": "192.0.2.7:8600"}, allow_redirects=False
        )
        await _refused(made, answer, "TL0753")


async def test_attempts_by_the_provider_are_counted() -> None:
    """INV-31: each of them asks the provider."""
    async with entering() as (_, provider, errander):
        provider.claims["nonce"] = "x"
        for _ in range(5):
            await errander.leave()
            assert (await errander.come_back()).status == 403
        await errander.leave()
        assert (await errander.come_back()).status == 429
        assert len(provider.tokens) == 5


# ---- how long it counts, and whose it is ----------------------------------------------------------------------------


async def _me(errander: Errander, headers: dict[str, str]) -> int:
    return int((await errander.client.get("/api/v1/me", headers=headers)).status)


async def test_what_the_provider_said_counts_for_a_while_however_much_it_is_used() -> None:
    """INV-11: who left the company is out by the end of the day, with every token."""
    async with entering() as (made, _, errander):
        secret = await errander.enter()
        answer = await errander.client.post("/api/v1/tokens", json={"name": "ci", "days": 90}, headers=browser(secret))
        token = (await answer.json())["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        step = LASTS / 4
        for _ in range(3):
            made.clock.pass_s(step.total_seconds())
            assert (await _me(errander, browser(secret)), await _me(errander, bearer)) == (200, 200)
        made.clock.pass_s(step.total_seconds())
        assert (await _me(errander, browser(secret)), await _me(errander, bearer)) == (401, 401)
        await errander.enter()
        assert (await _me(errander, browser(secret)), await _me(errander, bearer)) == (401, 401)


@pytest.mark.parametrize(
    ("passed", "counts"),
    [(LASTS - timedelta(seconds=1), True), (LASTS, False), (timedelta(minutes=-6), False)],
    ids=str,
)
async def test_what_was_said_of_somebody_is_over_and_so_it_is_with_a_clock_that_was_put_back(
    passed: timedelta, counts: bool
) -> None:
    """INV-28."""
    async with entering() as (made, _, errander):
        await errander.enter()
        made.clock.pass_s(passed.total_seconds())
        assert (made.access.people.find("oidc:ada@shop.example") is not None) is counts


async def test_a_session_of_a_person_ends_though_they_come_again() -> None:
    """INV-11: what was signed in in the morning is over in the evening, whatever was signed in at noon."""
    async with entering() as (made, _, errander):
        first = await errander.enter()
        made.clock.pass_s(LASTS.total_seconds() / 2)
        second = await errander.enter()
        made.clock.pass_s(LASTS.total_seconds() / 2)
        assert (await _me(errander, browser(first)), await _me(errander, browser(second))) == (401, 200)


async def test_groups_are_those_of_the_last_time() -> None:
    """INV-11: a group that was taken is gone for what was signed in before, too."""
    async with entering() as (made, provider, errander):
        made.declares(project("shop", viewer="group:platform"))
        first = await errander.enter()
        web = "/api/v1/applications/web"
        assert (await errander.client.get(web, headers=browser(first))).status == 200
        provider.claims["groups"] = ["others"]
        second = await errander.enter()
        for secret in (first, second):
            assert (await errander.client.get(web, headers=browser(secret))).status == 404


@pytest.mark.parametrize("change", [{"sub": "8"}, {"email": "bea@shop.example"}], ids=str)
async def test_another_subject_of_the_name_and_another_name_of_the_subject_begin_anew(change: dict[str, str]) -> None:
    """INV-11: an address that was given to somebody else is not a key to what its last owner left."""
    async with entering() as (made, provider, errander):
        first = await errander.enter()
        await errander.client.post("/api/v1/tokens", json={"name": "ci"}, headers=browser(first))
        provider.claims |= change
        second = await errander.enter()
        assert (await _me(errander, browser(first)), await _me(errander, browser(second))) == (401, 200)
        assert made.access.tokens.all() == ()
        assert len(made.access.people.all()) == 1


async def test_somebody_of_the_provider_is_never_a_user_of_the_same_name() -> None:
    """INV-11: `user:` and `oidc:` are two people, whatever both are called."""
    async with entering(name_claim="nickname") as (made, provider, errander):
        made.enters("ada", is_admin=True)
        made.declares(project("shop", deployer="user:ada", viewer="group:platform"))
        provider.claims |= {"nickname": "ada", "groups": ["platform"]}
        secret = await errander.enter()
        me = await (await errander.client.get("/api/v1/me", headers=browser(secret))).json()
        assert (me["name"], me["everywhere"], me["projects"]) == ("oidc:ada", [], {"shop": ["read"]})
        made.declares(project("shop", deployer="oidc:ada"))
        me = await (await errander.client.get("/api/v1/me", headers=browser(made.enters("ada")))).json()
        assert me["name"] == "ada"
        made.store.execute("UPDATE account SET is_admin = 0")
        me = await (await errander.client.get("/api/v1/me", headers=browser(made.enters("ada")))).json()
        assert me["projects"] == {}


async def test_without_groups_only_names_count() -> None:
    async with entering(groups_claim="") as (made, provider, errander):
        provider.claims["groups"] = None
        secret = await errander.enter()
        me = await (await errander.client.get("/api/v1/me", headers=browser(secret))).json()
        assert me["projects"] == {"shop": ["deploy", "read"]}
        assert [one.groups for one in made.access.people.all()] == [()]


async def test_an_odd_group_gives_nothing_and_the_others_count() -> None:
    """INV-11: a group cannot call itself what a Project names otherwise."""
    async with entering() as (made, provider, errander):
        provider.claims["groups"] = ["platform", "user:root", "a b", "x\n", ""]
        await errander.enter()
        assert [one.groups for one in made.access.people.all()] == [("platform",)]


async def test_an_administrator_sees_who_came_in_and_can_end_it() -> None:
    async with entering() as (made, _, errander):
        secret = await errander.enter()
        root = browser(made.enters("root", is_admin=True))
        listed = await (await errander.client.get("/api/v1/users", headers=root)).json()
        assert [(one["name"], one["groups"]) for one in listed["people"]] == [("oidc:ada@shop.example", ["platform"])]
        gone = "/api/v1/users/oidc:ada@shop.example/remove"
        assert (await errander.client.post(gone, json={}, headers=root)).status == 200
        assert await _me(errander, browser(secret)) == 401
        assert (await errander.client.post(gone, json={}, headers=root)).status == 422


async def test_who_was_there_long_ago_is_forgotten_with_the_next_one() -> None:
    """INV-31: people are as many as came in of late."""
    async with entering() as (made, provider, errander):
        await errander.enter()
        made.clock.pass_s((LASTS + timedelta(seconds=1)).total_seconds())
        provider.claims |= {"sub": "8", "email": "bea@shop.example"}
        await errander.enter()
        assert [one.name for one in made.access.people.all()] == ["oidc:bea@shop.example"]
