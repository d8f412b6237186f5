"""Which resources cannot be tried before another one of the same render is there (D6). It names pairs, asks nobody.

A trial that is put off for nothing costs a moment; one that is not put off is refused for nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trueline.model.ref import Ref
from trueline.render.resource import Resource
from trueline.target.kubernetes.definition import definition_ref
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import DEFINITION_KIND, NAMESPACE_KIND

_RBAC = "rbac.authorization.k8s.io"
_BOUNDS = frozenset({"ResourceQuota", "LimitRange"})
_BINDINGS = frozenset({f"RoleBinding.{_RBAC}", f"ClusterRoleBinding.{_RBAC}"})
_NAMING = _BINDINGS | {"Pod", "Secret", "PersistentVolumeClaim", DEFINITION_KIND}


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource with its final ref, its type, its body and that body's canonical `text`.

    Where the same body was placed before and says nothing of others, it is not read again: both are empty.
    """

    resource: Resource
    type: ResourceType
    body: dict[str, Any] = field(default_factory=dict)
    text: bytes = b""

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return self.resource.ref


def needs(placed: Sequence[Placed]) -> Iterator[tuple[Ref, Ref]]:
    """Pairs of a resource and one that it needs, both of the render, the needed one in an earlier place."""
    by_ref = {one.ref: one for one in placed}
    bounds = [one for one in placed if one.ref.kind in _BOUNDS]
    for one in placed:
        bounding = (bound.ref for bound in bounds if bound.ref.namespace == one.ref.namespace)
        for needed in dict.fromkeys((*_named(one), *bounding)):
            other = by_ref.get(needed)
            if other is not None and other.resource.position.key < one.resource.position.key:
                yield one.ref, needed


def names_others(kind: str) -> bool:
    """Whether bodies of a kind name what they need, or say what others need."""
    return kind in _NAMING


def _named(one: Placed) -> Iterator[Ref]:
    namespace = one.ref.namespace
    if namespace:
        yield Ref(NAMESPACE_KIND, "", namespace)
    if one.type.group:
        yield definition_ref(one.type)
    match one.ref.kind:
        case "Pod":
            yield from _of_pod(_map(one.body.get("spec")), namespace)
        case "Secret" if one.body.get("type") == "kubernetes.io/service-account-token":
            name = _map(one.body["metadata"].get("annotations")).get("kubernetes.io/service-account.name")
            yield Ref("ServiceAccount", namespace, str(name))
        case kind if kind in _BINDINGS:
            role = _map(one.body.get("roleRef"))
            is_local = role.get("kind") == "Role"
            yield Ref(f"{role.get('kind')}.{_RBAC}", namespace if is_local else "", str(role.get("name")))
        case "PersistentVolumeClaim":
            name = _map(one.body.get("spec")).get("storageClassName")
            yield Ref("StorageClass.storage.k8s.io", "", str(name))
        case _:
            return


def _of_pod(spec: Mapping[str, Any], namespace: str) -> Iterator[Ref]:
    yield Ref("ServiceAccount", namespace, str(spec.get("serviceAccountName", "default")))
    yield Ref("PriorityClass.scheduling.k8s.io", "", str(spec.get("priorityClassName")))
    yield Ref("RuntimeClass.node.k8s.io", "", str(spec.get("runtimeClassName")))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
