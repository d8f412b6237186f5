"""D6 through the engine: all of it is tried before any of it is done, as far as the server can know."""

from collections.abc import Callable

import msgspec

from trueline.loop.status import Sync
from trueline.runtime.http import Request, Response
from trueline.testing.conformance.api import Answer, Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map, definition, deployment, gadget, secret, service
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World
from trueline.trial.trial import Verdict


def expect_untouched(world: World) -> None:
    """The engine wrote nothing to the cluster.

    Raises:
        AssertionError: it did.
    """
    expect([(r.method, r.path) for r in world.weather.seen if is_write(r)], [])


@engine_case
async def trial_one_invalid_among_ten(world: World) -> None:
    """INV-17: two of ten are refused: none is applied, and both refusals are told, each with its file."""
    good = [config_map(f"good-{n}") for n in range(8)]
    broken = service("broken", ports=[{"port": 99999}])
    invalid = deployment("invalid")
    invalid["spec"]["template"]["metadata"]["labels"] = {"app": "another"}
    world.declare("shop", *good, broken, invalid)
    world.commit()
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        origins = sorted(str(problem.origin).partition(":")[0] for problem in status.problems)
        expect(origins, ["shop/deployment-invalid.yaml", "shop/service-broken.yaml"], status.problems)
        expect_untouched(world)
        world.declare("shop", *good)
        await world.push()
        await world.until_sync(Sync.SYNCED)


@engine_case
async def trial_schema_error_before_any_request(world: World) -> None:
    """What the schema refuses is told with its field and place; nothing is applied."""
    typo = deployment("typo")
    typo["spec"]["replica"] = 3
    wrong = deployment("wrong", replicas="many")
    world.declare("shop", config_map("good"), typo, wrong)
    world.commit()
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        told = " ".join(str(problem) for problem in status.problems)
        expect_in("replica", told)
        expect_in("deployment-typo.yaml", told)
        expect_in("deployment-wrong.yaml", told)
        expect_untouched(world)


@engine_case
async def trial_quota(world: World) -> None:
    """INV-17: a quota that stands on the target refuses before anything is done."""
    quota: Json = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": {"count/secrets": "0"}},
    }
    expect_status(await world.api.create(quota), 201)
    await world.api.until(quota, lambda a: "count/secrets" in a.body.get("status", {}).get("used", {}), "counted")
    world.declare("shop", config_map("good"), secret("access", {"k": "canary-quota"}))
    world.commit()
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        expect([p.code for p in status.problems], ["TL0407"])
        expect_in("exceeded quota", status.problems[0].detail)
        expect_untouched(world)
        expect_that(b"canary-quota" not in world.recorded())


def _port_of(world: World) -> int:
    return 30000 + int(world.api.unique, 16) % 2700


@engine_case
async def trial_node_port_taken(world: World) -> None:
    """A nodePort that another Service has is refused before anything is done."""
    port = _port_of(world)
    theirs = service("theirs", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    expect_status(await world.api.create(theirs), 201)
    ours = service("ours", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    world.declare("shop", config_map("good"), ours)
    world.commit()
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        expect_in("already allocated", status.message)
        expect_untouched(world)


@engine_case
async def trial_node_port_twice_in_one_plan(world: World) -> None:
    """The same nodePort twice in one plan passes each dry run: it is found before anything is done."""
    port = _port_of(world)
    twice = [service(name, type="NodePort", ports=[{"port": 80, "nodePort": port}]) for name in ("one", "two")]
    world.declare("shop", config_map("good"), *twice)
    world.commit()
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        expect_in(str(port), status.message)
        expect_untouched(world)


@engine_case
async def trial_namespace_and_content(world: World) -> None:
    """A namespace and what is in it, in one commit: the content is tried once its namespace stands."""
    name = f"made-{world.api.unique}"
    inside = [config_map("a", namespace=name), deployment("web")]
    inside[1]["metadata"]["namespace"] = name
    namespace: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    world.declare("shop", namespace, *inside)
    async with world.synced():
        for body in inside:
            expect_that(await world.live(body))
    expect_status(await world.api.delete(namespace), 200)


@engine_case
async def trial_definition_and_object(world: World) -> None:
    """A CRD and an object of it in one commit; then a field more in both, in one commit."""
    unique = world.api.unique
    crd = definition(unique, "size")
    world.declare("shop", crd, gadget(unique, "one", size="1"))
    world.commit()
    try:
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            changed = gadget(unique, "one", size="1", colour="red")
            world.declare("shop", definition(unique, "size", "colour"), changed)
            await world.push()
            await world.until_sync(Sync.SYNCED)
            expect((await world.live(changed))["spec"], {"size": "1", "colour": "red"})
    finally:
        await world.api.delete(crd)


@engine_case
async def trial_missing_rights(world: World) -> None:
    """A 403 names the verb and the kind, and nothing is done."""
    world.declare("shop", config_map("good"), secret("access", {"k": "v"}))
    world.commit()

    def storm(request: Request) -> Response | None:
        if request.method != "PATCH" or "/secrets/" not in request.path:
            return None
        message = 'secrets "access" is forbidden: User "x" cannot patch resource "secrets" in API group ""'
        message += f' in the namespace "{world.api.namespace}"'
        body = _status_body(403, "Forbidden", message)
        return Response(status=403, headers={"content-type": "application/json"}, body=body)

    world.weather.storm = storm
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        expect([p.code for p in status.problems], ["TL0404"])
        expect_in("may not patch Secret", status.message)
        expect_untouched(world)
        world.weather.storm = None
        await world.follow()
        await world.until_sync(Sync.SYNCED)


def _status_body(code: int, reason: str, message: str) -> bytes:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return msgspec.json.encode(body | {"message": message})


@engine_case
async def trial_of_who_may_only_read(world: World) -> None:
    """INV-36: a plan made with rights to read alone says that it was not tried, and no plan sends a write."""
    kept = config_map("kept")
    world.declare("shop", kept, config_map("leaves"))
    async with world.synced():
        await world.quiet()
        world.weather.storm = _only_reads
        world.declare("shop", config_map("kept", {"a": "2"}), config_map("new"))
        await world.push()
        world.expect_sync(Sync.BLOCKED)
        world.weather.seen = []
        found = await world.control.review("shop")
        expect({trial.change.ref.name for trial in found.trials}, {"kept", "new", "leaves"})
        expect({trial.verdict for trial in found.trials}, {Verdict.UNTRIED})
        expect(found.plan.problems, ())
        world.weather.storm = None
        tried = await world.control.review("shop")
        expect({trial.verdict for trial in tried.trials}, {Verdict.PASSED})
        expect([request.path for request in world.weather.seen if is_write(request)], [])


def _only_reads(request: Request) -> Response | None:
    """Whoever asks has a role that may get, list and watch."""
    if request.method == "GET":
        return None
    message = 'configmaps "kept" is forbidden: User "x" cannot patch resource "configmaps" in API group ""'
    message += ' in the namespace "shop"'
    body = _status_body(403, "Forbidden", message)
    return Response(status=403, headers={"content-type": "application/json"}, body=body)


@engine_case
async def trial_refused_after_the_trial(world: World) -> None:
    """A refusal that only the apply meets is Partly, with what was done; the next pass goes on from there."""

    def storm(request: Request) -> Response | None:
        if not is_write(request) or not request.path.endswith("/deployments/web"):
            return None
        body = _status_body(403, "Forbidden", 'deployments.apps "web" is forbidden: exceeded quota: q')
        return Response(status=403, headers={"content-type": "application/json"}, body=body)

    body = deployment("web")
    world.declare("shop", config_map("good"), body)
    world.commit()
    world.weather.storm = storm
    async with world.started():
        await world.follow()
        status = await world.until_sync(Sync.PARTLY)
        expect_in("exceeded quota", status.message)
        expect_that(await world.live(config_map("good")))
        expect(await world.live(body), {})
        world.weather.storm = None
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(body))


@engine_case
async def trial_broken_manifest_stops_no_other(world: World) -> None:
    """INV-30: a broken manifest blocks its application, keeps what that had, and stops no other."""
    world.declare("shop", config_map("settings"))
    world.declare("blog", config_map("other"))
    world.commit()
    async with world.started():
        await world.follow()
        world.declare("shop", files={"broken.yaml": b"kind: [\n"})
        world.declare("blog", config_map("other", {"a": "2"}))
        await world.push()
        world.expect_sync(Sync.BLOCKED)
        expect_in("broken.yaml", str(world.status().problems[0].origin))
        await world.until_sync(Sync.SYNCED, "blog")
        expect((await world.live(config_map("other")))["data"], {"a": "2"})
        expect_that(await world.live(config_map("settings")))
        change: Json = {"data": {"a": "9"}}
        expect_status(await world.api.merge(config_map("settings"), change, fieldManager="kubectl"), 200)

        def is_healed(answer: Answer) -> bool:
            return bool(answer.body["data"]["a"] == "1")

        await world.api.until(config_map("settings"), is_healed, "healed though its new commit is broken")


@engine_case
async def trial_what_a_refused_commit_changes_is_kept(world: World) -> None:
    """INV-17: an object that the refused commit changes is healed to what it was before, and stays refused."""
    world.declare("shop", config_map("settings"))
    async with world.synced():
        lost = config_map("lost", namespace=f"missing-{world.api.unique}")
        world.declare("shop", config_map("settings", {"a": "2"}), lost)
        await world.push()
        world.expect_sync(Sync.BLOCKED)
        change: Json = {"data": {"a": "9"}}
        expect_status(await world.api.merge(config_map("settings"), change, fieldManager="kubectl"), 200)
        await world.api.until(config_map("settings"), _has("1"), "healed to what it was")
        world.expect_sync(Sync.BLOCKED)
        await world.api.delete(config_map("settings"))
        await world.api.until(config_map("settings"), _has("1"), "made again as it was")
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        world.expect_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})


@engine_case
async def trial_what_waits_for_a_person_is_kept(world: World) -> None:
    """While a plan waits for its approval, what was applied before is healed, also what the plan changes."""
    names = [f"c{number}" for number in range(8)]
    world.declare("shop", config_map("settings"), config_map("other"), *map(config_map, names))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}), config_map("other"))
        await world.push()
        world.expect_sync(Sync.WAITING)
        change: Json = {"data": {"a": "9"}}
        for name in ("settings", "other", "c3"):
            expect_status(await world.api.merge(config_map(name), change, fieldManager="kubectl"), 200)
        for name in ("settings", "other", "c3"):
            await world.api.until(config_map(name), _has("1"), f"{name} is healed")
        await world.quiet()  # what was healed is planned again, and that is the plan to agree to
        world.expect_sync(Sync.WAITING)
        await world.approve("shop")
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})
        expect(await world.live(config_map("c3")), {})


@engine_case
async def trial_a_heal_waits_where_all_is_approved(world: World) -> None:
    """INV-11: where every change is approved first, nothing is healed beside a plan that waits."""
    world.declare("shop", config_map("settings"), config_map("other"))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}), config_map("other"), sync={"approve": "always"})
        await world.push()
        world.expect_sync(Sync.WAITING)
        change: Json = {"data": {"a": "9"}}
        for name in ("settings", "other"):
            expect_status(await world.api.merge(config_map(name), change, fieldManager="kubectl"), 200)
        await world.quiet()
        for name in ("settings", "other"):
            expect((await world.live(config_map(name)))["data"]["a"], "9")


def _has(value: str) -> Callable[[Answer], bool]:
    return lambda answer: bool(answer.body.get("data", {}).get("a") == value)


@engine_case
async def trial_namespace_that_is_missing(world: World) -> None:
    """A namespace that nobody declares is told with its remedy, before anything is done."""
    world.declare("shop", config_map("good"), config_map("lost", namespace=f"missing-{world.api.unique}"))
    world.commit()
    async with world.started():
        await world.follow()
        status = world.expect_sync(Sync.BLOCKED)
        expect([p.code for p in status.problems], ["TL0405"])
        expect_untouched(world)


@engine_case
async def trial_immutable_field(world: World) -> None:
    """An immutable field is reported, and replaced only where Git names the object and a person agrees."""
    body = deployment("web")
    world.declare("shop", body)
    async with world.synced():
        uid = (await world.live(body))["metadata"]["uid"]
        changed = deployment("web", selector={"matchLabels": {"app": "web", "x": "y"}})
        changed["spec"]["template"]["metadata"]["labels"]["x"] = "y"
        world.declare("shop", changed)
        await world.push()
        status = world.expect_sync(Sync.BLOCKED)
        expect([p.code for p in status.problems], ["TL0402"])
        expect((await world.live(body))["metadata"]["uid"], uid)
        ref = f"Deployment.apps/{world.api.namespace}/web"
        world.declare("shop", changed, sync={"replace": [ref]})
        await world.push()
        status = world.expect_sync(Sync.WAITING)
        await world.approve("shop")
        await world.until_sync(Sync.SYNCED)
        expect_that((await world.live(changed))["metadata"]["uid"] != uid)


@engine_case
async def trial_only_adds_until_the_last_one_passed(world: World) -> None:
    """INV-17: an object that only its own new definition refuses.

    No earlier wave, no prune happens before it was tried.
    """
    unique, old, early = world.api.unique, config_map("old"), config_map("early")
    early["metadata"]["annotations"] = {"trueline.dev/wave": "-1"}
    crd = definition(unique, "size")
    rule = {"rule": "self.size != 'bad'", "message": "no bad sizes"}
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["x-kubernetes-validations"] = [rule]
    world.declare("shop", old, config_map("stays"))
    world.commit()
    try:
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            world.declare("shop", config_map("stays"), early, crd, gadget(unique, "one", size="bad"))
            await world.push()
            await world.until(lambda: "no bad sizes" in world.status().message, "refused")
            await world.quiet()
            expect_that(world.status().sync in {Sync.PARTLY, Sync.BLOCKED})
            expect_that(await world.live(old))
            expect(await world.live(early), {})
            world.declare("shop", config_map("stays"), early, crd, gadget(unique, "one", size="good"))
            await world.push()
            await world.until_sync(Sync.SYNCED)
            expect(await world.live(old), {})
            expect_that(await world.live(early))
    finally:
        await world.api.delete(crd)


@engine_case
async def trial_kind_that_a_dependency_makes(world: World) -> None:
    """A kind that comes with an application that another one depends on: foreseen, and applied without a new commit."""
    unique = world.api.unique
    crd, one = definition(unique, "size"), gadget(unique, "one", size="big")
    world.declare("crds", config_map("first"))
    world.declare("shop", config_map("settings"), depends_on=("crds",))
    world.commit()
    try:
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            world.declare("crds", config_map("first"), crd)
            world.declare("shop", config_map("settings"), one, depends_on=("crds",))
            await world.push()
            await world.until_sync(Sync.SYNCED)
            expect_that(await world.live(one))
    finally:
        await world.api.delete(crd)
