"""Letting go: our mark and our field manager leave an object in one patch, and everything else stays as it is.

The patch stands under the object's UID and resource version. Nobody's fields but ours lose their owner; a field that
nobody owns is anybody's to set. The opposite of a take-over.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.target import answer
from trueline.target.kubernetes import refusal as refusals
from trueline.target.kubernetes.client import JSON_PATCH, KubernetesClient
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Ok, Refusal
from trueline.target.kubernetes.wire import ManagedFields, ObjectMeta, decode_object, encode
from trueline.target.kubernetes.write import Recollection

NOBODY_ELSE: list[dict[str, Any]] = [{}]
"""How a client says that no manager is left: an empty list would be taken for a client that knows of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Releaser:
    """Lets go for one field manager."""

    client: KubernetesClient
    kinds: Kinds
    manager: str
    recollection: Recollection

    async def release(self, ref: Ref, *, uid: str, mark: str, dry: bool) -> answer.Answer:
        """Take our mark and our hand off it; what is another application's by now is not touched."""
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown):
            return refusals.busy(found.reason)
        if found.value is None:
            return refusals.no_kind(f"the server has no {ref.kind}")
        live = await self.client.get(found.value, ref.namespace, ref.name, whole=False)
        if isinstance(live, Refusal):
            return refusals.refused(live, found.value, "get")
        metadata = decode_object(live.body).metadata
        if metadata.uid != uid:
            return refusals.stale(f"the object has another UID: {metadata.uid}, not {uid}")
        if (stands := (metadata.labels or {}).get(LABEL, mark)) != mark:
            return refusals.stale(f"it carries the mark {stands}, not {mark}")
        return await self._patched(found.value, ref, metadata, dry=dry)

    async def _patched(
        self, resource_type: ResourceType, ref: Ref, metadata: ObjectMeta, *, dry: bool
    ) -> answer.Answer:
        said = await self.client.patch(
            resource_type,
            ref.namespace,
            ref.name,
            encode(self._patch(metadata)),
            content_type=JSON_PATCH,
            manager=self.manager,
            dry_run=dry,
        )
        if isinstance(said, Refusal):
            return refusals.refused(said, resource_type, "patch")
        if not dry:
            self.recollection.expect_gone(metadata.uid)
        return self._accepted(said)

    def _accepted(self, said: Ok) -> answer.Accepted:
        return answer.Accepted(observed=self.recollection.live(decode_object(said.body).metadata).observed())

    def _patch(self, metadata: ObjectMeta) -> list[dict[str, Any]]:
        others = [_as_sent(entry) for entry in metadata.managedFields or () if entry.manager != self.manager]
        patch: list[dict[str, Any]] = [
            {"op": "test", "path": "/metadata/uid", "value": metadata.uid},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata.resourceVersion},
        ]
        if metadata.managedFields:
            patch.append({"op": "replace", "path": "/metadata/managedFields", "value": others or NOBODY_ELSE})
        if LABEL in (metadata.labels or {}):
            patch.append({"op": "remove", "path": f"/metadata/labels/{LABEL.replace('/', '~1')}"})
        return patch


def _as_sent(entry: ManagedFields) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "manager": entry.manager,
        "operation": entry.operation,
        "apiVersion": entry.apiVersion,
        "fieldsType": "FieldsV1",
        "fieldsV1": msgspec.json.decode(entry.fieldsV1),
    }
    optional = {"time": entry.time, "subresource": entry.subresource}
    return kept | {key: value for key, value in optional.items() if value}
