"""Bad input that only a real API server judges as it does: rights, quotas, kinds and schemas of its own."""

import asyncio
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from testbed.control_plane import ControlPlane
from tests.cli.bad_input_case import Fleet, Ran, config_map, declared

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: access}\nstringData: {password: correct-horse}\n"
KINDS = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: eighty\n    targetPrt: 1\n"
QUOTA = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {count/secrets: '0'}}\n"
ROLES = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NAME}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [configmaps], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAME}
subjects: [{kind: User, name: NAME, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: NAME, apiGroup: rbac.authorization.k8s.io}
"""


def _fleet(home: Path, namespace: str, bad: Mapping[str, str]) -> Fleet:
    """Every application in one namespace that stands already; `good` beside the bad ones."""
    fleet = Fleet(home=home)
    for name in ("good", *bad):
        target = f"target: {{namespace: {namespace}}}"
        written = declared(name).replace(
            f"target: {{cluster: embedded, namespace: {name}, createNamespace: true}}", target
        )
        fleet.commit({f"{name}.yaml": written, f"apps/{name}/a.yaml": config_map(name) + "---\n" + bad.get(name, "")})
    return fleet


def _problems(ran: Ran, name: str) -> list[tuple[str, str, str]]:
    status: dict[str, Any] = ran.statuses()[name]
    assert status["sync"] == "Blocked"
    assert all(one["remedy"] for one in status["problems"])
    return sorted((one["code"], one["origin"], one["detail"]) for one in status["problems"])


async def _names(control_plane: ControlPlane, namespace: str) -> set[str]:
    """The ConfigMaps, Secrets and Services of a namespace that are not its own."""
    said = await control_plane.kubectl("get", "configmaps,secrets,services", "-n", namespace, "-o", "name")
    return set(said.split()) - {"configmap/kube-root-ca.crt"}


async def test_what_the_server_refuses_is_told_at_once_and_nothing_is_written(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    namespace = f"t-{uuid.uuid4().hex[:8]}"
    await control_plane.kubectl("create", "namespace", namespace)
    await control_plane.kubectl("apply", "-n", namespace, "-f", "-", stdin=QUOTA)
    await control_plane.kubectl("wait", "-n", namespace, "quota/q", "--for=jsonpath={.status.used}")
    fleet = _fleet(tmp_path, namespace, {"quota": SECRET, "kinds": KINDS, "schema": SERVICE})
    ran = await asyncio.to_thread(fleet.up, "--kubeconfig", str(control_plane.kubeconfig))
    assert (ran.code, ran.statuses()["good"]["sync"]) == (1, "Synced")
    [(code, origin, detail)] = _problems(ran, "quota")
    assert (code, origin) == ("TL0407", "apps/quota/a.yaml:6")
    assert "exceeded quota" in detail
    assert [one[:2] for one in _problems(ran, "kinds")] == [("TL0501", "apps/kinds/a.yaml:7")]
    assert [one[:2] for one in _problems(ran, "schema")] == [
        ("TL0505", "apps/schema/a.yaml:12"),
        ("TL0505", "apps/schema/a.yaml:13"),
    ]
    assert await _names(control_plane, namespace) == {"configmap/good"}
    await control_plane.kubectl("delete", "namespace", namespace, "--wait=false")


async def test_refused_rights_name_the_verb_and_the_kind(control_plane: ControlPlane, tmp_path: Path) -> None:
    namespace = f"t-{uuid.uuid4().hex[:8]}"
    await control_plane.kubectl("create", "namespace", namespace)
    await control_plane.kubectl("apply", "-f", "-", stdin=ROLES.replace("NAME", namespace))
    fleet = _fleet(tmp_path, namespace, {"rights": f"{SECRET}---\n{SERVICE.replace('eighty', '80')[:-17]}"})
    user = await control_plane.user_kubeconfig(namespace)
    ran = await asyncio.to_thread(fleet.up, "--kubeconfig", str(user))
    assert (ran.code, ran.statuses()["good"]["sync"]) == (1, "Synced")
    assert [(code, origin) for code, origin, _ in _problems(ran, "rights")] == [
        ("TL0404", "apps/rights/a.yaml:11"),
        ("TL0404", "apps/rights/a.yaml:6"),
    ]
    told = " ".join(detail for _, _, detail in _problems(ran, "rights"))
    assert "may not patch Secret" in told
    assert "may not patch Service" in told
    assert await _names(control_plane, namespace) == {"configmap/good"}
    await control_plane.kubectl("delete", "clusterrole,clusterrolebinding", namespace)
    await control_plane.kubectl("delete", "namespace", namespace, "--wait=false")
