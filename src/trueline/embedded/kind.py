"""What is served: each resource with its names, scope, form of storage and place. It never talks to the toolbox."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CORE = "core"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of one group version, as discovery lists it. `stored` is the API version in which it is kept."""

    group: str
    version: str
    plural: str
    kind: str
    singular: str
    is_namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    stored: str = ""
    prefix: str = ""
    subresources: tuple[Mapping[str, Any], ...] = ()
    definition: str = ""

    @property
    def api_version(self) -> str:
        """`apps/v1`, `v1`.

        >>> pods = Resource(
        ...     group="", version="v1", plural="pods", kind="Pod", singular="pod", is_namespaced=True, verbs=()
        ... )
        >>> pods.api_version
        'v1'
        """
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def is_kept(self) -> bool:
        """Whether objects of it exist, so that they can be listed."""
        return "list" in self.verbs

    def key(self, namespace: str, name: str) -> str:
        """The place of one object."""
        return f"{self.prefix}/{namespace}/{name}" if self.is_namespaced else f"{self.prefix}/{name}"

    def folder(self, namespace: str) -> str:
        """The place of a namespace's objects, or of all of them, ending with `/`."""
        return f"{self.prefix}/{namespace}/" if namespace and self.is_namespaced else f"{self.prefix}/"


def from_discovery(group: Mapping[str, Any], prefixes: Mapping[str, str], stored: Mapping[str, str]) -> list[Resource]:
    """The resources of one group of the aggregated discovery document."""
    name = group["metadata"].get("name", "")
    found = []
    for version in group["versions"]:
        for entry in version["resources"]:
            place = f"{name}/{entry['resource']}"
            found.append(
                Resource(
                    group=name,
                    version=version["version"],
                    plural=entry["resource"],
                    kind=entry["responseKind"]["kind"],
                    singular=entry["singularResource"],
                    is_namespaced=entry["scope"] == "Namespaced",
                    verbs=tuple(entry["verbs"]),
                    short_names=tuple(entry.get("shortNames", ())),
                    categories=tuple(entry.get("categories", ())),
                    stored=stored.get(place, ""),
                    prefix=prefixes[place],
                    subresources=tuple(entry.get("subresources", ())),
                )
            )
    return found


_CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


def from_definition(crd: Mapping[str, Any], key: str) -> list[Resource]:
    """The resources of one CustomResourceDefinition; none before its names are accepted."""
    spec, status = crd["spec"], crd.get("status", {})
    accepted = {c["type"]: c["status"] == "True" for c in status.get("conditions") or ()}
    if not accepted.get("Established"):
        return []
    names, stored = status["acceptedNames"], next(v["name"] for v in spec["versions"] if v["storage"])
    return [
        Resource(
            group=spec["group"],
            version=version["name"],
            plural=names["plural"],
            kind=names["kind"],
            singular=names.get("singular", ""),
            is_namespaced=spec["scope"] == "Namespaced",
            verbs=_CUSTOM_VERBS,
            short_names=tuple(names.get("shortNames", ())),
            categories=tuple(names.get("categories", ())),
            stored=f"{spec['group']}/{stored}",
            prefix=f"/{spec['group']}/{names['plural']}",
            subresources=tuple(_subresources(spec, version, names["kind"])),
            definition=key,
        )
        for version in spec["versions"]
        if version["served"]
    ]


def _subresources(spec: Mapping[str, Any], version: Mapping[str, Any], kind: str) -> Iterable[Mapping[str, Any]]:
    wanted = version.get("subresources", {})
    own = {"group": spec["group"], "version": version["name"], "kind": kind}
    if "status" in wanted:
        yield {"subresource": "status", "responseKind": own, "verbs": ["get", "patch", "update"]}
    if "scale" in wanted:
        scale = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        yield {"subresource": "scale", "responseKind": scale, "verbs": ["get", "patch", "update"]}


@dataclass(slots=True)
class Catalogue:
    """Every resource by group, version and plural; custom ones come and go."""

    builtin: tuple[Resource, ...] = ()
    custom: dict[str, tuple[Resource, ...]] = field(default_factory=dict)
    _found: dict[tuple[str, str, str], Resource] = field(default_factory=dict)

    def define(self, key: str, resources: Iterable[Resource]) -> None:
        """Serve what a definition says from now on; nothing where it is empty."""
        self.custom[key] = tuple(resources)
        if not self.custom[key]:
            del self.custom[key]
        self._found.clear()

    def all(self) -> tuple[Resource, ...]:
        """Everything, the built-in ones first, in their order."""
        return self.builtin + tuple(r for key in sorted(self.custom) for r in self.custom[key])

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource of a path, where there is one."""
        if not self._found:
            self._found = {(r.group, r.version, r.plural): r for r in self.all()}
        return self._found.get((group, version, plural))

    def kept(self) -> tuple[Resource, ...]:
        """One resource for each place where objects are kept: the one in whose version they are."""
        places: dict[str, Resource] = {}
        for resource in self.all():
            if resource.is_kept and resource.stored == resource.api_version:
                places.setdefault(resource.prefix, resource)
        return tuple(places.values())
