"""The routes: who may do what, what is answered, and that every error is diagnostics."""

import stat
from io import BytesIO
from pathlib import Path

import pytest

from tests.server.bench import bench
from trueline.model.fault import UserError
from trueline.record.journal import Kind, Note
from trueline.server.access.account import ACCOUNT_NEEDS
from trueline.server.http import BODY_BYTES_MAX, serve_address, serve_socket
from trueline.server.log_desk import LOG_PAGES
from trueline.server.openapi import PLAIN, openapi
from trueline.server.page.desk import DEEDS
from trueline.server.page.route import PAGES
from trueline.server.route import ROUTES

ACTIONS = sorted(route.path for route in ROUTES if route.method == "POST")


async def test_how_everything_stands_is_told() -> None:
    async with bench().client() as client:
        answer = await (await client.get("/api/v1/applications")).json()
        assert [(one["application"], one["sync"], one["true"]) for one in answer["applications"]] == [
            ("shop", "Synced", True)
        ]
        assert (await (await client.get("/api/v1/applications/shop")).json())["health"] == "Healthy"


async def test_an_unknown_application_is_named_with_those_that_are_there() -> None:
    async with bench().client() as client:
        answer = await client.get("/api/v1/applications/shpo")
        assert answer.status == 404
        [error] = (await answer.json())["errors"]
        assert error["code"] == "TL0710"
        assert "shop" in error["detail"]


@pytest.mark.parametrize("path", ACTIONS)
async def test_a_listener_without_users_takes_no_action(path: str) -> None:
    made = bench()
    async with made.client(is_private=False, who="") as client:
        answer = await client.post(path.format(name="shop"), json={})
        assert answer.status == 401
        [error] = (await answer.json())["errors"]
        assert (error["code"], "no user yet" in error["remedy"]) == ("TL0746", True)
    assert made.journal.head().sequence == 0
    assert made.engine.woken == []


async def test_a_hold_is_written_down_with_who_and_why_and_ended_again() -> None:
    made = bench()
    async with made.client() as client:
        answer = await client.post(
            "/api/v1/applications/shop/hold", json={"why": "an incident"}, headers={"Trueline-Who": "ada"}
        )
        assert (await answer.json())["who"] == "socket: ada"
        [hold] = (await (await client.get("/api/v1/applications/shop")).json())["holds"]
        assert hold["why"] == "an incident"
        resumed = await (await client.post("/api/v1/applications/shop/resume")).json()
        assert len(resumed["resumed"]) == 1
    assert [record.kind for record in made.journal.after()] == ["hold", "resume"]
    assert made.engine.woken == ["shop", "shop"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[]", "TL0720"),
        (b"{", "TL0720"),
        (b'{"why": 1}', "TL0720"),
        (b'{"until": "tomorrow"}', "TL0720"),
        (b'{"until": "2026-07-01T12:00:00"}', "TL0720"),
    ],
)
async def test_a_malformed_action_is_refused(body: bytes, code: str) -> None:
    made = bench()
    async with made.client() as client:
        answer = await client.post("/api/v1/applications/shop/hold", data=body)
        assert answer.status == 422
        assert (await answer.json())["errors"][0]["code"] == code
    assert made.journal.head().sequence == 0


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_what_its_head_says_is_no_fault_of_ours(encoding: str) -> None:
    """INV-30: it is refused, and not told as a fault that somebody is to report."""
    head = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    async with bench().client() as client:
        answer = await client.post("/api/v1/applications/shop/hold", data=BytesIO(b"not compressed"), headers=head)
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (400, "TL0720")


async def test_only_a_plan_that_waits_is_approved() -> None:
    async with bench().client() as client:
        answer = await client.post("/api/v1/applications/shop/approve", json={"plan": "0" * 64})
        assert answer.status == 422
        assert (await answer.json())["errors"][0]["code"] == "TL0711"


async def test_a_hook_causes_a_look_whatever_its_body_is() -> None:
    made = bench()
    async with made.client(is_private=False) as client:
        answer = await client.post("/hooks/git", data=b"\x00not json")
        assert answer.status == 202
        assert made.engine.pokes == 1
        answer = await client.post("/hooks/git", data=BytesIO(b"x" * (BODY_BYTES_MAX + 1)))
        assert answer.status == 413
        assert (await answer.json())["errors"][0]["code"] == "TL0722"
        assert made.engine.pokes == 1


async def test_readiness_says_what_is_missing() -> None:
    made = bench()
    made.engine.is_ready = False
    made.is_writable = False
    async with made.client(is_private=False) as client:
        answer = await client.get("/readyz")
        assert answer.status == 503
        assert len((await answer.json())["reasons"]) == 2
        assert (await client.get("/healthz")).status == 200
        made.engine.is_ready = made.is_writable = True
        assert (await client.get("/readyz")).status == 200


async def test_records_come_in_pages_and_bounds_hold() -> None:
    made = bench()
    made.journal.append([Note(kind=Kind.STARTED, body={"n": n}) for n in range(5)])
    async with made.client(is_private=False) as client:
        answer = await (await client.get("/api/v1/records", params={"after": "1", "limit": "2"})).json()
        assert [record["sequence"] for record in answer["records"]] == [2, 3]
        assert answer["head"] == 5
        assert (await client.get("/api/v1/records", params={"limit": "-1"})).status == 422


async def test_the_openapi_document_and_the_router_name_the_same_paths() -> None:
    made = bench()
    async with made.client() as client:
        app = client.server.app  # type: ignore[attr-defined]
        routed = {
            (route.method.lower(), route.resource.canonical)
            for route in app.router.routes()
            if route.method != "HEAD" and route.resource is not None
        }
        told = await (await client.get("/api/v1/openapi.json")).json()
    assert told == openapi()
    told_paths = {(method, path) for path, operations in told["paths"].items() for method in operations}
    pages = (*PAGES, *ACCOUNT_NEEDS, *DEEDS, *LOG_PAGES)
    assert routed - {(method.lower(), path) for method, path in pages} == told_paths
    assert {one.path for one in PLAIN} <= told["paths"].keys()


async def test_there_is_a_page_on_both_listeners() -> None:
    for is_private in (True, False):
        async with bench().client(is_private=is_private) as client:
            answer = await client.get("/")
            assert (answer.status, answer.content_type) == (200, "text/html")


async def test_the_socket_is_its_owners_alone_and_goes_with_the_block(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("left by a dead process")
    async with serve_socket(bench().parts, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


async def test_an_address_that_is_taken_is_a_diagnostic() -> None:
    parts = bench().parts
    async with serve_address(parts, "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(UserError) as caught:
            async with serve_address(parts, "127.0.0.1", port):
                pass
        assert caught.value.diagnostics[0].code == "TL0721"
