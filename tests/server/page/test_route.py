"""The page over HTTP: heads, validators, escaping, one rendering for all, and errors that people can read."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.server.bench import Bench, bench
from tests.server.page.made import REVISION
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.record.journal import Kind, Note
from trueline.runtime.clock import SystemClock
from trueline.server.page.asset import assets
from trueline.server.page.route import POLICY

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = '"><script>alert(1)</script>'
STATIC = Path(__file__).parents[3] / "src/trueline/server/page/static"


def made() -> Bench:
    """A bench by whose clock time passes: what a page cost has to be paid for."""
    one = bench(SystemClock())
    one.follows(REVISION)
    return one


async def text_of(client: "TestClient[Any, Any]", address: str = "/") -> str:
    answer = await client.get(address, headers=BROWSER)
    assert answer.status == 200, await answer.text()
    text: str = await answer.text()
    return text


async def until_other(client: "TestClient[Any, Any]", before: str) -> str:
    """The page once what it cost to make is paid for."""
    async with asyncio.timeout(30):
        while (text := await text_of(client)) == before:
            await asyncio.sleep(0.02)
    return text


async def test_the_page_comes_with_heads_that_keep_others_out() -> None:
    async with made().client(is_private=False) as client:
        answer = await client.get("/", headers=BROWSER)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        text = await answer.text()
    assert "'unsafe" not in POLICY
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", text)
    assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', text)) == {"https://git.example/team/fleet.git"}


async def test_who_has_the_page_is_told_so_in_no_more_than_a_head() -> None:
    one = made()
    async with one.client(is_private=False) as client:
        first = await client.get("/")
        again = await client.get("/", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["Content-Security-Policy"] == POLICY
        head = await client.head("/")
        assert (head.status, await head.read()) == (200, b"")
        assert head.headers["ETag"] == first.headers["ETag"]
        one.stands("shop", sync=Sync.HELD)
        other = await until_other(client, await first.text())
        assert "Held" in other


async def test_it_comes_packed_to_who_takes_that_under_another_name() -> None:
    async with made().client(is_private=False) as client:
        plain = await client.get("/", headers={"Accept-Encoding": "identity"})
        packed = await client.get("/", headers={"Accept-Encoding": "gzip"})
        assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
        assert await plain.text() == await packed.text()
        assert int(packed.headers["Content-Length"]) * 2 < int(plain.headers["Content-Length"])
        assert plain.headers["ETag"] != packed.headers["ETag"]
        assert packed.headers["Vary"] == "Accept-Encoding, Cookie"
        for tag, status in ((packed.headers["ETag"], 304), (plain.headers["ETag"], 200)):
            again = await client.get("/", headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
            assert again.status == status


async def test_twenty_who_look_cost_one_rendering() -> None:
    one = made()
    async with one.client(is_private=False) as client:
        tags = {(await client.get("/")).headers["ETag"] for _ in range(20)}
        filtered = {(await client.get("/?state=&find=")).headers["ETag"] for _ in range(5)}
    assert len(tags) == 1
    assert tags == filtered, "an empty form asks for the same page"
    assert one.parts.pages.renderings.made == 1


@pytest.mark.parametrize("what", ["problems", "notes", "is_ready", "look"])
async def test_whatever_a_page_is_made_of_makes_another_one(what: str) -> None:
    one = made()
    fault = Diagnostic(code="TL0101", summary="away", detail="refused", remedy="wait")
    other: dict[str, Any] = {"problems": (fault,), "notes": (fault,), "is_ready": False, "look": None}
    async with one.client(is_private=False) as client:
        before = await text_of(client)
        setattr(one.engine, what, other[what])
        await until_other(client, before)


async def test_no_text_becomes_markup_and_no_address_a_script() -> None:
    one = made()
    commit = {"commit": "9f31c2e0aa11", "author": SCRIPT, "subject": f"{SCRIPT} \u202e\x1b[2J"}
    one.journal.append([Note(kind=Kind.REVISION_SEEN, body=commit)])
    one.parts.feed.look()
    revision = REVISION
    one.follows(
        type(revision)(
            commit="9f31c2e0aa11",
            ref=f"refs/heads/{SCRIPT}",
            author_name=SCRIPT,
            author_email=SCRIPT,
            committed_at=revision.committed_at,
            subject=SCRIPT,
            tree="",
        )
    )
    fault = Diagnostic(code="TL0301", summary=SCRIPT, detail="javascript:alert(1)", remedy=SCRIPT)
    one.engine.problems = one.engine.notes = (fault,)
    told: dict[str, Any] = {"sync": Sync.BLOCKED, "message": SCRIPT, "target": SCRIPT, "revision": "main@9f31c2e0aa"}
    one.stands(SCRIPT, labels={SCRIPT: SCRIPT, "app": "javascript:alert(1)"}, problems=(fault,), **told)
    async with one.client(is_private=False) as client:
        for address in (
            "/",
            "/?view=matrix",
            "/?group=target",
            f"/?find={SCRIPT}",
            "/?application=javascript:alert(1)",
        ):
            text = await text_of(client, address)
            assert "<script>" not in text
            assert not re.search(r'(?:href|src|action)="\s*javascript:', text)
            assert "\u202e" not in text
            assert "\x1b" not in text
            assert text.count("<script") == 1
        refused = await client.get(f"/?state={SCRIPT}", headers=BROWSER)
        assert "<script>" not in await refused.text()
        nowhere = await client.get("/<script>alert(1)</script>", headers=BROWSER)
        assert "<script>" not in await nowhere.text()


async def test_style_and_script_have_addresses_that_never_change_what_they_name() -> None:
    async with made().client(is_private=False) as client:
        text = await text_of(client)
        for name, asset in assets().items():
            assert asset.address in text
            answer = await client.get(asset.address)
            assert (answer.status, await answer.read()) == (200, (STATIC / name).read_bytes())
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Type"].startswith(asset.media)
        for name in ("page.css", "page.0000000000000000.css", "..%2fpages.py", "%00"):
            assert (await client.get(f"/static/{name}")).status == 404


async def test_the_script_is_small_and_asks_nobody_else() -> None:
    script = (STATIC / "page.js").read_text()
    assert len(script.encode()) < 10_000
    assert not re.search(r"https?://|eval\(|Function\(|innerHTML|document\.write", script)


async def test_an_error_is_a_page_for_people_and_problem_details_for_programs() -> None:
    async with made().client(is_private=False) as client:
        text = ""
        for address, status, code in (("/nowhere", 404, "TL0722"), ("/?state=wrong&pag=1", 422, "TL0720")):
            page = await client.get(address, headers=BROWSER)
            assert page.status == status
            assert page.headers["Content-Type"].startswith("text/html")
            assert page.headers["Content-Security-Policy"] == POLICY
            text = await page.text()
            assert code in text
            assert "Remedy:" in text
            program = await client.get(address)
            assert (program.status, program.content_type) == (status, "application/problem+json")
        assert "pag" in text
        posted = await client.post("/api/v1/applications/none/hold", headers=BROWSER, json={})
        assert posted.content_type == "application/problem+json", "only what is looked at is a page"


async def test_filters_work_as_a_plain_form() -> None:
    one = made()
    one.stands("cart", labels={"team": "shop"}, sync=Sync.HELD, target="prod")
    async with one.client(is_private=False) as client:
        for query, has in (
            ("find=cart", True),
            ("state=held", True),
            ("state=true", False),
            ("label=team%3Dweb", False),
        ):
            assert ('id="row-cart"' in await text_of(client, f"/?{query}")) is has, query


async def test_a_page_says_the_place_from_which_it_goes_on() -> None:
    one = made()
    async with one.client(is_private=False) as client:
        place = re.findall(r'data-place="([^"]+)"', await text_of(client))[0]
        assert re.fullmatch(r"\d+-[0-9a-f]{8}-\d+", place)
        one.stands("shop", sync=Sync.HELD)
        events = await client.get("/api/v1/events", params={"after": place})
        lines = [(await events.content.readline()).decode() for _ in range(5)]
        assert "event: application\n" in lines
        events.close()


async def test_inv_38_a_page_says_as_of_when_it_is_and_how_old_what_it_shows() -> None:
    """INV-38: the time of the server stands on the page, and each word that is old says so."""
    one = made()
    now = SystemClock().now()
    one.stands("shop", at=now - timedelta(days=3))
    async with one.client(is_private=False) as client:
        text = await text_of(client)
    as_of = re.findall(r'id="as-of">as of <time datetime="([^"]+)"', text)[0]
    assert as_of[:16] in {f"{now:%Y-%m-%dT%H:%M}", f"{now + timedelta(minutes=1):%Y-%m-%dT%H:%M}"}
    assert "the oldest 3 d ago" in text
    assert re.search(r'<span class="sub">as of <time datetime="[^"]+" title="[^"]+">3 d ago', text)
