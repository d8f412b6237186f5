"""Scenarios of hands and other tools on the cluster: drift, take-over, fields that are left to others."""

from tests.testing.simulation.catalogue.change import CHANGED, NEW, OTHER, SETTINGS, SHOP, shop
from trueline.loop.status import Sync
from trueline.testing.conformance.engine.sample import config_map, deployment
from trueline.testing.simulation.scenario import Scenario
from trueline.testing.simulation.step import Commit, Deed, Hand, Restart, Together

EDITED = {"data": {"a": "by hand"}}
ADDED = {"data": {"theirs-too": "by hand"}}
WEB = deployment("web")
SCALED = {**WEB, "spec": {key: value for key, value in WEB["spec"].items() if key != "replicas"}}
THEIRS = config_map("settings", {"a": "old", "theirs": "1"})

SCENARIOS = (
    Scenario(
        name="edit_by_hand_is_healed",
        before=(SHOP,),
        then=(Hand(deed=Deed.EDIT, body=SETTINGS, change=EDITED),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS,),
        deployments={"shop": 1},
    ),
    Scenario(
        name="delete_by_hand_is_healed",
        before=(SHOP,),
        then=(Hand(deed=Deed.DELETE, body=SETTINGS),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS,),
        deployments={"shop": 1},
    ),
    Scenario(
        name="deleted_and_made_again_by_hand",
        before=(SHOP,),
        then=(
            Together(
                steps=(
                    Hand(deed=Deed.DELETE, body=SETTINGS),
                    Hand(deed=Deed.CREATE, body=config_map("settings", {"a": "theirs"}), manager="kubectl-create"),
                )
            ),
        ),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS,),
    ),
    Scenario(
        name="mark_is_taken_off",
        before=(SHOP,),
        then=(
            Hand(
                deed=Deed.EDIT,
                body=SETTINGS,
                change={"metadata": {"labels": {"trueline.dev/application": None}}},
                manager="kubectl-label",
            ),
        ),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS,),
    ),
    Scenario(
        name="drift_is_only_warned_of",
        before=(shop(SETTINGS, OTHER, sync={"drift": "warn"}),),
        then=(Hand(deed=Deed.EDIT, body=SETTINGS, change=EDITED),),
        ends={"shop": Sync.OUT_OF_SYNC},
        live=(config_map("settings", {"a": "by hand", "b": "2"}),),
    ),
    Scenario(
        name="field_added_by_others_stays",
        before=(SHOP,),
        then=(Hand(deed=Deed.EDIT, body=SETTINGS, change=ADDED), shop(CHANGED, OTHER)),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, config_map("settings", {"theirs-too": "by hand"})),
        deployments={"shop": 2},
    ),
    Scenario(
        name="field_added_by_others_is_taken_away",
        before=(shop(SETTINGS, OTHER, sync={"added": "heal"}),),
        then=(Hand(deed=Deed.EDIT, body=SETTINGS, change=ADDED),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS,),
    ),
    Scenario(
        name="take_over_from_kubectl",
        before=(Hand(deed=Deed.APPLY, body=THEIRS, manager="kubectl"), Commit()),
        then=(shop(SETTINGS), shop(config_map("settings", {"a": "1"}))),
        ends={"shop": Sync.SYNCED},
        live=(config_map("settings", {"a": "1"}),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="field_is_left_to_another_manager_and_taken",
        before=(Hand(deed=Deed.APPLY, body=config_map("settings", {"a": "theirs"}), manager="stranger"), Commit()),
        then=(shop(SETTINGS, OTHER), shop(SETTINGS, OTHER, sync={"takeOver": ["data.a"]})),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS,),
    ),
    Scenario(
        name="field_is_left_to_another_manager",
        before=(Hand(deed=Deed.APPLY, body=config_map("settings", {"a": "theirs"}), manager="stranger"), Commit()),
        then=(shop(SETTINGS, OTHER), Restart()),
        ends={"shop": Sync.OUT_OF_SYNC},
        live=(config_map("settings", {"a": "theirs", "b": "2"}), OTHER),
    ),
    Scenario(
        name="autoscaler_has_the_replicas",
        before=(shop(SETTINGS, SCALED),),
        then=(
            Hand(
                deed=Deed.EDIT,
                body=deployment("web"),
                change={"spec": {"replicas": 2}},
                manager="hpa",
                subresource="/scale",
            ),
            shop(CHANGED, SCALED),
        ),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, deployment("web", replicas=2)),
        deployments={"shop": 2},
    ),
    Scenario(
        name="edit_by_hand_and_commit_at_once",
        before=(SHOP,),
        then=(Together(steps=(Hand(deed=Deed.EDIT, body=OTHER, change=EDITED), shop(CHANGED, OTHER, NEW))),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, OTHER, NEW),
        deployments={"shop": 2},
    ),
)
