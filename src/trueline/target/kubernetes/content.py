"""What a delete would take along: whatever stands in a namespace, every object of a definition (INV-09).

It lists and decides nothing else. What cannot be listed counts as standing: unknown is not absent.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.task_group import TaskGroup
from trueline.target import answer
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.live import Live
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import DEFINITION_KIND, NAMESPACE_KIND
from trueline.target.kubernetes.wire import ObjectMeta, decode_object

NAMED_MAX = 3
_GIVEN = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})
"""What the cluster itself puts into every namespace."""
_TRACES = frozenset(
    {"Endpoints", "Event", "Event.events.k8s.io", "EndpointSlice.discovery.k8s.io", "Lease.coordination.k8s.io"}
)
"""What running leaves behind: nobody misses it when its namespace goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Looks into namespaces and definitions; `live` reads an object's metadata as the mirror does."""

    client: KubernetesClient
    kinds: Kinds
    live: Callable[[ObjectMeta], Live]

    async def refusal(self, ref: Ref, *, mark: str, dry: bool) -> answer.Refused | None:
        """Why an object cannot go: what it would take along is not this application's, or cannot be known.

        What carries the mark by our hand is this application's own: it goes before (the plan sees to that), so that a
        trial passes over it; when the delete is sent, it is on its way out or gone.
        """
        types = await self._types(ref)
        if isinstance(types, Unknown):
            return _occupied(f"it cannot be known what stands in it: {types.reason}")
        namespace = ref.name if ref.kind == NAMESPACE_KIND else ""
        async with TaskGroup() as group:
            tasks = [group.create_task(self._standing(one, namespace, mark=mark, dry=dry)) for one in types.value]
        standing: list[Ref] = []
        for task in tasks:
            match task.result():
                case Unknown(reason):
                    return _occupied(f"it cannot be known what stands in it: {reason}")
                case Known(found):
                    standing += found
        if not standing:
            return None
        named = ", ".join(map(str, sorted(standing)[:NAMED_MAX]))
        more = f" and {len(standing) - NAMED_MAX} more" if len(standing) > NAMED_MAX else ""
        return _occupied(f"what is not this application's would go with it: {named}{more}")

    async def _types(self, ref: Ref) -> Known[Sequence[ResourceType]] | Unknown:
        """The types whose objects an object takes along: none for most."""
        if ref.kind not in {NAMESPACE_KIND, DEFINITION_KIND}:
            return Known(())
        catalog = await self.kinds.catalog(newer_than=self.kinds.epoch)
        if isinstance(catalog, Unknown):
            return catalog
        if ref.kind == NAMESPACE_KIND:
            stale = next(iter(catalog.value.stale.values()), "")
            types = [one for one in catalog.value.watchable() if one.namespaced and one.kind_name not in _TRACES]
            return Unknown(stale) if stale else Known(types)
        plural, _, group = ref.name.partition(".")
        defined = [one for one in catalog.value.types if (one.plural, one.group) == (plural, group)]
        return Known(defined[:1]) if defined else Unknown("its kind is not served at the moment")

    async def _standing(
        self, resource_type: ResourceType, namespace: str, *, mark: str, dry: bool
    ) -> Known[list[Ref]] | Unknown:
        listed = await self.client.list(resource_type, namespace=namespace)
        if isinstance(listed, Unknown):
            return listed
        return Known(list(self._foreign(resource_type, listed.value.items, mark=mark, dry=dry)))

    def _foreign(
        self, resource_type: ResourceType, items: Sequence[msgspec.Raw], *, mark: str, dry: bool
    ) -> Iterator[Ref]:
        for item in items:
            metadata = decode_object(item).metadata
            seen = self.live(metadata)
            is_own = seen.mark == mark and seen.mark_is_ours
            is_given = (resource_type.kind_name, metadata.name) in _GIVEN or bool(metadata.ownerReferences)
            if not (is_given or seen.deleting or (dry and is_own)):
                yield Ref(resource_type.kind_name, metadata.namespace, metadata.name)


def _occupied(message: str) -> answer.Refused:
    return answer.Refused(refusal=answer.Refusal.OCCUPIED, message=message)
