"""Scenarios of order: waves, hooks with jobs, applications that need others."""

from tests.testing.simulation.catalogue.change import CHANGED, NEW, OTHER, SETTINGS, SHOP, shop
from trueline.loop.status import Sync
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.engine.declaration import Declaration
from trueline.testing.conformance.engine.hook import job
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.wave import in_wave
from trueline.testing.simulation.scenario import Scenario
from trueline.testing.simulation.step import Commit


def failing(name: str, hook: str, **more: str) -> Json:
    """A job that fails on the embedded cluster."""
    return job(name, hook, fails=True, **more)


def there(body: Json) -> Json:
    """Only that it is there, whatever it is."""
    return {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": {"name": body["metadata"]["name"]}}


MIGRATE, TELL = there(job("migrate", "before")), there(job("tell", "after"))
ALARM, CHECK = there(job("alarm", "failed")), there(job("check", "before"))


def chain(value: str) -> dict[str, Declaration | None]:
    """Three applications of which each needs the one before."""
    return {
        "first": Declaration(resources=[config_map("one", {"a": value})]),
        "second": Declaration(resources=[config_map("two", {"a": value})], depends_on=["first"]),
        "third": Declaration(resources=[config_map("three", {"a": value})], depends_on=["second"]),
    }


SCENARIOS = (
    Scenario(
        name="waves",
        before=(SHOP,),
        then=(shop(in_wave(2, CHANGED), in_wave(-1, NEW), in_wave(1, OTHER)),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, NEW, OTHER),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hooks_before_and_after",
        before=(SHOP,),
        then=(shop(CHANGED, OTHER, job("migrate", "before"), job("tell", "after")),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, MIGRATE, TELL),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hooks_run_for_each_revision",
        before=(shop(SETTINGS, job("migrate", "before")),),
        then=(shop(CHANGED, job("migrate", "before")),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, MIGRATE),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hook_goes_on_success",
        before=(SHOP,),
        then=(shop(CHANGED, OTHER, job("migrate", "before", delete="on-success"), job("tell", "after")),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, TELL),
        gone=(job("migrate", "before"),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hook_fails_and_the_alarm_runs",
        before=(shop(SETTINGS, OTHER),),
        then=(shop(CHANGED, OTHER, failing("migrate", "before"), job("alarm", "failed")),),
        ends={"shop": Sync.PARTLY},
        live=(SETTINGS, ALARM),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hook_fails_then_is_mended",
        before=(shop(SETTINGS, OTHER),),
        then=(
            shop(CHANGED, OTHER, failing("migrate", "before")),
            shop(CHANGED, OTHER, job("migrate", "before")),
        ),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED,),
        deployments={"shop": 3},
    ),
    Scenario(
        name="hook_goes_on_failure",
        before=(shop(SETTINGS, OTHER),),
        then=(shop(CHANGED, OTHER, failing("migrate", "before", delete="on-failure")),),
        ends={"shop": Sync.PARTLY},
        live=(SETTINGS,),
        gone=(job("migrate", "before"),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hook_in_two_phases",
        before=(SHOP,),
        then=(shop(CHANGED, OTHER, job("check", "before,after")),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED, CHECK),
        deployments={"shop": 2},
    ),
    Scenario(
        name="hook_leaves_git",
        before=(shop(SETTINGS, job("migrate", "before")),),
        then=(shop(CHANGED),),
        ends={"shop": Sync.SYNCED},
        live=(CHANGED,),
        gone=(job("migrate", "before"),),
        deployments={"shop": 2},
    ),
    Scenario(
        name="chain_of_applications",
        before=(Commit(changes=chain("1")),),
        then=(Commit(changes=chain("2")),),
        ends={"first": Sync.SYNCED, "second": Sync.SYNCED, "third": Sync.SYNCED},
        live=tuple(config_map(name, {"a": "2"}) for name in ("one", "two", "three")),
        deployments={"first": 2, "second": 2, "third": 2},
    ),
    Scenario(
        name="chain_is_removed_in_reverse",
        before=(SHOP, Commit(changes=chain("1"))),
        then=(Commit(changes=dict.fromkeys(chain("1"))),),
        ends={"shop": Sync.SYNCED},
        gone=tuple(config_map(name) for name in ("one", "two", "three")),
    ),
)
