"""Scenarios of owners: what leaves, what moves, what may hold data."""

from tests.testing.simulation.catalogue.change import CHANGED, NEW, OTHER, SETTINGS, SHOP, namespace, shop
from trueline.loop.status import Sync
from trueline.testing.conformance.engine.declaration import Declaration
from trueline.testing.conformance.engine.sample import claim, config_map
from trueline.testing.simulation.scenario import Scenario
from trueline.testing.simulation.step import Commit, Restart

TILL = config_map("till-a")
TWO = Commit(
    changes={
        "shop": Declaration(resources=[SETTINGS, OTHER]),
        "till": Declaration(resources=[TILL, config_map("till-b")]),
    }
)


def both(shop_has: list[object], till_has: list[object]) -> Commit:
    """A commit of two applications."""
    return Commit(changes={"shop": Declaration(resources=shop_has), "till": Declaration(resources=till_has)})  # type: ignore[arg-type]


SCENARIOS = (
    Scenario(
        name="application_is_removed",
        before=(TWO,),
        then=(Commit(changes={"till": None}),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, OTHER),
        gone=(TILL, config_map("till-b")),
    ),
    Scenario(
        name="application_is_removed_and_its_objects_stay",
        before=(
            TWO,
            Commit(changes={"till": Declaration(resources=[TILL, config_map("till-b")], sync={"onRemoval": "keep"})}),
        ),
        then=(Commit(changes={"till": None}),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, OTHER, TILL, config_map("till-b")),
    ),
    Scenario(
        name="application_leaves_and_comes_back",
        before=(TWO,),
        then=(Commit(changes={"till": None}), Commit(changes={"till": Declaration(resources=[TILL])})),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(SETTINGS, OTHER, TILL),
        gone=(config_map("till-b"),),
    ),
    Scenario(
        name="application_is_renamed",
        before=(SHOP, Commit(changes={"till": Declaration(resources=[TILL, config_map("till-b")])})),
        then=(Commit(changes={"till": None, "desk": Declaration(resources=[TILL, config_map("till-b")])}),),
        ends={"shop": Sync.SYNCED, "desk": Sync.SYNCED},
        live=(TILL, config_map("till-b")),
    ),
    Scenario(
        name="object_moves_to_another_application",
        before=(TWO,),
        then=(both([SETTINGS], [TILL, config_map("till-b"), OTHER]),),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(SETTINGS, OTHER, TILL),
    ),
    Scenario(
        name="object_moves_and_changes",
        before=(TWO,),
        then=(both([SETTINGS], [TILL, config_map("till-b"), config_map("other", {"a": "moved"})]),),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(SETTINGS, config_map("other", {"a": "moved"}), TILL),
    ),
    Scenario(
        name="two_objects_are_swapped",
        before=(TWO,),
        then=(both([SETTINGS, TILL], [config_map("till-b"), OTHER]),),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(SETTINGS, OTHER, TILL, config_map("till-b")),
    ),
    Scenario(
        name="object_moves_there_and_back",
        before=(TWO,),
        then=(
            both([SETTINGS], [TILL, config_map("till-b"), OTHER]),
            both([SETTINGS, OTHER], [TILL, config_map("till-b")]),
        ),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(SETTINGS, OTHER, TILL),
    ),
    Scenario(
        name="object_is_claimed_by_two_and_let_go",
        before=(TWO,),
        then=(both([SETTINGS, OTHER], [TILL, OTHER]), both([SETTINGS, OTHER], [TILL])),
        ends={"shop": Sync.SYNCED, "till": Sync.SYNCED},
        live=(SETTINGS, OTHER, TILL),
        gone=(config_map("till-b"),),
    ),
    Scenario(
        name="what_holds_data_stays",
        before=(shop(SETTINGS, OTHER, claim("data")),),
        then=(shop(SETTINGS, NEW),),
        ends={"shop": Sync.OUT_OF_SYNC},
        live=(SETTINGS, NEW, claim("data")),
        gone=(OTHER,),
    ),
    Scenario(
        name="what_holds_data_goes_with_consent",
        before=(shop(SETTINGS, OTHER, claim("data")),),
        then=(shop(SETTINGS, OTHER, sync={"allowDelete": ["PersistentVolumeClaim/shop/data"]}),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, OTHER),
        gone=(claim("data"),),
    ),
    Scenario(
        name="namespace_goes_with_consent",
        before=(shop(SETTINGS, OTHER, namespace("inner"), config_map("inside", namespace="inner")),),
        then=(shop(SETTINGS, OTHER, sync={"allowDelete": ["Namespace/inner"]}),),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, OTHER),
        gone=(namespace("inner"), config_map("inside", namespace="inner")),
    ),
    Scenario(
        name="object_that_is_to_stay_leaves_git",
        before=(shop(SETTINGS, config_map("kept", annotations={"argocd.argoproj.io/sync-options": "Prune=false"})),),
        then=(shop(CHANGED), Restart()),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, config_map("kept")),
        deployments={"shop": 2},
    ),
    Scenario(
        name="prune_is_off",
        before=(shop(SETTINGS, OTHER, sync={"prune": False}),),
        then=(shop(CHANGED, sync={"prune": False}), shop(CHANGED, sync={"prune": True})),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED,),
        gone=(OTHER,),
    ),
)
