"""Scenarios of commits: what changes in Git, by itself and one after the other."""

import msgspec

from trueline.loop.status import Sync
from trueline.testing.conformance.engine.declaration import Declaration
from trueline.testing.conformance.engine.sample import config_map, definition, deployment, gadget, secret, service
from trueline.testing.simulation.scenario import Scenario
from trueline.testing.simulation.step import Ask, Commit, GitAway, Publish, Request, Restart, Together

BROKEN = b"apiVersion: v1\nkind: [\n"
CHARTS = "https://git.example.test/charts.git"
SETTINGS, OTHER, NEW = config_map("settings"), config_map("other"), config_map("new")
CHANGED = config_map("settings", {"a": "changed", "c": "3"})
SHOP = Commit(changes={"shop": Declaration(resources=[SETTINGS, OTHER, deployment("web")])})


def shop(*resources: object, **more: object) -> Commit:
    """A commit of the application `shop`."""
    return Commit(changes={"shop": Declaration(resources=resources, **more)})  # type: ignore[arg-type]


def namespace(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def many(count: int, value: str = "1") -> list[dict[str, object]]:
    return [config_map(f"many-{number}", {"a": value}) for number in range(count)]


def charts(value: str) -> Publish:
    """A commit to another repository, of which `shop` is made."""
    return Publish(url=CHARTS, files={"app/settings.yaml": msgspec.json.encode(config_map("settings", {"a": value}))})


FROM_CHARTS = Commit(changes={"shop": Declaration(source={"url": CHARTS, "path": "app"})})
PINNED = [
    Commit(changes={"shop": Declaration(source={"url": CHARTS, "path": "app", "revision": f"{number:08x}" * 5})})
    for number in (1, 2)
]

SCENARIOS = (
    Scenario(
        name="first_commit",
        before=(),
        then=(SHOP,),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, OTHER),
        deployments={"shop": 1},
    ),
    Scenario(
        name="everything_in_one_commit",
        before=(SHOP,),
        then=(shop(CHANGED, NEW, deployment("web"), secret("access", {"k": "v"})),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW),
        gone=(OTHER,),
        deployments={"shop": 2},
    ),
    Scenario(
        name="three_commits",
        before=(SHOP,),
        then=(shop(CHANGED, OTHER), shop(CHANGED, NEW), shop(SETTINGS, NEW)),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, NEW),
        gone=(OTHER, deployment("web")),
        deployments={"shop": 4},
    ),
    Scenario(
        name="broken_commit_then_a_good_one",
        before=(SHOP,),
        then=(
            shop(CHANGED, files={"broken.yaml": BROKEN}),
            shop(CHANGED, OTHER),
        ),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, OTHER),
        gone=(deployment("web"),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="refused_by_the_trial_then_mended",
        before=(SHOP,),
        then=(
            shop(CHANGED, service("web", ports=[{"port": 70000}])),
            shop(CHANGED, service("web")),
        ),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, service("web")),
        gone=(OTHER,),
        deployments={"shop": 2},
    ),
    Scenario(
        name="definition_and_its_objects",
        before=(SHOP,),
        then=(shop(SETTINGS, OTHER, definition("n", "size"), gadget("n", "first", size="1")),),
        ends={"shop": Sync.SYNCED},
        live=(gadget("n", "first", size="1"),),
        gone=(deployment("web"),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="namespace_and_what_is_in_it",
        before=(SHOP,),
        then=(shop(SETTINGS, OTHER, namespace("inner"), config_map("inside", namespace="inner")),),
        ends={"shop": Sync.SYNCED},
        live=(namespace("inner"), config_map("inside", namespace="inner")),
        deployments={"shop": 2},
    ),
    Scenario(
        name="secret_from_string_data",
        before=(shop(SETTINGS, secret("access", {"k": "old", "gone": "1"})),),
        then=(shop(SETTINGS, secret("access", {"k": "new"})),),
        ends={"shop": Sync.SYNCED},
        live=({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "access"}, "data": {"k": "bmV3"}},),
        deployments={"shop": 2},
    ),
    Scenario(
        name="immutable_field_is_replaced",
        before=(shop(SETTINGS, config_map("fixed"), {**OTHER, "immutable": True}),),
        then=(
            shop(
                SETTINGS,
                config_map("fixed"),
                {**config_map("other", {"a": "2"}), "immutable": True},
                sync={"replace": ["ConfigMap/shop/other"], "approve": "never"},
            ),
        ),
        ends={"shop": Sync.SYNCED},
        live=({**config_map("other", {"a": "2"}), "immutable": True},),
        deployments={"shop": 2},
    ),
    Scenario(
        name="two_applications_in_one_commit",
        before=(SHOP, Commit(changes={"till": Declaration(resources=[config_map("till-a")])})),
        then=(
            Commit(
                changes={
                    "shop": Declaration(resources=[CHANGED, NEW]),
                    "till": Declaration(resources=[config_map("till-a", {"a": "2"}), config_map("till-b")]),
                }
            ),
        ),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(CHANGED, NEW, config_map("till-b"), config_map("till-a", {"a": "2"})),
        gone=(OTHER,),
        deployments={"shop": 2, "till": 2},
    ),
    Scenario(
        name="two_fleet_files_one_of_them_breaks",
        before=(SHOP, Commit(changes={"till": Declaration(resources=[config_map("till-a")])})),
        then=(
            Commit(
                changes={"shop": Declaration(resources=[CHANGED]), "till": None},
                files={"fleet/till.yaml": b"apiVersion: trueline.dev/v1\nkind: [\n"},
            ),
        ),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(CHANGED, config_map("till-a")),
        gone=(OTHER,),
        deployments={"shop": 2, "till": 1},
    ),
    Scenario(
        name="rewritten_branch_with_consent",
        before=(SHOP, shop(CHANGED, OTHER)),
        then=(
            Commit(changes={"shop": Declaration(resources=[SETTINGS, NEW])}, rewrites=True),
            Ask(request=Request.AGREE),
        ),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, NEW),
        gone=(OTHER,),
        deployments={"shop": 3},
    ),
    Scenario(
        name="commits_in_a_hurry",
        before=(SHOP,),
        then=(Together(steps=(shop(CHANGED, OTHER), shop(CHANGED), shop(CHANGED, NEW))),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW),
        gone=(OTHER,),
    ),
    Scenario(
        name="restart_while_git_is_away",
        before=(SHOP, shop(CHANGED, OTHER)),
        then=(GitAway(), Restart(), Together(steps=(GitAway(is_away=False), shop(CHANGED, NEW)))),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW),
        gone=(OTHER,),
        deployments={"shop": 3},
    ),
    Scenario(
        name="floating_source_moves",
        before=(charts("1"), FROM_CHARTS),
        then=(charts("2"), charts("3")),
        ends={"shop": Sync.SYNCED},
        live=(config_map("settings", {"a": "3"}),),
        deployments={"shop": 3},
    ),
    Scenario(
        name="pinned_source_is_upgraded",
        before=(charts("1"), charts("2"), PINNED[0]),
        then=(PINNED[1],),
        ends={"shop": Sync.SYNCED},
        live=(config_map("settings", {"a": "2"}),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="nothing_changes",
        before=(SHOP,),
        then=(Commit(files={"README": b"words only"}), Restart()),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, OTHER),
        deployments={"shop": 1},
    ),
    Scenario(
        name="workload_rolls_out",
        before=(SHOP,),
        then=(shop(SETTINGS, OTHER, deployment("web", replicas=1), service("web")),),
        ends={"shop": Sync.SYNCED},
        live=(deployment("web", replicas=1), service("web")),
        deployments={"shop": 2},
    ),
)
