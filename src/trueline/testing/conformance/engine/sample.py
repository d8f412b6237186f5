"""The manifests that the engine's cases declare: without our label, which is the engine's to put there."""

from typing import Any

from trueline.testing.conformance.api import Json


def config_map(name: str, data: Json | None = None, **metadata: Any) -> Json:
    """A ConfigMap."""
    given = data if data is not None else {"a": "1", "b": "2"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": given}


def secret(name: str, values: Json) -> Json:
    """A Secret, as people write it."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def service(name: str, **spec: Any) -> Json:
    """A Service."""
    body = {"ports": [{"port": 80}], "selector": {"app": name}, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": body}


def claim(name: str) -> Json:
    """A PersistentVolumeClaim: what may hold data."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def deployment(name: str, **spec: Any) -> Json:
    """A Deployment without pods."""
    container: Json = {
        "name": "app",
        "image": "example.test/app:1",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "args": ["one", "two"],
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "1"}},
    }
    first = {"name": "first", "image": "example.test/init:1"}
    pod = {"containers": [container], "initContainers": [first, {"name": "second", "image": "example.test/init:1"}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    body = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}


def definition(unique: str, *fields: str) -> Json:
    """A CustomResourceDefinition of the kind `Gadget`, in a group of its own, whose spec has these strings."""
    group = f"g{unique}.example.test"
    spec = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"kind": "Gadget", "plural": "gadgets", "singular": "gadget"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def gadget(unique: str, name: str, **spec: str) -> Json:
    """An object of that kind."""
    version = f"g{unique}.example.test/v1"
    return {"apiVersion": version, "kind": "Gadget", "metadata": {"name": name}, "spec": spec}
