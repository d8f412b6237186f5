"""A browser on `up` before the real control plane: a diff, a rollback, an approval, a drift put back, a restart."""

import json
import subprocess
from pathlib import Path

from testbed.browser import Browser, browser
from testbed.build import binary
from testbed.control_plane import ControlPlane
from tests.cli.person import Person, somebody
from tests.web.test_acts import SHOP, WEB, is_accessible, says, stands
from tests.web.test_up import enter, up

FLEET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec:
  source: {path: apps/shop}
  target: {namespace: NAMESPACE}
  sync: {drift: warn, approve: MODE}
"""


def kubectl(control_plane: ControlPlane, namespace: str, *arguments: str) -> str:
    """As a person at another terminal."""
    argv = (str(binary("kubectl")), "--kubeconfig", str(control_plane.kubeconfig), "-n", namespace, *arguments)
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout


def written(person: Person, namespace: str, colour: str, message: str, *, mode: str = "never") -> None:
    """One more commit."""
    person.write(colour, declaration=FLEET.replace("NAMESPACE", namespace).replace("MODE", mode))
    person.commit(message)


def test_a_person_sees_and_steers_what_runs_on_a_real_cluster(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    person = somebody(tmp_path)
    (person.fleet / "apps" / "shop" / "web.yaml").write_text(WEB.replace("replicas: 2", "replicas: 0"))
    written(person, namespace, "blue", "Paint it blue")
    with browser() as window, up(person, "127.0.0.1:0", "--kubeconfig", str(control_plane.kubeconfig)) as address:
        enter(window, person)
        stands(window, address, "True")
        written(person, namespace, "green", "Paint it green")
        says(window, "Paint it green")
        stands(window, address, "True")
        window.wait("return document.querySelector(\"a[href$='rollback?revision=1']\")")
        window.follow("a[href$='rollback?revision=1']")
        says(window, "green → blue")
        is_accessible(window, window.address)
        window.click("form.deed button")
        says(window, "rolled back to")
        stands(window, address, "Held")
        window.follow("a[href$='/resume']")
        says(window, "blue → green")
        window.click("form.deed button")
        says(window, "resumed by ada")
        stands(window, address, "True")
        puts_back(window, control_plane, namespace, address)
        restarts(window, control_plane, namespace, address)
        (person.fleet / "apps" / "shop" / "web.yaml").unlink()
        written(person, namespace, "green", "Close the shop", mode="always")
        stands(window, address, "Waiting for approval")
        window.follow("a[href$='/approve']")
        says(window, "1 deleted")
        window.click("form.deed button")
        says(window, "approved by ada")
        stands(window, address, "True")
        assert kubectl(control_plane, namespace, "get", "deployments", "-o", "name") == ""
        assert window.complaints() == []


def puts_back(window: Browser, control_plane: ControlPlane, namespace: str, address: str) -> None:
    """Somebody edits by kubectl; the page shows what, and puts it back."""
    kubectl(control_plane, namespace, "patch", "configmap", "settings", "-p", '{"data": {"colour": "red"}}')
    window.go(f"{address}{SHOP}")
    window.wait("return document.querySelector(\"a[href$='/heal']\")")
    window.follow("a[href$='/heal']")
    says(window, "red → green")
    is_accessible(window, f"{address}{SHOP}/adopt")
    window.go(f"{address}{SHOP}/heal")
    window.click("form.deed button")
    says(window, "a heal of")
    stands(window, address, "True")
    assert "green" in kubectl(control_plane, namespace, "get", "configmap", "settings", "-o", "yaml")


def restarts(window: Browser, control_plane: ControlPlane, namespace: str, address: str) -> None:
    """The controller of a real cluster takes the annotation for a new template, and nobody calls it drift."""
    window.go(f"{address}{SHOP}/restart")
    window.follow(".choices a")
    says(window, "has no pods")
    window.click("form.deed button")
    says(window, "a restart of")
    stands(window, address, "True")
    live = json.loads(kubectl(control_plane, namespace, "get", "deployment", "web", "-o", "json"))
    assert "kubectl.kubernetes.io/restartedAt" in live["spec"]["template"]["metadata"]["annotations"]
    assert live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] in {"1", "2"}
