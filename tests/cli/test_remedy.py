"""`refresh`, `heal` and `restart` where nobody runs: the application is opened for it, and no other one."""

import json
from pathlib import Path

import pytest

from tests.cli.bad_input_case import Fleet, config_map, declared

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "example.test/app:1"}]}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(home=tmp_path)
    made.commit({"shop.yaml": declared("shop"), "apps/shop/a.yaml": config_map(), "apps/shop/b.yaml": DEPLOYMENT})
    ran = made.up()
    assert ran.code == 0, ran.err
    return made


def test_a_workload_is_restarted_where_nobody_runs_and_it_is_no_drift(fleet: Fleet) -> None:
    ref = next(key for key in fleet.objects("shop") if "eployment" in key and key.endswith("/web"))
    ran = fleet.run("restart", "shop", "Deployment.apps/shop/web", "--data-dir", str(fleet.data))
    assert ran.code == 0, ran.err
    assert "shop: restarts Deployment.apps/shop/web, 2 pods" in ran.out
    annotations = json.loads(fleet.objects("shop")[ref])["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations
    assert fleet.run("drift", "shop", "--data-dir", str(fleet.data)).code == 0
    ran = fleet.run("restart", "shop", "Deployment.apps/shop/none", "--data-dir", str(fleet.data))
    assert (ran.code, "TL2330" in ran.err) == (1, True)


def test_nothing_that_has_drifted_is_no_success_of_a_heal(fleet: Fleet) -> None:
    ran = fleet.run("heal", "shop", "--data-dir", str(fleet.data))
    assert (ran.code, "TL2325" in ran.err) == (1, True)
    ran = fleet.run("heal", "shop", "ConfigMap/x/y", "--data-dir", str(fleet.data))
    assert (ran.code, "TL2322" in ran.err) == (1, True)


def test_a_change_for_git_is_printed_and_nothing_else(fleet: Fleet) -> None:
    ran = fleet.run("adopt", "shop", "--data-dir", str(fleet.data))
    assert (ran.code, ran.out) == (0, "")
    ran = fleet.run("adopt", "shop", "ConfigMap/x/y", "--data-dir", str(fleet.data))
    assert (ran.code, "TL2322" in ran.err) == (1, True)


def test_a_refresh_follows_what_was_committed(fleet: Fleet) -> None:
    fleet.commit({"apps/shop/a.yaml": config_map(colour="green")})
    ran = fleet.run("refresh", "shop", "--data-dir", str(fleet.data))
    assert (ran.code, ran.out.strip()) == (0, "shop: looks again")
    assert any("green" in str(body) for body in fleet.objects("shop").values())
