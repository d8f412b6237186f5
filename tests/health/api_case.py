"""Cases of network, storage, scaling, the API's own objects, custom resources, and of any object."""

import json

from tests.health.case import Body, Case, condition, live

ADDRESS: Body = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
ING = "networking.k8s.io/v1"


def claim(**status: object) -> Body:
    return live("v1", "PersistentVolumeClaim", {"storageClassName": "ssd", "volumeName": "pv-1"}, status)


def scaler(*found: Body, version: str = "autoscaling/v2") -> Body:
    status = {"currentReplicas": 2, "desiredReplicas": 3, "conditions": list(found)}
    return live(version, "HorizontalPodAutoscaler", {"maxReplicas": 5}, status)


def budget(expected: int, current: int, needed: int, allowed: int, *found: Body) -> Body:
    names = ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")
    status = dict(zip(names, (expected, current, needed, allowed), strict=True))
    return live("policy/v1", "PodDisruptionBudget", {}, {**status, "conditions": list(found)}, seen=2)


def definition(*found: Body) -> Body:
    return live("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {"conditions": list(found)})


def service_api(*found: Body) -> Body:
    return live("apiregistration.k8s.io/v1", "APIService", {}, {"conditions": list(found)})


def custom(*found: Body, spec: object = None, seen: int = 2) -> Body:
    return live("example.com/v1", "Thing", spec, {"conditions": list(found)}, seen=seen)


ABLE = condition("AbleToScale", "True")
V1_SCALER = live("autoscaling/v1", "HorizontalPodAutoscaler", {"maxReplicas": 5}, {"currentReplicas": 1})
V1_SCALER["metadata"]["annotations"] = {"autoscaling.alpha.kubernetes.io/conditions": json.dumps([ABLE])}
CLASS_WAIT = "is bound yet; with WaitForFirstConsumer it is bound when a Pod first uses the claim"

NETWORK = (
    Case(live("v1", "Service"), "Healthy NoAddressNeeded: a Service of type ClusterIP"),
    Case(live("v1", "Service", {"type": "ExternalName"}), "Healthy NoAddressNeeded: a Service of type ExternalName"),
    Case(live("v1", "Service", {"type": "LoadBalancer"}), "Progressing AddressPending: it has no address yet"),
    Case(
        live("v1", "Service", {"type": "LoadBalancer"}, ADDRESS),
        "Healthy AddressAssigned: it has the address 192.0.2.7",
    ),
    Case(
        live(ING, "Ingress", {}, {"loadBalancer": {"ingress": [{}]}}),
        "Progressing AddressPending: it has no address yet",
    ),
    Case(
        live(ING, "Ingress", {}, {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}),
        "Healthy AddressAssigned: it has the address lb.example.com",
    ),
)

STORAGE = (
    Case(claim(phase="Bound"), "Healthy Bound: it is bound to pv-1"),
    Case(claim(phase="Lost"), "Degraded Lost: its volume pv-1 is gone"),
    Case(claim(phase="Pending"), f"Progressing VolumePending: no volume of class ssd {CLASS_WAIT}"),
    Case(claim(phase="Odd"), "Unknown PhaseUnknown: the phase Odd is not known"),
    Case(
        claim(phase="Bound", allocatedResourceStatuses={"storage": "ControllerResizeInfeasible"}),
        "Degraded ResizeFailed: the volume cannot have the size asked for: ControllerResizeInfeasible",
    ),
    Case(
        claim(phase="Bound", allocatedResourceStatuses={"storage": "NodeResizeInProgress"}),
        "Healthy Bound: it is bound to pv-1",
    ),
    Case(
        claim(phase="Bound", allocatedResourceStatuses={"storage": 7}),
        "Unknown MalformedStatus: status.allocatedResourceStatuses.storage is a number, not a text",
    ),
)

SCALING = (
    Case(scaler(), "Progressing ConditionsPending: the autoscaler has not said yet whether it can scale"),
    Case(scaler(ABLE, condition("ScalingActive", "True")), "Healthy Scaling: 2 replicas now, 3 wanted, within 1 to 5"),
    Case(V1_SCALER, "Healthy Scaling: 1 replica now, 0 wanted, within 1 to 5"),
    Case(
        scaler(ABLE, condition("ScalingLimited", "True", "TooManyReplicas", "at most 5")),
        "Healthy ScalingLimited: 2 replicas now, 3 wanted, within 1 to 5; TooManyReplicas: at most 5",
    ),
    Case(
        scaler(condition("AbleToScale", "False", "FailedGetScale", "no web")),
        "Degraded TargetUnavailable: FailedGetScale: no web",
    ),
    Case(
        scaler(ABLE, condition("ScalingActive", "False", "FailedGetResourceMetric", "no metrics")),
        "Progressing MetricsUnavailable: FailedGetResourceMetric: no metrics",
    ),
    Case(
        scaler(ABLE, condition("ScalingActive", "False", "InvalidSelector", "bad")),
        "Degraded ScalingInactive: InvalidSelector: bad",
    ),
    Case(
        scaler(ABLE, condition("ScalingActive", "False", "ScalingDisabled", "target has 0 replicas")),
        "Suspended ScalingDisabled: ScalingDisabled: target has 0 replicas",
    ),
    Case(
        budget(3, 3, 2, 1),
        "Healthy DisruptionAllowed: 3 of 3 Pods are healthy, 2 needed; evictions allowed now: 1",
    ),
    Case(
        budget(2, 2, 3, 0),
        "Healthy NoDisruptionAllowed: 2 of 2 Pods are healthy, 3 needed; an eviction would be refused now",
    ),
    Case(budget(3, 1, 2, 0), "Progressing TooFewHealthyPods: 1 of 3 Pods are healthy, 2 needed"),
    Case(budget(0, 0, 1, 0), "Healthy NothingToProtect: no Pod matches its selector"),
    Case(
        budget(0, 0, 0, 0, condition("DisruptionAllowed", "False", "SyncFailed", "no scale")),
        "Degraded SyncFailed: SyncFailed: no scale",
    ),
)

CLUSTER = (
    Case(definition(), "Progressing NotEstablished: the server does not serve it yet"),
    Case(definition(condition("Established", "True")), "Healthy Established: its objects can be stored"),
    Case(
        definition(condition("Established", "False", "Installing")),
        "Progressing NotEstablished: the server does not serve it yet",
    ),
    Case(
        definition(condition("Established", "False", "NotAccepted", "no")),
        "Degraded NotEstablished: NotAccepted: no",
    ),
    Case(
        definition(condition("NamesAccepted", "False", "PluralConflict", "taken")),
        "Degraded NamesNotAccepted: PluralConflict: taken",
    ),
    Case(
        definition(condition("Terminating", "True", "InstanceDeletionInProgress")),
        "Progressing BeingDeleted: it is being deleted; InstanceDeletionInProgress",
    ),
    Case(service_api(), "Progressing NotAvailable: the server has not looked at it yet"),
    Case(service_api(condition("Available", "True", "Passed", "all well")), "Healthy Available: Passed: all well"),
    Case(
        service_api(condition("Available", "False", "MissingEndpoints", "none")),
        "Progressing NotAvailable: MissingEndpoints: none",
    ),
    Case(live("v1", "Namespace", {}, {"phase": "Active"}), "Healthy Active: it is active"),
    Case(
        live(
            "v1",
            "Namespace",
            {},
            {
                "phase": "Terminating",
                "conditions": [condition("NamespaceFinalizersRemaining", "True", "Some", "2 left")],
            },
        ),
        "Progressing BeingDeleted: it is being deleted; Some: 2 left",
    ),
)

CUSTOM = (
    Case(custom(), "Healthy NoConditions: it exists and reports no conditions"),
    Case(custom(condition("Odd", "True")), "Healthy NoConditions: it exists; none of its 1 conditions tells of health"),
    Case(custom(condition("Ready", "True", "Issued", "fine")), "Healthy Ready: Issued: fine"),
    Case(custom(condition("Ready", "False", "Issuing", "soon")), "Progressing NotReady: Issuing: soon"),
    Case(custom(condition("Ready", "Unknown")), "Progressing NotReady: Ready is Unknown"),
    Case(custom(condition("Available", "True")), "Healthy Available: Available is True"),
    Case(custom(condition("Available", "False")), "Progressing NotAvailable: Available is False"),
    Case(custom(condition("Succeeded", "True")), "Healthy Succeeded: Succeeded is True"),
    Case(custom(condition("Succeeded", "Unknown", "Running")), "Progressing InProgress: Running"),
    Case(custom(condition("Succeeded", "False", "Step", "exit 1")), "Degraded Failed: Step: exit 1"),
    Case(custom(condition("Progressing", "True", "Moving")), "Progressing InProgress: Moving"),
    Case(
        custom(condition("Progressing", "True"), condition("Available", "True")), "Healthy Available: Available is True"
    ),
    Case(
        custom(condition("Available", "True"), condition("Progressing", "False", "ProgressDeadlineExceeded")),
        "Degraded ProgressDeadlineExceeded: ProgressDeadlineExceeded",
    ),
    Case(
        custom(condition("Reconciling", "True"), condition("Ready", "True")),
        "Progressing Reconciling: Reconciling is True",
    ),
    Case(custom(condition("Stalled", "True", "Bad"), condition("Ready", "False")), "Degraded Stalled: Bad"),
    Case(custom(condition("Failed", "True")), "Degraded Failed: Failed is True"),
    Case(custom(condition("Degraded", "True")), "Degraded Degraded: Degraded is True"),
    Case(custom(condition("Ready", "True"), spec={"suspend": True}), "Suspended Suspended: spec.suspend is true"),
    Case(custom(condition("Ready", "True"), spec={"suspend": "true"}), "Healthy Ready: Ready is True"),
    Case(
        custom(condition("Ready", "True"), seen=1),
        "Progressing NotObserved: its status is of generation 1, the object of 2",
    ),
    Case(
        custom(condition("Ready", "True", observedGeneration=1)),
        "Progressing NotObserved: Ready is of generation 1, the object of 2",
    ),
    Case(
        live("example.com/v1", "Thing", None, {"observedGeneration": "7f"}),
        "Healthy NoConditions: it exists and reports no conditions",
    ),
)

ANY = (
    Case(live("v1", "ConfigMap"), "Healthy Exists: it exists"),
    Case({"apiVersion": "v1", "kind": "Secret"}, "Healthy Exists: it exists"),
    Case(
        live("v1", "ConfigMap", deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["example.com/hold"]),
        "Progressing BeingDeleted: it is being deleted since 2026-01-01T00:00:00Z; it waits for example.com/hold",
    ),
    Case(live("v1", "Service", [1]), "Unknown MalformedStatus: spec is a list, not a mapping"),
    Case(live("v1", "Service", {"type": True}), "Unknown MalformedStatus: spec.type is a truth value, not a text"),
    Case(
        live("apps/v1", "Deployment", {"replicas": "3"}, {}, seen=2),
        "Unknown MalformedStatus: spec.replicas is a text, not an integer",
    ),
    Case(
        live("example.com/v1", "Thing", None, {"conditions": [7]}),
        "Unknown MalformedStatus: status.conditions[0] is a number, not a mapping",
    ),
)

CASES = (*NETWORK, *STORAGE, *SCALING, *CLUSTER, *CUSTOM, *ANY)
