"""Discovery documents, aggregated and legacy, and the version. It reads the catalogue and asks nobody."""

from collections.abc import Iterable, Mapping
from typing import Any

from trueline.embedded.kind import Catalogue, Resource
from trueline.embedded.refusal import answer
from trueline.runtime.http import Response

VERSION: Mapping[str, str] = {
    "major": "1",
    "minor": "35",
    "gitVersion": "v1.35.1",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def aggregated(catalogue: Catalogue, *, is_core: bool) -> Response:
    """All groups with all their resources in one document."""
    groups = [_group(name, resources) for name, resources in _groups(catalogue).items() if (not name) is is_core]
    body = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": groups}
    response = answer(body)
    return Response(status=200, headers={"content-type": _AGGREGATED}, body=response.body)


def legacy(catalogue: Catalogue, path: str) -> Response | None:
    """One of the older documents; `None` where there is none for the path."""
    match path.strip("/").split("/"):
        case ["api"]:
            return answer({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        case ["apis"]:
            groups = [_legacy_group(name, rs) for name, rs in _groups(catalogue).items() if name]
            return answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        case ["apis", name] if name in _groups(catalogue):
            group = _legacy_group(name, _groups(catalogue)[name])
            return answer({"kind": "APIGroup", "apiVersion": "v1", **group})
        case ["api", version]:
            return _resources(catalogue, "", version)
        case ["apis", name, version]:
            return _resources(catalogue, name, version)
        case _:
            return None


def roots(catalogue: Catalogue) -> list[str]:
    """`api/v1`, `apis/apps/v1`, … as the OpenAPI index names them."""
    found = ((r.group, r.version) for r in catalogue.all())
    return sorted({f"apis/{group}/{version}" if group else f"api/{version}" for group, version in found})


def _groups(catalogue: Catalogue) -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {}
    for resource in catalogue.all():
        groups.setdefault(resource.group, []).append(resource)
    return groups


def _versions(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    versions: dict[str, list[Resource]] = {}
    for resource in resources:
        versions.setdefault(resource.version, []).append(resource)
    return versions


def _group(name: str, resources: list[Resource]) -> dict[str, Any]:
    versions = [
        {"version": version, "resources": [_entry(r) for r in found], "freshness": "Current"}
        for version, found in _versions(resources).items()
    ]
    return {"metadata": {"name": name, "creationTimestamp": None} if name else {}, "versions": versions}


def _entry(resource: Resource) -> dict[str, Any]:
    return {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.is_namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": resource.verbs,
        **({"shortNames": resource.short_names} if resource.short_names else {}),
        **({"categories": resource.categories} if resource.categories else {}),
        **({"subresources": resource.subresources} if resource.subresources else {}),
    }


def _legacy_group(name: str, resources: list[Resource]) -> dict[str, Any]:
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in _versions(resources)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(catalogue: Catalogue, group: str, version: str) -> Response | None:
    found = [r for r in catalogue.all() if (r.group, r.version) == (group, version)]
    if not found:
        return None
    entries = [entry for resource in found for entry in _legacy_entries(resource)]
    group_version = f"{group}/{version}" if group else version
    return answer({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": entries})


def _legacy_entries(resource: Resource) -> Iterable[dict[str, Any]]:
    common = {"namespaced": resource.is_namespaced}
    yield {
        "name": resource.plural,
        "singularName": resource.singular,
        "kind": resource.kind,
        "verbs": resource.verbs,
        **common,
        **({"shortNames": resource.short_names} if resource.short_names else {}),
        **({"categories": resource.categories} if resource.categories else {}),
    }
    for sub in resource.subresources:
        name = f"{resource.plural}/{sub['subresource']}"
        kind = (sub.get("responseKind") or {}).get("kind", resource.kind)
        yield {"name": name, "singularName": "", "kind": kind, "verbs": sub["verbs"], **common}
