"""Scenarios of people who ask: rollbacks, holds, approvals, applications that are synced by hand."""

from tests.testing.simulation.catalogue.change import (
    CHANGED,
    FROM_CHARTS,
    NEW,
    OTHER,
    SETTINGS,
    SHOP,
    charts,
    many,
    shop,
)
from trueline.loop.status import Sync
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.simulation.scenario import Scenario
from trueline.testing.simulation.step import Ask, Request, Restart

ROLL_BACK = Ask(request=Request.ROLL_BACK, application="shop")
HOLD = Ask(request=Request.HOLD, application="shop")
RESUME = Ask(request=Request.RESUME, application="shop")
APPROVE = Ask(request=Request.APPROVE, application="shop")
SYNC = Ask(request=Request.SYNC, application="shop")

SCENARIOS = (
    Scenario(
        name="rollback",
        before=(SHOP, shop(CHANGED, NEW)),
        then=(ROLL_BACK,),
        ends={"shop": Sync.HELD},
        live=(SETTINGS, OTHER),
        gone=(NEW,),
        deployments={"shop": 3},
    ),
    Scenario(
        name="rollback_and_resume",
        before=(SHOP, shop(CHANGED, NEW)),
        then=(ROLL_BACK, RESUME),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW),
        gone=(OTHER,),
        deployments={"shop": 4},
    ),
    Scenario(
        name="rollback_and_restart",
        before=(SHOP, shop(CHANGED, NEW)),
        then=(ROLL_BACK, Restart()),
        ends={"shop": Sync.HELD},
        live=(SETTINGS, OTHER),
        gone=(NEW,),
        deployments={"shop": 3},
    ),
    Scenario(
        name="rollback_ended_by_a_commit",
        before=(SHOP, shop(CHANGED, NEW)),
        then=(ROLL_BACK, shop(config_map("settings", {"a": "next"}), NEW)),
        ends={"shop": Sync.SYNCED},
        live=(config_map("settings", {"a": "next"}), NEW),
        gone=(OTHER,),
        deployments={"shop": 4},
    ),
    Scenario(
        name="rollback_of_a_floating_source",
        before=(charts("1"), FROM_CHARTS, charts("2")),
        then=(ROLL_BACK, charts("3")),
        ends={"shop": Sync.SYNCED},
        live=(config_map("settings", {"a": "3"}),),
        deployments={"shop": 4},
    ),
    Scenario(
        name="hold_and_resume",
        before=(SHOP,),
        then=(HOLD, shop(CHANGED, OTHER), RESUME),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, OTHER),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hold_over_a_restart",
        before=(SHOP,),
        then=(HOLD, Restart(), shop(CHANGED, OTHER)),
        ends={"shop": Sync.HELD},
        live=(SETTINGS, OTHER),
        deployments={"shop": 1},
    ),
    Scenario(
        name="always_approved",
        before=(shop(SETTINGS, OTHER, sync={"approve": "never"}),),
        then=(shop(CHANGED, NEW, sync={"approve": "always"}), APPROVE),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW),
        gone=(OTHER,),
        deployments={"shop": 2},
    ),
    Scenario(
        name="prune_over_the_limit_with_approval",
        before=(shop(SETTINGS, *many(9)),),
        then=(shop(SETTINGS, *many(2)), APPROVE),
        ends={"shop": Sync.SYNCED},
        live=(SETTINGS, *many(2)),
        gone=tuple(many(9)[2:]),
        deployments={"shop": 2},
    ),
    Scenario(
        name="prune_over_the_limit_waits",
        before=(shop(SETTINGS, *many(9)),),
        then=(shop(SETTINGS, *many(2)), Restart()),
        ends={"shop": Sync.WAITING},
        live=(SETTINGS, *many(9)),
        deployments={"shop": 1},
    ),
    Scenario(
        name="synced_by_hand",
        before=(shop(SETTINGS, OTHER),),
        then=(shop(CHANGED, NEW, sync={"mode": "manual"}), SYNC),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW),
        gone=(OTHER,),
        deployments={"shop": 2},
    ),
)
