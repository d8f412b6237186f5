"""The Kubernetes target on a real API server: D5's table, its watches, and what it costs."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from aiohttp import web

from testbed.control_plane import ControlPlane
from tests.cluster.target_bench import (
    Bench,
    config_map,
    deployment,
    opened,
    until,
    watched,
)
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.target.answer import Accepted, FieldConflict, Refusal, Refused
from trueline.target.kubernetes.client import JSON_PATCH, MERGE_PATCH
from trueline.target.protocol import Seen, Write, WriteMode
from trueline.target.snapshot import Observed

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bench(control_plane: ControlPlane) -> AsyncIterator[Bench]:
    async with opened(control_plane) as made:
        yield made


_POD = "/spec/template/spec"


_APP = f"{_POD}/containers/0"


_MORE = {"name": "more", "image": "example.test/more:1"}


def _json(op: str, path: str, **more: Any) -> Callable[[Bench, Ref], Awaitable[object]]:
    return lambda bench, ref: bench.patch(ref, [{"op": op, "path": path, **more}], kind=JSON_PATCH)


async def _scale(bench: Bench, ref: Ref) -> None:
    await bench.kubectl("scale", "deployment/web", "--replicas=3")


async def _set_image(bench: Bench, ref: Ref) -> None:
    await bench.kubectl("set", "image", "deployment/web", "app=example.test/app:2")


async def _kubectl_apply(bench: Bench, ref: Ref) -> None:
    body = deployment(replicas=2)
    await bench.kubectl("apply", "-f", "-", stdin=msgspec.json.encode(body).decode())


async def _kubectl_apply_server_side(bench: Bench, ref: Ref) -> None:
    body = deployment(replicas=2)
    text = msgspec.json.encode(body).decode()
    await bench.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)


async def _back_again(bench: Bench, ref: Ref) -> None:
    for replicas in (3, 0):
        await bench.patch(ref, {"spec": {"replicas": replicas}})


async def _status(bench: Bench, ref: Ref) -> None:
    await bench.patch(ref, {"status": {"collisionCount": 7}}, subresource="status")


async def _co_owned(bench: Bench, ref: Ref) -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 0}}
    await bench.kubectl("apply", "--server-side", "-f", "-", stdin=msgspec.json.encode(body).decode())


@dataclass(frozen=True, slots=True)
class Row:
    """What is done; whether our digest changes; the path that an unforced or forced look then names, if any."""

    act: Callable[[Bench, Ref], Awaitable[object]]
    ours: bool
    conflict: str = ""
    changed: str = ""
    others: bool = False


ROWS = {
    "edited": Row(
        _json("replace", f"{_APP}/image", value="example.test/app:9"),
        ours=True,
        conflict="spec.template.spec.containers[name=app].image",
    ),
    "applied by kubectl": Row(_kubectl_apply, ours=True, conflict="spec.replicas"),
    "applied by kubectl on the server": Row(_kubectl_apply_server_side, ours=True, conflict="spec.replicas"),
    "scaled": Row(_scale, ours=True, conflict="spec.replicas"),
    "image set": Row(_set_image, ours=True, conflict="spec.template.spec.containers[name=app].image"),
    "environment removed": Row(
        _json("remove", f"{_APP}/env/1"), ours=True, changed="spec.template.spec.containers[0].env[1]"
    ),
    "environment changed": Row(
        _json("replace", f"{_APP}/env/0/value", value="9"),
        ours=True,
        conflict="spec.template.spec.containers[name=app].env[name=A].value",
    ),
    "atomic list changed": Row(
        _json("replace", f"{_APP}/args", value=["one"]),
        ours=True,
        conflict="spec.template.spec.containers[name=app].args",
    ),
    "status written": Row(_status, ours=False),
    "foreign label": Row(_json("add", "/metadata/labels/theirs", value="1"), ours=False, others=True),
    "same quantity": Row(_json("replace", f"{_APP}/resources/limits/cpu", value="1000m"), ours=False),
    "protocol default": Row(_json("replace", f"{_APP}/ports/0/protocol", value="TCP"), ours=False),
    "co-owned": Row(_co_owned, ours=False, others=True),
    "container added": Row(_json("add", f"{_POD}/containers/-", value=_MORE), ours=False, others=True),
    "port added": Row(_json("add", f"{_APP}/ports/-", value={"containerPort": 81}), ours=False, others=True),
    "host network": Row(_json("add", f"{_POD}/hostNetwork", value=True), ours=False, others=True),
    "managed fields stripped": Row(
        lambda bench, ref: bench.patch(ref, {"metadata": {"managedFields": [{}]}}), ours=True
    ),
    "changed and back": Row(_back_again, ours=True),
    "environment swapped": Row(
        _json("move", f"{_APP}/env/1", **{"from": f"{_APP}/env/0"}),
        ours=False,
        changed="spec.template.spec.containers[0].env[0].name",
    ),
    "init containers swapped": Row(
        _json("move", f"{_POD}/initContainers/1", **{"from": f"{_POD}/initContainers/0"}),
        ours=False,
        changed="spec.template.spec.initContainers[0].name",
    ),
}


async def _settled(bench: Bench, ref: Ref) -> Observed:
    """The controller has seen it: its own annotation moves the version once more."""
    async with asyncio.timeout(120):
        while True:
            live = await bench.live(ref)
            if live.get("status", {}).get("observedGeneration") == live["metadata"]["generation"]:
                return await bench.observed(ref)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_what_is_done_to_an_object_is_seen_as_it_is(bench: Bench, row: Row) -> None:
    ref, made = await bench.put(deployment())
    assert isinstance(made, Accepted)
    before = await _settled(bench, ref)
    await row.act(bench, ref)
    after = await _settled(bench, ref)
    assert (after.ours != before.ours) is row.ours
    if not row.ours:
        assert (after.others != before.others) is row.others
    told = await bench.look(ref)
    if row.conflict:
        assert isinstance(told, Refused), told
        assert told.refusal is Refusal.CONFLICT
        assert row.conflict in {one.path for one in told.conflicts}
        told = await bench.look(ref, WriteMode.TRY_FORCED)
    assert isinstance(told, Accepted), told
    assert told.changes is not None
    paths = {change.path for change in told.changes}
    if row.conflict or row.changed:
        assert paths
        assert not row.changed or row.changed in paths, paths
    else:
        assert paths == set()
    _, healed = await bench.put(deployment(), WriteMode.APPLY_FORCED)
    assert isinstance(healed, Accepted)
    await _settled(bench, ref)
    again = await bench.look(ref)
    assert isinstance(again, Accepted)
    assert again.changes == ()
    assert (await bench.observed(ref)).ours == before.ours


async def test_a_change_through_another_version_is_ours(bench: Bench) -> None:
    scale = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    body = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": scale},
    }
    ref, _ = await bench.put(body)
    before = await bench.observed(ref)
    found = await bench.kinds.one("autoscaling/v1", "HorizontalPodAutoscaler")
    assert isinstance(found, Known)
    assert found.value is not None
    await bench.client.patch(
        found.value,
        bench.namespace,
        "web",
        b'{"spec":{"maxReplicas":5}}',
        content_type=MERGE_PATCH,
        manager="old",
        dry_run=False,
    )
    assert (await bench.observed(ref)).ours != before.ours
    told = await bench.look(ref)
    assert isinstance(told, Refused)
    assert told.conflicts == (FieldConflict(manager="old", path="spec.maxReplicas"),)


async def test_a_dry_run_promises_the_entry_and_changes_nothing(bench: Bench) -> None:
    ref, tried = await bench.put(config_map(), WriteMode.TRY)
    assert isinstance(tried, Accepted)
    assert (tried.observed.uid, tried.observed.version) == ("", "")
    assert await bench.at(ref) == Known(None)
    _, made = await bench.put(config_map())
    assert isinstance(made, Accepted)
    assert made.observed.ours == tried.observed.ours
    assert made.observed.mark == "one.shop"
    assert made.observed.mark_is_ours
    _, again = await bench.put(config_map(), version=made.observed.version)
    assert isinstance(again, Accepted)
    assert not again.wrote


async def test_one_changed_object_costs_a_trial_and_an_apply(bench: Bench) -> None:
    target = bench.target
    async with watched(bench):
        ref, _ = await bench.put(config_map())
        await bench.observed(ref)
        normalised = await bench.normalise(config_map(a="2"))
        body = next(iter(normalised.rendered.bodies.values()))
        before = sum(bench.client.requests.values())
        seen = await bench.observed(ref)
        for mode in (WriteMode.TRY, WriteMode.APPLY):
            said = await target.write(Write(ref=ref, body=body, mode=mode, uid=seen.uid))
            assert isinstance(said, Accepted)
        assert sum(bench.client.requests.values()) - before == 2
        before = sum(bench.client.requests.values())
        assert isinstance(await target.write(Write(ref=ref, body=body, mode=WriteMode.TRY, whole=True)), Accepted)
        assert sum(bench.client.requests.values()) - before == 2
        before = sum(bench.client.requests.values())
        await bench.observed(ref)
        await bench.normalise(config_map(a="2"))
        assert sum(bench.client.requests.values()) == before


async def _heard(sightings: AsyncIterator[Any], ref: Ref) -> Seen:
    async with asyncio.timeout(120):
        async for sighting in sightings:
            if isinstance(sighting, Seen) and sighting.ref == ref:
                return sighting
    raise AssertionError("the stream ended")


async def test_a_stripped_label_is_no_deletion(bench: Bench) -> None:
    async with watched(bench):
        ref, _ = await bench.put(config_map())
        await bench.observed(ref)
        sightings = bench.target.sightings()
        await _heard(sightings, ref)  # as it is known
        await bench.patch(
            ref, [{"op": "remove", "path": "/metadata/labels/trueline.dev~1application"}], kind=JSON_PATCH
        )
        told = await _heard(sightings, ref)
        assert told.observed is not None
        assert (told.observed.mark, told.observed.mark_is_ours) == ("", False)
        seen = await bench.observed(ref)
        assert seen.uid == told.observed.uid
        look = await bench.look(ref)
        assert isinstance(look, Accepted)
        assert look.changes is not None
        assert [change.path for change in look.changes] == ["metadata.labels"]
        await bench.kubectl("delete", "configmap", "settings")
        assert await bench.at(ref) == Known(None)


async def test_a_deletion_and_a_recreation_are_told(bench: Bench) -> None:
    async with watched(bench):
        ref, made = await bench.put(config_map())
        assert isinstance(made, Accepted)
        await bench.observed(ref)
        sightings = bench.target.sightings()
        await _heard(sightings, ref)  # as it is known
        await bench.kubectl("delete", "configmap", "settings")
        assert (await _heard(sightings, ref)).observed is None
        _, again = await bench.put(config_map())
        assert isinstance(again, Accepted)
        assert again.observed.uid != made.observed.uid
        stale = await bench.look(ref, uid=made.observed.uid)
        assert isinstance(stale, Refused)
        assert stale.refusal is Refusal.STALE
        refused = await bench.target.delete(ref, uid=made.observed.uid, mark="one.shop", version="", dry=False)
        assert isinstance(refused, Refused)
        assert refused.refusal is Refusal.STALE


async def test_judgements_follow_the_status(bench: Bench) -> None:
    async with watched(bench):
        ref, _ = await bench.put(deployment())
        async with asyncio.timeout(120):
            while True:
                await bench.observed(ref)
                if bench.target.judged(ref) == Known(1):
                    break
                await asyncio.sleep(0.02)


def _rewrite(review: dict[str, Any]) -> dict[str, Any]:
    operations = [{"op": "replace", "path": "/data/a", "value": "rewritten"}]
    text = base64.b64encode(msgspec.json.encode(operations)).decode()
    response = {"uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch", "patch": text}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


@asynccontextmanager
async def _webhook(bench: Bench) -> AsyncIterator[None]:
    """A mutating webhook for the ConfigMaps of the bench's namespace."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(_rewrite(await request.json()))

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*bench.control_plane.cloud_certificate)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    authority = base64.b64encode(bench.control_plane.access.authority.read_bytes()).decode()
    hook = {
        "name": "rewrite.example.test",
        "clientConfig": {"url": f"https://127.0.0.1:{runner.addresses[0][1]}/", "caBundle": authority},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": bench.namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    body = {**kind, "metadata": {"name": bench.namespace}, "webhooks": [hook]}
    await bench.kubectl("create", "-f", "-", stdin=msgspec.json.encode(body).decode())
    try:
        yield
    finally:
        await bench.kubectl("delete", "mutatingwebhookconfiguration", bench.namespace)
        await runner.cleanup()


async def test_a_webhook_that_rewrites_overrules(bench: Bench) -> None:
    async with watched(bench):
        ref, made = await bench.put(config_map())
        assert isinstance(made, Accepted)
        assert made.overruled == ()
        async with _webhook(bench):

            async def is_overruled() -> bool:
                _, said = await bench.put(config_map(), WriteMode.TRY)
                return isinstance(said, Accepted) and said.overruled == ("data.a",)

            await until(is_overruled)
            _, done = await bench.put(config_map())
            assert isinstance(done, Accepted)
            assert (done.overruled, done.observed.ours) == (("data.a",), made.observed.ours)
            assert (await bench.live(ref))["data"]["a"] == "rewritten"
