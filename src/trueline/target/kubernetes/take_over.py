"""Adoption (D17): what former tools own of an object becomes ours, so that a field which leaves Git leaves the cluster.

One JSON patch under the object's resource version and UID; it changes `managedFields` and nothing else. Client-side
apply's copy of the manifest is owned by its entry too: as ours, it goes with our next apply.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.target import answer
from trueline.target.kubernetes import refusal as refusals
from trueline.target.kubernetes.client import JSON_PATCH, KubernetesClient
from trueline.target.kubernetes.field_set import APPLY, Fields, is_ours, union
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Ok, Refusal
from trueline.target.kubernetes.wire import ManagedFields, ObjectMeta, decode_object, encode
from trueline.target.kubernetes.write import Recollection
from trueline.target.rules import Rules

TRIES_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopter:
    """Takes objects over for one field manager."""

    client: KubernetesClient
    kinds: Kinds
    manager: str
    rules: Rules
    recollection: Recollection

    async def take_over(self, ref: Ref, *, uid: str, dry: bool) -> answer.Answer:
        """Turn the former tools' entries into ours; without any, nothing is written."""
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown):
            return refusals.busy(found.reason)
        if found.value is None:
            return refusals.no_kind(f"the server has no {ref.kind}")
        said: answer.Answer = refusals.busy("the object changes faster than it can be taken over")
        for _ in range(TRIES_MAX):
            said = await self._once(found.value, ref, uid, dry=dry)
            if not (isinstance(said, answer.Refused) and said.refusal is answer.Refusal.STALE):
                return said
            if not said.message.startswith("Operation cannot be fulfilled"):
                return said
        return said

    async def _once(self, resource_type: ResourceType, ref: Ref, uid: str, *, dry: bool) -> answer.Answer:
        live = await self.client.get(resource_type, ref.namespace, ref.name, whole=False)
        if isinstance(live, Refusal):
            return refusals.refused(live, resource_type, "get")
        metadata = decode_object(live.body).metadata
        if metadata.uid != uid:
            message = f"the object has another UID: {metadata.uid}, not {uid}"
            return answer.Refused(refusal=answer.Refusal.STALE, message=message)
        entries = self._taken(metadata.managedFields or ())
        if entries is None:
            return self._accepted(resource_type, live, wrote=False, dry=dry)
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
        return self._accepted(resource_type, said, wrote=True, dry=dry)

    def _accepted(self, resource_type: ResourceType, said: Ok, *, wrote: bool, dry: bool) -> answer.Accepted:
        metadata = decode_object(said.body).metadata
        if wrote and not dry:
            self.recollection.note(resource_type, metadata)
        return answer.Accepted(observed=self.recollection.live(metadata).observed(), wrote=wrote)

    def _taken(self, entries: Sequence[ManagedFields]) -> list[dict[str, Any]] | None:
        """The entries as they shall be; `None` where there is nothing to take.

        Sets that were written through several versions of the API are united under that of the newest entry: what does
        not exist there is dropped by the server.
        """
        former = [entry for entry in entries if self._is_former(entry)]
        if not former:
            return None
        united: Fields = {}
        mine = [entry for entry in entries if is_ours(entry, self.manager)]
        for entry in (*mine, *former):
            united = union(united, msgspec.json.decode(entry.fieldsV1, type=dict[str, Any]))
        newest = max(former, key=lambda entry: entry.time)
        version = mine[0].apiVersion if mine else newest.apiVersion
        ours = _entry(self.manager, APPLY, version, newest.time, united)
        rest = [entry for entry in entries if entry not in former and entry not in mine]
        return [*map(_kept, rest), ours]

    def _is_former(self, entry: ManagedFields) -> bool:
        return entry.subresource != "status" and self.rules.is_former_tool(entry.manager)


def _patch(metadata: ObjectMeta, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata.uid},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata.resourceVersion},
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
    ]


def _kept(entry: ManagedFields) -> dict[str, Any]:
    fields = msgspec.json.decode(entry.fieldsV1, type=dict[str, Any])
    kept = _entry(entry.manager, entry.operation, entry.apiVersion, entry.time, fields)
    return {**kept, "subresource": entry.subresource} if entry.subresource else kept


def _entry(manager: str, operation: str, version: str, time: str, fields: Fields) -> dict[str, Any]:
    entry = {"manager": manager, "operation": operation, "apiVersion": version, "fieldsType": "FieldsV1"}
    return {**entry, **({"time": time} if time else {}), "fieldsV1": fields}
