"""The API's answers: pages, filters, validators, and problems as RFC 9457 has them."""

import msgspec
import pytest

from tests.server.bench import Bench, bench
from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.record.journal import Kind, Note
from trueline.server.openapi import openapi
from trueline.server.route import ROUTES


def _fleet() -> Bench:
    made = bench()
    made.stands("blog", labels={"team": "docs"}, project="docs", sync=Sync.HELD, target="prod", message="held by Ada")
    made.stands("till", labels={"team": "web", "tier": "1"}, health=Status.DEGRADED, target="prod")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["blog", "shop", "till"]),
        ("sync=Held", ["blog"]),
        ("sync=Held&sync=Synced", ["blog", "shop", "till"]),
        ("health=Degraded&sync=Held", []),
        ("target=prod", ["blog", "till"]),
        ("project=docs", ["blog"]),
        ("label=team=web", ["shop", "till"]),
        ("label=tier", ["till"]),
        ("label=tier&label=team=docs", ["blog", "till"]),
        ("find=ADA", ["blog"]),
        ("true=true", ["shop"]),
        ("true=false", ["blog", "till"]),
    ],
)
async def test_applications_are_filtered(query: str, names: list[str]) -> None:
    async with _fleet().client(is_private=False) as client:
        answer = await (await client.get(f"/api/v1/applications?{query}")).json()
    assert ([one["application"] for one in answer["applications"]], answer["count"]) == (names, len(names))


async def test_applications_come_in_pages() -> None:
    made = bench()
    for number in range(24):
        made.stands(f"app-{number:02}")
    async with made.client(is_private=False) as client:
        names, after, requests = list[str](), "", 0
        while after or not requests:
            page = await (await client.get("/api/v1/applications", params={"limit": "10", "after": after})).json()
            names += [one["application"] for one in page["applications"]]
            after, requests = page["next"], requests + 1
            assert page["count"] == 25
    assert (len(names), len(set(names)), requests) == (25, 25, 3)


async def test_an_answer_that_is_known_already_is_not_sent_again() -> None:
    made = _fleet()
    async with made.client(is_private=False) as client:
        first = await client.get("/api/v1/applications/blog")
        known = {"If-None-Match": first.headers["ETag"]}
        again = await client.get("/api/v1/applications/blog", headers=known)
        assert (again.status, await again.read()) == (304, b"")
        made.stands("blog", message="held by Ben")
        changed = await client.get("/api/v1/applications/blog", headers=known)
        assert (changed.status, (await changed.json())["message"]) == (200, "held by Ben")


async def test_what_drifted_is_counted_whatever_else_is_the_case() -> None:
    """INV-38: a hold says nothing of what differs behind it, so that is said beside it, without a new status."""
    made = _fleet()
    async with made.client(is_private=False) as client:
        assert (await (await client.get("/api/v1/applications/blog")).json())["drifted"] == 0
        made.leaves("blog", "ConfigMap/blog/a", "held", "data.A", by="eve")
        told = await (await client.get("/api/v1/applications/blog")).json()
    assert (told["sync"], told["drifted"], told["project"]) == ("Held", 1, "docs")


async def test_the_commit_that_runs_is_named_with_its_author() -> None:
    made = bench()
    commit = "0badc0de" * 5
    body = {"commit": commit, "author": "Ada", "subject": "Raise the limit"}
    made.journal.append([Note(kind=Kind.REVISION_SEEN, body=body)])
    made.parts.feed.look()
    made.stands("shop", revision=f"main@{commit[:10]}")
    async with made.client(is_private=False) as client:
        told = (await (await client.get("/api/v1/applications/shop")).json())["commit"]
    assert (told["author"], told["subject"], told["commit"]) == ("Ada", "Raise the limit", commit)


async def test_a_hold_is_seen_at_once() -> None:
    made = bench()
    async with made.client() as client:
        await client.post("/api/v1/applications/shop/hold", json={"why": "an incident"})
        [one] = (await (await client.get("/api/v1/applications")).json())["applications"]
    assert [hold["why"] for hold in one["holds"]] == ["an incident"]


async def test_a_problem_is_told_as_the_standard_has_it() -> None:
    async with bench().client(is_private=False) as client:
        answer = await client.get("/api/v1/applications?limit=x&sinc=Held")
        assert (answer.status, answer.content_type) == (422, "application/problem+json")
        problem = await answer.json()
    assert (problem["status"], problem["type"], problem["title"]) == (
        422,
        "urn:trueline:TL0720",
        "the request cannot be read",
    )
    assert len(problem["errors"]) == 2


async def test_only_what_changed_is_put_together_again() -> None:
    made = _fleet()
    standings = made.parts.answers.standings
    before, version = dict(standings.all()), standings.version
    made.stands("till", message="0 of 3 ready")
    after = standings.all()
    assert {name for name, body in after.items() if body is not before[name]} == {"till"}
    assert (standings.version, standings.changed_since(version)) == (version + 1, ("till",))


def test_the_document_is_made_from_the_types() -> None:
    told = openapi()
    schemas = told["components"]["schemas"]
    for route in ROUTES:
        operation = told["paths"][route.path][route.method.lower()]
        [media] = operation["responses"]["200"]["content"].values()
        name = media["schema"]["$ref"].rpartition("/")[2]
        assert set(schemas[name]["properties"]) == {
            field.encode_name for field in msgspec.structs.fields(route.answers)
        }
    parameters = {one["name"]: one["schema"] for one in told["paths"]["/api/v1/applications"]["get"]["parameters"]}
    assert parameters["limit"] == {"type": "integer", "minimum": 0, "maximum": 1_000, "default": 100}
    assert "requestBody" in told["paths"]["/api/v1/applications/{name}/hold"]["post"]


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [
        one["operationId"] for path in openapi()["paths"].values() for one in path.values() if "operationId" in one
    ]
    assert len(set(names)) == len(names) == len(ROUTES)
