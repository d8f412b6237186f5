"""What people see of an application's objects: the tree of them, and one of them field by field (INV-25)."""

from trueline.loop.status import Sync
from trueline.model.fault import UserError
from trueline.runtime.http import Request, Unreachable
from trueline.server.answer import Answers, ResourceQuestion
from trueline.server.body import NodeBody, ResourceSightBody
from trueline.server.page.fleet import Facts
from trueline.server.page.resource import Known, ResourceQuestion as ResourceAsked, resource
from trueline.server.page.template import render
from trueline.server.reading import Nothing
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map, deployment
from trueline.testing.conformance.engine.world import PATIENCE_S, World


async def _tree(world: World) -> tuple[NodeBody, ...]:
    return (await Answers(world.control).tree("shop", Nothing())).nodes


async def _settled_tree(world: World) -> tuple[NodeBody, ...]:
    """The tree once two pods are left: those of before take their time to go."""
    end_s = world.clock.monotonic_s() + PATIENCE_S
    while True:
        nodes = await _tree(world)
        if sum(node.ref.startswith("Pod/") for node in nodes) == 2 or world.clock.monotonic_s() > end_s:  # noqa: PLR2004
            return nodes
        await world.clock.sleep(0.05)


async def _seen(world: World, ref: str) -> ResourceSightBody:
    answers = Answers(world.control, world.toolbox)
    return await answers.resource("shop", ResourceQuestion(ref=ref.replace("NS", world.api.namespace)))


@engine_case
async def insight_tree_shows_what_is_made_of_what_is_declared(world: World) -> None:
    """A Deployment, its ReplicaSet and its Pods, each below its owner; a ReplicaSet of before is history."""
    world.declare("shop", deployment("web", replicas=2), config_map("settings"))
    async with world.synced():
        await world.until(lambda: world.status().health.value == "Healthy", "healthy")
        for args in (["one"], ["two"]):
            body = deployment("web", replicas=2)
            body["spec"]["template"]["spec"]["containers"][0]["args"] = args
            world.declare("shop", body, config_map("settings"))
            await world.push()
            await world.until(lambda: world.status().is_true, "true")
        nodes = await _settled_tree(world)
        kinds = [(node.ref.partition("/")[0], node.role, node.health.status) for node in nodes]
        expect(
            kinds,
            [
                ("ConfigMap", "declared", "Healthy"),
                ("Deployment.apps", "declared", "Healthy"),
                ("ReplicaSet.apps", "made", "Healthy"),
                ("Pod", "made", "Healthy"),
                ("Pod", "made", "Healthy"),
            ],
        )
        _, web, replica_set, *pods = nodes
        expect((replica_set.parent, {pod.parent for pod in pods}), (web.ref, {replica_set.ref}))
        pod = await _seen(world, pods[0].ref)
        expect((pod.is_declared, pod.is_live, pod.health.status), (False, True, "Healthy"))
        expect_that(all(not field.differs for field in pod.fields))


@engine_case
async def insight_field_says_who_and_why(world: World) -> None:
    """A field that somebody changed: declared, live, by whom, in which line, and at which commit it was applied."""
    body = config_map("settings", {"a": "1", "b": "1"})
    world.declare("shop", body, sync={"drift": "warn"})
    async with world.synced():
        expect_status(await world.api.merge(body, {"data": {"a": "by hand"}}, fieldManager="kubectl-edit"), 200)
        await world.until_sync(Sync.OUT_OF_SYNC)
        seen = await _seen(world, "ConfigMap/NS/settings")
        fields = {field.path: field for field in seen.fields}
        a, b = fields["data.a"], fields["data.b"]
        expect((a.declared, a.live, a.differs, a.managers), ("1", "by hand", True, ("kubectl-edit",)))
        expect((b.differs, b.managers), (False, (f"trueline:{world.installation}",)))
        expect([(one.name, one.is_ours) for one in seen.writers], [("kubectl-edit", False), (b.managers[0], True)])
        expect_that(all(one.at for one in seen.writers) and seen.count == len(seen.fields))
        lines = world.repository.files(world.now.engine.look.ground.artifact)  # type: ignore[union-attr]
        text = (await lines.read("shop/configmap-settings.yaml")).decode().splitlines()
        path, _, line = a.origin.partition(":")
        expect((path, text[int(line) - 1].strip().startswith('"a"')), ("shop/configmap-settings.yaml", True))
        applied = seen.applied
        assert applied is not None
        assert applied.commit is not None
        expect((applied.action, applied.commit.author), ("create", "Ada"))
        expect([node.drift for node in await _tree(world)], ["changed"])


def _page(world: World, seen: ResourceSightBody) -> bytes:
    """What people are shown of it."""
    facts = Facts(
        repository="", revision=None, problems=(), notes=(), is_ready=True, place="", has_problems=False, is_whole=False
    )
    known = Known(application="shop", sight=seen, commit=None, facts=facts)
    return render("resource.html", resource(known, ResourceAsked(ref=seen.ref), world.clock.now()), title="")


@engine_case
async def insight_of_a_secret_shows_no_value(world: World) -> None:
    """INV-25: neither what is declared nor what is live, nor on its page; that they differ is said."""
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token"},
        "data": {"a": "aHVudGVyMg=="},
    }
    world.declare("shop", body, sync={"drift": "warn"})
    async with world.synced():
        expect_status(await world.api.merge(body, {"data": {"a": "aHVudGVyMw=="}}), 200)
        await world.until_sync(Sync.OUT_OF_SYNC)
        seen = await _seen(world, "Secret/NS/token")
        [field] = [one for one in seen.fields if one.path == "data.a"]
        expect((field.declared, field.live, field.differs), ("***", "***", True))
        expect_that("aHVudGVyM" not in repr(seen))
        page = _page(world, seen)
        expect((b"***" in page, b"aHVudGVyM" in page), (True, False))


@engine_case
async def insight_ends_at_the_application(world: World) -> None:
    """What is neither declared nor made of what is, is not shown, whoever knows its name; nor is what is not there."""
    theirs = config_map("theirs")
    world.declare("shop", config_map("settings"))
    expect_status(await world.api.create(theirs), 201)
    async with world.synced():
        for ref in ("ConfigMap/NS/theirs", "ConfigMap/NS/nothing", "Pod/kube-system/x", "nonsense", ""):
            try:
                await _seen(world, ref)
            except UserError as fault:
                expect([one.code for one in fault.diagnostics], ["TL0727"])
            else:
                raise AssertionError(f"{ref} is shown")


@engine_case
async def insight_tells_what_happened_to_an_object(world: World) -> None:
    """The cluster's own events of it, the newest first."""
    body = config_map("settings")
    world.declare("shop", body)
    async with world.synced():
        live = await world.live(body)
        about = {"kind": "ConfigMap", "namespace": world.api.namespace, "name": "settings"}
        for number, kind in enumerate(("Normal", "Warning")):
            event = {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"settings.{number}"},
                "involvedObject": {**about, "uid": live["metadata"]["uid"]},
                "reason": f"Because{number}",
                "message": "it was so",
                "type": kind,
                "count": number + 1,
                "lastTimestamp": f"2026-07-01T12:00:0{number}Z",
                "source": {"component": "tests"},
            }
            expect_status(await world.api.create(event), 201)
        seen = await _seen(world, "ConfigMap/NS/settings")
        expect(
            [(one.reason, one.is_warning, one.count, one.by) for one in seen.happenings],
            [("Because1", True, 2, "tests"), ("Because0", False, 1, "tests")],
        )
        expect(seen.unknown, ())


def _cut(request: Request) -> None:
    raise Unreachable(f"{request.method} {request.path}: the line is cut")


@engine_case
async def insight_says_what_it_cannot_tell(world: World) -> None:
    """INV-04: where the cluster does not answer, nothing is said of the object, and why."""
    world.declare("shop", config_map("settings"))
    async with world.synced():
        world.weather.before = _cut
        seen = await _seen(world, "ConfigMap/NS/settings")
        world.weather.before = None
        expect((seen.health.status, seen.fields), ("Unknown", ()))
        expect(len(seen.unknown), 1)
        expect_in("ConfigMap", seen.unknown[0])
