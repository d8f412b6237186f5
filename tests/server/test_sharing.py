"""Questions that ask a target: the same ones are asked once, and nobody has many of them under way."""

import asyncio
from contextlib import ExitStack
from itertools import product
from typing import Any

import pytest

from tests.server.bench import bench
from trueline.declare.application import Role
from trueline.runtime.task_group import TaskGroup
from trueline.server.access.crowd import ALL_AT_ONCE_MAX, AT_ONCE_MAX, Crowd
from trueline.server.access.identity import Scope
from trueline.server.access.refusal import Refusal
from trueline.server.http import REQUESTS_AT_ONCE_MAX
from trueline.server.sharing import Sharing

EVERYTHING = Scope(role=Role.VIEWER)
DEAR_VERBS = ("rollback", "resume", "sync", "heal", "adopt", "restart")
FORM: dict[str, Any] = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}


class Target:
    """Answers with the number of the question, when it may."""

    def __init__(self) -> None:
        self.begun = 0
        self.gate = asyncio.Event()
        self.fault: Exception | None = None

    async def ask(self) -> int:
        """One question."""
        self.begun += 1
        number = self.begun
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return number


async def _turn() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_of_one_question_one_is_under_way_and_one_follows_for_all_who_wait() -> None:
    """INV-31; and nobody has an answer that was begun before they asked."""
    sharing, target = Sharing(), Target()
    async with TaskGroup() as group:
        first = group.create_task(sharing.answer("a", target.ask))
        await _turn()
        others = [group.create_task(sharing.answer("a", target.ask)) for _ in range(20)]
        await _turn()
        assert target.begun == 1
        target.gate.set()
    assert (first.result(), {one.result() for one in others}, target.begun) == (1, {2}, 2)
    assert len(sharing) == 0


async def test_other_questions_do_not_wait() -> None:
    sharing, target = Sharing(), Target()
    async with TaskGroup() as group:
        for key in ("a", "b", "c"):
            group.create_task(sharing.answer(key, target.ask))
        await _turn()
        assert target.begun == 3
        target.gate.set()
    assert len(sharing) == 0


async def test_a_fault_is_of_all_who_waited_for_it_and_of_nobody_after_it() -> None:
    sharing, target = Sharing(), Target()

    async def told() -> str:
        try:
            return str(await sharing.answer("a", target.ask))
        except LookupError as error:
            return str(error)

    target.fault = LookupError("no")
    async with TaskGroup() as group:
        tasks = [group.create_task(told()) for _ in range(5)]
        await _turn()
        target.gate.set()
    assert [one.result() for one in tasks] == ["no"] * 5
    assert target.begun == 2
    target.fault = None
    assert await told() == "3"
    assert len(sharing) == 0


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_who_is_gone_keeps_nobody_waiting(gone: int) -> None:
    """INV-30: the one who asks, the one who would ask next, and one who only waits."""
    sharing, target = Sharing(), Target()
    tasks: list[asyncio.Task[Any]] = []
    async with TaskGroup() as group:
        for _ in range(4):
            tasks.append(group.create_task(sharing.answer("a", target.ask)))
            await _turn()
        tasks[gone].cancel()
        await _turn()
        target.gate.set()
    answers = [one.result() for one in tasks if not one.cancelled()]
    assert len(answers) == 3
    assert target.begun <= 3
    assert len(sharing) == 0


async def test_nobody_has_many_dear_questions_under_way() -> None:
    """INV-31."""
    crowd = Crowd()
    with crowd.asking("bo"):
        blocks = [crowd.asking("ada") for _ in range(AT_ONCE_MAX)]
        for block in blocks:
            block.__enter__()
        with pytest.raises(Refusal) as caught, crowd.asking("ada"):
            pass
        assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "1")
        blocks.pop().__exit__(None, None, None)
        with crowd.asking("ada"):
            pass
        for block in blocks:
            block.__exit__(None, None, None)
    assert len(crowd) == 0


async def test_all_together_leave_the_server_half_of_what_it_answers() -> None:
    """INV-31: many people, or one with many tokens, before a target that is silent."""
    crowd = Crowd()
    with ExitStack() as blocks:
        for number in range(ALL_AT_ONCE_MAX):
            blocks.enter_context(crowd.asking(f"token:{number} of ada"))
        with pytest.raises(Refusal) as caught, crowd.asking("bo"):
            pass
        assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "1")
    with crowd.asking("bo"):
        assert len(crowd) == 1
    assert 2 * ALL_AT_ONCE_MAX <= REQUESTS_AT_ONCE_MAX


async def test_over_http_one_person_is_turned_away_and_others_are_not() -> None:
    """INV-31: a slow target is asked once for all who look at the same; actions that ask it are counted, too."""
    made = bench()
    made.contains("shop", "ConfigMap/shop/settings")
    made.targets.waits = asyncio.Event()
    made.enters("root", is_admin=True)
    async with made.client(is_private=False) as client, TaskGroup() as group:
        tree = "/api/v1/applications/shop/tree"
        waiting = [group.create_task(client.get(tree)) for _ in range(AT_ONCE_MAX)]
        while made.targets.asked < 1:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        async with asyncio.timeout(20):
            refused = await client.get(tree)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
        assert (await refused.json())["errors"][0]["code"] == "TL2217"
        for verb, page in product(DEAR_VERBS, ("/api/v1", "")):
            acted = await client.post(f"{page}/applications/shop/{verb}", **FORM if not page else {})
            assert (acted.status, acted.headers.get("Retry-After")) == (429, "1"), f"{page}/{verb}"
        assert (await client.post("/api/v1/applications/shop/hold", json={"why": "it is slow"})).status == 200
        assert (await client.get("/api/v1/applications")).status == 200
        token = made.access.tokens.create("ci", owner="", scope=EVERYTHING, days=1, by="x")
        other = group.create_task(client.get(tree, headers={"Authorization": f"Bearer {token}"}))
        await asyncio.sleep(0.1)
        assert made.targets.asked == 1
        made.targets.waits.set()
    assert [one.result().status for one in (*waiting, other)] == [200] * (AT_ONCE_MAX + 1)
    assert made.targets.asked == 2
