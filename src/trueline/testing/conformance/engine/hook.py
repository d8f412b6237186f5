"""Hooks: Jobs that run once for what is declared, before, after, or when a hook failed."""

from typing import Any

import msgspec

from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.testing.conformance.api import Answer, Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map, service
from trueline.testing.conformance.engine.wave import in_wave, written
from trueline.testing.conformance.engine.world import World

HOOK = "trueline.dev/hook"
_DELETE = "trueline.dev/hook-delete"


def job(name: str, hook: str, *, delete: str = "", fails: bool = False, **spec: Any) -> Json:
    """A hook that ends at once, well or badly."""
    container: Json = {"name": "run", "image": "example.test/run:1", "command": ["false" if fails else "true"]}
    annotations = {"testbed.trueline.dev/pod": "fail"} if fails else {}
    template = {"metadata": {"annotations": annotations}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    said = {HOOK: hook} | ({_DELETE: delete} if delete else {})
    metadata = {"name": name, "annotations": said}
    body = {"backoffLimit": 0, "template": template, **spec}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": body}


async def uid(world: World, body: Json) -> str:
    """The UID of what lives; empty where it does not."""
    live = await world.live(body)
    return str(live["metadata"]["uid"]) if live else ""


@engine_case
async def hook_order(world: World) -> None:
    """Before hooks, in their waves, each to its end; then the rest; then the after hooks: and it is Synced."""
    hooks = [job("z-migrate", "before"), in_wave(1, job("a-check", "before")), job("tell", "after")]
    world.declare("shop", config_map("settings"), *hooks)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        status = await world.until_sync(Sync.SYNCED)
        expect(written(world, "PATCH"), ["z-migrate", "a-check", "settings", "tell"])
        await world.settle()
        expect(world.status().health, Status.HEALTHY)
        expect(status.objects, 1)


@engine_case
async def hook_runs_once_for_a_revision(world: World) -> None:
    """INV-15: a hook that has run is no drift and does not run again, after a restart neither.

    What changes in Git runs it.
    """
    hook = job("migrate", "before")
    world.declare("shop", config_map("settings"), hook)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        first = await uid(world, hook)
        world.weather.seen.clear()
        await world.follow()
        await world.quiet()
        expect((written(world, "PATCH", "DELETE"), world.drifts()), ([], []))
    async with world.started():
        await world.follow()
        await world.quiet()
        expect((written(world, "PATCH", "DELETE"), await uid(world, hook)), ([], first))
        world.declare("shop", config_map("settings", {"a": "new"}), hook)
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: written(world, "PATCH") == ["migrate", "settings"], "run again")
        await world.until_sync(Sync.SYNCED)
        expect_that(await uid(world, hook) not in {"", first})


@engine_case
async def hook_that_was_cleaned_up_is_not_made_again(world: World) -> None:
    """The cluster deletes a finished Job after its time: no drift, no new run, and nothing waits for it."""
    hook, late = job("migrate", "before", ttlSecondsAfterFinished=0), in_wave(1, config_map("late"))
    slow = service("slow", type="LoadBalancer", loadBalancerClass="example.test/none")
    world.declare("shop", slow, hook, late)
    world.commit()
    async with world.started():
        await world.until(lambda: "slow" in written(world, "PATCH"), "past the hook")
        await world.api.until(hook, is_absent, "cleaned up")
        await world.clock.sleep(0.5)
        expect_in("Service", world.expect_sync(Sync.SYNCING).message)
        address = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}
        expect_status(await world.api.merge(slow, address, "/status"), 200)
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect(written(world, "PATCH"), ["migrate", "slow", "late"])
        expect(world.drifts(), [])


@engine_case
async def hook_that_fails_stops_the_rest(world: World) -> None:
    """A before hook fails: nothing of the rest is applied, the failed hook runs, once; a new commit goes on."""
    settings, alarm, tell = config_map("settings"), job("alarm", "failed"), job("tell", "after")
    world.declare("shop", settings, job("migrate", "before", fails=True), alarm, tell)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        status = await world.until_sync(Sync.PARTLY)
        expect_in(f"Job.batch/{world.api.namespace}/migrate", status.message)
        await world.until(lambda: "alarm" in written(world, "PATCH"), "the alarm")
        await world.api.until(alarm, is_complete, "complete")
        await world.clock.sleep(0.5)
        world.expect_sync(Sync.PARTLY)
        expect(written(world, "PATCH", "DELETE"), ["migrate", "alarm"])
        expect((await world.live(settings), await world.live(tell)), ({}, {}))
        world.declare("shop", settings, job("migrate", "before"), alarm, tell)
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.SYNCED)
        expect(written(world, "PATCH"), ["migrate", "alarm", "migrate", "settings", "tell"])


@engine_case
async def hook_that_is_kept_from_now_on_is_not_deleted(world: World) -> None:
    """INV-01: an object that was a hook loses its annotation in Git. It is the same one, and is healed."""
    body = config_map("scripts")
    hook = {**body, "metadata": {**body["metadata"], "annotations": {HOOK: "before"}}}
    world.declare("shop", config_map("settings"), hook)
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        first = await uid(world, body)
        world.declare("shop", config_map("settings"), body)
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((written(world, "DELETE"), await uid(world, body)), ([], first))
        expect_status(await world.api.delete(body), 200)
        made = await world.api.until(body, lambda answer: not is_absent(answer), "made again")
        expect_that(made.body["metadata"]["uid"] != first)
        await world.until(lambda: "deleted" in [drift for drift, *_ in world.drifts()], "told")


@engine_case
async def hook_after_that_fails_is_told(world: World) -> None:
    """An after hook fails: what was applied stays, and the application is not Synced."""
    settings = config_map("settings")
    world.declare("shop", settings, job("check", "after", fails=True))
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        status = await world.until_sync(Sync.PARTLY)
        expect_in("check", status.message)
        await world.clock.sleep(0.5)
        world.expect_sync(Sync.PARTLY)
        expect_that(await world.live(settings))
        expect(written(world, "PATCH", "DELETE"), ["settings", "check"])


@engine_case
async def hook_is_deleted_on_success(world: World) -> None:
    """`on-success`: the Job goes once all is done, is no drift, and is not made again."""
    hook = job("migrate", "before", delete="on-success")
    world.declare("shop", config_map("settings"), hook, job("stays", "after"))
    world.commit()
    async with world.started():
        await world.api.until(config_map("settings"), lambda answer: not is_absent(answer), "applied")
        await world.until(lambda: "migrate" in written(world, "DELETE"), "deleted")
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect((await world.live(hook), await uid(world, job("stays", "after")) != ""), ({}, True))
        expect((written(world, "PATCH"), written(world, "DELETE")), (["migrate", "settings", "stays"], ["migrate"]))
        expect(world.drifts(), [])


@engine_case
async def hook_is_deleted_on_failure(world: World) -> None:
    """`on-failure`: the Job that failed goes, its failure stays known, and it does not run again."""
    hook = job("migrate", "before", delete="on-failure", fails=True)
    world.declare("shop", config_map("settings"), hook)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.PARTLY)
        await world.until(lambda: "migrate" in written(world, "DELETE"), "deleted")
        await world.api.until(hook, is_absent, "gone")
        await world.clock.sleep(0.5)
        world.expect_sync(Sync.PARTLY)
        expect((written(world, "PATCH"), await world.live(config_map("settings"))), (["migrate"], {}))


@engine_case
async def hook_that_leaves_git_goes(world: World) -> None:
    """A hook that Git drops is deleted, as ours; one of the same name that is not ours is left alone."""
    world.declare("shop", config_map("settings"), job("migrate", "before"), job("tell", "after"))
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        await world.settle()
        tell = job("tell", "after")
        expect_status(await world.api.delete(tell, propagationPolicy="Background"), 200)
        await world.api.until(tell, is_absent, "gone")
        expect_status(await world.api.create(tell), 201)
        world.declare("shop", config_map("settings"))
        world.commit()
        await world.now.engine.follow_once()
        await world.api.until(job("migrate", "before"), is_absent, "deleted")
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect(written(world, "DELETE"), ["migrate"])
        expect_that(await world.live(tell))


@engine_case
async def hook_with_a_generated_name(world: World) -> None:
    """`generateName`: one object for each content, the same after a restart; the one before goes when Git drops it."""

    def declare(command: str) -> None:
        hook = job("", "before")
        hook["metadata"] = {"generateName": "migrate-", "annotations": hook["metadata"]["annotations"]}
        hook["spec"]["template"]["spec"]["containers"][0]["command"] = [command]
        world.declare("shop", config_map("settings"), files={"hook.yaml": msgspec.json.encode(hook)})
        world.commit()

    declare("true")
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        await world.settle()
        first, settings = written(world, "PATCH")
        expect((first.startswith("migrate-"), settings), (True, "settings"))
    async with world.started():
        await world.follow()
        await world.quiet()
        expect(written(world, "PATCH"), [first, "settings"])
        declare("/bin/true")
        await world.now.engine.follow_once()
        await world.until(lambda: first in written(world, "DELETE"), "the one before gone")
        await world.until_sync(Sync.SYNCED)
        second = written(world, "PATCH")[-1]
        expect((second.startswith("migrate-"), second == first), (True, False))


@engine_case
async def hook_in_two_phases(world: World) -> None:
    """One hook before and after: it runs to its end, the rest is applied, and it is made anew."""
    hook = job("check", "before,after")
    world.declare("shop", config_map("settings"), hook)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect(written(world, "PATCH", "DELETE"), ["check", "settings", "check", "check"])
        expect_that(is_complete(await world.api.get(hook)))
        expect(world.drifts(), [])


def is_absent(answer: Answer) -> bool:
    """There is no such object."""
    return answer.status == 404  # noqa: PLR2004 - HTTP's


def is_complete(answer: Answer) -> bool:
    """The Job has ended well."""
    found = answer.body.get("status", {}).get("conditions") or ()
    return any((c["type"], c["status"]) == ("Complete", "True") for c in found)
