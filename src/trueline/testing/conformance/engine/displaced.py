"""What stands in the place of ours, and what is refused beside it: it is put back, and it stops nothing else."""

from trueline.loop.status import Sync
from trueline.testing.conformance.api import Answer, Json
from trueline.testing.conformance.case import expect, expect_status
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.drift import APP, POD
from trueline.testing.conformance.engine.sample import config_map, deployment, service
from trueline.testing.conformance.engine.world import World


def _ported(number: int) -> Json:
    """The operation by which an editor gives the first port another number: the key of the list's item."""
    return {"op": "replace", "path": "/spec/ports/0/port", "value": number}


@engine_case
async def drift_key_of_an_item_edited(world: World) -> None:
    """A port's number is edited: another stands in our port's place, beside which ours is refused. Ours is put back."""
    body = service("web", ports=[{"port": 80, "targetPort": 8080}])
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        edited = await world.api.edit(body, [_ported(8080)], fieldManager="kubectl-edit")
        expect(expect_status(edited, 200).body["spec"]["ports"][0]["port"], 8080)
        await world.api.until(body, lambda a: [p["port"] for p in a.body["spec"]["ports"]] == [80], "put back")
        await world.until_sync(Sync.SYNCED)
        (found,) = world.drifts()
        expect(found[0], "changed")
        expect(found[2], ["kubectl-edit"])


@engine_case
async def drift_key_that_has_its_default_edited(world: World) -> None:
    """Git names no protocol, which makes it TCP; somebody edits it to UDP. One port stands there afterwards: ours."""
    body = service("web", ports=[{"port": 53, "targetPort": 53}])
    world.declare("shop", body)
    async with world.synced():
        await world.quiet()
        change: Json = {"op": "replace", "path": "/spec/ports/0/protocol", "value": "UDP"}
        edited = expect_status(await world.api.edit(body, [change], fieldManager="kubectl-edit"), 200)
        expect([port["protocol"] for port in edited.body["spec"]["ports"]], ["UDP"])

        def is_back(answer: Answer) -> bool:
            return [port["protocol"] for port in answer.body["spec"]["ports"]] == ["TCP"]

        await world.api.until(body, is_back, "put back")
        await world.until_sync(Sync.SYNCED)


@engine_case
async def drift_container_renamed(world: World) -> None:
    """A container is renamed: only the declared one runs afterwards, and a sidecar that another tool added stays."""
    body = deployment("web")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        sidecar: Json = {"name": "sidecar", "image": "example.test/sidecar:1"}
        template: Json = {"spec": {"template": {"spec": {"containers": [sidecar]}}}}
        injected = await world.api.strategic(body, template, fieldManager="injector")
        await world.seen(expect_status(injected, 200))
        names = [container["name"] for container in injected.body["spec"]["template"]["spec"]["containers"]]
        rename: Json = {"op": "replace", "path": f"/spec/template/spec/containers/{names.index('app')}/name"}
        renamed = await world.api.edit(body, [{**rename, "value": "other"}], fieldManager="kubectl-edit")
        expect_status(renamed, 200)

        def is_back(answer: Answer) -> bool:
            containers = answer.body["spec"]["template"]["spec"]["containers"]
            return sorted(container["name"] for container in containers) == ["app", "sidecar"]

        await world.api.until(body, is_back, "the declared one and the sidecar")
        await world.until_sync(Sync.SYNCED)


@engine_case
async def drift_of_a_union(world: World) -> None:
    """A volume's source and a probe's handler are replaced by others: beside them ours is refused; ours is put back."""
    body = deployment("web")
    pod = body["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "data", "configMap": {"name": "settings"}}]
    pod["containers"][0]["livenessProbe"] = {"httpGet": {"path": "/", "port": 80}}
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        edits: list[Json] = [
            {"op": "replace", "path": f"{POD}/volumes/0", "value": {"name": "data", "emptyDir": {}}},
            {"op": "replace", "path": f"{APP}/livenessProbe", "value": {"tcpSocket": {"port": 80}}},
        ]
        expect_status(await world.api.edit(body, edits, fieldManager="kubectl-edit"), 200)

        def is_back(answer: Answer) -> bool:
            spec = answer.body["spec"]["template"]["spec"]
            probe = spec["containers"][0]["livenessProbe"]
            sources = spec["volumes"][0].keys()
            return (
                "configMap" in sources and "emptyDir" not in sources and "httpGet" in probe and "tcpSocket" not in probe
            )

        await world.api.until(body, is_back, "put back")
        await world.until_sync(Sync.SYNCED)


@engine_case
async def drift_is_healed_beside_what_is_refused(world: World) -> None:
    """One object cannot be put back, and a new commit is refused: drift of the others is healed all the same."""
    settings, other = config_map("settings"), config_map("other")
    world.declare("shop", settings, other)
    async with world.synced():
        world.declare("shop", settings, other, service("broken", ports=[{"port": 99999}]))
        await world.push()
        world.expect_sync(Sync.BLOCKED)
        for body in (settings, other):
            change: Json = {"data": {"a": "9"}}
            expect_status(await world.api.merge(body, change, fieldManager="kubectl"), 200)
        for body in (settings, other):
            await world.api.until(body, lambda a: a.body["data"]["a"] == "1", "healed")
        await world.quiet()
        world.expect_sync(Sync.BLOCKED)
        expect([d[2] for d in world.drifts()], [["kubectl"], ["kubectl"]])
