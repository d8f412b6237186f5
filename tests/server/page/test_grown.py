"""The whole tree on an application's page: asked of the target seldom, and not waited for longer than briefly."""

import asyncio
from typing import Any

from tests.server.bench import Bench, bench
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.task_group import TaskGroup
from trueline.server.page.grown import KEPT_MAX, KEPT_S, Grown
from trueline.target.insight import Descendant

WEB = Ref.parse("Deployment.apps/shop/web")
VISIT = {"Accept": "text/html"}


def grown() -> Bench:
    """A deployment, and a pod that was made of it."""
    made = bench()
    made.contains("shop", str(WEB))
    made.targets.entries = {WEB: _Entry("u-1")}
    pod = {"kind": "Pod", "metadata": {"name": "web-x", "uid": "u-2"}, "status": {"phase": "Running"}}
    made.targets.made = Known((Descendant(ref=Ref.parse("Pod/shop/web-x"), uid="u-2", owner="u-1", live=pod),))
    return made


class _Entry:
    def __init__(self, uid: str) -> None:
        self.uid = uid


def trees(made: Bench, **given: Any) -> Grown:
    return Grown(made.parts.answers.sights, made.clock, **given)


async def test_the_page_shows_what_controllers_made_and_says_where_that_is_not_known() -> None:
    """INV-38: what the target does not tell is said not to be known."""
    made = grown()
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop", headers=VISIT)).text()
        assert 'id="object-Pod/shop/web-x"' in text
        made.targets.made = Unknown("the target is away")
        made.clock.pass_s(KEPT_S)
        text = await (await client.get("/applications/shop", headers=VISIT)).text()
    assert "Pod/shop/web-x" not in text
    assert "What belongs to its objects is not known: the target is away." in text
    assert "web" in text


async def test_however_many_look_the_target_is_asked_seldom() -> None:
    made = grown()
    async with made.client(is_private=False) as client:
        for _ in range(20):
            assert (await client.get("/applications/shop", headers=VISIT)).status == 200
        assert made.targets.asked == 1
        made.clock.pass_s(KEPT_S - 0.01)
        await client.get("/applications/shop", headers=VISIT)
        assert made.targets.asked == 1
        made.clock.pass_s(0.02)
        await client.get("/applications/shop", headers=VISIT)
        assert made.targets.asked == 2


async def test_who_comes_while_it_is_asked_for_waits_for_the_same_answer() -> None:
    made, kept = grown(), None
    made.targets.waits = asyncio.Event()
    kept = trees(made)
    async with TaskGroup() as group:
        tasks = [group.create_task(kept.tree("shop")) for _ in range(5)]
        while not made.targets.asked:
            await asyncio.sleep(0)
        made.targets.waits.set()
    assert (len({id(task.result()) for task in tasks}), made.targets.asked) == (1, 1)


async def test_a_target_that_does_not_answer_keeps_nobody_waiting() -> None:
    """INV-38: what is known without it is shown, and that it is no more than that."""
    made = grown()
    made.targets.waits = asyncio.Event()
    tree = await trees(made, wait_s=0.01).tree("shop")
    assert [node.ref for node in tree.nodes] == [str(WEB)]
    assert tree.unknown == ("the target did not answer within 0.01 s",)


async def test_only_so_many_are_kept() -> None:
    made = grown()
    for at in range(KEPT_MAX):
        made.stands(f"a{at}")
    kept = trees(made)
    for name in ("shop", *(f"a{at}" for at in range(KEPT_MAX)), "shop"):
        await kept.tree(name)
    assert made.targets.asked == KEPT_MAX + 2, "the one that was asked for longest ago went"
