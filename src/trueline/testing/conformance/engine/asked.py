"""What people ask of the engine: exactly what they were shown is done, or nothing; and what they may not is refused."""

from collections.abc import Awaitable

from trueline.health.status import Status
from trueline.loop.heal import HealWish
from trueline.loop.status import Sync
from trueline.model.fault import Fault
from trueline.record.journal import Kind
from trueline.server.access.grant import EVERYTHING, Everything
from trueline.server.answer import Adopt, Agreed, Answers, Heal, PlanQuestion, Restart, RollBack
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map, deployment, secret
from trueline.testing.conformance.engine.world import World

EDIT: Json = {"data": {"a": "9"}}
RESTARTED = "kubectl.kubernetes.io/restartedAt"


class Deployer(Everything):
    """Who may deploy, and not approve."""

    def may_approve(self, application: str) -> bool:  # noqa: ARG002 - the port's form
        """They may not."""
        return False


async def refused(asked: Awaitable[object]) -> str:
    """The code of what it was refused with; empty where it was not."""
    try:
        await asked
    except Fault as fault:
        return fault.diagnostics[0].code
    return ""


def _ref(world: World, name: str, kind: str = "ConfigMap") -> str:
    return f"{kind}/{world.api.namespace}/{name}"


async def _data(world: World, name: str = "settings") -> Json:
    data: Json = (await world.live(config_map(name)))["data"]
    return data


# ---- the plan that was shown ---------------------------------------------------------------------------------------


@engine_case
async def asked_sync_does_what_was_shown_or_nothing(world: World) -> None:
    """INV-11: where the target moved between the look and the pass, a manual application waits for another word."""
    world.declare("shop", config_map("settings", {"a": "1"}), sync={"mode": "manual"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.OUT_OF_SYNC)
        shown = (await world.control.review("shop")).plan.digest
        world.control.sync("shop", who="ada", plan=shown)
        await world.until_sync(Sync.SYNCED)
        world.declare("shop", config_map("settings", {"a": "2"}), sync={"mode": "manual"})
        await world.push()
        shown = (await world.control.review("shop")).plan.digest
        world.declare("shop", config_map("settings", {"a": "3"}), sync={"mode": "manual"})
        await world.push()
        expect(await refused(Answers(world.control).sync("shop", Agreed(plan=shown), "ada")), "TL2320")
        world.control.sync("shop", who="ada", plan=shown)  # as if it had moved only after that
        await world.settle()
        expect(world.expect_sync(Sync.OUT_OF_SYNC).message[:29], "it would do something else th")
        expect(await _data(world), {"a": "1"})
        world.now.engine.wake("shop")
        await world.quiet()
        expect_in("synced by hand", world.expect_sync(Sync.OUT_OF_SYNC).message)
        world.control.sync("shop", who="ada")
        await world.until_sync(Sync.SYNCED)
        expect(await _data(world), {"a": "3"})
        expect([r.body["who"] for r in world.records("shop", Kind.SYNC_ASKED)], ["ada", "ada", "ada"])


@engine_case
async def asked_rollback_does_what_was_shown_or_nothing(world: World) -> None:
    """INV-11, INV-37."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        answers = Answers(world.control)
        shown = await world.control.review_rollback("shop", "1")
        expect([(t.changes[0].before, t.changes[0].after) for t in shown.trials], [("2", "1")])
        world.declare("shop", config_map("settings", {"a": "3"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        asked = RollBack(revision="1", plan=shown.shown)
        expect(await refused(answers.rollback("shop", asked, "ada")), "TL2320")
        await world.quiet()
        expect((await _data(world), world.status().sync), ({"a": "3"}, Sync.SYNCED))
        shown = await world.control.review_rollback("shop", "1")
        await answers.rollback("shop", RollBack(revision="1", plan=shown.shown), "ada")
        await world.until_sync(Sync.HELD)
        expect(await _data(world), {"a": "1"})
        git = await world.control.review_git("shop")
        expect([(t.changes[0].before, t.changes[0].after) for t in git.trials], [("1", "3")])
        expect(await refused(answers.resume("shop", Agreed(plan=shown.shown), "ada")), "TL2320")
        await answers.resume("shop", Agreed(plan=git.shown), "ada")
        await world.until_sync(Sync.SYNCED)
        expect(await _data(world), {"a": "3"})


@engine_case
async def asked_rollback_that_moved_before_its_pass_is_not_begun(world: World) -> None:
    """INV-11: the last moment, between the answer and the pass."""
    world.declare("shop", config_map("settings", {"a": "1"}), config_map("more"))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}), config_map("more"))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        other = (await world.control.review_git("shop")).plan.digest
        aim = await world.control._earlier_aim(world.control.kept("shop"), "1")  # noqa: SLF001 - that moment
        world.now.engine.pin("shop", aim, other)
        await world.quiet()
        expect_in("something else than what was agreed to", world.status().message)
        expect(await _data(world), {"a": "2"})
        await world.control.rollback("shop", "1", who="ada")
        await world.until_sync(Sync.HELD)
        expect(await _data(world), {"a": "1"})


@engine_case
async def asked_plan_of_a_revision_is_of_one_that_was_followed(world: World) -> None:
    """INV-11: what nobody admitted is not read for whoever may look."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        first = world.repository.head
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        answers = Answers(world.control)
        for named in ("1", first, first[:8]):
            found = (await answers.plan("shop", PlanQuestion(revision=named))).plan
            assert found is not None
            [change] = found.changes
            expect([(one.before, one.after) for one in change.fields or ()], [("2", "1")], named)
        now = (await answers.plan("shop", PlanQuestion(revision=world.repository.head))).plan
        expect(now.changes if now else None, ())
        world.declare("shop", config_map("settings", {"a": "never followed"}))
        never = world.commit()
        for named in (never, never[:8], first[:5], "9", "main", "", "../x"):
            wanted = "" if not named else "TL2321"
            expect(await refused(answers.plan("shop", PlanQuestion(revision=named))), wanted, named)


# ---- heals ---------------------------------------------------------------------------------------------------------


@engine_case
async def asked_heal_puts_back_what_is_only_warned_of(world: World) -> None:
    """Named objects or all of them, the fields shown first; what is not named stays as it is."""
    world.declare("shop", config_map("settings"), config_map("more"), sync={"drift": "warn"})
    async with world.synced():
        answers = Answers(world.control)
        for name in ("settings", "more"):
            await world.seen(await world.api.merge(config_map(name), EDIT, fieldManager="kubectl-edit"))
        shown = await world.control.remedies.review_heal("shop", [_ref(world, "settings")])
        [trial] = shown.trials
        expect([(one.path, one.before, one.after) for one in trial.changes], [("data.a", "9", "1")])
        await answers.heal("shop", Heal(refs=(_ref(world, "settings"),), plan=shown.shown), "ada", EVERYTHING)
        await world.settle()
        expect(((await _data(world))["a"], (await _data(world, "more"))["a"]), ("1", "9"))
        [record] = world.records("shop", Kind.HEAL_ASKED)
        expect((record.body["who"], record.body["refs"]), ("ada", [_ref(world, "settings")]))
        done = await answers.heal("shop", Heal(), "ada", EVERYTHING)
        expect(done.refs, (_ref(world, "more"),))
        await world.settle()
        expect((await _data(world, "more"))["a"], "1")
        world.expect_sync(Sync.SYNCED)
        expect(await refused(answers.heal("shop", Heal(), "ada", EVERYTHING)), "TL2325")
        expect(await refused(answers.heal("shop", Heal(refs=("ConfigMap/x/theirs",)), "ada", EVERYTHING)), "TL2322")


@engine_case
async def asked_heal_brings_back_what_was_deleted_where_drift_is_ignored(world: World) -> None:
    """And nothing that Git has changed since: a manual application keeps waiting for that."""
    sync: Json = {"drift": "ignore", "mode": "manual"}
    world.declare("shop", config_map("settings"), config_map("more", {"a": "1"}), sync=sync)
    world.commit()
    async with world.started():
        await world.follow()
        world.control.sync("shop", who="ada")
        await world.until_sync(Sync.SYNCED)
        await world.api.delete(config_map("settings"))
        await world.until(lambda: world.status().health is Status.MISSING, "missing")
        world.declare("shop", config_map("settings"), config_map("more", {"a": "2"}), sync=sync)
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.OUT_OF_SYNC)
        await Answers(world.control).heal("shop", Heal(), "ada", EVERYTHING)
        await world.settle()
        expect((await _data(world), await _data(world, "more")), ({"a": "1", "b": "2"}, {"a": "1"}))
        world.expect_sync(Sync.OUT_OF_SYNC)


@engine_case
async def asked_heal_is_of_what_was_shown(world: World) -> None:
    """INV-11: whoever changed it meanwhile is not overrun unseen, in the last moment neither."""
    world.declare("shop", config_map("settings"), sync={"drift": "warn"})
    async with world.synced():
        await world.seen(await world.api.merge(config_map("settings"), EDIT, fieldManager="kubectl-edit"))
        shown = await world.control.remedies.review_heal("shop")
        change: Json = {"data": {"b": "9"}}
        await world.seen(await world.api.merge(config_map("settings"), change, fieldManager="kubectl-edit"))
        answers = Answers(world.control)
        expect(await refused(answers.heal("shop", Heal(plan=shown.shown), "ada", EVERYTHING)), "TL2320")
        await answers.heal("shop", Heal(), "ada", EVERYTHING)
        wish = world.now.engine.kept["shop"].healing
        assert wish is not None, "it is healed in the engine's own turn"
        world.now.engine.kept["shop"].healing = type(wish)(
            refs=wish.refs, plan=shown.shown, takes_away=False, is_agreed=False, missed=wish.missed
        )
        await world.settle()
        expect(await _data(world), {"a": "9", "b": "9"})
        expect(world.records("shop", Kind.HEAL_ASKED)[-1].body["missed"], "the target has changed since")


@engine_case
async def asked_heal_is_refused_where_nothing_may_be_written(world: World) -> None:
    """INV-11: a hold, a plan that is only made, and an agreement that is missing are no word of a person's to go on."""
    world.declare("shop", config_map("settings"), sync={"drift": "warn"})
    async with world.synced():
        await world.seen(await world.api.merge(config_map("settings"), EDIT, fieldManager="kubectl-edit"))
        answers = Answers(world.control)
        world.control.hold("shop", who="bo", why="a look")
        expect(await refused(answers.heal("shop", Heal(), "ada", EVERYTHING)), "TL2323")
        world.control.resume("shop", who="bo")
        await answers.heal("shop", Heal(), "ada", EVERYTHING)
        world.control.hold("shop", who="bo", why="in the last moment")
        await world.settle()
        expect_in("in the last moment", world.records("shop", Kind.HEAL_ASKED)[-1].body["missed"])
        world.control.resume("shop", who="bo")
        for sync, code in (({"mode": "plan-only"}, "TL2324"), ({"approve": "always"}, "TL2326")):
            world.declare("shop", config_map("settings"), sync={"drift": "warn", **sync})
            await world.push()
            shown = await world.control.remedies.review_heal("shop")
            asked = Heal(plan=shown.shown)
            expect(await refused(answers.heal("shop", asked, "ada", Deployer())), code)
        await world.quiet()
        expect((await _data(world))["a"], "9")


@engine_case
async def asked_heal_is_agreed_to_by_whoever_may_approve(world: World) -> None:
    """INV-11: where every change is approved first, by a person who may, for the plan that they name, and once."""
    world.declare("shop", config_map("settings"), sync={"drift": "warn", "approve": "always"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.WAITING)
        world.control.approve("shop", "", who="bo")
        await world.until_sync(Sync.SYNCED)
        answers = Answers(world.control)
        for who, reader, code in (("ada", EVERYTHING, ""), ("bo", Deployer(), "TL2326")):
            await world.seen(await world.api.merge(config_map("settings"), EDIT, fieldManager="kubectl-edit"))
            shown = await world.control.remedies.review_heal("shop")
            expect(await refused(answers.heal("shop", Heal(), who, EVERYTHING)), "TL2350")
            expect(await refused(answers.heal("shop", Heal(plan=shown.shown), who, reader)), code)
            await world.quiet()
            expect((await _data(world))["a"], "9" if code else "1", who)
        [record] = world.records("shop", Kind.HEAL_ASKED)
        why = "every change of this application is approved first"
        expect((record.body["who"], record.body["agreed"]), ("ada", why))
        missed: list[str] = []
        shown = await world.control.remedies.review_heal("shop")
        refs = frozenset(change.ref for change in shown.plan.changes)
        unagreed = HealWish(
            refs=refs, plan=shown.shown, takes_away=False, is_agreed=False, missed=missed.append
        )  # as if Git asked for it only after that
        world.now.engine.heal("shop", unagreed)
        await world.quiet()
        expect(((await _data(world))["a"], missed), ("9", [why]))


@engine_case
async def asked_heal_takes_away_what_tools_added_only_where_it_is_asked_for(world: World) -> None:
    """What others put beside ours is theirs, until somebody says that it goes."""
    world.declare("shop", config_map("settings"))
    async with world.synced():
        change: Json = {"data": {"theirs": "1"}}
        await world.seen(await world.api.merge(config_map("settings"), change, fieldManager="kubectl-edit"))
        answers = Answers(world.control)
        expect(await refused(answers.heal("shop", Heal(), "ada", EVERYTHING)), "TL2325")
        await answers.heal("shop", Heal(added=True), "ada", EVERYTHING)
        await world.settle()
        expect(await _data(world), {"a": "1", "b": "2"})


@engine_case
async def asked_adoption_is_a_patch_that_says_what_is_live(world: World) -> None:
    """A drift that is to stay is a change for Git: the very lines, and what no line can say is told with its place."""
    text = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  a: "1"  # one
  b: two
---
apiVersion: v1
kind: ConfigMap
metadata: {name: flow}
data: {a: x, b: "2"}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: line, labels: {a: x}}, data: {a: x}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: twice
  labels: &both
    a: x
data: *both
---
"""
    item = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"}, "data": {"a": "x"}}'
    text += f'{{"apiVersion": "v1", "kind": "List", "items": [{item % "item-1"}, {item % "item-2"}]}}\n'
    world.declare("shop", secret("key", {"password": "correct-horse-1"}), sync={"drift": "warn"})
    world.applications["shop"].files = {"all.yaml": text.encode()}
    async with world.synced():
        edit: Json = {"data": {"a": "9", "b": "true"}}
        await world.seen(await world.api.merge(config_map("settings"), edit, fieldManager="kubectl-edit"))
        for name in ("flow", "line", "twice", "item-2"):
            await world.seen(await world.api.merge(config_map(name), {"data": {"a": "y"}}, fieldManager="kubectl-edit"))
        changed: Json = {"stringData": {"password": "correct-horse-2"}}
        await world.seen(await world.api.merge(secret("key", {}), changed, fieldManager="kubectl-edit"))
        answers = Answers(world.control, world.toolbox)
        found = await answers.adopt("shop", Adopt(), "ada")
        added = [line for line in found.patch.splitlines() if line.startswith("+")]
        line = '+{apiVersion: v1, kind: ConfigMap, metadata: {name: line, labels: {a: x}}, data: {a: "y"}}'
        expect(added, ["+++ b/shop/all.yaml", '+  a: "9"  # one', '+  b: "true"', '+data: {a: "y", b: "2"}', line])
        left = {(one.ref.rpartition("/")[2], one.path) for one in found.fields if not one.in_patch}
        expect(left, {("key", "data.password"), ("twice", "data.a"), ("item-2", "data.a")})
        expect_that("correct-horse" not in str(found))
        expect_that("Y29ycmVjdC1ob3JzZS0" not in str(found))
        expect(
            [one.origin.partition("@")[0] for one in found.fields if one.ref.endswith("/flow")], ["shop/all.yaml:11"]
        )
        [record] = world.records("shop", Kind.ADOPTION_OFFERED)
        expect(record.body["who"], "ada")
        expect((await _data(world))["a"], "9", "nothing is done here")


# ---- restarts ------------------------------------------------------------------------------------------------------


async def _restarted(world: World) -> str:
    live = await world.live(deployment("web"))
    return str((live["spec"]["template"]["metadata"].get("annotations") or {}).get(RESTARTED, ""))


@engine_case
async def asked_restart_is_no_drift_and_stays(world: World) -> None:
    """INV-19: the annotation is of a hand of its own; no look calls it drift, and no apply takes it away."""
    world.declare("shop", deployment("web", replicas=1), sync={"added": "heal"})
    async with world.synced():
        await world.until(lambda: world.status().is_true, "true")
        answers, ref = Answers(world.control, clock=world.clock), _ref(world, "web", "Deployment.apps")
        shown = await world.control.remedies.review_restart("shop", ref)
        expect(shown.workload.pods, 1)
        done = await answers.restart("shop", Restart(ref=ref, plan=shown.plan), "ada")
        expect((done.ref, done.pods), (ref, 1))
        at = await _restarted(world)
        expect_that(at)
        await world.quiet()
        await world.until(lambda: world.status().is_true, "true again")
        expect(world.drifts(), [])
        expect(await refused(answers.restart("shop", Restart(ref=ref, plan=shown.plan), "ada")), "TL2320")
        world.declare("shop", deployment("web", replicas=2), sync={"added": "heal"})
        await world.push()
        await world.until(lambda: world.status().is_true, "true at two")
        live = await world.live(deployment("web"))
        expect((await _restarted(world), live["spec"]["replicas"]), (at, 2))
        managers = {one["manager"] for one in live["metadata"]["managedFields"]}
        expect_in(f"trueline-restart:{world.installation}", managers)
        [record] = world.records("shop", Kind.RESTART)
        expect((record.body["who"], record.body["ref"], record.body["pods"]), ("ada", ref, 1))


@engine_case
async def asked_restart_takes_over_from_kubectl_and_hides_nothing_else(world: World) -> None:
    """INV-19: whoever goes by the name of that hand and owns another field is told of like anybody."""
    world.declare("shop", deployment("web"), sync={"drift": "warn"})
    async with world.synced():
        mine: Json = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: "2026-01-01T00:00:00Z"}}}}}
        await world.api.merge(deployment("web"), mine, fieldManager="kubectl-rollout")
        answers, ref = Answers(world.control, clock=world.clock), _ref(world, "web", "Deployment.apps")
        await answers.restart("shop", Restart(ref=ref), "ada")
        expect_that(not (await _restarted(world)).startswith("2026-01-01T"))
        other: Json = {"spec": {"minReadySeconds": 7}}
        name = f"trueline-restart:{world.installation}"
        await world.seen(await world.api.merge(deployment("web"), other, fieldManager=name))
        kind, fields, managers = world.drifts()[-1]
        expect(kind, "added")
        expect_in("spec.minReadySeconds", fields)
        expect_in(name, managers)
        expect_that(not any("restartedAt" in field for field in fields))


@engine_case
async def asked_restart_is_of_workloads_of_the_application_alone(world: World) -> None:
    """INV-01: nobody's workload is restarted through us, and none that Git restarts itself."""
    paused = deployment("paused", paused=True)
    own = deployment("own")
    own["spec"]["template"]["metadata"]["annotations"] = {RESTARTED: "2026-01-01T00:00:00Z"}
    world.declare("shop", deployment("web"), paused, own, config_map("settings"))
    async with world.synced():
        await world.api.create(deployment("theirs"))
        answers = Answers(world.control, clock=world.clock)
        for name, kind, code in (
            ("theirs", "Deployment.apps", "TL2330"),
            ("none", "Deployment.apps", "TL2330"),
            ("settings", "ConfigMap", "TL2330"),
            ("paused", "Deployment.apps", "TL2331"),
            ("own", "Deployment.apps", "TL2331"),
        ):
            asked = Restart(ref=_ref(world, name, kind))
            expect(await refused(answers.restart("shop", asked, "ada")), code, name)
        await world.api.delete(deployment("web"))
        await world.api.create(deployment("web"))
        expect(
            await refused(answers.restart("shop", Restart(ref=_ref(world, "web", "Deployment.apps")), "a")), "TL2330"
        )
        world.declare("shop", deployment("web"), sync={"mode": "plan-only"})
        await world.push()
        expect(
            await refused(answers.restart("shop", Restart(ref=_ref(world, "web", "Deployment.apps")), "a")), "TL2324"
        )
        expect(world.records("shop", Kind.RESTART), [])


@engine_case
async def asked_refresh_looks_at_git_and_the_application_now(world: World) -> None:
    """Nobody waits for the interval, or for a pause after failures."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        world.commit()
        await world.quiet()
        expect(await _data(world), {"a": "1"}, "the interval is an hour")
        world.control.refresh("shop", who="ada")
        await world.api.until(config_map("settings"), lambda a: a.body["data"] == {"a": "2"}, "followed")
        expect([r.body["who"] for r in world.records("shop", Kind.REFRESH_ASKED)], ["ada"])
