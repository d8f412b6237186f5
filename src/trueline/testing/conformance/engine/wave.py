"""Waves: what stands in a later one does not exist before the earlier one is healthy; away they go in reverse."""

from typing import Any

from trueline.loop.status import Sync
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map, service
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

WAVE = "trueline.dev/wave"
_ARGO_WAVE = "argocd.argoproj.io/sync-wave"


def in_wave(number: int, body: Json, annotation: str = WAVE) -> Json:
    """A manifest in a wave."""
    annotations = {**body["metadata"].get("annotations", {}), annotation: str(number)}
    return body | {"metadata": body["metadata"] | {"annotations": annotations}}


def running(name: str, *, is_stuck: bool = False, **spec: Any) -> Json:
    """A Deployment of one pod, which runs at once, or waits for ever for its image."""
    container = {"name": "app", "image": "registry.invalid/app:1" if is_stuck else "example.test/app:1"}
    annotations = {"testbed.trueline.dev/pod": "image-pull"} if is_stuck else {}
    template = {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": {"containers": [container]}}
    body = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}


def written(world: World, *methods: str) -> list[str]:
    """The names of what the engine wrote, in the order of its requests."""
    return [r.path.rpartition("/")[2] for r in world.weather.seen if is_write(r) and r.method in methods]


@engine_case
async def wave_order(world: World) -> None:
    """Waves go up from negative numbers, whatever the names; within a wave by stage."""
    world.declare(
        "shop",
        in_wave(2, config_map("a-last")),
        in_wave(-5, config_map("z-first"), _ARGO_WAVE),
        config_map("m-middle"),
        in_wave(-1, config_map("y-second")),
    )
    async with world.synced():
        expect(written(world, "PATCH"), ["z-first", "y-second", "m-middle", "a-last"])


@engine_case
async def wave_waits_for_the_one_before(world: World) -> None:
    """INV-18: a wave that does not become healthy holds the next one back and is named.

    A new commit ends the waiting.
    """
    early, late = in_wave(-1, config_map("early")), in_wave(1, config_map("late"))
    world.declare("shop", early, running("slow", is_stuck=True), late)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        waits = f"waits for Deployment.apps/{world.api.namespace}/slow"
        await world.until(lambda: world.status().message == waits, waits)
        await world.clock.sleep(1)
        status = world.expect_sync(Sync.SYNCING)
        expect(status.message, waits)
        expect((await world.live(early) != {}, await world.live(late)), (True, {}))
        world.declare("shop", early, running("slow"), late)
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(late))
        expect(written(world, "PATCH"), ["early", "slow", "slow", "late"])


@engine_case
async def wave_is_skipped_by_a_commit(world: World) -> None:
    """While a wave is waited for, a commit that takes it away ends the waiting too."""
    late = in_wave(1, config_map("late"))
    world.declare("shop", config_map("other"), running("slow", is_stuck=True), late)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and "waits for" in world.status().message, "waiting")
        world.declare("shop", config_map("other"), late)
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(late))
        expect(await world.live(running("slow")), {})


@engine_case
async def wave_change_in_an_early_wave_waits_again(world: World) -> None:
    """An update in an early wave holds an update of a later one back until it is healthy."""
    late = in_wave(1, config_map("late"))
    world.declare("shop", running("web"), late)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        await world.settle()
        world.declare("shop", running("web", is_stuck=True), in_wave(1, config_map("late", {"a": "new"})))
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "waits for" in world.status().message, "waiting")
        await world.clock.sleep(0.5)
        expect((await world.live(late))["data"], {"a": "1", "b": "2"})
        expect_in("Deployment.apps", world.status().message)


@engine_case
async def wave_prunes_in_reverse(world: World) -> None:
    """INV-18: what leaves Git goes from the last wave to the first."""
    waves = {"one": -3, "two": 0, "three": 4, "four": 1}
    world.declare("shop", config_map("stays"), *(in_wave(n, config_map(name)) for name, n in waves.items()))
    async with world.synced():
        world.weather.seen.clear()
        world.declare("shop", config_map("stays"))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect(written(world, "DELETE"), ["three", "four", "two", "one"])


@engine_case
async def wave_of_what_was_asked_for_goes_on_after_a_restart(world: World) -> None:
    """INV-14: an application that is synced by hand goes on with what a person asked for, without being asked again."""
    slow = service("slow", type="LoadBalancer", loadBalancerClass="example.test/none")
    world.declare("shop", slow, in_wave(1, config_map("late")), sync={"mode": "manual"})
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.OUT_OF_SYNC)
        world.control.sync("shop", who="ada")
        await world.until(lambda: "slow" in world.status().message, "waiting for the first wave")
    address = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}
    expect_status(await world.api.merge(slow, address, "/status"), 200)
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(config_map("late")))
