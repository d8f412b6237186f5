"""Admission webhooks and the engine: what one rewrites is Overruled, and what one denies is Blocked."""

from trueline.loop.status import Sync
from trueline.testing.conformance.case import expect, expect_in, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.trial import expect_untouched
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.reviewer import Reviewer, allowed, denied
from trueline.testing.conformance.webhook import MUTATING, VALIDATING, reviewing, setting


def only(name: str, reviewer: Reviewer) -> Reviewer:
    """A webhook that has something to say of one object alone."""
    return lambda request: reviewer(request) if request["name"] == name else allowed()


@engine_case
async def webhook_overrules(world: World) -> None:
    """INV-16: a webhook rewrites a declared value: Overruled, with object and field; once, and never in a loop."""
    body = config_map("ruled", {"a": "1", "b": "2"})
    world.declare("shop", config_map("free"), body)
    world.commit()
    async with reviewing(world.api, MUTATING, only("ruled", setting("policy"))) as asked, world.started():
        await world.follow()
        status = world.expect_sync(Sync.OVERRULED)
        expect(status.message, f"ConfigMap/{world.api.namespace}/ruled: the target sets data.a otherwise")
        expect((await world.live(body))["data"], {"a": "policy", "b": "2"})
        expect({verb: world.counted[verb] for verb in ("try", "apply")}, {"try": 2, "apply": 2})
        of_ruled = [request["dryRun"] for request in asked if request["name"] == "ruled"]
        expect(of_ruled, [True, False])
        world.start_counting()
        await world.quiet()
        await world.follow()
        await world.quiet()
        expect((world.counted, world.drifts()), ({}, []))
        world.expect_sync(Sync.OVERRULED)


@engine_case
async def webhook_overrules_the_next_commit_too(world: World) -> None:
    """A commit is applied once more and overruled once more; when the policy goes, the next commit is Synced."""
    world.declare("shop", config_map("ruled", {"a": "1", "b": "2"}))
    world.commit()
    async with world.started():
        async with reviewing(world.api, MUTATING, only("ruled", setting("policy"))):
            await world.follow()
            world.expect_sync(Sync.OVERRULED)
            world.start_counting()
            world.declare("shop", config_map("ruled", {"a": "1", "b": "3"}))
            await world.push()
            await world.quiet()
            expect(world.counted, {"try": 1, "update": 1, "apply": 1})
            world.expect_sync(Sync.OVERRULED)
        await _until_unreviewed(world)
        world.declare("shop", config_map("ruled", {"a": "2", "b": "3"}))
        await world.push()
        world.expect_sync(Sync.SYNCED)
        expect((await world.live(config_map("ruled")))["data"], {"a": "2", "b": "3"})


@engine_case
async def webhook_overrules_and_drift_is_healed(world: World) -> None:
    """Somebody edits another field of an overruled object: it is put back, and the object stays Overruled."""
    body = config_map("ruled", {"a": "1", "b": "2"})
    world.declare("shop", body)
    world.commit()
    async with reviewing(world.api, MUTATING, only("ruled", setting("policy"))), world.started():
        await world.follow()
        world.expect_sync(Sync.OVERRULED)
        edited = await world.api.merge(body, {"data": {"b": "mine"}}, fieldManager="somebody")
        await world.seen(edited)
        await world.api.until(body, lambda answer: answer.body["data"] == {"a": "policy", "b": "2"}, "healed")
        await world.quiet()
        world.expect_sync(Sync.OVERRULED)
        kinds = [kind for kind, _, _ in world.drifts()]
        expect(len(kinds), 1)


@engine_case
async def webhook_denies_and_nothing_is_applied(world: World) -> None:
    """A webhook denies one of three: Blocked with its words and the file; nothing is applied until it is content."""
    good, bad = [config_map("one"), config_map("two")], config_map("bad")
    world.declare("shop", *good, bad)
    world.commit()
    async with world.started():
        async with reviewing(world.api, VALIDATING, only("bad", lambda _: denied("needs an owner"))) as asked:
            await world.follow()
            status = world.expect_sync(Sync.BLOCKED)
            expect([p.code for p in status.problems], ["TL0407"])
            expect_in('admission webhook "review.example.test" denied the request: needs an owner', status.message)
            expect_in("shop/configmap-bad.yaml", str(status.problems[0].origin))
            expect_untouched(world)
            expect_that(all(request["dryRun"] for request in asked))
            world.declare("shop", *good)
            await world.push()
            await world.until_sync(Sync.SYNCED)
        expect([(await world.live(body)) != {} for body in (*good, bad)], [True, True, False])


async def _until_unreviewed(world: World) -> None:
    """Until the server no longer asks: it may see late that a configuration is gone."""
    end_s = world.clock.monotonic_s() + 20
    while world.clock.monotonic_s() < end_s:
        tried = await world.api.merge(config_map("ruled"), {"data": {"a": "probe"}}, dryRun="All")
        if tried.status == 200 and tried.body["data"]["a"] == "probe":  # noqa: PLR2004 - HTTP's
            return
        await world.clock.sleep(0.1)
    raise AssertionError("the webhook is still asked")
