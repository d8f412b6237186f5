"""What a server has: its version, its resource types, its OpenAPI documents. Never asks by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from trueline.model.known import Known, Unknown
from trueline.target.kubernetes.client import WHOLE, KubernetesClient
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Ok, Refusal

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
GROUPS_MAX = 2_000
DISCOVERY_KIND = "APIGroupDiscoveryList"


class _GroupVersionKind(msgspec.Struct, gc=False):
    group: str = ""
    version: str = ""
    kind: str = ""


class _Subresource(msgspec.Struct, gc=False):
    subresource: str = ""


class _Resource(msgspec.Struct, gc=False):
    resource: str = ""
    responseKind: _GroupVersionKind | None = None
    scope: str = ""
    verbs: list[str] | None = None
    subresources: list[_Subresource] | None = None


class _Version(msgspec.Struct, gc=False):
    version: str = ""
    resources: list[_Resource] | None = None
    freshness: str = "Current"


class _Name(msgspec.Struct, gc=False):
    name: str = ""


class _Group(msgspec.Struct, gc=False):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_Version] | None = None


class _Aggregated(msgspec.Struct, gc=False):
    kind: str = ""
    items: list[_Group] | None = None


class _OldVersion(msgspec.Struct, gc=False):
    groupVersion: str = ""
    version: str = ""


class _OldGroup(msgspec.Struct, gc=False):
    name: str = ""
    versions: list[_OldVersion] | None = None


class _OldGroups(msgspec.Struct, gc=False):
    groups: list[_OldGroup] | None = None
    versions: list[str] | None = None


class _OldResource(msgspec.Struct, gc=False):
    name: str = ""
    namespaced: bool = False
    kind: str = ""
    verbs: list[str] | None = None


class _OldResources(msgspec.Struct, gc=False):
    resources: list[_OldResource] | None = None


class _ServerVersion(msgspec.Struct, gc=False):
    gitVersion: str = ""
    major: str = ""
    minor: str = ""


class _OpenApiPath(msgspec.Struct, gc=False):
    serverRelativeURL: str = ""


class _OpenApiPaths(msgspec.Struct, gc=False):
    paths: dict[str, _OpenApiPath] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The types of one server at one moment. `types` stand in the server's order of preference within a group.

    `stale` maps `group/version` to why its types cannot be known: an aggregated API that is down.
    """

    types: tuple[ResourceType, ...]
    stale: Mapping[str, str] = field(default_factory=dict)

    def find(self, api_version: str, kind: str) -> Known[ResourceType | None] | Unknown:
        """The type that a manifest's `apiVersion` and `kind` name; known to be `None` where the server lacks it."""
        for found in self.types:
            if found.kind == kind and found.api_version == api_version:
                return Known(found)
        if reason := self.stale.get(api_version):
            return Unknown(reason)
        return Known(None)

    def named(self, kind_name: str) -> Known[ResourceType | None] | Unknown:
        """The preferred version of a kind written as a `Ref` does: `Deployment.apps`, `Service`."""
        for found in self.types:
            if found.kind_name == kind_name:
                return Known(found)
        _, _, group = kind_name.partition(".")
        for api_version, reason in self.stale.items():
            if _group_of(api_version) == group:
                return Unknown(reason)
        return Known(None)

    def api_versions(self) -> tuple[str, ...]:
        """As Helm's capabilities list them: `apps/v1` and `apps/v1/Deployment`, sorted."""
        versions = {found.api_version for found in self.types}
        return tuple(sorted(versions | {f"{found.api_version}/{found.kind}" for found in self.types}))

    def watchable(self) -> tuple[ResourceType, ...]:
        """The preferred version of each kind that can be listed and watched, each kind once."""
        first: dict[str, ResourceType] = {}
        for found in self.types:
            if {"list", "watch"} <= found.verbs:
                first.setdefault(found.kind_name, found)
        return tuple(first.values())


async def discover(client: KubernetesClient) -> Known[Catalog] | Unknown:
    """Ask the server what it has: two requests, or one a version where the server is old."""
    types: list[ResourceType] = []
    stale: dict[str, str] = {}
    for path in ("/api", "/apis"):
        match await client.read(path, accept=f"{AGGREGATED},{WHOLE}"):
            case Refusal() as refusal:
                return Unknown(f"cannot read {path}: {refusal}")
            case Ok(body=body):
                try:
                    await _read_groups(client, path, body, types, stale)
                except msgspec.DecodeError as error:
                    return Unknown(f"{path} does not decode: {error}")
    return Known(Catalog(types=tuple(types), stale=stale))


async def server_version(client: KubernetesClient) -> Known[str] | Unknown:
    """The server's version: `v1.35.0`."""
    match await client.read("/version"):
        case Refusal() as refusal:
            return Unknown(f"cannot read /version: {refusal}")
        case Ok(body=body):
            try:
                return Known(msgspec.json.decode(body, type=_ServerVersion).gitVersion)
            except msgspec.DecodeError as error:
                return Unknown(f"/version does not decode: {error}")


async def openapi_paths(client: KubernetesClient) -> Known[Mapping[str, str]] | Unknown:
    """Group version (`apps/v1`, `v1`) to the hash of its OpenAPI document: equal hashes, equal documents."""
    match await client.read("/openapi/v3"):
        case Refusal() as refusal:
            return Unknown(f"cannot read /openapi/v3: {refusal}")
        case Ok(body=body):
            return _hashes(body)


def _hashes(body: bytes) -> Known[Mapping[str, str]] | Unknown:
    try:
        paths = msgspec.json.decode(body, type=_OpenApiPaths).paths
    except msgspec.DecodeError as error:
        return Unknown(f"/openapi/v3 does not decode: {error}")
    found = ((path.removeprefix("apis/").removeprefix("api/"), entry) for path, entry in paths.items() if "/" in path)
    return Known({name: entry.serverRelativeURL.partition("hash=")[2] for name, entry in found})


async def openapi(client: KubernetesClient, group_version: str, *, digest: str = "") -> Known[bytes] | Unknown:
    """The OpenAPI v3 document of a group version, as JSON; with its hash the server may answer from a cache."""
    prefix = "apis" if "/" in group_version else "api"
    query = {"hash": digest} if digest else {}
    match await client.read(f"/openapi/v3/{prefix}/{group_version}", query=query):
        case Refusal() as refusal:
            return Unknown(f"cannot read the OpenAPI document of {group_version}: {refusal}")
        case Ok(body=body):
            return Known(body)


async def _read_groups(
    client: KubernetesClient, path: str, body: bytes, types: list[ResourceType], stale: dict[str, str]
) -> None:
    aggregated = msgspec.json.decode(body, type=_Aggregated)
    if aggregated.kind == DISCOVERY_KIND:
        for group in aggregated.items or ():
            _take_group(group, types, stale)
        return
    old = msgspec.json.decode(body, type=_OldGroups)
    named = [version.groupVersion for group in old.groups or () for version in group.versions or ()]
    for api_version in (*(old.versions or ()), *named)[:GROUPS_MAX]:
        await _take_old(client, f"{path}/{api_version}", api_version, types, stale)


def _take_group(group: _Group, types: list[ResourceType], stale: dict[str, str]) -> None:
    name = group.metadata.name
    for version in group.versions or ():
        api_version = f"{name}/{version.version}" if name else version.version
        if version.freshness != "Current":
            stale[api_version] = f"the API {api_version} is not answered for at the moment"
        else:
            types.extend(_types(name, version.version, version.resources or ()))


def _types(group: str, version: str, resources: Iterable[_Resource]) -> Iterable[ResourceType]:
    for resource in resources:
        if resource.responseKind is not None and resource.responseKind.kind:
            yield ResourceType(
                group=group,
                version=version,
                kind=resource.responseKind.kind,
                plural=resource.resource,
                namespaced=resource.scope == "Namespaced",
                verbs=frozenset(resource.verbs or ()),
                subresources=frozenset(part.subresource for part in resource.subresources or ()),
            )


async def _take_old(
    client: KubernetesClient, path: str, api_version: str, types: list[ResourceType], stale: dict[str, str]
) -> None:
    match await client.read(path):
        case Refusal() as refusal:
            stale[api_version] = f"cannot read {path}: {refusal}"
        case Ok(body=body):
            resources = msgspec.json.decode(body, type=_OldResources).resources or ()
            types.extend(_old_types(api_version, resources))


def _old_types(api_version: str, resources: Iterable[_OldResource]) -> Iterable[ResourceType]:
    parts: dict[str, set[str]] = {}
    for resource in resources:
        plural, _, subresource = resource.name.partition("/")
        parts.setdefault(plural, set()).update({subresource} if subresource else ())
    for resource in resources:
        if "/" not in resource.name:
            yield ResourceType(
                group=_group_of(api_version),
                version=api_version.rpartition("/")[2],
                kind=resource.kind,
                plural=resource.name,
                namespaced=resource.namespaced,
                verbs=frozenset(resource.verbs or ()),
                subresources=frozenset(parts[resource.name]),
            )


def _group_of(api_version: str) -> str:
    return api_version.rpartition("/")[0]
