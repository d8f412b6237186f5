"""The gate over HTTP: every route, every role; foreign pages and hosts; nothing tells what exists."""

import asyncio
from itertools import product
from typing import Any

import pytest

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench, browser
from trueline.declare.application import Role
from trueline.loop.chronicle import FLEET
from trueline.record.journal import Kind, Note
from trueline.server.access.front import Front
from trueline.server.access.identity import Scope
from trueline.server.access.right import RIGHTS, Right, Where
from trueline.server.access.session import csrf_of
from trueline.server.hook.forge import Forge
from trueline.server.openapi import NEEDS, PLAIN
from trueline.server.page.asset import assets
from trueline.server.page.route import PAGES
from trueline.server.route import ROUTES

ROLES = {"vi": Role.VIEWER, "di": Role.DEPLOYER, "al": Role.APPROVER, "ad": Role.ADMIN}
PEOPLE = ("", "nobody", *ROLES, "root")
SHUT = {401, 403}


def fleet() -> Bench:
    """`web` of the project shop, in which each role has its person; `secret` of a project in which nobody has one."""
    made = bench()
    made.stands("web", project="shop")
    made.stands("secret", project="vault")
    shop = project("shop", viewer="user:vi", deployer="user:di", approver="user:al", admin="user:ad")
    made.declares(shop, project("vault", viewer="user:other"))
    return made


def _expected(who: str, right: Right, where: Where) -> bool:
    if where is Where.OPEN:
        return True
    if not who:
        return False
    if who == "root" or where is Where.KNOWN:
        return True
    if where is Where.EVERYWHERE:
        return False
    return who in ROLES and right in RIGHTS[ROLES[who]]


async def _status(made: Bench, who: str, method: str, path: str) -> int:
    async with made.client(is_private=False, who=who) as client:
        target = path.format(name="web" if "/static/" not in path else assets()["page.css"].name)
        is_form = NEEDS[method, path].is_form
        form = {"csrf": client.session.headers.get("Trueline-Csrf", "")} if is_form else None
        body: dict[str, str] | None = {} if method == "POST" and not is_form else None
        answer = await client.request(method, target, json=body, data=form, allow_redirects=False)
        answer.close()
        return int(answer.status)


@pytest.mark.parametrize(("route", "who"), [*product(NEEDS, PEOPLE)], ids=str)
async def test_every_route_is_for_those_who_have_its_right_and_for_nobody_else(
    route: tuple[str, str], who: str
) -> None:
    """INV-11: who is let in may still hear that nothing can be done; who is not hears that alone."""
    need = NEEDS[route]
    made = fleet()
    status = await _status(made, who, *route)
    if route[1] in {forge.path for forge in Forge}:
        assert status == 404  # nobody's webhooks are taken without a secret
    elif _expected(who, need.right, need.where):
        unknown = ("/diff", "/drift", "{name}/plan", "{name}/sync", "{name}/resume")  # nothing is known of it yet
        is_unmeant = route == ("POST", "/account/password")  # the password was not sent
        assert status not in {401, 404} or is_unmeant or route[1].endswith(unknown)
        sent_oddly = {"/sign-in", "/sign-out", "/api/v1/login", "/api/v1/login/code"}  # not what they take was sent
        assert status != 403 or route[1] in sent_oddly
    elif not who:
        assert status == 401
    else:
        hidden = need.where is Where.APPLICATION and who == "nobody"
        assert status == (404 if hidden else 403)
        assert made.engine.woken == []


async def test_a_route_that_names_no_right_is_not_answered() -> None:
    """Whoever adds a route says what it needs; until then nobody may use it."""
    made = bench()
    async with made.client(is_private=False) as client:
        app: Any = client.server.app  # type: ignore[attr-defined]
        routed = {
            (route.method, route.resource.canonical)
            for route in app.router.routes()
            if route.method != "HEAD" and route.resource is not None
        }
    assert routed == set(NEEDS)
    open_paths = {one.path for one in PLAIN if one.need.where is Where.OPEN}
    hooks = {"/hooks/git", *(forge.path for forge in Forge)}
    by_provider = {"/sign-in/provider", "/sign-in/provider/return", "/sign-in/provider/end"}
    coming_in = {"/sign-in", "/sign-out", "/api/v1/login", "/api/v1/login/code", *by_provider}
    assert open_paths == {*hooks, "/healthz", "/readyz", *coming_in}
    assert {path for (_, path), need in PAGES.items() if need.where is Where.OPEN} == {"/static/{name}"}
    assert all(route.need.where is not Where.OPEN for route in ROUTES)
    assert {route.need.right for route in ROUTES if route.is_action} == {
        Right.APPROVE,
        Right.DEPLOY,
        Right.ADMINISTER,
        Right.READ,  # one's own tokens
    }


async def test_what_is_not_in_the_table_is_an_error_of_ours_and_tells_nothing() -> None:
    made, key = bench(), ("GET", "/metrics")
    need = NEEDS.pop(key)
    try:
        async with made.client(is_private=False) as client:
            answer = await client.get("/metrics")
            assert answer.status == 500
            assert "trueline_applications" not in await answer.text()
    finally:
        NEEDS[key] = need


@pytest.mark.parametrize("verb", ["", "/resources", "/plan", "/history", "/diff", "/drift"])
async def test_an_application_that_one_may_not_read_is_as_one_that_is_not_there(verb: str) -> None:
    """INV-25: the same status and the same words, the name apart; near names come from what may be read."""
    made = fleet()
    made.stands("secret-2", project="vault")
    async with made.client(is_private=False, who="vi") as client:
        hidden = await client.get(f"/api/v1/applications/secret{verb}")
        missing = await client.get(f"/api/v1/applications/nothin{verb}")
        texts = [(await one.text()).replace("secret", "NAME").replace("nothin", "NAME") for one in (hidden, missing)]
    assert (hidden.status, missing.status) == (404, 404)
    assert texts[0] == texts[1]
    assert "web" in texts[0]
    assert "secret-2" not in await hidden.text()
    assert {key for key in hidden.headers if key != "Content-Length"} == {
        key for key in missing.headers if key != "Content-Length"
    }


@pytest.mark.parametrize("verb", ["diff", "drift"])
async def test_what_is_not_known_of_one_yet_is_told_without_the_others(verb: str) -> None:
    """INV-25."""
    async with fleet().client(is_private=False, who="vi") as client:
        answer = await client.get(f"/api/v1/applications/web/{verb}")
        assert "not known yet" in (text := await answer.text())
        assert (answer.status, "TL2301" in text) == (503, True), "it is there, and can be asked for again"
        assert "secret" not in text


@pytest.mark.parametrize("verb", ["hold", "sync", "approve", "rollback", "resume"])
async def test_an_action_on_what_one_may_not_read_is_as_on_what_is_not_there(verb: str) -> None:
    made = fleet()
    async with made.client(is_private=False, who="di") as client:
        answers = [await client.post(f"/api/v1/applications/{name}/{verb}", json={}) for name in ("secret", "nothin")]
        texts = [(await one.text()).replace("secret", "NAME").replace("nothin", "NAME") for one in answers]
    assert [one.status for one in answers] == [404, 404]
    assert texts[0] == texts[1]
    assert (made.engine.woken, made.journal.head().sequence) == ([], 0)


async def test_a_list_has_what_one_may_read_alone() -> None:
    """INV-25: its count too, and what is wrong with the fleet is for those who read all of it."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        answer = await (await client.get("/api/v1/applications")).json()
        assert ([one["application"] for one in answer["applications"]], answer["count"]) == (["web"], 1)
        assert (await client.get("/api/v1/applications?find=secret")).status == 200
    async with made.client(is_private=False) as client:
        assert (await (await client.get("/api/v1/applications")).json())["count"] == 3


async def test_records_are_those_that_one_may_read_and_pages_of_them_end() -> None:
    """INV-25: who came in is for administrators alone."""
    made = fleet()
    for _ in range(1_200):
        made.journal.append([Note(kind=Kind.HOLD, application="secret")])
    made.journal.append([Note(kind=Kind.HOLD, application="web"), Note(kind=Kind.STARTED), Note(kind=Kind.SIGNED_IN)])
    made.journal.append([Note(kind=Kind.SIGNED_IN, application="web")])  # none is; it would not be told either
    async with made.client(is_private=False, who="vi") as client:
        answer = await (await client.get("/api/v1/records")).json()
        assert [one["sequence"] for one in answer["records"]] == [1_201]
        assert answer["next"] == 0
        answer = await (await client.get("/api/v1/records?application=secret")).json()
        assert (answer["records"], answer["next"]) == ([], 0)
        assert (await client.get("/api/v1/records?limit=0")).status == 200
    async with made.client(is_private=False) as client:
        answer = await (await client.get("/api/v1/records?after=1200&limit=2")).json()
        assert ([one["sequence"] for one in answer["records"]], answer["next"]) == ([1_201, 1_202], 1_202)
        answer = await (await client.get("/api/v1/records?after=1202")).json()
        assert [one["kind"] for one in answer["records"]] == ["signed in", "signed in"]


async def test_the_revision_of_the_fleet_is_agreed_to_by_administrators_alone() -> None:
    """INV-11: it is of every project."""
    made = fleet()
    for who, status in (("al", 403), ("ad", 403), ("root", 200)):
        async with made.client(is_private=False, who=who) as client:
            answer = await client.post(f"/api/v1/applications/{FLEET}/approve", json={"plan": "0" * 40})
            assert answer.status == status, who


# ---- pages of others -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Sec-Fetch-Site": None, "Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Sec-Fetch-Site": None}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "https://127.0.0.1:{port}"}, 403),
        ({"Trueline-Csrf": None}, 403),
        ({"Trueline-Csrf": ""}, 403),
        ({"Trueline-Csrf": "wrong"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ],
)
async def test_an_action_by_a_session_comes_from_a_page_of_this_server(
    change: dict[str, str | None], status: int
) -> None:
    """INV-11: nobody is made to act by a page of somebody else."""
    made = bench()
    headers: dict[str, Any] = {**browser(made.enters("root", is_admin=True)), "Content-Type": "application/json"}
    async with made.client(is_private=False, who="") as client:
        for key, value in change.items():
            headers[key] = value and value.format(port=client.port)
        given = {key: value for key, value in headers.items() if value is not None}
        answer = await client.post("/api/v1/applications/shop/hold", data=b'{"why": "x"}', headers=given)
        assert answer.status == status
    assert (made.engine.woken == ["shop"]) is (status == 200)


async def test_the_word_of_another_session_is_none() -> None:
    made = bench()
    first, second = made.enters("root", is_admin=True), made.enters("root", is_admin=True)
    mixed = {**browser(first), "Trueline-Csrf": browser(second)["Trueline-Csrf"]}
    async with made.client(is_private=False, who="") as client:
        answer = await client.post("/api/v1/applications/shop/hold", json={}, headers=mixed)
        assert answer.status == 403
        me = await (await client.get("/api/v1/me", headers=browser(first))).json()
        answer = await client.post(
            "/api/v1/applications/shop/hold", json={}, headers={**mixed, "Trueline-Csrf": me["csrf"]}
        )
        assert answer.status == 200


@pytest.mark.parametrize(
    ("host", "front", "status"),
    [
        ("127.0.0.1:1", Front(), 200),
        ("localhost:1", Front(), 200),
        ("[::1]:1", Front(), 200),
        ("evil.example", Front(), 421),
        ("localhost.evil.example", Front(), 421),
        ("127.0.0.1.evil.example", Front(), 421),
        ("", Front(), 421),
        ("trueline.example", Front(host="trueline.example"), 401),
        ("trueline.example", Front(public_url="https://trueline.example"), 401),
        ("evil.example", Front(public_url="https://trueline.example"), 421),
        ("192.0.2.7:8600", Front(), 401),
    ],
)
async def test_a_browser_asks_for_this_server_and_no_name_that_was_turned_to_it(
    host: str, front: Front, status: int
) -> None:
    """INV-25: DNS rebinding. The cookie without `Secure` counts on loopback alone."""
    made = bench()
    headers = {**browser(made.enters("root", is_admin=True)), "Host": host}
    async with made.client(is_private=False, who="", front=front) as client:
        assert (await client.get("/api/v1/applications", headers=headers)).status == status
        assert (await client.get("/sign-in", headers=headers)).status == (421 if status == 421 else 200)
        assert (await client.get("/healthz", headers=headers)).status == 200


async def test_behind_a_proxy_the_cookie_with_its_prefix_counts() -> None:
    made = bench()
    front = Front(public_url="https://trueline.example")
    secret = made.enters("root", is_admin=True)
    host = {**browser(secret), "Host": "trueline.example"}
    async with made.client(is_private=False, who="", front=front) as client:
        assert (await client.get("/api/v1/me", headers=host)).status == 401
        secure = {**host, "Cookie": f"__Host-trueline={secret}", "Origin": "https://trueline.example"}
        assert (await client.get("/api/v1/me", headers=secure)).status == 200
        assert (await client.post("/api/v1/applications/shop/hold", json={}, headers=secure)).status == 200
        foreign = {**secure, "Origin": "http://trueline.example"}
        assert (await client.post("/api/v1/applications/shop/hold", json={}, headers=foreign)).status == 403


async def test_a_wrong_token_is_nobody_whatever_cookie_comes_with_it() -> None:
    made = bench()
    headers = {**browser(made.enters("root", is_admin=True)), "Authorization": "Bearer nonsense"}
    async with made.client(is_private=False, who="") as client:
        answer = await client.get("/api/v1/applications", headers=headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_on_the_socket_a_name_is_told_and_never_that_of_a_user() -> None:
    made = bench()
    async with made.client() as client:
        for name, said in (("ada", "socket: ada"), ("", "socket: somebody"), ("x" * 200, f"socket: {'x' * 100}")):
            headers = {"Trueline-Who": name}
            answer = await client.post("/api/v1/applications/shop/hold", json={"why": "x"}, headers=headers)
            assert (await answer.json())["who"] == said
    async with made.client(is_private=False, who="root") as client:
        headers = {"Trueline-Who": "eve"}
        answer = await client.post("/api/v1/applications/shop/hold", json={"why": "x"}, headers=headers)
        assert (await answer.json())["who"] == "root"


async def test_who_asks_is_told_what_they_may() -> None:
    made = fleet()
    async with made.client(is_private=False, who="di") as client:
        me = await (await client.get("/api/v1/me")).json()
    assert (me["name"], me["kind"], me["everywhere"]) == ("di", "local", [])
    assert me["projects"] == {"shop": ["deploy", "read"]}


# ---- long streams --------------------------------------------------------------------------------------------------


async def _hears(made: Bench, answer: Any) -> bool:
    """Whether a record of `web` still comes; the end of the stream is none."""
    made.journal.append([Note(kind=Kind.HOLD, application="web")])
    made.parts.feed.look()
    async with asyncio.timeout(30):
        while line := await answer.content.readline():
            if line.startswith(b"event: hold") or b'"kind":"hold"' in line:
                return True
    return False


async def test_a_stream_has_what_one_may_read_alone() -> None:
    """INV-25."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get("/api/v1/events")
        await answer.content.readuntil(b"\n\n")
        made.stands("secret", message="a word that is not told")
        made.journal.append([Note(kind=Kind.HOLD, application="secret", body={"why": "nor this"})])
        made.journal.append([Note(kind=Kind.SIGNED_IN, body={"who": "evelyn"}), Note(kind=Kind.STARTED)])
        made.journal.append([Note(kind=Kind.RESUME, application="web", body={"who": "last"})])
        made.parts.feed.look()
        text = b""
        async with asyncio.timeout(30):
            while b"last" not in text:
                text += await answer.content.readline()
        answer.close()
    for word in (b"not told", b"nor this", b"evelyn", b"secret"):
        assert word not in text


@pytest.mark.parametrize("end", ["git", "signed out", "removed", "password", "minute"])
async def test_a_stream_whose_right_went_ends(end: str) -> None:
    """INV-11: nobody goes on listening by a right of yesterday."""
    made = fleet()
    secret = made.enters("vi")
    async with made.client(is_private=False, who="") as client:
        answer = await client.get("/api/v1/events", headers=browser(secret))
        await answer.content.readuntil(b"\n\n")
        assert await _hears(made, answer)
        if end == "git":
            made.declares(project("shop", viewer="user:other"))
        elif end == "signed out":
            made.access.sessions.end(secret)
        elif end == "removed":
            made.access.users.remove("vi", by="the test")
        elif end == "password":
            invitation = made.access.users.invite("vi", by="the test")
            await made.access.users.accept(invitation, "", "another long one", made.hasher)
        else:
            made.store.execute("DELETE FROM session")  # by somebody of whom this process does not know
            assert await _hears(made, answer)
            made.clock.pass_s(61)
        assert not await _hears(made, answer)
        answer.close()


async def test_a_stream_goes_on_while_its_right_stands() -> None:
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get("/api/v1/events")
        await answer.content.readuntil(b"\n\n")
        made.clock.pass_s(61)
        made.access.changes.note()
        assert await _hears(made, answer)
        answer.close()


async def test_a_form_that_no_session_sends_goes_no_further() -> None:
    """INV-11: a token has the API; the word of an empty session is known to anybody."""
    made = fleet()
    made.enters("di")
    scope = Scope(role=Role.ADMIN)
    token = made.access.tokens.create("ci", owner="di", scope=scope, days=1, by="di")
    async with made.client(is_private=False, who="") as client:
        headers = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "same-origin"}
        fields = {"csrf": csrf_of(""), "why": "a look"}
        answer = await client.post("/applications/web/hold", data=fields, headers=headers)
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (403, "TL0748")
        headers |= {"Cookie": "", "Content-Type": "application/json"}
        answer = await client.post("/applications/web/hold", data=b"{}", headers=headers)
        assert answer.status == 415
    assert made.engine.woken == []
