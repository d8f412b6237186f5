"""The journal as the API tells it: filtered, only what may be read, and whether its chain is whole."""

import asyncio
import threading
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.record.chain import Breach, Damage
from trueline.record.journal import PAGE_MAX, Kind, Note
from trueline.runtime.task_group import TaskGroup
from trueline.server.verification import BY_ITSELF, EACH_S, FIRST_S, RETRY_S, Checked, Verification

BREACH = Breach(sequence=7, damage=Damage.CHANGED, detail="hold of secret")


def told() -> Bench:
    made = bench()
    made.stands("web", project="shop")
    made.stands("secret", project="vault")
    made.declares(project("shop", viewer="user:vi"), project("vault", viewer="user:other"))
    made.journal.append(
        [
            Note(kind=Kind.HOLD, application="web", body={"who": "ben", "why": "an incident"}),
            Note(kind=Kind.HOLD, application="secret", body={"who": "evelyn", "why": "veiled"}),
            Note(kind=Kind.OUTCOME, application="web", body={"ref": "ConfigMap/web/a", "result": "done"}),
            Note(kind=Kind.SIGNED_IN, body={"who": "ben"}),
            Note(kind=Kind.REVISION_SEEN, body={"commit": "9f31c2e0aa", "author": "Ana", "subject": "veiled"}),
        ]
    )
    return made


async def found(client: "TestClient[Any, Any]", query: str) -> list[int]:
    answer = await client.get(f"/api/v1/records?{query}")
    assert answer.status == 200, await answer.text()
    return [one["sequence"] for one in (await answer.json())["records"]]


@pytest.mark.parametrize(
    ("query", "whole", "vi"),
    [
        ("newest=true", [5, 4, 3, 2, 1], [3, 1]),
        ("newest=true&kind=hold", [2, 1], [1]),
        ("newest=true&kind=hold&kind=outcome", [3, 2, 1], [3, 1]),
        ("newest=true&who=evelyn", [2], []),
        ("newest=true&find=veiled", [5, 2], []),
        ("newest=true&application=secret", [2], []),
        ("newest=true&before=3", [2, 1], [1]),
        ("newest=true&since=2999-01-01", [], []),
        ("newest=true&limit=1", [5], [3]),
        ("", [1, 2, 3, 4, 5], [1, 3]),
    ],
)
async def test_inv_25_records_are_filtered_and_only_what_may_be_read(
    query: str, whole: list[int], vi: list[int]
) -> None:
    """INV-25: whatever is asked for."""
    made = told()
    async with made.client(is_private=False) as client:
        assert await found(client, query) == whole
    async with made.client(is_private=False, who="vi") as client:
        assert await found(client, query) == vi


@pytest.mark.parametrize("query", ["kind=hold", "before=3", "newest=true&after=3", "newest=true&since=yesterday"])
async def test_what_would_be_overlooked_is_refused(query: str) -> None:
    async with told().client(is_private=False) as client:
        answer = await client.get(f"/api/v1/records?{query}")
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (422, "TL0720")


async def test_pages_follow_each_other_through_what_others_may_read() -> None:
    made = told()
    notes = [Note(kind=Kind.INTENT, application="secret")] * (2 * PAGE_MAX)
    made.journal.append([*notes, Note(kind=Kind.HOLD, application="web", body={"who": "ben"})])
    async with made.client(is_private=False, who="vi") as client:
        numbers, before, asked = list[int](), 0, 0
        while before or not asked:
            query = {"newest": "true", "limit": "1", "before": str(before)}
            answer = await (await client.get("/api/v1/records", params=query)).json()
            numbers += [one["sequence"] for one in answer["records"]]
            before, asked = answer["next"], asked + 1
    assert numbers == [2 * PAGE_MAX + 6, 3, 1]


async def test_inv_38_a_chain_that_nobody_checked_is_not_called_whole() -> None:
    """INV-38: nor is one that was, called so after a check that found a breach."""
    made = told()
    async with made.client(is_private=False) as client:
        assert (await (await client.get("/api/v1/journal")).json())["checked"] is None
        made.checks.append(Checked(records=5, proven=1))
        asked = await client.post("/api/v1/journal/verify")
        assert asked.status == 200, await asked.text()
        first = (await (await client.get("/api/v1/journal")).json())["checked"]
        assert (first["whole"], first["records"], first["proven"], first["who"]) == (True, 5, 1, "root")
        made.checks.append(Checked(records=6, breaches=(BREACH,) * 30))
        await client.post("/api/v1/journal/verify")
        answer = await (await client.get("/api/v1/journal")).json()
    last = answer["checked"]
    assert (last["whole"], last["breaches"], len(last["told"]), answer["head"]) == (False, 30, 20, 7)
    assert "hold of secret" in last["told"][0]


async def test_inv_25_that_the_chain_is_broken_is_told_to_all_and_what_of_it_to_some() -> None:
    """INV-25: what is wrong names applications, and who asked is a person."""
    made = told()
    made.checks.append(Checked(records=5, breaches=(BREACH,)))
    async with made.client(is_private=False) as client:
        await client.post("/api/v1/journal/verify")
    async with made.client(is_private=False, who="vi") as client:
        text = await (await client.get("/api/v1/journal")).text()
        assert '"whole":false' in text
        assert [word for word in ("secret", "root") if word in text] == []
        assert (await client.post("/api/v1/journal/verify")).status == 403


async def test_checks_that_are_asked_for_at_once_are_one() -> None:
    made, begun, goes_on, count = bench(), threading.Event(), threading.Event(), [0]

    def check() -> Checked:
        count[0] += 1
        begun.set()
        assert goes_on.wait(10)
        return Checked(records=count[0])

    verification = Verification(made.journal, made.clock, check)
    async with TaskGroup() as group:
        first = group.create_task(verification.check("ana"))
        await asyncio.to_thread(begun.wait, 10)
        second = group.create_task(verification.check("ben"))
        await asyncio.sleep(0)
        goes_on.set()
    assert first.result() == second.result()
    assert (count, first.result().who) == ([1], "ana")


async def test_it_is_checked_once_a_day_by_itself_and_a_fault_ends_nothing() -> None:
    made, count = bench(), [0]

    def check() -> Checked:
        count[0] += 1
        if count[0] == 1:
            raise UserError([Diagnostic(code="TL0805", summary="s", detail="d", remedy="r")])
        return Checked(records=count[0])

    verification = Verification(made.journal, made.clock, check)

    async def until(number: int) -> None:
        async with asyncio.timeout(30):
            while count[0] < number:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)

    async with TaskGroup() as group:
        task = group.create_task(verification.run())
        await asyncio.sleep(0)
        assert count == [0], "a start has other things to do"
        made.clock.pass_s(FIRST_S)
        await until(1)
        assert verification.last() is None
        made.clock.pass_s(RETRY_S)
        await until(2)
        last = verification.last()
        assert last is not None
        assert (last.who, last.records, last.is_whole) == (BY_ITSELF, 2, True)
        made.clock.pass_s(EACH_S - 1)
        await until(2)
        assert count == [2]
        made.clock.pass_s(RETRY_S)
        await until(3)
        task.cancel()
