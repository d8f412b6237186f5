"""One application's page: what it consists of, what would change, what happened; and that no text becomes markup."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.server.bench import Bench, bench
from tests.server.page.made import NOW, SEEN, body, facts
from trueline.health.status import Health, Status
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.record.history import Deployment, DeploymentResult
from trueline.record.journal import Kind, Note, Record
from trueline.server.body import ChangeBody, CommitBody, FieldBody, HealthBody, HoldBody, NodeBody, PlanBody, TreeBody
from trueline.server.page.application import LINES_MAX, NODES_MAX, POINTS_MAX, Application, Known, application
from trueline.server.page.state import State
from trueline.target.snapshot import NOTHING

SCRIPT = '"><script>alert(1)</script>'
BROWSER = {"Accept": "text/html"}


def node(ref: str, *, parent: str = "", health: str = "Healthy", **told: Any) -> NodeBody:
    known: dict[str, Any] = {
        "role": "declared",
        "origin": "shop/all.yaml:3",
        "wave": 0,
        "action": "",
        "drift": "",
        "phase": "during",
        "run": "",
    }
    said = HealthBody(status=health, reason="R", message="2 of 5 are ready")
    return NodeBody(ref=ref, parent=parent, health=said, **(known | told))


def deployment(number: int, result: DeploymentResult = DeploymentResult.DONE, **told: Any) -> Deployment:
    began = NOW - timedelta(hours=20 - number)
    known: dict[str, Any] = {"ended": began + timedelta(seconds=14), "by": "git", "revision": SEEN.commit}
    if result is DeploymentResult.RUNNING:
        known["ended"] = None
    some = Digest("d")
    return Deployment(
        application="shop", number=number, tree=some, began=began, result=result, **({"plan": some} | known | told)
    )


def record(kind: Kind, at: datetime = NOW, **body: Any) -> Record:
    return Record(sequence=1, at=at, kind=kind.value, application="shop", body=body, previous=NOTHING, digest=NOTHING)


def page(
    *nodes: NodeBody,
    deployments: Sequence[Deployment] = (),
    records: Sequence[Record] = (),
    plan: PlanBody | None = None,
    count: int | None = None,
    **told: Any,
) -> Application:
    def commit_of(revision: str) -> CommitBody | None:
        return SEEN if SEEN.commit.startswith(revision) else None

    known = Known(
        body=body(**told),
        tree=TreeBody(application="shop", nodes=nodes, count=len(nodes) if count is None else count, unknown=()),
        plan=plan,
        deployments=deployments,
        records=records,
        commits=commit_of,
        facts=facts(),
    )
    return application(known, NOW)


def test_objects_stand_by_wave_with_what_belongs_to_them() -> None:
    web = "Deployment.apps/shop/web"
    made = page(
        node("Namespace/shop", wave=-1),
        node(web, health="Progressing"),
        node("ReplicaSet.apps/shop/web-1", parent=web, role="made", health="Progressing"),
        node("Pod/shop/web-1-a", parent="ReplicaSet.apps/shop/web-1", role="made"),
        node("ConfigMap/shop/settings", drift="changed"),
        node("Job.batch/shop/migrate", role="hook"),
    )
    assert [(wave.title, [one.name for one in wave.nodes]) for wave in made.waves] == [
        ("Wave -1", ["shop"]),
        ("Wave 0", ["web", "settings", "migrate"]),
    ]
    deployed, settings, migrate = made.waves[1].nodes
    assert (deployed.kind, deployed.state, deployed.said) == ("Deployment", State.ROLLING_OUT, "2 of 5 are ready")
    assert [[pod.name for pod in one.below] for one in deployed.below] == [["web-1-a"]]
    assert (settings.state, settings.differs, settings.said) == (State.DRIFTED, "changed", "")
    assert (migrate.hook, settings.hook) == ("hook", "")


@pytest.mark.parametrize("status", Status)
def test_every_health_has_a_shape_and_keeps_its_word(status: Status) -> None:
    [wave] = page(node("ConfigMap/shop/settings", health=status.value)).waves
    assert wave.nodes[0].word == status.value
    assert (wave.nodes[0].state is State.TRUE) == (status is Status.HEALTHY)


def test_a_long_list_is_cut_and_says_so() -> None:
    nodes = [node(f"ConfigMap/shop/c{number}") for number in range(NODES_MAX + 1)]
    made = page(*nodes, count=NODES_MAX + 9)
    assert (made.objects, made.rest, len(made.waves[0].nodes)) == (NODES_MAX + 9, 9, NODES_MAX)


def test_the_way_here_is_told_in_its_order() -> None:
    heal = {"action": "heal", "result": "done", "ref": "ConfigMap/shop/settings"}
    made = page(
        deployments=[deployment(2, DeploymentResult.FAILED), deployment(1)],
        records=[
            record(Kind.HOLD, NOW - timedelta(minutes=1), who="ada", why="an incident"),
            record(Kind.OUTCOME, NOW - timedelta(minutes=2), **heal),
            record(Kind.DRIFT_FOUND, NOW - timedelta(minutes=3), drift="changed", ref="ConfigMap/shop/settings"),
            record(Kind.STARTED),
        ],
    )
    assert [(one.word, one.state) for one in made.points] == [
        ("9f31c2e", State.TRUE),
        ("9f31c2e", State.DEGRADED),
        ("drift", State.DRIFTED),
        ("healed", State.TRUE),
        ("held", State.HELD),
    ]
    assert made.lines[0].text == "held by ada: an incident"


def test_only_so_much_of_it_is_shown() -> None:
    drift = [record(Kind.DRIFT_FOUND, NOW - timedelta(minutes=n), drift="changed", ref="x") for n in range(90)]
    made = page(records=drift)
    assert (len(made.points), len(made.lines)) == (POINTS_MAX, LINES_MAX)
    assert made.points[-1].at.text == "just now"


@pytest.mark.parametrize("result", DeploymentResult)
def test_every_end_of_a_deployment_has_a_word(result: DeploymentResult) -> None:
    [step] = page(deployments=[deployment(1, result)]).steps
    assert step.word
    assert step.took == ("" if result is DeploymentResult.RUNNING else "14.0 s")
    assert (step.revision, step.author, step.by) == ("9f31c2e", "ana", "Git")


def planned_of(*asks: str) -> PlanBody:
    """One object is updated."""
    change = ChangeBody(
        ref="ConfigMap/shop/settings",
        action="update",
        sign="~",
        reason="Git changed it",
        origin="shop/all.yaml:1",
        body="",
        uid="",
        ours="",
        generation=0,
        fields=(FieldBody(path="data.a", before="x" * 900, after=""),),
    )
    return PlanBody(
        application="shop",
        target="prod-eu",
        revision="r",
        digest="0badc0de" * 8,
        summary="1 change",
        counts={},
        changes=(change,),
        problems=(),
        asks=asks,
    )


def test_what_would_change_is_told_with_each_field_and_why_somebody_has_to_agree() -> None:
    planned = page(plan=planned_of("7 objects would go")).planned
    assert planned is not None
    assert (planned.digest, planned.asks) == ("0badc0de0bad", ("7 objects would go",))
    [field] = planned.changes[0].fields
    assert (len(field.before), field.after) == (201, "")


@pytest.mark.parametrize(
    ("sync", "result", "told", "title"),
    [
        (Sync.SYNCED, DeploymentResult.DONE, {}, "What the last pass did"),
        (Sync.HELD, DeploymentResult.DONE, {"wanted": "main@0a0a0a0a0a"}, "What the last pass did"),
        (Sync.WAITING, DeploymentResult.DONE, {}, "Waits for approval"),
        (Sync.SYNCING, DeploymentResult.RUNNING, {}, "What is under way"),
        (Sync.PARTLY, DeploymentResult.PARTLY, {}, "What is under way"),
        (Sync.OUT_OF_SYNC, DeploymentResult.FAILED, {"wanted": "main@0a0a0a0a0a"}, "What would change"),
        (Sync.BLOCKED, DeploymentResult.FAILED, {}, "The last plan"),
    ],
)
def test_inv_38_what_was_done_is_not_shown_as_what_would_be(
    sync: Sync, result: DeploymentResult, told: dict[str, Any], title: str
) -> None:
    """INV-38: a plan that is carried out is of the past, and nobody is led to look at it as at what comes."""
    plan = planned_of()
    made = page(plan=plan, sync=sync, deployments=[deployment(1, result, plan=Digest(plan.digest))], **told)
    assert made.plan_title == title
    assert ("Look at the plan" in {one.word for one in made.actions}) is (title != "What the last pass did")


def test_inv_38_one_that_is_held_says_that_nothing_is_looked_for() -> None:
    """INV-38: a hold of one revision is another thing: what was put in its place is looked at."""
    hold = HoldBody(application="shop", revision="", who="ada", why="", since=NOW, until=None)
    [doubt] = page(sync=Sync.HELD, holds=(hold,)).doubts
    assert "no drift of it is looked for" in doubt.text
    assert page(sync=Sync.HELD, holds=(msgspec.structs.replace(hold, revision="9f31c2e0aa"),)).doubts == ()


def test_one_that_is_not_known_is_not_counted_on_its_own_page() -> None:
    [doubt] = page(sync=Sync.UNKNOWN).doubts
    assert (doubt.text, doubt.link) == ("It is not known how it stands.", "")


def test_nothing_to_do_is_no_plan() -> None:
    assert page().planned is None


def _standing() -> Bench:
    made = bench()
    worn = Health(status=Status.DEGRADED, reason="CrashLoop", message="web: it crashes")
    made.contains("shop", "Deployment.apps/shop/web", "ConfigMap/shop/settings", web=worn)
    return made


async def test_the_page_of_an_application() -> None:
    made = _standing()
    made.stands("shop", sync=Sync.HELD, message="held by ada", health=Status.DEGRADED)
    made.journal.append([Note(kind=Kind.HOLD, application="shop", body={"who": "ada", "why": "an incident"})])
    async with made.client(is_private=False) as client:
        answer = await client.get("/applications/shop", headers=BROWSER)
        text = await answer.text()
        assert answer.status == 200
        for said in ("shop", "Degraded", "web: it crashes", "ConfigMap", "held by ada: an incident", "team=web"):
            assert said in text
        known = {**BROWSER, "If-None-Match": answer.headers["ETag"]}
        assert (await client.get("/applications/shop", headers=known)).status == 304
        assert 'href="/applications/shop"' in await (await client.get("/", headers=BROWSER)).text()


async def test_an_application_that_is_not_there_is_a_page_that_says_so() -> None:
    async with _standing().client(is_private=False) as client:
        answer = await client.get("/applications/shpo", headers=BROWSER)
        assert (answer.status, answer.content_type) == (404, "text/html")
        assert "TL0710" in await answer.text()


async def test_no_text_of_an_application_becomes_markup() -> None:
    made = _standing()
    made.stands("shop", message=SCRIPT, health_message=SCRIPT, sync=Sync.BLOCKED, revision=SCRIPT)
    made.contains("shop", f"ConfigMap/shop/{SCRIPT}")
    made.journal.append([Note(kind=Kind.HOLD, application="shop", body={"who": SCRIPT, "why": SCRIPT})])
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop", headers=BROWSER)).text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
