"""Health of the controllers of replicas, by the figures they report. Never looks at their Pods."""

from trueline.health.field import Condition, Fields, conditions, fails, holds
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing, suspended


def judge_deployment(live: Fields) -> Health:
    """A rollout: the figures first, then what the controller concluded from them."""
    found = conditions(live.at("status"))
    if live.at("spec").is_true("paused"):
        return suspended(Reason.PAUSED, f"the rollout is paused; {_available(live)}")
    moving = found.get("Progressing")
    if moving is not None and moving.is_false and moving.reason == Reason.PROGRESS_DEADLINE_EXCEEDED:
        return degraded(Reason.PROGRESS_DEADLINE_EXCEEDED, f"{_available(live)}; {moving}")
    failure = holds(found, "ReplicaFailure")
    if failure:
        return _judge_failure(live, failure, moving)
    return _judge_rollout(live) or _judge_replicas(live, fails(found, "Available"))


def _judge_failure(live: Fields, failure: Condition, moving: Condition | None) -> Health:
    """While a rollout is on its way its deadline decides: a ServiceAccount may come a moment later."""
    is_rolling = moving is not None and moving.is_true and moving.reason != "NewReplicaSetAvailable"
    verdict = progressing if is_rolling else degraded
    return verdict(Reason.REPLICA_FAILURE, f"{_available(live)}; {failure}")


def _judge_rollout(live: Fields) -> Health | None:
    status, desired = live.at("status"), _desired(live)
    updated, replicas = status.count("updatedReplicas"), status.count("replicas")
    if updated < desired:
        return progressing(Reason.NOT_UPDATED, f"{of(updated, desired, 'replica')} updated")
    if replicas > updated:
        return progressing(Reason.EXCESS_REPLICAS, f"{count(replicas - updated, 'old replica')} still to end")
    return None


def _judge_replicas(live: Fields, unavailable: Condition | None = None) -> Health:
    """The end of every rule here: as many available as asked for, and no more there."""
    desired, available = _desired(live), _count_available(live)
    replicas = live.at("status").count("replicas")
    if available < desired:
        return progressing(Reason.NOT_AVAILABLE, _available(live))
    if replicas > desired:
        return progressing(Reason.EXCESS_REPLICAS, f"{count(replicas - desired, 'replica')} too many, still to end")
    if unavailable:
        return progressing(Reason.NOT_AVAILABLE, str(unavailable))
    return healthy(Reason.AVAILABLE, _available(live))


def judge_replica_set(live: Fields) -> Health:
    """A ReplicaSet, or the older ReplicationController. It has no deadline: what it cannot create stays missing."""
    failure = holds(conditions(live.at("status")), "ReplicaFailure")
    if failure:
        return degraded(Reason.REPLICA_FAILURE, f"{_available(live)}; {failure}")
    return _judge_replicas(live)


def judge_stateful_set(live: Fields) -> Health:
    """Replicas in order; with OnDelete or a partition, older revisions stay on purpose."""
    replicas = _judge_replicas(live)
    if replicas.reason != Reason.AVAILABLE:
        return replicas
    strategy, desired = live.at("spec", "updateStrategy"), _desired(live)
    updated = live.at("status").count("updatedReplicas")
    if strategy.text("type") == "OnDelete":
        return healthy(Reason.UPDATES_ON_DELETE, f"{_available(live)}; {of(updated, desired, 'replica')} updated")
    partition = strategy.at("rollingUpdate").count("partition")
    if partition > 0:
        return _judge_partition(updated, max(0, desired - partition), partition)
    status = live.at("status")
    is_moving = status.text("updateRevision") != status.text("currentRevision")
    if is_moving and status.has("updateRevision"):
        return progressing(Reason.NOT_UPDATED, f"{of(updated, desired, 'replica')} updated")
    return replicas


def _judge_partition(updated: int, wanted: int, partition: int) -> Health:
    message = f"from partition {partition} on, {of(updated, wanted, 'replica')} updated"
    if updated < wanted:
        return progressing(Reason.NOT_UPDATED, message)
    return healthy(Reason.PARTITION_REACHED, message)


def judge_daemon_set(live: Fields) -> Health:
    """One Pod a node; with OnDelete, older revisions stay on purpose."""
    status = live.at("status")
    nodes, updated = status.count("desiredNumberScheduled"), status.count("updatedNumberScheduled")
    scheduled, available = status.count("currentNumberScheduled"), status.count("numberAvailable")
    updates_on_delete = live.at("spec", "updateStrategy").text("type") == "OnDelete"
    if scheduled < nodes:
        return progressing(Reason.NOT_SCHEDULED, f"{scheduled} of {count(nodes, 'node')} got a Pod")
    if updated < nodes and not updates_on_delete:
        return progressing(Reason.NOT_UPDATED, f"{of(updated, nodes, 'Pod')} updated")
    if available < nodes:
        return progressing(Reason.NOT_AVAILABLE, _shortfall(available, nodes, "Pod"))
    if updates_on_delete:
        message = f"{_shortfall(available, nodes, 'Pod')}; {of(updated, nodes, 'Pod')} updated"
        return healthy(Reason.UPDATES_ON_DELETE, message)
    return healthy(Reason.AVAILABLE, _shortfall(available, nodes, "Pod"))


def _desired(live: Fields) -> int:
    return live.at("spec").count("replicas", absent=1)


def _count_available(live: Fields) -> int:
    status = live.at("status")
    return status.count("availableReplicas", absent=status.count("readyReplicas") if _is_stateful(live) else 0)


def _is_stateful(live: Fields) -> bool:
    """Some controllers report no `availableReplicas` of a StatefulSet; it always has `readyReplicas`."""
    return live.text("kind") == "StatefulSet"


def _available(live: Fields) -> str:
    return _shortfall(_count_available(live), _desired(live), "replica")


def _shortfall(available: int, desired: int, noun: str) -> str:
    missing = desired - available
    tail = f"; {missing} {_be(missing)} unavailable" if missing > 0 else ""
    return f"{of(available, desired, noun)} available{tail}"


def of(part: int, whole: int, noun: str) -> str:
    """The figures of a sentence.

    >>> of(2, 3, "replica"), of(1, 1, "replica"), of(0, 0, "node")
    ('2 of 3 replicas are', '1 of 1 replica is', '0 of 0 nodes are')
    """
    return f"{part} of {count(whole, noun)} {_be(whole)}"


def count(number: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "Pod"), count(2, "Pod")
    ('1 Pod', '2 Pods')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
