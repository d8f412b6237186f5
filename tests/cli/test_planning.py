"""Plans of applications that need each other: what one makes for another is foreseen, and applied as planned."""

from pathlib import Path

from tests.cli.bad_input_case import Fleet, config_map, declared

DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.test}
spec:
  group: example.test
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}
"""
GADGET = "apiVersion: example.test/v1\nkind: Gadget\nmetadata: {name: one}\nspec: {size: big}\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n"


def _in_team(name: str, *depends_on: str) -> str:
    here = declared(name).replace(f"namespace: {name}, createNamespace: true", "namespace: team")
    return f"{here}  dependsOn: [{', '.join(depends_on)}]\n" if depends_on else here


FLEET = {
    "operator.yaml": declared("operator"),
    "apps/operator/a.yaml": DEFINITION,
    "room.yaml": declared("room", "  dependsOn: [operator]\n"),
    "apps/room/a.yaml": NAMESPACE,
    "shop.yaml": _in_team("shop", "room"),
    "apps/shop/a.yaml": f"{GADGET}---\n{config_map()}",
}


def test_what_a_dependency_makes_is_foreseen_saved_and_applied(tmp_path: Path) -> None:
    fleet = Fleet(home=tmp_path)
    fleet.commit(FLEET)
    ran = fleet.run("plan", "fleet", "--data-dir", str(fleet.data), "--save", "plan.json")
    assert ran.code == 2, ran.out + ran.err
    assert "+ Gadget.example.test/team/one" in ran.out
    assert "deferred: Gadget.example.test is made by application operator first" in ran.out
    assert "deferred: Namespace/team is made by application room first" in ran.out
    assert fleet.run("apply", "plan.json").code == 0
    assert [key for key in fleet.objects("team") if key.endswith("/one")]
    assert fleet.plan().code == 0


def test_what_nobody_on_the_way_makes_stays_an_error(tmp_path: Path) -> None:
    fleet = Fleet(home=tmp_path)
    wrong = GADGET.replace("size: big", "hue: 1")
    fleet.commit(
        FLEET
        | {"alone.yaml": _in_team("alone"), "apps/alone/a.yaml": config_map("other")}
        | {"wrong.yaml": _in_team("wrong", "room"), "apps/wrong/a.yaml": wrong}
        | {"absent.yaml": _in_team("absent", "room"), "apps/absent/a.yaml": GADGET.replace("Gadget", "Widget")}
    )
    ran = fleet.plan()
    found = {(one.code, one.origin) for one in ran.told()}
    assert ran.code == 1
    assert found == {
        ("TL0405", "apps/alone/a.yaml:1"),
        ("TL0505", "apps/wrong/a.yaml:4"),
        ("TL0501", "apps/absent/a.yaml:2"),
    }


def test_a_kind_that_comes_with_a_commit_is_applied_in_the_same_run(tmp_path: Path) -> None:
    fleet = Fleet(home=tmp_path)
    fleet.commit(FLEET | {"apps/operator/a.yaml": config_map(), "apps/shop/a.yaml": config_map()})
    assert fleet.up().code == 0
    fleet.commit({"apps/operator/b.yaml": DEFINITION, "apps/shop/b.yaml": GADGET})
    assert fleet.run("plan", "fleet", "--data-dir", str(fleet.data)).code == 2
    ran = fleet.up()
    assert ran.code == 0, ran.out
    assert fleet.plan().code == 0
