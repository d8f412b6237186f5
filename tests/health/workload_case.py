"""Cases of the controllers of replicas and of what runs to an end."""

from tests.health.case import Body, Case, condition, live


def deployment(spec: Body, status: Body, *found: Body, seen: int = 2) -> Body:
    return live("apps/v1", "Deployment", spec, {**status, "conditions": list(found)}, seen=seen)


def stateful(spec: Body, status: Body) -> Body:
    return live("apps/v1", "StatefulSet", spec, status, seen=2)


def daemon(status: Body, strategy: str = "RollingUpdate") -> Body:
    return live("apps/v1", "DaemonSet", {"updateStrategy": {"type": strategy}}, status, seen=2)


def replicas(total: int, updated: int, available: int) -> Body:
    return {"replicas": total, "updatedReplicas": updated, "readyReplicas": available, "availableReplicas": available}


def nodes(wanted: int, scheduled: int, updated: int, available: int) -> Body:
    names = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    return dict(zip(names, (wanted, scheduled, updated, available), strict=True))


THREE: Body = {"replicas": 3}
QUOTA = condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota")
ROLLING = condition("Progressing", "True", "ReplicaSetUpdated")
ARRIVED = condition("Progressing", "True", "NewReplicaSetAvailable")
LATE = condition("Progressing", "False", "ProgressDeadlineExceeded", "web-1 timed out")
SHORT = condition("Available", "False", "MinimumReplicasUnavailable", "no minimum")
OLD_AND_NEW: Body = {"currentRevision": "a", "updateRevision": "b"}
ON_DELETE: Body = {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}
PARTED: Body = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}

DEPLOYMENTS = (
    Case(deployment(THREE, replicas(3, 3, 3), ARRIVED), "Healthy Available: 3 of 3 replicas are available"),
    Case(
        deployment({"replicas": 1, "paused": "yes"}, {}),
        "Unknown MalformedStatus: spec.paused is a text, not a truth value",
    ),
    Case(
        live("apps/v1", "Deployment", THREE, {"conditions": {"type": "Available"}}, seen=2),
        "Unknown MalformedStatus: status.conditions is a mapping, not a list",
    ),
    Case(deployment({"replicas": 0}, {}), "Healthy Available: 0 of 0 replicas are available"),
    Case(deployment({}, replicas(1, 1, 1)), "Healthy Available: 1 of 1 replica is available"),
    Case(
        deployment(THREE, replicas(3, 3, 3), seen=1),
        "Progressing NotObserved: its status is of generation 1, the object of 2",
    ),
    Case(
        live("apps/v1", "Deployment", THREE),
        "Progressing NotObserved: its status is of generation 0, the object of 2",
    ),
    Case(
        deployment({**THREE, "paused": True}, replicas(3, 1, 3)),
        "Suspended Paused: the rollout is paused; 3 of 3 replicas are available",
    ),
    Case(
        deployment(THREE, replicas(4, 1, 2), LATE, QUOTA),
        "Degraded ProgressDeadlineExceeded: 2 of 3 replicas are available; 1 is unavailable; "
        "ProgressDeadlineExceeded: web-1 timed out",
    ),
    Case(
        deployment(THREE, {}, ROLLING, QUOTA),
        "Progressing ReplicaFailure: 0 of 3 replicas are available; 3 are unavailable; FailedCreate: exceeded quota",
    ),
    Case(
        deployment(THREE, replicas(2, 2, 2), ARRIVED, QUOTA),
        "Degraded ReplicaFailure: 2 of 3 replicas are available; 1 is unavailable; FailedCreate: exceeded quota",
    ),
    Case(deployment(THREE, replicas(4, 1, 3)), "Progressing NotUpdated: 1 of 3 replicas are updated"),
    Case(deployment(THREE, replicas(4, 3, 3)), "Progressing ExcessReplicas: 1 old replica still to end"),
    Case(
        deployment(THREE, replicas(3, 3, 2)),
        "Progressing NotAvailable: 2 of 3 replicas are available; 1 is unavailable",
    ),
    Case(
        deployment(THREE, replicas(3, 3, 3), SHORT),
        "Progressing NotAvailable: MinimumReplicasUnavailable: no minimum",
    ),
    Case(deployment(THREE, replicas(5, 5, 5)), "Progressing ExcessReplicas: 2 replicas too many, still to end"),
)

REPLICA_SETS = (
    Case(
        live("apps/v1", "ReplicaSet", THREE, replicas(3, 3, 3), seen=2),
        "Healthy Available: 3 of 3 replicas are available",
    ),
    Case(
        live("v1", "ReplicationController", THREE, replicas(3, 3, 3), seen=2),
        "Healthy Available: 3 of 3 replicas are available",
    ),
    Case(
        live("apps/v1", "ReplicaSet", THREE, replicas(3, 3, 1), seen=2),
        "Progressing NotAvailable: 1 of 3 replicas are available; 2 are unavailable",
    ),
    Case(
        live("apps/v1", "ReplicaSet", THREE, replicas(4, 4, 4), seen=2),
        "Progressing ExcessReplicas: 1 replica too many, still to end",
    ),
    Case(
        live("apps/v1", "ReplicaSet", THREE, {"conditions": [QUOTA]}, seen=2),
        "Degraded ReplicaFailure: 0 of 3 replicas are available; 3 are unavailable; FailedCreate: exceeded quota",
    ),
)

STATEFUL_SETS = (
    Case(stateful(THREE, replicas(3, 3, 3)), "Healthy Available: 3 of 3 replicas are available"),
    Case(stateful(THREE, {"replicas": 3, "readyReplicas": 3}), "Healthy Available: 3 of 3 replicas are available"),
    Case(
        stateful(THREE, replicas(2, 2, 2)),
        "Progressing NotAvailable: 2 of 3 replicas are available; 1 is unavailable",
    ),
    Case(stateful(THREE, replicas(4, 3, 3)), "Progressing ExcessReplicas: 1 replica too many, still to end"),
    Case(stateful(THREE, {**replicas(3, 1, 3), **OLD_AND_NEW}), "Progressing NotUpdated: 1 of 3 replicas are updated"),
    Case(
        stateful(ON_DELETE, {**replicas(3, 1, 3), **OLD_AND_NEW}),
        "Healthy UpdatesOnDelete: 3 of 3 replicas are available; 1 of 3 replicas are updated",
    ),
    Case(
        stateful(PARTED, {**replicas(3, 1, 3), **OLD_AND_NEW}),
        "Healthy PartitionReached: from partition 2 on, 1 of 1 replica is updated",
    ),
    Case(
        stateful(PARTED, {**replicas(3, 0, 3), **OLD_AND_NEW}),
        "Progressing NotUpdated: from partition 2 on, 0 of 1 replica is updated",
    ),
)

DAEMON_SETS = (
    Case(daemon(nodes(2, 2, 2, 2)), "Healthy Available: 2 of 2 Pods are available"),
    Case(daemon(nodes(0, 0, 0, 0)), "Healthy Available: 0 of 0 Pods are available"),
    Case(daemon(nodes(2, 1, 1, 1)), "Progressing NotScheduled: 1 of 2 nodes got a Pod"),
    Case(daemon(nodes(2, 2, 1, 2)), "Progressing NotUpdated: 1 of 2 Pods are updated"),
    Case(daemon(nodes(2, 2, 2, 1)), "Progressing NotAvailable: 1 of 2 Pods are available; 1 is unavailable"),
    Case(
        daemon(nodes(2, 2, 0, 2), "OnDelete"),
        "Healthy UpdatesOnDelete: 2 of 2 Pods are available; 0 of 2 Pods are updated",
    ),
)


def job(spec: Body, status: Body, *found: Body) -> Body:
    return live("batch/v1", "Job", spec, {**status, "conditions": list(found)})


JOBS = (
    Case(job({}, {"active": 1}), "Progressing RunsToCompletion: 0 of 1 completion reached, 1 active"),
    Case(
        job({"completions": 3, "backoffLimit": 4}, {"active": 1, "failed": 2, "succeeded": 1}),
        "Progressing Retrying: 1 of 3 completions reached, 1 active, 2 failed; it gives up after more than 4 failures",
    ),
    Case(job({}, {"succeeded": 1}, condition("Complete", "True")), "Healthy Completed: 1 of 1 completion reached"),
    Case(
        job({}, {"failed": 7}, condition("Failed", "True", "BackoffLimitExceeded", "too often")),
        "Degraded JobFailed: 0 of 1 completion reached, 7 failed; BackoffLimitExceeded: too often",
    ),
    Case(
        job({}, {}, condition("FailureTarget", "True", "DeadlineExceeded")),
        "Degraded JobFailed: 0 of 1 completion reached; DeadlineExceeded",
    ),
    Case(
        job({"suspend": True}, {}, condition("Suspended", "True")),
        "Suspended Suspended: it is suspended; 0 of 1 completion reached",
    ),
    Case(
        live("batch/v1", "CronJob", {"schedule": "0 1 * * *"}, {"lastScheduleTime": "2026-01-02T01:00:00Z"}),
        "Healthy Scheduled: it runs at 0 1 * * *; last run 2026-01-02T01:00:00Z",
    ),
    Case(live("batch/v1", "CronJob", {"suspend": True}), "Suspended Suspended: its schedule is suspended"),
)

CASES = (*DEPLOYMENTS, *REPLICA_SETS, *STATEFUL_SETS, *DAEMON_SETS, *JOBS)
