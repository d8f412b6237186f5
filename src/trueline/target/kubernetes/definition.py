"""The types that CustomResourceDefinitions of a render define: known before the server has them."""

from collections.abc import Iterable, Iterator
from typing import Any

from trueline.model.ref import Ref
from trueline.target.kubernetes.difference import is_within
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import DEFINITION_KIND

VERSIONS_MAX = 100
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def is_definition(body: dict[str, Any]) -> bool:
    """Whether a body is a CustomResourceDefinition's."""
    return body.get("kind") == "CustomResourceDefinition" and str(body.get("apiVersion")).startswith(
        "apiextensions.k8s.io/"
    )


def definition_ref(resource_type: ResourceType) -> Ref:
    """The definition that makes a type.

    >>> str(definition_ref(ResourceType(group="e.io", version="v1", kind="W", plural="ws", namespaced=True)))
    'CustomResourceDefinition.apiextensions.k8s.io/ws.e.io'
    """
    return Ref(DEFINITION_KIND, "", f"{resource_type.plural}.{resource_type.group}")


def types(body: dict[str, Any]) -> Iterator[ResourceType]:
    """The types that a definition serves; nothing where it is not whole, which the server will say."""
    spec = _map(body.get("spec"))
    names = _map(spec.get("names"))
    group, kind, plural = spec.get("group"), names.get("kind"), names.get("plural")
    if not (isinstance(group, str) and isinstance(kind, str) and isinstance(plural, str)):
        return
    for version in _versions(spec):
        if version.get("served", True) and isinstance(version.get("name"), str):
            subresources = _map(version.get("subresources"))
            yield ResourceType(
                group=group,
                version=version["name"],
                kind=kind,
                plural=plural,
                namespaced=spec.get("scope") == "Namespaced",
                subresources=frozenset(map(str, subresources)),
            )


def document(bodies: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """An OpenAPI document of the types that definitions serve, as the server will make it."""
    schemas: dict[str, Any] = {}
    for body in bodies:
        spec = _map(body.get("spec"))
        for found, version in zip(types(body), _served(spec), strict=False):
            schema = _map(_map(version.get("schema")).get("openAPIV3Schema"))
            properties = {
                **_map(schema.get("properties")),
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": _ANYTHING,
            }
            mark = {"group": found.group, "version": found.version, "kind": found.kind}
            schemas[f"{found.group}.{found.version}.{found.kind}"] = {
                **schema,
                "properties": properties,
                "x-kubernetes-group-version-kind": [mark],
            }
    return {"openapi": "3.0.0", "info": {"title": "render", "version": "1"}, "components": {"schemas": schemas}}


def is_served(declared: dict[str, Any], live: dict[str, Any]) -> bool:
    """Whether a live definition already holds the declared one, and serves it."""
    conditions = _map(live.get("status")).get("conditions")
    is_established = any(
        _map(one).get("type") == "Established" and _map(one).get("status") == "True"
        for one in (conditions if isinstance(conditions, list) else [])
    )
    return is_established and is_within(declared.get("spec"), live.get("spec"))


def _served(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in _versions(spec) if one.get("served", True) and isinstance(one.get("name"), str)]


def _versions(spec: dict[str, Any]) -> list[dict[str, Any]]:
    versions = spec.get("versions")
    return [_map(one) for one in versions[:VERSIONS_MAX]] if isinstance(versions, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
