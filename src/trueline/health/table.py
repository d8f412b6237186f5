"""The table: which rule judges which kind, and what every object is asked first. The entry to this package.

It never keeps anything between two judgements: the same object has the same health.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trueline.health.cluster import judge_api_service, judge_definition, judge_namespace
from trueline.health.custom import judge_custom
from trueline.health.field import Fields, Malformed
from trueline.health.job import judge_cron_job, judge_job
from trueline.health.network import judge_address, judge_service
from trueline.health.pod import judge_pod
from trueline.health.reason import Reason
from trueline.health.scaling import judge_autoscaler, judge_budget
from trueline.health.status import Health, Status, healthy, progressing, unknown
from trueline.health.storage import judge_claim
from trueline.health.workload import judge_daemon_set, judge_deployment, judge_replica_set, judge_stateful_set


@dataclass(frozen=True, slots=True)
class Rule:
    """How a kind is judged.

    `is_observed`: its controller always writes `status.observedGeneration`, so a status without one is not written yet.
    """

    judge: Callable[[Fields], Health]
    is_observed: bool = False


RULES: Mapping[str, Rule] = {
    "APIService.apiregistration.k8s.io": Rule(judge_api_service),
    "CronJob.batch": Rule(judge_cron_job),
    "CustomResourceDefinition.apiextensions.k8s.io": Rule(judge_definition),
    "DaemonSet.apps": Rule(judge_daemon_set, is_observed=True),
    "Deployment.apps": Rule(judge_deployment, is_observed=True),
    "HorizontalPodAutoscaler.autoscaling": Rule(judge_autoscaler),
    "Ingress.networking.k8s.io": Rule(judge_address),
    "Job.batch": Rule(judge_job),
    "Namespace": Rule(judge_namespace),
    "PersistentVolumeClaim": Rule(judge_claim),
    "Pod": Rule(judge_pod),
    "PodDisruptionBudget.policy": Rule(judge_budget, is_observed=True),
    "ReplicaSet.apps": Rule(judge_replica_set, is_observed=True),
    "ReplicationController": Rule(judge_replica_set, is_observed=True),
    "Service": Rule(judge_service),
    "StatefulSet.apps": Rule(judge_stateful_set, is_observed=True),
}
"""Kind, as `model.ref` writes it, to its rule. Any other kind is judged by its conditions."""

HEALTHY_ONCE_THERE = frozenset(
    {
        "CSIDriver.storage.k8s.io",
        "CSINode.storage.k8s.io",
        "CSIStorageCapacity.storage.k8s.io",
        "ClusterRole.rbac.authorization.k8s.io",
        "ClusterRoleBinding.rbac.authorization.k8s.io",
        "ConfigMap",
        "ControllerRevision.apps",
        "DeviceClass.resource.k8s.io",
        "EndpointSlice.discovery.k8s.io",
        "Endpoints",
        "Event",
        "Event.events.k8s.io",
        "FlowSchema.flowcontrol.apiserver.k8s.io",
        "IPAddress.networking.k8s.io",
        "IngressClass.networking.k8s.io",
        "Lease.coordination.k8s.io",
        "LimitRange",
        "MutatingAdmissionPolicy.admissionregistration.k8s.io",
        "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "NetworkPolicy.networking.k8s.io",
        "PersistentVolume",
        "PodTemplate",
        "PriorityClass.scheduling.k8s.io",
        "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
        "ResourceClaimTemplate.resource.k8s.io",
        "ResourceQuota",
        "Role.rbac.authorization.k8s.io",
        "RoleBinding.rbac.authorization.k8s.io",
        "RuntimeClass.node.k8s.io",
        "Secret",
        "ServiceAccount",
        "StorageClass.storage.k8s.io",
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
        "VolumeAttributesClass.storage.k8s.io",
    }
)
"""Built-in kinds that have nothing to become: their metadata is enough."""


def needs_status(kind: str) -> bool:
    """Whether judging `kind` (as in a ref) takes more than metadata; a kind that is not known here may.

    >>> needs_status("Deployment.apps"), needs_status("ConfigMap"), needs_status("Certificate.cert-manager.io")
    (True, False, True)
    """
    return kind not in HEALTHY_ONCE_THERE


def judge_absent() -> Health:
    """The health of what should exist and does not."""
    return Health(status=Status.MISSING, reason=Reason.ABSENT, message="it is not there")


def judge(live: Mapping[str, Any]) -> Health:
    """The health of one live object of a Kubernetes API; a wrong shape is Unknown (INV-38), no exception (INV-30).

    The object is whole or, where `needs_status` is false, its metadata under its own `apiVersion` and `kind`.

    >>> print(judge({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}}))
    ◐ Progressing  AddressPending: it has no address yet
    """
    try:
        return _judge(Fields.of(live))
    except Malformed as error:
        return unknown(Reason.MALFORMED_STATUS, str(error))


def _judge(live: Fields) -> Health:
    kind = _read_kind(live)
    rule = RULES.get(kind, _CUSTOM)
    if live.at("metadata").has("deletionTimestamp") and kind != "Namespace":
        return progressing(Reason.BEING_DELETED, _describe_deletion(live.at("metadata")))
    if not needs_status(kind):
        return healthy(Reason.EXISTS, "it exists")
    return _judge_observed(live, rule) or rule.judge(live)


_CUSTOM = Rule(judge_custom)


def _read_kind(live: Fields) -> str:
    """Kind and group as a ref has them."""
    name, version = live.text("kind"), live.text("apiVersion")
    if not name or not version:
        raise Malformed("kind" if version else "apiVersion", "a text that names its kind", live.body)
    group = version.rpartition("/")[0]
    return f"{name}.{group}" if group else name


def _describe_deletion(metadata: Fields) -> str:
    finalizers = metadata.body.get("finalizers")
    names = [name for name in finalizers if isinstance(name, str)] if isinstance(finalizers, list | tuple) else []
    waits = f"; it waits for {', '.join(names[:4])}" if names else ""
    return f"it is being deleted since {metadata.phrase('deletionTimestamp')}{waits}"


def _judge_observed(live: Fields, rule: Rule) -> Health | None:
    """A status of an older generation tells of another spec."""
    generation = live.at("metadata").count("generation")
    observed = _read_observed(live.at("status"), rule)
    if observed is None or observed >= generation:
        return None
    message = f"its status is of generation {observed}, the object of {generation}"
    return progressing(Reason.NOT_OBSERVED, message)


def _read_observed(status: Fields, rule: Rule) -> int | None:
    """The generation the status tells of; none where the kind does not say. Some custom kinds write it as a text."""
    if rule is _CUSTOM and isinstance(status.body.get("observedGeneration"), str):
        return None
    if status.has("observedGeneration") or rule.is_observed:
        return status.count("observedGeneration")
    return None
