"""Whose object it is (D16), force and adoption (D17), and what a refusal means."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from testbed.control_plane import ControlPlane
from tests.cluster.target_bench import (
    NOTHING_OWNED,
    Bench,
    config_map,
    connected,
    deployment,
    opened,
    parse_kubeconfig,
    target_of,
    until,
    watched,
)
from trueline.model.known import Known, Unknown
from trueline.model.masked import Masked
from trueline.model.ref import Ref
from trueline.runtime.http import Endpoint
from trueline.target.answer import Accepted, FieldConflict, Refusal, Refused
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.mark import LABEL
from trueline.target.protocol import WriteMode

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bench(control_plane: ControlPlane) -> AsyncIterator[Bench]:
    async with opened(control_plane) as made:
        yield made


async def test_a_copied_label_proves_nothing(bench: Bench) -> None:
    ref, _ = await bench.put(config_map())
    copy = {**config_map("copy"), "metadata": {"name": "copy", "labels": {LABEL: "one.shop"}}}
    await bench.kubectl("create", "-f", "-", stdin=msgspec.json.encode(copy).decode())
    seen = await bench.observed(Ref("ConfigMap", bench.namespace, "copy"))
    assert (seen.mark, seen.mark_is_ours) == ("one.shop", False)
    assert (await bench.observed(ref)).mark_is_ours
    other = target_of(bench.client, "two")
    theirs = (await other.snapshot([ref], NOTHING_OWNED)).at(ref)
    assert isinstance(theirs, Known)
    assert theirs.value is not None
    assert not theirs.value.mark_is_ours
    assert not other.is_own(theirs.value.mark)


async def test_a_tried_delete_deletes_nothing(bench: Bench) -> None:
    ref, made = await bench.put(config_map())
    assert isinstance(made, Accepted)
    seen = made.observed
    assert isinstance(
        await bench.target.delete(ref, uid=seen.uid, mark="one.shop", version=seen.version, dry=True), Accepted
    )
    assert (await bench.observed(ref)).uid == seen.uid
    await bench.patch(ref, {"data": {"a": "9"}})
    for version in ("", seen.version):  # without one, the one that was seen last counts: the change is not overrun
        stale = await bench.target.delete(ref, uid=seen.uid, mark="one.shop", version=version, dry=False)
        assert isinstance(stale, Refused)
        assert stale.refusal is Refusal.STALE
    # After a refusal it was read anew: who decides again, decides on that.
    assert isinstance(await bench.target.delete(ref, uid=seen.uid, mark="one.shop", version="", dry=False), Accepted)
    gone = await bench.target.delete(ref, uid=seen.uid, mark="one.shop", version="", dry=False)
    assert isinstance(gone, Refused)
    assert gone.refusal is Refusal.GONE
    assert await bench.at(ref) == Known(None)


async def test_a_withheld_path_is_left_to_its_owner(bench: Bench) -> None:
    ref, _ = await bench.put(deployment())
    await bench.kubectl("scale", "deployment/web", "--replicas=3")
    refused = await bench.look(ref)
    assert isinstance(refused, Refused)
    (conflict,) = refused.conflicts
    accepted = await bench.look(ref, withheld=(conflict.path,))
    assert isinstance(accepted, Accepted)
    assert accepted.changes == ()
    assert isinstance((await bench.put(deployment(), withheld=(conflict.path,)))[1], Accepted)
    assert (await bench.live(ref))["spec"]["replicas"] == 3


async def test_what_another_manager_keeps_is_said(bench: Bench) -> None:
    ref, _ = await bench.put(config_map())
    co_owned = msgspec.json.encode(config_map(b="2")).decode()
    await bench.kubectl("apply", "--server-side", "--field-manager=friend", "-f", "-", stdin=co_owned)
    await bench.observed(ref)
    for mode in (WriteMode.TRY, WriteMode.APPLY):
        _, said = await bench.put(config_map(a="1"), mode)
        assert isinstance(said, Accepted)
        assert said.kept_by == (FieldConflict(manager="friend", path="data.b"),)
    assert (await bench.live(ref))["data"] == {"a": "1", "b": "2"}


MAKERS: dict[str, tuple[str, ...]] = {
    "client-side apply": ("apply",),
    "server-side apply": ("apply", "--server-side"),
    "create": ("create",),
    "helm": ("apply", "--server-side", "--field-manager=helm"),
    "kustomize-controller": ("apply", "--server-side", "--field-manager=kustomize-controller"),
    "argocd-controller": ("create", "--field-manager=argocd-controller"),
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS.keys())
async def test_what_another_tool_made_is_taken_over_whole(bench: Bench, maker: tuple[str, ...]) -> None:
    await bench.kubectl(*maker, "-f", "-", stdin=msgspec.json.encode(config_map()).decode())
    await bench.patch(Ref("ConfigMap", bench.namespace, "settings"), {"data": {"theirs": "1"}}, manager="stranger")
    ref = Ref("ConfigMap", bench.namespace, "settings")
    seen = await bench.observed(ref)
    assert seen.mark == ""
    assert any(map(bench.target.rules.is_former_tool, seen.managers))
    stale = await bench.target.take_over(ref, seen=msgspec.structs.replace(seen, uid=str(uuid.uuid4())), dry=False)
    assert isinstance(stale, Refused)
    assert stale.refusal is Refusal.STALE
    assert isinstance(await bench.target.take_over(ref, seen=seen, dry=True), Accepted)
    assert (await bench.observed(ref)).managers == seen.managers
    taken = await bench.target.take_over(ref, seen=seen, dry=False)
    assert isinstance(taken, Accepted)
    assert taken.observed.managers == ("stranger",)
    _, applied = await bench.put(config_map(a="1"), uid=seen.uid)
    assert isinstance(applied, Accepted), applied
    live = await bench.live(ref)
    assert live["data"] == {"a": "1", "theirs": "1"}
    assert "annotations" not in live["metadata"]
    again = await bench.target.take_over(ref, seen=await bench.observed(ref), dry=False)
    assert isinstance(again, Accepted)
    assert not again.wrote


async def refusal_of(bench: Bench, body: dict[str, Any], mode: WriteMode = WriteMode.TRY) -> Refused:
    _, said = await bench.put(body, mode)
    assert isinstance(said, Refused), said
    return said


async def test_refusals_by_what_follows_from_them(bench: Bench) -> None:
    await bench.put(deployment())
    immutable = deployment(selector={"matchLabels": {"app": "web", "x": "y"}})
    immutable["spec"]["template"]["metadata"]["labels"]["x"] = "y"
    assert (await refusal_of(bench, immutable)).refusal is Refusal.IMMUTABLE
    elsewhere = {**config_map(), "metadata": {"name": "x", "namespace": "nowhere-at-all"}}
    assert (await refusal_of(bench, elsewhere)).refusal is Refusal.NO_NAMESPACE
    assert (await refusal_of(bench, deployment(replicas="many"))).refusal is Refusal.INVALID
    assert (await refusal_of(bench, {**config_map(), "datta": {}})).refusal is Refusal.INVALID
    ports = [{"port": 80, "nodePort": 30123}]
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"type": "NodePort", "ports": ports}}
    await bench.put({**service, "metadata": {"name": "first"}})
    taken = await refusal_of(bench, {**service, "metadata": {"name": "second"}})
    assert (taken.refusal, "already allocated" in taken.message) == (Refusal.INVALID, True)
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"secrets": "0"}}}
    await bench.put(quota)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "hunter2"}}

    async def is_counted() -> bool:
        return isinstance((await bench.put(secret, WriteMode.TRY))[1], Refused)

    await until(is_counted)
    denied = await refusal_of(bench, secret)
    assert denied.refusal is Refusal.DENIED
    assert "hunter2" not in denied.message


async def test_missing_rights_name_verb_and_kind(bench: Bench) -> None:
    kubeconfig: Path = await bench.control_plane.user_kubeconfig(f"reader-{bench.namespace}")
    access = bench.control_plane.access
    user = parse_kubeconfig(kubeconfig)
    await bench.kubectl("create", "role", "reader", "--verb=get,list,watch,create", "--resource=configmaps")
    await bench.kubectl("create", "rolebinding", "reader", "--role=reader", f"--user=reader-{bench.namespace}")
    endpoint = Endpoint(
        url=access.server,
        ca_pem=access.authority.read_bytes(),
        client_certificate_pem=user[0],
        client_key=Masked(user[1].decode()),
    )
    async with connected(endpoint) as client:
        limited = Bench(
            target=target_of(client),
            client=client,
            control_plane=bench.control_plane,
            namespace=bench.namespace,
            kinds=Kinds(client),
        )
        async with watched(limited):

            async def is_readable() -> bool:
                return isinstance(await limited.at(Ref("ConfigMap", bench.namespace, "settings")), Known)

            await until(is_readable)
            ref, said = await limited.put(config_map())
            assert isinstance(said, Refused)
            assert said.refusal is Refusal.FORBIDDEN
            assert said.message.startswith("may not patch ConfigMap: ")
            assert await limited.at(ref) == Known(None)
            assert isinstance(await limited.at(Ref("Secret", bench.namespace, "s")), Unknown)


async def test_a_secret_is_masked_everywhere(bench: Bench) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "hunter2"}}
    ref, made = await bench.put(secret)
    assert isinstance(made, Accepted)
    assert (await bench.live(ref))["data"] == {"k": "***"}
    await bench.patch(ref, {"data": {"k": "YQ=="}})
    told = await bench.look(ref, WriteMode.TRY_FORCED)
    assert isinstance(told, Accepted)
    assert told.changes is not None
    assert [(one.path, one.before, one.after) for one in told.changes] == [("data.k", "***", "***")]
