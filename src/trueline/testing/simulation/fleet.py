"""What people want, as a value: applications with their objects. Drawn changes give other values; nothing is kept.

Every value that is written carries a number that no other has, so that a live object tells which commits said it.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import msgspec

from trueline.testing.process import TARGET

Json: TypeAlias = dict[str, Any]

NAMESPACE: Final = "shop"
NAMES: Final = tuple(f"o{number}" for number in range(8))
APPLICATIONS: Final = ("shop", "till", "web")
KINDS: Final = ("ConfigMap", "ConfigMap", "ConfigMap", "ConfigMap", "Secret", "Service", "Deployment")
BREAKS: Final = (
    b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken\n",
    b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken}\ndatta: {a: b}\n",
    b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NOT_A_NAME}\n",
)
_PREFIX: Final = {"ConfigMap": "/core/configmaps", "Secret": "/core/secrets", "Service": "/core/services"}
_PREFIX_OF = _PREFIX | {"Deployment": "/apps/deployments"}


def key_of(manifest: Mapping[str, Any]) -> str:
    """Where the embedded cluster keeps an object."""
    return f"{_PREFIX_OF[manifest['kind']]}/{NAMESPACE}/{manifest['metadata']['name']}"


def is_as_declared(declared: Any, live: Any) -> bool:
    """Whether everything that is declared is live; lists are as long as declared, and `stringData` is `data`."""
    if isinstance(declared, dict):
        return isinstance(live, dict) and all(is_as_declared(value, live.get(key)) for key, value in declared.items())
    if isinstance(declared, list):
        return isinstance(live, list) and len(live) == len(declared) and all(map(is_as_declared, declared, live))
    return bool(declared == live)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The applications, each with its manifests by name; `broken` has what is in the way of one."""

    applications: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    broken: Mapping[str, bytes] = field(default_factory=dict)

    def declared(self) -> dict[str, tuple[str, Json]]:
        """Application and manifest of every object, by its key; nothing of a broken application is declared."""
        return {
            key_of(manifest): (name, manifest)
            for name, manifests in self.applications.items()
            if name not in self.broken
            for manifest in manifests.values()
        }

    @property
    def blocked(self) -> frozenset[str]:
        """The applications of which nothing can be made: broken ones, and those that declare nothing (INV-03)."""
        return frozenset(name for name, found in self.applications.items() if name in self.broken or not found)

    def files(self) -> dict[str, bytes]:
        """What stands in Git."""
        files: dict[str, bytes] = {"README": b"what runs is held to this"}
        for name, manifests in self.applications.items():
            files[f"fleet/{name}.yaml"] = msgspec.json.encode(_application(name))
            files[f"{name}/.keep"] = b""
            for manifest in manifests.values():
                file = f"{manifest['kind']}-{manifest['metadata']['name']}.yaml".lower()
                files[f"{name}/{file}"] = msgspec.json.encode(manifest)
            if name in self.broken:
                files[f"{name}/broken.yaml"] = self.broken[name]
        return files

    def with_object(self, application: str, manifest: Json) -> "Fleet":
        """One object more, or another in its place."""
        manifests = {**self.applications.get(application, {}), manifest["metadata"]["name"]: manifest}
        return replace(self, applications={**self.applications, application: manifests})

    def without_object(self, application: str, name: str) -> "Fleet":
        """One object less."""
        manifests = {key: value for key, value in self.applications[application].items() if key != name}
        return replace(self, applications={**self.applications, application: manifests})

    def without(self, application: str) -> "Fleet":
        """One application less."""
        rest = {name: manifests for name, manifests in self.applications.items() if name != application}
        return replace(self, applications=rest, broken=_less(self.broken, application))

    def broken_by(self, application: str, text: bytes) -> "Fleet":
        """One application cannot be rendered."""
        return replace(self, broken={**self.broken, application: text})

    def mended(self) -> "Fleet":
        """Everything can be rendered."""
        return replace(self, broken={})


def _less(mapping: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    return {key: value for key, value in mapping.items() if key != name}


def _application(name: str) -> Json:
    return {
        "apiVersion": "trueline.dev/v1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {
            "source": {"path": name},
            "render": {"plain": {}},
            "target": {"cluster": TARGET, "namespace": NAMESPACE},
        },
    }


class Author:
    """Writes manifests and changes fleets; each manifest has a number of its own."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._number = 0

    def manifest(self, name: str, kind: str = "") -> Json:
        """An object that was never written before."""
        self._number += 1
        kind = kind or self._rng.choice(KINDS)
        number = str(self._number)
        metadata = {"name": name, "annotations": {"number": number}}
        match kind:
            case "ConfigMap":
                return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"a": number, "b": "same"}}
            case "Secret":
                return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"a": "c2VjcmV0"}}
            case "Service":
                spec: Json = {"ports": [{"port": 80}], "selector": {"app": f"{name}-{number}"}}
                return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
            case _:
                container = {"name": "app", "image": f"example.test/app:{number}"}
                template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
                spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
                return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}

    def first(self) -> Fleet:
        """Two applications with a few objects."""
        fleet = Fleet()
        for number, name in enumerate(NAMES[:5]):
            fleet = fleet.with_object(APPLICATIONS[number % 2], self.manifest(name))
        return fleet

    def change(self, fleet: Fleet) -> Fleet:
        """What one commit makes of it."""
        rng, changed = self._rng, fleet
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            draw = rng.random()
            if changed.broken and draw < 0.5:  # noqa: PLR2004 - a broken fleet is mended soon
                changed = changed.mended()
            elif draw < 0.4:  # noqa: PLR2004 - the weights of what people do
                changed = self._changed_object(changed)
            elif draw < 0.6:  # noqa: PLR2004 - as above
                changed = self._one_more(changed)
            elif draw < 0.8:  # noqa: PLR2004 - as above
                changed = self._one_less(changed)
            elif draw < 0.88:  # noqa: PLR2004 - as above
                changed = self._moved(changed)
            elif draw < 0.94:  # noqa: PLR2004 - as above
                changed = changed.broken_by(self._some(changed), rng.choice(BREAKS))
            else:
                changed = self._one_application_less(changed)
        return changed

    def last(self, fleet: Fleet) -> Fleet:
        """Nothing is broken or empty any more, and something has changed."""
        kept = {name: found for name, found in fleet.applications.items() if found}
        return self._changed_object(replace(fleet.mended(), applications=kept))

    def _some(self, fleet: Fleet) -> str:
        return self._rng.choice(sorted(fleet.applications) or list(APPLICATIONS))

    def _place(self, fleet: Fleet) -> tuple[str, str] | None:
        places = [(name, one) for name, found in sorted(fleet.applications.items()) for one in sorted(found)]
        return self._rng.choice(places) if places else None

    def _changed_object(self, fleet: Fleet) -> Fleet:
        place = self._place(fleet)
        if place is None:
            return self._one_more(fleet)
        application, name = place
        kind = fleet.applications[application][name]["kind"]
        return fleet.with_object(application, self.manifest(name, kind))

    def _one_more(self, fleet: Fleet) -> Fleet:
        taken = {name for found in fleet.applications.values() for name in found}
        free = [name for name in NAMES if name not in taken]
        if not free:
            return self._one_less(fleet)
        return fleet.with_object(self._rng.choice(APPLICATIONS), self.manifest(self._rng.choice(free)))

    def _one_less(self, fleet: Fleet) -> Fleet:
        place = self._place(fleet)
        return fleet if place is None else fleet.without_object(*place)

    def _moved(self, fleet: Fleet) -> Fleet:
        """From one application to another, as it is."""
        place = self._place(fleet)
        if place is None:
            return fleet
        application, name = place
        others = [other for other in APPLICATIONS if other != application]
        manifest = fleet.applications[application][name]
        return fleet.without_object(application, name).with_object(self._rng.choice(others), manifest)

    def _one_application_less(self, fleet: Fleet) -> Fleet:
        return fleet.without(self._some(fleet)) if len(fleet.applications) > 1 else fleet
