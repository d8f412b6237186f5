"""What is excused at the end, where it is told by name: a field that another manager owns and that never was ours."""

from types import SimpleNamespace
from typing import Final, cast

import pytest

from tests.testing.simulation.story import INSTALLATION, Story, entry, fleet
from trueline.embedded.store import Store
from trueline.loop.status import Sync
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.simulation.convergence import Convergence
from trueline.testing.simulation.fleet import Json, key_of
from trueline.testing.simulation.machine import Machine

LEFT: Final = "Deployment.apps/shop/web: spec.replicas is left to hpa"
SPEC: Final[Json] = {"f:spec": {"f:replicas": {}, "f:paused": {}}}
BUT_REPLICAS: Final[Json] = {"f:spec": {"f:paused": {}}}


def deployment(**spec: object) -> Json:
    """As it is declared, but for what is given."""
    body = {"replicas": 1, "paused": False, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": body}


def scaled(*withheld: str, replicas: int = 3, was_ours: bool = False) -> tuple[Story, Machine]:
    """An autoscaler set `spec.replicas`, and `shop` left that as it is.

    `was_ours`: `shop` had applied it before.
    """
    story = Story()
    story.push("c1", fleet(deployment()))
    engine = story.start("engine")
    story.take(engine)
    story.begin(engine, "c1")
    ours, hpa = INSTALLATION.manager, entry("hpa", {"f:spec": {"f:replicas": {}}})
    if was_ours:
        change = story.intend(engine, deployment())
        story.write(engine, deployment(), managedFields=[entry(ours, SPEC)])
        story.settle(engine, change)
    mark = {LABEL: INSTALLATION.mark("shop")} if was_ours else {}
    story.write("autoscaler", deployment(replicas=replicas), managedFields=[hpa], labels=mark)
    change = story.intend(engine, deployment())
    story.try_on(engine, deployment())
    if not was_ours:
        story.write(engine, deployment(replicas=replicas), managedFields=[entry(ours, BUT_REPLICAS), hpa])
    story.settle(engine, change, *withheld)
    return story, engine


def differences(story: Story, engine: Machine) -> list[str]:
    objects = cast(Store, SimpleNamespace(get=story.live.get, all=lambda: tuple(story.live.values())))
    world = Convergence(truth=story.truth, objects=objects, machine=engine, is_shared=False)
    return [one.partition(" [")[0] for one in world.differences()]


KEY: Final = key_of(deployment())


def test_what_is_left_to_another_manager_and_told_is_no_difference() -> None:
    """INV-29: a state with a name is as good an end as Synced."""
    story, engine = scaled("spec.replicas")
    story.stand(engine, Sync.OUT_OF_SYNC, LEFT)
    assert differences(story, engine) == []


@pytest.mark.parametrize(
    ("sync", "message"),
    [(Sync.SYNCED, ""), (Sync.BLOCKED, LEFT), (Sync.OUT_OF_SYNC, "somebody is asked about something else")],
    ids=["Synced", "Blocked", "another reason"],
)
def test_what_is_left_and_not_told_is_a_difference(sync: Sync, message: str) -> None:
    """INV-38: it is called what it is."""
    story, engine = scaled("spec.replicas")
    story.stand(engine, sync, message)
    assert f"{KEY} differs" in differences(story, engine)


def test_what_nobody_else_owns_is_a_difference() -> None:
    """INV-29: `spec.paused` is ours alone, whatever is said of `spec.replicas`."""
    story, engine = scaled("spec.replicas")
    story.push("c1", fleet(deployment(paused=True)))
    story.stand(engine, Sync.OUT_OF_SYNC, LEFT)
    assert f"{KEY} differs" in differences(story, engine)


def test_what_was_ours_before_is_a_difference() -> None:
    """INV-19: a field that our inventory had is drift when somebody takes it, and is put back."""
    story, engine = scaled("spec.replicas", was_ours=True)
    story.stand(engine, Sync.OUT_OF_SYNC, LEFT)
    assert f"{KEY} differs" in differences(story, engine)


def test_what_the_books_do_not_say_is_a_difference() -> None:
    """INV-29: a field that was not left on purpose."""
    story, engine = scaled()
    story.stand(engine, Sync.OUT_OF_SYNC, LEFT)
    assert f"{KEY} differs" in differences(story, engine)


def test_who_says_that_something_is_left_and_leaves_nothing_is_not_at_an_end() -> None:
    """INV-29: a reason is one only where it is true."""
    story, engine = scaled(replicas=1)
    story.stand(engine, Sync.OUT_OF_SYNC, LEFT)
    assert differences(story, engine) == [f"['shop OutOfSync {LEFT}"]
    story.stand(engine, Sync.SYNCED)
    assert differences(story, engine) == []


def test_a_head_that_was_not_looked_at_is_a_difference() -> None:
    """INV-29: all may be as the last commit says by chance."""
    story, engine = scaled(replicas=1)
    story.stand(engine, Sync.SYNCED)
    story.push("c2", fleet(deployment()))
    assert differences(story, engine) == ["c2 is not seen"]
