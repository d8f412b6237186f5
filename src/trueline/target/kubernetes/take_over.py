"""Adoption (D17): what former tools own of an object becomes ours, and nobody else's (INV-19).

So a field which leaves Git leaves the cluster.

One JSON patch under the object's resource version and UID; it changes `managedFields` and nothing else. Client-side
apply's copy of the manifest is owned by its entry too: as ours, it goes with our next apply. The same patch reclaims
what a tool put in the place of ours, and no more than that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from trueline.model import field_path
from trueline.model.digest import parse
from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.target import answer
from trueline.target.kubernetes import refusal as refusals
from trueline.target.kubernetes.client import JSON_PATCH, KubernetesClient
from trueline.target.kubernetes.displacement import reclaimed, without
from trueline.target.kubernetes.field_set import APPLY, Fields, is_ours, leaves, our_fields, union
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import NOBODY
from trueline.target.kubernetes.status import Ok, Refusal
from trueline.target.kubernetes.wire import ManagedFields, ObjectMeta, decode_object, encode
from trueline.target.kubernetes.write import Recollection
from trueline.target.reclaim import Reclaim
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed

TRIES_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopter:
    """Takes objects over for one field manager."""

    client: KubernetesClient
    kinds: Kinds
    manager: str
    rules: Rules
    recollection: Recollection

    async def take_over(self, ref: Ref, *, seen: Observed, dry: bool) -> answer.Answer:
        """Turn the former tools' entries into ours; without any, nothing is written."""
        return await self._take(ref, seen, self._all_former, dry=dry)

    async def reclaim(self, ref: Ref, *, body: bytes, extent: Reclaim, seen: Observed, dry: bool) -> answer.Answer:
        """Make ours what tools put beside what the body declares, and say what: our next apply removes it."""
        declared = parse(body)
        return await self._take(ref, seen, lambda entries: self._reclaimed(entries, declared, extent), dry=dry)

    async def _take(self, ref: Ref, seen: Observed, choose: "_Choose", *, dry: bool) -> answer.Answer:
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown):
            return refusals.busy(found.reason)
        if found.value is None:
            return refusals.no_kind(f"the server has no {ref.kind}")
        said: answer.Answer = refusals.busy("the object changes faster than it can be taken over")
        for _ in range(TRIES_MAX):
            said = await self._once(found.value, ref, seen, choose, dry=dry)
            if not (isinstance(said, answer.Refused) and said.refusal is answer.Refusal.STALE):
                return said
            if not said.message.startswith("Operation cannot be fulfilled"):
                return said
        return said

    async def _once(
        self, resource_type: ResourceType, ref: Ref, seen: Observed, choose: "_Choose", *, dry: bool
    ) -> answer.Answer:
        live = await self.client.get(resource_type, ref.namespace, ref.name, whole=False)
        if isinstance(live, Refusal):
            return refusals.refused(live, resource_type, "get")
        metadata = decode_object(live.body).metadata
        if metadata.uid != seen.uid:
            return refusals.stale(f"the object has another UID: {metadata.uid}, not {seen.uid}")
        if not _is_as(seen, metadata):
            return refusals.stale("it has changed since it was planned")
        taken = choose(metadata.managedFields or ())
        if not taken:
            return self._accepted(resource_type, live, (), dry=dry)
        entries = self._moved(metadata.managedFields or (), taken)
        said = await self.client.patch(
            resource_type,
            ref.namespace,
            ref.name,
            encode(_patch(metadata, entries)),
            content_type=JSON_PATCH,
            manager=self.manager,
            dry_run=dry,
        )
        if isinstance(said, Refusal):
            return refusals.refused(said, resource_type, "patch")
        return self._accepted(resource_type, said, taken, dry=dry)

    def _accepted(
        self, resource_type: ResourceType, said: Ok, taken: Sequence["_Taken"], *, dry: bool
    ) -> answer.Accepted:
        metadata = decode_object(said.body).metadata
        if taken and not dry:
            self.recollection.note(resource_type, metadata)
        return answer.Accepted(
            observed=self.recollection.live(metadata).observed(),
            added=tuple(sorted(one for part in taken for one in part.conflicts())),
            wrote=bool(taken),
        )

    def _all_former(self, entries: Sequence[ManagedFields]) -> list["_Taken"]:
        return [_Taken(entry, _fields(entry)) for entry in entries if self._is_former(entry)]

    def _reclaimed(self, entries: Sequence[ManagedFields], body: dict[str, Any], extent: Reclaim) -> list["_Taken"]:
        ours = our_fields(entries, self.manager) or {}
        found = []
        for entry in filter(self._is_former, entries):
            # Whose fields nobody knows were added by nobody: among them are all that the server set by itself.
            own = Reclaim.ITEMS if entry.manager == NOBODY and extent is Reclaim.ALL else extent
            found.append(_Taken(entry, reclaimed(_fields(entry), ours, body, own)))
        return [taken for taken in found if taken.fields]

    def _moved(self, entries: Sequence[ManagedFields], taken: Sequence["_Taken"]) -> list[dict[str, Any]]:
        """The entries as they shall be.

        Sets that were written through several versions of the API are united under that of the newest entry: what does
        not exist there is dropped by the server.
        """
        mine = [entry for entry in entries if is_ours(entry, self.manager)]
        united: Fields = {}
        for fields in (*map(_fields, mine), *(part.fields for part in taken)):
            united = union(united, fields)
        newest = max((part.entry for part in taken), key=lambda entry: entry.time)
        version = mine[0].apiVersion if mine else newest.apiVersion
        ours = _entry(self.manager, APPLY, version, newest.time, united)
        gone = {id(part.entry): part.fields for part in taken}
        rest = ((entry, without(_fields(entry), gone.get(id(entry), {}))) for entry in entries if entry not in mine)
        return [*(_kept(entry, fields) for entry, fields in rest if fields), ours]

    def _is_former(self, entry: ManagedFields) -> bool:
        return entry.subresource != "status" and self.rules.is_former_tool(entry.manager)


def _is_as(seen: Observed, metadata: ObjectMeta) -> bool:
    """INV-12: whether it is what was tried. Where there is a generation, a status moves the version all the time."""
    if not seen.version or seen.version == metadata.resourceVersion:
        return True
    return bool(seen.generation) and seen.generation == metadata.generation


def _patch(metadata: ObjectMeta, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata.uid},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata.resourceVersion},
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
    ]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken of one entry."""

    entry: ManagedFields
    fields: Fields

    def conflicts(self) -> Iterator[answer.FieldConflict]:
        """It, as it is told."""
        paths = (steps for steps in leaves(self.fields) if steps[-1] != ".")
        for steps in paths:
            yield answer.FieldConflict(manager=self.entry.manager, path=field_path.text(field_path.of_fields(steps)))


_Choose: TypeAlias = Callable[[Sequence[ManagedFields]], Sequence[_Taken]]


def _fields(entry: ManagedFields) -> Fields:
    return msgspec.json.decode(entry.fieldsV1, type=dict[str, Any])


def _kept(entry: ManagedFields, fields: Fields) -> dict[str, Any]:
    kept = _entry(entry.manager, entry.operation, entry.apiVersion, entry.time, fields)
    return {**kept, "subresource": entry.subresource} if entry.subresource else kept


def _entry(manager: str, operation: str, version: str, time: str, fields: Fields) -> dict[str, Any]:
    entry = {"manager": manager, "operation": operation, "apiVersion": version, "fieldsType": "FieldsV1"}
    return {**entry, **({"time": time} if time else {}), "fieldsV1": fields}
