"""A workload's restart: the annotation of the pod template that `kubectl rollout restart` writes, by a hand of its own.

That hand owns this one field and no other, so that `field_set` can tell it from everybody who changes what we declare.
"""

from dataclasses import dataclass
from typing import Any, Final

from trueline.model.digest import parse
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.target import answer
from trueline.target.kubernetes import refusal as refusals
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.field_set import RESTARTED, our_fields, owns, read_ownership, restarter_of
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.live import Pool
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.status import Ok, Refusal, RefusalKind
from trueline.target.kubernetes.wire import decode_object, encode
from trueline.target.restart import Workload

ANNOTATION: Final = "kubectl.kubernetes.io/restartedAt"
KINDS: Final = frozenset({"Deployment.apps", "StatefulSet.apps", "DaemonSet.apps"})
DELETED_BY_HAND: Final = "its update strategy is OnDelete: each pod is made anew once somebody deletes it"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesRestarter:
    """See `target.restart.Restarter`. `manager` is our field manager of everything else."""

    client: KubernetesClient
    kinds: Kinds
    manager: str

    async def workload(self, ref: Ref) -> Known[Workload | None] | Unknown:
        """What stands there."""
        if ref.kind not in KINDS:
            return Known(None)
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown) or found.value is None:
            return found if isinstance(found, Unknown) else Known(None)
        match await self.client.get(found.value, ref.namespace, ref.name, whole=True):
            case Ok(body=body):
                return Known(self._workload(body))
            case Refusal(kind=RefusalKind.NOT_FOUND):
                return Known(None)
            case Refusal() as refusal:
                return Unknown(f"cannot read {ref}: {refusal}")

    def _workload(self, body: bytes) -> Workload:
        live, metadata = parse(body), decode_object(body).metadata
        owned = read_ownership(metadata.managedFields, self.manager)
        ours = our_fields(metadata.managedFields, self.manager) or {}
        spec: dict[str, Any] = live.get("spec") or {}
        annotations = ((spec.get("template") or {}).get("metadata") or {}).get("annotations") or {}
        strategy = (spec.get("updateStrategy") or {}).get("type", "")
        why_not = ""
        if spec.get("paused"):
            why_not = "its rollout is paused: nothing would be made anew until it goes on"
        elif owns(ours, RESTARTED):
            why_not = f"Git declares {ANNOTATION} itself: change it there"
        elif metadata.deletionTimestamp is not None:
            why_not = "it is being deleted"
        return Workload(
            uid=metadata.uid,
            mark=(metadata.labels or {}).get(LABEL, ""),
            mark_is_ours=owned.mark_is_ours,
            generation=metadata.generation,
            pods=_pods(live),
            restarted=str(annotations.get(ANNOTATION, "")),
            why_not=why_not,
            note=DELETED_BY_HAND if strategy == "OnDelete" else "",
        )

    async def restart(self, ref: Ref, *, uid: str, at: str) -> answer.Answer:
        """Write the annotation: forced, for `kubectl` may have written it before; the UID makes it this one object."""
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown):
            return refusals.busy(found.reason)
        if found.value is None:
            return refusals.no_kind(f"the server has no {ref.kind}")
        body = {
            "apiVersion": found.value.api_version,
            "kind": found.value.kind,
            "metadata": {"name": ref.name, "namespace": ref.namespace, "uid": uid},
            "spec": {"template": {"metadata": {"annotations": {ANNOTATION: at}}}},
        }
        said = await self.client.apply(
            found.value,
            ref.namespace,
            ref.name,
            encode(body),
            manager=restarter_of(self.manager),
            force=True,
            dry_run=False,
        )
        if isinstance(said, Refusal):
            return refusals.refused(said, found.value, "patch", body)
        return answer.Accepted(observed=Pool(self.manager).live(decode_object(said.body).metadata).observed())


def _pods(live: dict[str, Any]) -> int:
    """How many it is to have: a DaemonSet says so in its status."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    wanted = status.get("desiredNumberScheduled") if live.get("kind") == "DaemonSet" else spec.get("replicas", 1)
    return int(wanted or 0)
