"""Ownership found again: which objects that carry our mark are exactly as they are declared, told from what lives.

The way back after a data directory was lost or put back (INV-26). Where every declared value stands there, and our
entry owns exactly what is declared, an apply would change nothing: no trial is needed to know it. In any doubt nothing
is said.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from trueline.model import field_path
from trueline.model.digest import parse
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.field_set import Fields, our_fields
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import CONTROL_PLANE, NOBODY
from trueline.target.kubernetes.status import Ok
from trueline.target.kubernetes.wire import decode_object
from trueline.target.kubernetes.write import Recollection
from trueline.target.snapshot import Observed

GETS_MAX = 8
"""From here on one list of the namespace is cheaper."""
_NO_OTHERS = CONTROL_PLANE | {NOBODY}
_IDENTITY = frozenset({"apiVersion", "kind"})
_NAMES = frozenset({"name", "namespace"})

Bodies = Mapping[Ref, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFinder:
    """Finds for one field manager."""

    client: KubernetesClient
    kinds: Kinds
    manager: str
    recollection: Recollection

    async def as_declared(self, bodies: Bodies) -> Mapping[Ref, Observed]:
        """Those of the declared objects whose apply would change nothing; of all others nothing is said."""
        groups: dict[tuple[str, str], dict[Ref, bytes]] = defaultdict(dict)
        for ref, body in bodies.items():
            groups[ref.kind, ref.namespace][ref] = body
        types = await self.kinds.named(kind for kind, _ in groups)
        async with TaskGroup() as tasks:
            found = [
                tasks.create_task(self._of_type(resource_type.value, namespace, group))
                for (kind, namespace), group in groups.items()
                if isinstance(resource_type := types[kind], Known) and resource_type.value is not None
            ]
        return {ref: seen for task in found for ref, seen in task.result().items()}

    async def _of_type(self, resource_type: ResourceType, namespace: str, bodies: Bodies) -> Mapping[Ref, Observed]:
        lives = await self._lives(resource_type, namespace, bodies)
        by_name = {ref.name: (ref, body) for ref, body in bodies.items()}
        found: dict[Ref, Observed] = {}
        for live in lives:
            seen = decode_object(live)
            ref, body = by_name.get(seen.metadata.name, (None, b""))
            observed = self.recollection.live(seen.metadata).observed()
            if ref is None or observed.deleting or not _NO_OTHERS.issuperset(observed.managers):
                continue
            ours = our_fields(seen.metadata.managedFields, self.manager)
            if ours is not None and stands(parse(body), msgspec.json.decode(live, type=dict[str, Any]), ours):
                found[ref] = observed
        return found

    async def _lives(
        self, resource_type: ResourceType, namespace: str, bodies: Bodies
    ) -> Iterable[bytes | msgspec.Raw]:
        if len(bodies) > GETS_MAX:
            listed = await self.client.list(resource_type, namespace=namespace, selector=LABEL, whole=True)
            return () if isinstance(listed, Unknown) else listed.value.items
        async with TaskGroup() as tasks:
            asked = [
                tasks.create_task(self.client.get(resource_type, ref.namespace, ref.name, whole=True)) for ref in bodies
            ]
        return [said.body for task in asked if isinstance(said := task.result(), Ok)]


def stands(declared: dict[str, Any], live: dict[str, Any], ours: Fields) -> bool:
    """Whether all that is declared stands there, value by value, and our entry owns that and nothing else.

    >>> body = {"metadata": {"name": "c"}, "data": {"a": "1"}}
    >>> stands(body, body, {"f:data": {"f:a": {}}}), stands(body, body, {"f:data": {"f:a": {}, "f:b": {}}})
    (True, False)
    """
    body = {key: value for key, value in declared.items() if key not in _IDENTITY}
    metadata = {key: value for key, value in body.pop("metadata", {}).items() if key not in _NAMES}
    owned = {**body, "metadata": metadata} if metadata else body
    return bool(ours) and _holds(live, owned) and _owns(owned, ours)


def _holds(live: Any, declared: Any) -> bool:
    """Whether a value is exactly what was declared; maps may hold more, which are defaults or others'."""
    match declared, live:
        case dict(), dict():
            return all(key in live and _holds(live[key], value) for key, value in declared.items())
        case list(), list():
            return len(declared) == len(live) and all(map(_holds, live, declared))
        case _:
            return type(declared) is type(live) and bool(declared == live)


def _owns(declared: Any, fields: Fields) -> bool:
    """Whether a field set is exactly that of a declared value; an empty one owns the value as a whole."""
    steps = fields.keys() - {"."}
    if not steps:
        return not fields or not declared
    match declared:
        case dict():
            return steps == {f"f:{key}" for key in declared} and all(
                _owns(value, fields[f"f:{key}"]) for key, value in declared.items()
            )
        case list():
            below = [(field_path.child(declared, field_path.of_fields((step,))[0]), step) for step in steps]
            return len(steps) == len(declared) and all(
                value is not None and _owns(value, fields[step]) for value, step in below
            )
        case _:
            return False
