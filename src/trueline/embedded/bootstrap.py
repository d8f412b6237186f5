"""What a new cluster holds before anybody asks: its namespaces, a node, a storage class, the administrator's role."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trueline.embedded.front import Front
from trueline.runtime.http import Request

_RBAC = "rbac.authorization.k8s.io/v1"
_EVERYTHING = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
NODE = "embedded"
_UNAVAILABLE = 503
_FINE = frozenset({201, 409, 422})
"""Made, there already, or (the service) there already by its address."""


def _namespace(name: str) -> tuple[str, Mapping[str, Any]]:
    return "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


_OBJECTS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    *(_namespace(name) for name in ("default", "kube-system", "kube-public", "kube-node-lease")),
    ("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}),
    (
        "/apis/storage.k8s.io/v1/storageclasses",
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "trueline.dev/embedded",
        },
    ),
    (
        f"/apis/{_RBAC}/clusterroles",
        {"apiVersion": _RBAC, "kind": "ClusterRole", "metadata": {"name": "cluster-admin"}, "rules": _EVERYTHING},
    ),
    (
        f"/apis/{_RBAC}/clusterrolebindings",
        {
            "apiVersion": _RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "cluster-admin"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:masters"}],
        },
    ),
    (
        "/api/v1/namespaces/default/services",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
        },
    ),
)


async def furnish(front: Front) -> None:
    """Make what is not there yet.

    Raises:
        Fault: the disk does not take it.
    """
    for path, body in _OBJECTS:
        headers = {"content-type": "application/json"}
        query = {"fieldManager": "kube-apiserver"}
        request = Request(method="POST", path=path, query=query, headers=headers, body=msgspec.json.encode(body))
        response = await front.send(request)
        if response.status == _UNAVAILABLE and front.fault is not None:
            raise front.fault
        if response.status not in _FINE:
            raise AssertionError(f"{path}: {response.status} {response.body.decode()}")
