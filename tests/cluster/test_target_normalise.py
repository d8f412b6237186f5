"""A render in the real cluster's terms: kinds, namespaces, schemas, what awaits what."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from testbed.control_plane import ControlPlane
from tests.cluster.target_bench import (
    Bench,
    config_map,
    deployment,
    opened,
    rendered,
    target_of,
    until,
)
from trueline.model.ref import Ref
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.target.answer import Accepted
from trueline.target.protocol import Write, WriteMode

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bench(control_plane: ControlPlane) -> AsyncIterator[Bench]:
    async with opened(control_plane) as made:
        yield made


async def test_schema_errors_come_all_at_once(bench: Bench) -> None:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as toolbox:
        bench.target = target_of(bench.client, toolbox=toolbox)
        broken = deployment(replicaz=1)
        broken["spec"]["template"]["spec"]["containers"][0]["imag"] = "x"
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": ["hunter2"]}}
        told = await bench.normalise(broken, secret, config_map())
    assert [(one.code, one.origin and one.origin.line) for one in told.problems] == [
        ("TL0505", 1),
        ("TL0505", 1),
        ("TL0505", 2),
    ]
    details = [one.detail for one in told.problems]
    assert any("spec.template.spec.containers[name=app].imag" in detail for detail in details)
    assert not any("hunter2" in detail for detail in details)


def definition(group: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


async def test_a_definition_and_its_objects_in_one_render(bench: Bench) -> None:
    group = f"{bench.namespace}.example.test"
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
    made = definition(group, size={"type": "integer"})
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as toolbox:
        bench.target = target_of(bench.client, toolbox=toolbox)
        told = await bench.normalise(made, widget)
        assert told.problems == ()
        crd, custom = (one.ref for one in told.rendered.resources)
        assert str(custom) == f"Widget.{group}/{bench.namespace}/w"
        assert told.awaits == ((custom, crd),)
        wrong = await bench.normalise(made, {**widget, "spec": {"size": "big", "hue": 1}})
        assert [one.code for one in wrong.problems] == ["TL0505", "TL0505"]
        await bench.put(made)

        async def is_served() -> bool:
            return not (await bench.normalise(made, widget)).awaits

        await until(is_served)
        wider = definition(group, size={"type": "integer"}, hue={"type": "string"})
        assert (await bench.normalise(wider, widget)).awaits == ((custom, crd),)

        async def is_taken() -> bool:
            return isinstance((await bench.put(widget))[1], Accepted)

        await until(is_taken)

        async def is_published() -> bool:
            alone = await bench.normalise({**widget, "spec": {"size": "big"}})
            return [one.code for one in alone.problems] == ["TL0505"]

        await until(is_published)
    await bench.control_plane.kubectl("delete", "crd", f"widgets.{group}", "--wait=false")


async def test_missing_kinds_are_one_problem(bench: Bench) -> None:
    def custom(group: str, kind: str) -> dict[str, Any]:
        return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "x"}}

    told = await bench.normalise(
        custom("networking.istio.io", "Gateway"), custom("security.istio.io", "Policy"), config_map(), config_map()
    )
    missing, twice = told.problems
    assert (missing.code, twice.code) == ("TL0501", "TL0504")
    assert "networking.istio.io/v1: Gateway" in missing.detail
    assert "security.istio.io/v1: Policy" in missing.detail
    assert "a.yaml:3 and at a.yaml:4" in twice.detail


async def test_create_namespace_belongs_to_the_first(bench: Bench) -> None:
    name = f"{bench.namespace}-new"
    told = await bench.normalise(config_map(), create=True, namespace=name)
    own, _ = told.rendered.resources
    assert own.ref == Ref("Namespace", "", name)
    assert told.awaits == ((told.rendered.resources[1].ref, own.ref),)
    other = await bench.target.normalise(rendered(config_map()), application="b", namespace=name, create=True)
    assert [one.ref.kind for one in other.rendered.resources] == ["ConfigMap"]
    write = Write(ref=own.ref, body=told.rendered.body(own), mode=WriteMode.APPLY)
    assert isinstance(await bench.target.write(write), Accepted)
    again = await bench.normalise(config_map(), create=True, namespace=name)
    assert [one.ref.kind for one in again.rendered.resources] == ["Namespace", "ConfigMap"]
    assert again.awaits == ()
    foreign = await bench.normalise(config_map(), create=True)
    assert [one.ref.kind for one in foreign.rendered.resources] == ["ConfigMap"]
    await bench.control_plane.kubectl("delete", "namespace", name, "--wait=false")
