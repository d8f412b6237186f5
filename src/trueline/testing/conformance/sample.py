"""The objects that cases work with."""

from typing import Any

from trueline.testing.conformance.api import MANAGER, Answer, Json

OWN = {"trueline.dev/application": "conformance.sample"}


def config_map(name: str, data: Json | None = None, **metadata: Any) -> Json:
    """A ConfigMap with our label."""
    meta = {"name": name, "labels": OWN, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data if data is not None else {"a": "1"}}


def deployment(name: str, **spec: Any) -> Json:
    """A Deployment without pods."""
    container: Json = {
        "name": "app",
        "image": "example.test/app:1",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    }
    container |= {"args": ["one", "two"], "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}}}
    first = {"name": "first", "image": "example.test/init:1"}
    pod = {"containers": [container], "initContainers": [first, {"name": "second", "image": "example.test/init:1"}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    body = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": OWN}, "spec": body}


def service(name: str, **spec: Any) -> Json:
    """A Service with our label."""
    body = {"ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": OWN}, "spec": body}


def entry(answer: Answer, manager: str = MANAGER, operation: str = "Apply") -> Json:
    """The fields of one manager; empty where it has none."""
    for found in answer.body["metadata"].get("managedFields", ()):
        if (found["manager"], found["operation"]) == (manager, operation) and "subresource" not in found:
            fields: Json = found["fieldsV1"]
            return fields
    return {}


def theirs(answer: Answer) -> list[Any]:
    """The fields of the others, without status and without the cluster's own controllers."""
    return [
        (found["manager"], found["operation"], {k: v for k, v in found["fieldsV1"].items() if k != "f:status"})
        for found in answer.body["metadata"].get("managedFields", ())
        if found["manager"] not in {MANAGER, "kube-controller-manager"} and found.get("subresource") != "status"
    ]
