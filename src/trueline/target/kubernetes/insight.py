"""What people want to see of a cluster: one object field by field, what controllers made of it, its events and logs."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from trueline.model.digest import parse
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.target.insight import (
    DESCENDANTS_MAX,
    HAPPENINGS_MAX,
    Descendant,
    Happening,
    LogQuestion,
    ObjectSight,
    Writer,
)
from trueline.target.kubernetes.client import POD, KubernetesClient
from trueline.target.kubernetes.field_view import field_view
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.mask import masked
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Ok, Refusal, RefusalKind
from trueline.target.kubernetes.wire import ManagedFields, decode_object

REPLICA_SET: Final = ResourceType(group="apps", version="v1", kind="ReplicaSet", plural="replicasets", namespaced=True)
JOB: Final = ResourceType(group="batch", version="v1", kind="Job", plural="jobs", namespaced=True)
_EVENTS: Final = ResourceType(group="", version="v1", kind="Event", plural="events", namespaced=True)
_MADE: Final[Mapping[str, tuple[ResourceType, ...]]] = {
    "Deployment.apps": (REPLICA_SET, POD),
    "ReplicaSet.apps": (POD,),
    "StatefulSet.apps": (POD,),
    "DaemonSet.apps": (POD,),
    "ReplicationController": (POD,),
    "CronJob.batch": (JOB, POD),
    "Job.batch": (POD,),
}
"""What the controllers of Kubernetes make of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesInsight:
    """See `target.insight.Insight`."""

    client: KubernetesClient
    kinds: Kinds
    manager: str

    async def sight(self, ref: Ref, declared: bytes | None) -> Known[ObjectSight | None] | Unknown:
        """One object beside what is declared of it."""
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown) or found.value is None:
            return found if isinstance(found, Unknown) else Known(None)
        match await self.client.get(found.value, ref.namespace, ref.name, whole=True):
            case Ok(body=body):
                return Known(self._sight(body, None if declared is None else parse(declared)))
            case Refusal(kind=RefusalKind.NOT_FOUND):
                return Known(None)
            case Refusal() as refusal:
                return Unknown(f"cannot read {ref}: {refusal}")

    def _sight(self, body: bytes, declared: dict[str, Any] | None) -> ObjectSight:
        live, metadata = parse(body), decode_object(body).metadata
        shown = None if declared is None else masked(declared), _without_sets(masked(live))
        entries = metadata.managedFields or ()
        fields, count = field_view(declared, live, entries, manager=self.manager, shown=shown)
        return ObjectSight(
            uid=metadata.uid,
            created=metadata.creationTimestamp or "",
            live=shown[1],
            fields=fields,
            count=count,
            writers=_writers(entries, self.manager),
        )

    async def descendants(self, refs: Collection[Ref]) -> Known[Sequence[Descendant]] | Unknown:
        """ReplicaSets, Jobs and Pods beside the workloads; one list for each kind and namespace."""
        wanted = dict.fromkeys((made, ref.namespace) for ref in sorted(refs) for made in _MADE.get(ref.kind, ()))
        found: list[Descendant] = []
        for resource_type, namespace in wanted:
            listed = await self.client.list(resource_type, namespace=namespace, whole=True)
            if isinstance(listed, Unknown):
                return listed
            for raw in listed.value.items:
                found += _descendants(resource_type, parse(raw))
        return Known(sorted(found, key=lambda one: one.ref)[:DESCENDANTS_MAX])

    async def happenings(self, ref: Ref, uid: str) -> Known[Sequence[Happening]] | Unknown:
        """Its events, as the cluster keeps them for an hour or so."""
        query = {"fieldSelector": f"involvedObject.uid={uid}", "limit": str(HAPPENINGS_MAX * 4)}
        match await self.client.read(_EVENTS.path(ref.namespace or "default"), query=query):
            case Ok(body=body):
                told = sorted(map(_happening, parse(body).get("items") or ()), key=lambda one: one.at, reverse=True)
                return Known(told[:HAPPENINGS_MAX])
            case Refusal() as refusal:
                return Unknown(f"cannot list the events of {ref}: {refusal}")

    @asynccontextmanager
    async def logs(self, asked: LogQuestion) -> AsyncIterator[AsyncIterator[bytes] | Unknown]:
        """Lines of one container."""
        async with self.client.logs(
            asked.namespace,
            asked.pod,
            container=asked.container,
            tail_lines=asked.tail,
            follow=asked.follow,
            previous=asked.previous,
        ) as lines:
            yield Unknown(str(lines)) if isinstance(lines, Refusal) else lines


def _writers(entries: Iterable[ManagedFields], manager: str) -> tuple[Writer, ...]:
    """Each once, as of the last of its entries."""
    at: dict[str, str] = {}
    for entry in entries:
        if entry.subresource != "status":
            at[entry.manager] = max(at.get(entry.manager, ""), entry.time)
    return tuple(Writer(name=name, at=at[name], is_ours=name == manager) for name in sorted(at))


def _without_sets(live: dict[str, Any]) -> dict[str, Any]:
    return {**live, "metadata": {k: v for k, v in live["metadata"].items() if k != "managedFields"}}


def _descendants(resource_type: ResourceType, live: dict[str, Any]) -> list[Descendant]:
    """The object, if it belongs to another one. Items of a list do not say what they are."""
    metadata = live["metadata"]
    owner = next((one for one in metadata.get("ownerReferences") or () if one.get("controller")), None)
    if owner is None:
        return []
    whole = {"apiVersion": resource_type.api_version, "kind": resource_type.kind, **_without_sets(live)}
    ref = Ref(resource_type.kind_name, metadata.get("namespace", ""), metadata["name"])
    return [Descendant(ref=ref, uid=metadata["uid"], owner=owner["uid"], live=masked(whole))]


def _happening(event: dict[str, Any]) -> Happening:
    """Of the old form of an event, or the new one that the old one carries in `series` and `eventTime`."""
    series, source = event.get("series") or {}, event.get("source") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return Happening(
        at=next(filter(None, (*times, event["metadata"].get("creationTimestamp"))), ""),
        is_warning=event.get("type") == "Warning",
        reason=event.get("reason") or "",
        message=event.get("message") or "",
        by=event.get("reportingComponent") or source.get("component") or "",
        count=int(series.get("count") or event.get("count") or 1),
    )
