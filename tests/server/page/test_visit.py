"""Who looks at the page: nobody who is not known, each what they may read, and each told who they are."""

import gzip
import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.server.access.test_identity import project
from tests.server.bench import PASSWORD, Bench, bench, browser
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.record.journal import Kind, Note
from trueline.server.page.address import within
from trueline.server.page.asset import assets
from trueline.server.page.rendering import Renderings
from trueline.testing.clock import StillClock

VISIT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
LOOK = {**VISIT, "Sec-Fetch-Mode": "cors"}
FORM = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
FAULT = Diagnostic(code="TL0301", summary="vault is broken", detail="secret/all.yaml", remedy="mend secret")


def fleet() -> Bench:
    """`web` and `shop-2`, which vi and wy may read, and `secret` and `shop`, which they may not."""
    made = bench()
    made.stands("web", project="shop", labels={"team": "web"})
    made.stands("shop-2", project="shop")
    made.stands("secret", project="vault", labels={"veiled": "label"}, target="veiled-target", sync=Sync.UNKNOWN)
    made.declares(project("shop", viewer="user:vi user:wy"), project("vault", viewer="user:other"))
    return made


async def text_of(client: "TestClient[Any, Any]", address: str, **headers: str) -> str:
    answer = await client.get(address, headers={**VISIT, **headers})
    assert answer.status == 200, await answer.text()
    text: str = await answer.text()
    return text


# ---- the way in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "led"),
    [
        ("/", "/sign-in"),
        ("/?view=matrix&find=a%20b", "/sign-in?next=%2F%3Fview%3Dmatrix%26find%3Da%2520b"),
        ("/applications/web", "/sign-in?next=%2Fapplications%2Fweb"),
        ("/applications/none", "/sign-in?next=%2Fapplications%2Fnone"),
    ],
)
async def test_a_browser_that_is_not_signed_in_is_led_to_where_one_does(address: str, led: str) -> None:
    """INV-25: whether an application is there or not."""
    async with fleet().client(is_private=False, who="") as client:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, address, headers=VISIT, allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (303, led)
            assert (answer.headers["Cache-Control"], await answer.text()) == ("no-store", "")
        program = await client.get(address, allow_redirects=False)
        assert (program.status, program.content_type) == (401, "application/problem+json")
        assert program.headers["WWW-Authenticate"].startswith("Bearer")
        script = await client.get(address, headers=LOOK, allow_redirects=False)
        assert (script.status, script.content_type) == (401, "text/html")


async def test_who_was_led_to_sign_in_gets_to_where_they_wanted() -> None:
    made = bench()
    made.enters("ada", is_admin=True)
    async with made.client(is_private=False, who="") as client:
        led = await client.get("/?find=%22%3E", headers=VISIT, allow_redirects=False)
        text = await text_of(client, led.headers["Location"])
        [following] = re.findall(r'name="next" value="([^"]*)"', text)
        wrong = {"next": following, "name": "ada", "password": "a wrong password"}
        refused = await client.post("/sign-in", data=wrong, headers=FORM, allow_redirects=False)
        assert f'name="next" value="{following}"' in await refused.text(), "also after what failed"
        right = {**wrong, "password": PASSWORD}
        answer = await client.post("/sign-in", data=right, headers=FORM, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/?find=%22%3E")
        cookie = {"Cookie": f"trueline={answer.cookies['trueline'].value}"}
        assert "Signed in as" in await text_of(client, answer.headers["Location"], **cookie)
        again = await client.get(led.headers["Location"], headers={**VISIT, **cookie}, allow_redirects=False)
        assert (again.status, again.headers["Location"]) == (303, "/?find=%22%3E")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "applications/shop",
        "evil.example",
        "/\u2028/evil.example",
        "/applications/caf\u00e9",
        "/sign-out",
        "/sign-in?next=/",
        "/" + "a" * 5_000,
        "",
    ],
)
async def test_nobody_is_led_to_another_host_or_in_a_circle(elsewhere: str) -> None:
    """INV-25: what looks like our page after a password may be none."""
    assert within(elsewhere) == "/"
    made = bench()
    made.enters("ada")
    async with made.client(is_private=False, who="") as client:
        form = {"name": "ada", "password": PASSWORD, "next": elsewhere}
        answer = await client.post("/sign-in", data=form, headers=FORM, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = {"Cookie": f"trueline={answer.cookies['trueline'].value}"}
        led = await client.get("/sign-in", params={"next": elsewhere}, headers=cookie, allow_redirects=False)
        assert (led.status, led.headers["Location"]) == (303, "/")


async def test_where_there_is_no_user_yet_the_page_says_how_the_first_one_comes_in() -> None:
    made = bench()
    async with made.client(is_private=False, who="") as client:
        assert "There is no user yet" in await text_of(client, "/sign-in")
        made.enters("ada")
        assert "There is no user yet" not in await text_of(client, "/sign-in")


async def test_the_page_on_which_one_signs_in_has_the_frame_and_no_script() -> None:
    async with bench().client(is_private=False, who="") as client:
        answer = await client.get("/sign-in", headers=VISIT)
        text = await answer.text()
        assert assets()["page.css"].address in text
        assert "<script" not in text
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert (await client.get(assets()["page.css"].address)).status == 200, "also for who is not in"


# ---- what is read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?view=matrix", "?group=target", "?state=unknown", "?label=team%3Dweb"])
async def test_a_page_of_the_fleet_has_what_one_may_read_alone(query: str) -> None:
    """INV-25: line, counts, list, matrix, the choices of the form, doubts, and what is wrong with the fleet."""
    made = fleet()
    made.engine.problems = made.engine.notes = (FAULT,)
    async with made.client(is_private=False) as client:
        whole = await text_of(client, f"/{query}")
    async with made.client(is_private=False, who="vi") as client:
        text = await text_of(client, f"/{query}")
    hidden = ("secret", "vault", "veiled", "1 application stands", "Raise checkout", "git.example", "4 applications")
    assert [word for word in hidden if word in text] == []
    assert [word for word in hidden[1:] if word not in whole] == []
    assert "2 applications: 2 True" in text
    assert "Git may say more than is shown" in text, "INV-38: that something is wrong is told to all"


async def test_what_is_asked_for_by_name_and_may_not_be_read_is_not_there() -> None:
    """INV-25."""
    async with fleet().client(is_private=False, who="vi") as client:
        for query in ("find={}", "application={}", "target={}"):
            texts = [await text_of(client, f"/?{query.format(name)}") for name in ("secret", "nothin")]
            texts = [one.replace("secret", "NAME").replace("nothin", "NAME") for one in texts]
            assert texts[0] == texts[1]


async def test_the_page_of_an_application_that_one_may_not_read_is_that_of_one_that_is_not_there() -> None:
    """INV-25: the same status, heads and words, the name apart; near names come from what may be read."""
    made = fleet()
    made.stands("secret-2", project="vault")
    async with made.client(is_private=False, who="vi") as client:
        hidden = await client.get("/applications/secret", headers=VISIT)
        missing = await client.get("/applications/nothin", headers=VISIT)
        texts = [(await one.text()).replace("secret", "NAME").replace("nothin", "NAME") for one in (hidden, missing)]
        assert (hidden.status, missing.status) == (404, 404)
        assert texts[0] == texts[1]
        assert "secret-2" not in texts[0]
        assert {key for key in hidden.headers if key != "Content-Length"} == set(missing.headers) - {"Content-Length"}
        assert (await client.get("/applications/web", headers=VISIT)).status == 200


async def test_who_may_read_nothing_is_told_so_and_can_go() -> None:
    made = fleet()
    async with made.client(is_private=False, who="nobody") as client:
        answer = await client.get("/", headers=VISIT)
        text = await answer.text()
        assert (answer.status, "a right is missing" in text, "Sign out" in text) == (403, True, True)
        assert "secret" not in text
    made.declares(project("empty", viewer="user:nobody"), project("vault"))
    async with made.client(is_private=False, who="nobody") as client:
        assert "There is no application that you may read" in await text_of(client, "/")


async def test_rights_that_went_show_with_the_next_look() -> None:
    """INV-11: a rendering of yesterday's rights is nobody's."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        assert "shop-2" in await text_of(client, "/")
        made.engine.kept["shop-2"].application.project = "vault"  # type: ignore[misc]
        assert "shop-2" not in await text_of(client, "/")


async def test_records_of_who_came_in_are_on_no_page_of_an_application() -> None:
    made = fleet()
    made.journal.append([Note(kind=Kind.SIGNED_IN, application="web", body={"who": "evelyn"})])
    async with made.client(is_private=False) as client:
        assert "evelyn" not in await text_of(client, "/applications/web")


class Busy(StillClock):
    """Whatever is done takes a while, and what was made has to be paid for."""

    def monotonic_s(self) -> float:
        """Later, each time."""
        self.pass_s(0.1)
        return self.at_s


async def test_who_reads_every_application_and_not_the_whole_has_a_rendering_of_their_own() -> None:
    """INV-25: what is of no single application is not told because somebody else was told it."""
    made = fleet()
    made.engine.notes = (FAULT,)
    made.declares(project("shop", viewer="user:vi"), project("vault", viewer="user:vi"))
    made.engine.kept.pop("shop")
    made.parts.pages.renderings = Renderings(Busy())
    async with made.client(is_private=False) as client:
        assert "vault is broken" in await text_of(client, "/")
    async with made.client(is_private=False, who="vi") as client:
        text = await text_of(client, "/")
        assert ("vault is broken" in text, "secret" in text) == (False, True)
    async with made.client(is_private=False) as client:
        assert "vault is broken" in await text_of(client, "/")


# ---- one rendering, and who looks ----------------------------------------------------------------------------------


async def test_all_who_may_read_the_same_share_a_rendering_and_each_is_told_who_they_are() -> None:
    """INV-25: the name and the word of a session are of nobody else. Who may ask for more is offered that."""
    made = fleet()
    sessions = {name: browser(made.enters(name)) for name in ("vi", "wy")}
    sessions["root"] = browser(made.enters("root", is_admin=True))
    async with made.client(is_private=False, who="") as client:
        for address, count in (("/", 2), ("/applications/web", 4)):
            texts = {name: await text_of(client, address, **sent) for name, sent in sessions.items()}
            for name, text in texts.items():
                assert f'<span class="clipped">{name}</span>' in text
                assert re.findall(r'name="csrf" value="([^"]*)"', text) == [sessions[name]["Trueline-Csrf"]]
            assert made.parts.pages.renderings.made == count


async def test_a_page_is_kept_for_whoever_asked_and_nobody_between() -> None:
    """INV-25."""
    made = fleet()
    vi, wy = browser(made.enters("vi")), browser(made.enters("wy"))
    async with made.client(is_private=False, who="") as client:
        for address in ("/", "/applications/web"):
            answer = await client.get(address, headers={**VISIT, **vi})
            assert answer.headers["Cache-Control"] == "private, no-cache"
            assert answer.headers["Vary"] == "Accept-Encoding, Cookie"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            known = {"If-None-Match": answer.headers["ETag"]}
            again = await client.get(address, headers={**VISIT, **vi, **known})
            assert (again.status, again.headers["Cache-Control"]) == (304, "private, no-cache")
            assert (await client.get(address, headers={**VISIT, **wy, **known})).status == 200


async def test_what_comes_packed_is_what_comes_plain() -> None:
    made = fleet()
    made.parts.pages.fleet([], made.access.grants.of(_root(made)))
    for visitor in (b"", b"<p>vi</p>", "<p>wy \u2026</p>".encode() * 5_000):
        rendering = made.parts.pages.fleet([], made.access.grants.of(_root(made)))
        assert gzip.decompress(rendering.packed(visitor)) == rendering.plain(visitor)
        assert visitor in rendering.plain(visitor)
        assert b"<!--visitor-->" not in rendering.plain(visitor)


def _root(made: Bench) -> Any:
    from trueline.server.access.identity import Identity, IdentityKind  # noqa: PLC0415 - here alone

    return Identity(kind=IdentityKind.LOCAL, name="root", is_admin=True)


async def test_the_form_of_the_frame_signs_out_with_the_word_of_its_session_alone() -> None:
    made = fleet()
    vi, wy = browser(made.enters("vi")), browser(made.enters("wy"))
    async with made.client(is_private=False, who="") as client:
        text = await text_of(client, "/", **vi)
        [csrf] = re.findall(r'name="csrf" value="([^"]*)"', text)
        sent = {"Cookie": vi["Cookie"], **FORM}
        foreign = await client.post("/sign-out", data={"csrf": wy["Trueline-Csrf"]}, headers=sent)
        assert foreign.status == 403
        assert (await client.get("/", headers={**VISIT, **vi})).status == 200
        answer = await client.post("/sign-out", data={"csrf": csrf}, headers=sent, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
        assert (await client.get("/", headers={**VISIT, **vi}, allow_redirects=False)).status == 303


async def test_on_the_socket_and_by_a_token_a_page_says_who_asks_and_shows_no_way_out() -> None:
    made = fleet()
    async with made.client() as client:
        text = await text_of(client, "/", **{"Trueline-Who": "<b>eve</b>"})
    assert "socket: &lt;b&gt;eve&lt;/b&gt;" in text
    assert "Sign out" not in text
    async with made.client(is_private=False, who="") as client:
        nowhere = await client.get("/nowhere", headers=VISIT)
        assert (nowhere.status, 'href="/sign-in"' in await nowhere.text()) == (404, True)
