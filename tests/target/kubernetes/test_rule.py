"""What may hold data goes only where Git names it: the table of kinds, through the planner."""

from dataclasses import replace

import msgspec
import pytest

from tests.plan.world import OPTIONS, entry, live, ref
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.plan.diff import departure
from trueline.target.kubernetes.rule import RULES

TABLE = [
    ("ConfigMap", False),
    ("Deployment.apps", False),
    ("Secret", False),
    ("Job.batch", False),
    ("Namespace", True),
    ("CustomResourceDefinition.apiextensions.k8s.io", True),
    ("PersistentVolume", True),
    ("PersistentVolumeClaim", True),
    ("StatefulSet.apps", True),
    ("VolumeSnapshot.snapshot.storage.k8s.io", True),
    ("VolumeSnapshotContent.snapshot.storage.k8s.io", True),
    ("Cluster.postgresql.cnpg.io", True),
    ("Kafka.kafka.strimzi.io", True),
    ("KafkaTopic.kafka.strimzi.io", True),
    ("Cluster.cluster.x-k8s.io", True),
    ("Cluster.example.test", False),
]


def gone(one: Ref, *named: str) -> Action:
    """What becomes of an object of ours that left Git."""
    options = replace(OPTIONS, rules=RULES, allow_delete=frozenset(named))
    return departure(one, msgspec.structs.replace(entry(one.name), ref=one), Known(live()), options)[0]


@pytest.mark.parametrize(("kind", "is_protected"), TABLE)
def test_what_may_hold_data_needs_a_second_consent(kind: str, *, is_protected: bool) -> None:
    """INV-07: by its exact name; another name, another namespace or another kind is none."""
    one = ref("data", kind)
    assert gone(one) is (Action.HOLD if is_protected else Action.PRUNE)
    assert gone(one, str(one)) is Action.PRUNE
    if is_protected:
        for other in (ref("other", kind), Ref(kind, "blog", "data"), ref("data", "Gadget.example.test")):
            assert gone(one, str(other)) is Action.HOLD


def test_the_table_has_every_protected_kind_that_kubernetes_brings() -> None:
    """INV-07: a kind that is taken out of the rules fails here by its name."""
    own = {kind for kind in RULES.protected if kind.endswith((".k8s.io", ".apps")) or "." not in kind}
    assert own <= {kind for kind, is_protected in TABLE if is_protected}


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "kube-node-lease"])
def test_the_clusters_own_namespaces_never_go(name: str) -> None:
    """INV-07: whoever names them."""
    one = Ref("Namespace", "", name)
    assert gone(one, str(one)) is Action.HOLD
