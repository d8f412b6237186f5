"""What pages offer, and to whom: of each thing what can be done to it, for who may; the server asks again."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench
from tests.server.page.made import REVISION
from tests.server.page.seen import field, sight
from tests.server.page.test_visit import VISIT
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.record.history import DeploymentResult
from trueline.server.access.right import Right
from trueline.server.body import HealthBody, NodeBody, StandingDriftBody
from trueline.server.page.offer import PODS_MAX, drift_offers, log_links, pods_of, return_link
from trueline.target.insight import Descendant

DEPLOYS = frozenset({Right.READ, Right.DEPLOY})
READS = frozenset({Right.READ})
WEB = "Deployment.apps/web/web"
POD = "Pod/web/web-1-x"
LIVE: dict[str, Any] = {"spec": {"replicas": 1}}


def drift(**told: Any) -> StandingDriftBody:
    known = {"application": "web", "ref": WEB, "drift": "changed", "fields": ("spec.replicas",), "managers": ("eve",)}
    return StandingDriftBody(**{**known, "since": None, "treatment": "left", "reason": "drift: warn", **told})


@pytest.mark.parametrize(
    ("told", "links"),
    [
        ({}, ["/applications/web/heal?ref=REF", "/applications/web/adopt?ref=REF"]),
        ({"drift": "deleted"}, ["/applications/web/heal?ref=REF"]),
        ({"drift": "added", "treatment": "added"}, ["/applications/web/heal?ref=REF&added=1"]),
        ({"drift": "overruled", "treatment": "overruled"}, []),
    ],
)
def test_a_drift_is_put_back_or_kept_by_who_deploys(told: dict[str, Any], links: list[str]) -> None:
    found = [one.link.replace("Deployment.apps%2Fweb%2Fweb", "REF") for one in drift_offers(drift(**told), DEPLOYS)]
    assert found == links
    assert list(drift_offers(drift(**told), READS)) == []
    assert list(drift_offers(drift(**told), {Right.APPROVE})) == []


def test_a_deployment_is_put_back_that_can_be_by_who_deploys() -> None:
    assert return_link("web", 7, DEPLOYS, {7}) == "/applications/web/rollback?revision=7"
    assert return_link("web", 7, DEPLOYS, {6}) == ""
    assert return_link("web", 7, READS, {7}) == ""


def node(ref: str, parent: str) -> NodeBody:
    health = HealthBody(status="Healthy", reason="", message="")
    return NodeBody(
        ref=ref,
        parent=parent,
        role="",
        origin="",
        phase="during",
        wave=0,
        run="",
        health=health,
        action="",
        drift="",
    )


def test_the_pods_of_an_object_are_those_below_it() -> None:
    nodes = [
        node(WEB, ""),
        node("ReplicaSet.apps/web/web-1", WEB),
        node(POD, "ReplicaSet.apps/web/web-1"),
        node("Pod/web/other", "Job.batch/web/once"),
        node("Pod/web/ring", "Job.batch/web/ring"),
        node("Job.batch/web/ring", "Pod/web/ring"),
    ]
    assert pods_of(WEB, nodes) == (POD,)
    assert pods_of("Job.batch/web/once", nodes) == ("Pod/web/other",)
    assert pods_of("Pod/web/other", ()) == ("Pod/web/other",)
    assert pods_of("ConfigMap/web/a", nodes) == ()
    [link] = log_links("web", [POD])
    assert (link.word, link.link) == ("web-1-x", "/applications/web/logs?pod=web%2Fweb-1-x")
    assert len(list(log_links("web", [POD] * (PODS_MAX + 1)))) == PODS_MAX


# ---- over HTTP -----------------------------------------------------------------------------------------------------


def fleet() -> Bench:
    """`web` and `blog`: dee deploys the one and reads the other, vi reads both."""
    made = bench()
    made.stands("web", project="shop")
    made.stands("blog", project="crm")
    made.declares(project("shop", viewer="user:vi", deployer="user:dee"), project("crm", viewer="user:vi user:dee"))
    made.contains("web", WEB)
    made.contains("blog", "ConfigMap/blog/b")
    made.leaves("web", WEB, "drift: warn", "spec.replicas", by="eve")
    made.leaves("blog", "ConfigMap/blog/b", "drift: warn", "data.a", by="eve")
    made.targets.seen[Ref.parse(WEB)] = sight(field("spec.replicas", 3, 5, "eve"))
    made.targets.entries = {Ref.parse(WEB): SimpleNamespace(uid="u-web", added=(), overruled=())}
    grown = (("ReplicaSet.apps/web/web-1", "u-rs", "u-web"), (POD, "u-pod", "u-rs"))
    made.targets.made = Known(
        tuple(Descendant(ref=Ref.parse(ref), uid=uid, owner=owner, live=LIVE) for ref, uid, owner in grown)
    )
    for tree in ("old", "r"):
        begun = made.history.begin("web", revision=REVISION.commit, tree=tree, plan=Digest("d"), by="git")
        made.history.end("web", begun.number, DeploymentResult.DONE)
    return made


async def offers(made: Bench, address: str, *names: str) -> list[list[str]]:
    """What is offered there to each of these, one after the other, by one and the same server."""
    found = []
    for name in names:
        async with made.client(is_private=False, who=name) as client:
            answer = await client.get(address, headers=VISIT)
            text = await answer.text()
            assert answer.status == 200, text
            found.append(re.findall(r'class="act[^"]*" href="/applications/([^"?]*)', text))
    return found


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("/applications/web/history", ["web/rollback"]),
        ("/drift", ["web/heal", "web/adopt"]),
        (f"/applications/web/resource?ref={WEB}", ["web/heal", "web/adopt", "web/restart"]),
    ],
)
async def test_inv_25_a_page_offers_to_each_what_they_may(address: str, offered: list[str]) -> None:
    """INV-25: whoever looked before, nobody is offered what another one may."""
    made = fleet()
    assert await offers(made, address, "dee", "vi", "dee") == [offered, [], offered]
    assert await offers(made, address, "vi", "dee") == [[], offered]


async def test_the_page_of_an_application_has_the_drift_with_what_can_be_done() -> None:
    made = fleet()
    found = await offers(made, "/applications/web", "dee", "vi")
    assert found[0].count("web/adopt") == 1
    assert found[0].count("web/rollback") == 1
    assert "web/restart" in found[0]
    assert [one for one in found[1] if one not in {"web/logs", "web/plan"}] == []


async def test_a_program_is_offered_nothing_for_it_has_no_form() -> None:
    made = fleet()
    async with made.client() as client:
        for address in ("/drift", "/applications/web/history", "/applications/web"):
            text = await (await client.get(address, headers=VISIT)).text()
            assert re.findall(r'href="[^"]*/(heal|adopt|rollback|hold)\b', text) == [], address


async def test_a_workload_leads_to_the_logs_of_its_pods() -> None:
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        for ref in (WEB, POD):
            if ref == POD:
                made.targets.seen[Ref.parse(POD)] = sight()
            answer = await client.get("/applications/web/resource", params={"ref": ref}, headers=VISIT)
            text = await answer.text()
            assert answer.status == 200, text
            assert 'href="/applications/web/logs?pod=web%2Fweb-1-x"' in text
    asked = made.targets.asked
    made.targets.seen[Ref.parse("ConfigMap/blog/b")] = sight()
    async with made.client(is_private=False, who="vi") as client:
        text = await (await client.get("/applications/blog/resource?ref=ConfigMap/blog/b", headers=VISIT)).text()
    assert "/logs" not in text
    assert made.targets.asked == asked + 1, "of what has no pods, nobody asks for them"


async def test_of_what_left_git_nothing_is_put_back() -> None:
    made = fleet()
    made.engine.kept.pop("web")
    assert await offers(made, "/applications/web/history", "root") == [[]]


async def test_what_was_begun_is_said_and_what_nobody_asks_for_is_refused() -> None:
    made = fleet()
    made.stands("web", sync=Sync.SYNCED)
    async with made.client(is_private=False) as client:
        answer = await client.post("/api/v1/applications/web/hold", json={"why": "an incident"})
        assert answer.status == 200, await answer.text()
        number = made.journal.head().sequence
        text = await (await client.get(f"/applications/web?begun={number}&view=graph", headers=VISIT)).text()
        assert 'role="status">' in text
        assert "an incident</p>" in text
        assert 'role="status">' not in await (await client.get("/applications/web?begun=1", headers=VISIT)).text()
        for query in ("begun=x", "begun=-1", f"begun={1 << 63}", "other=1"):
            assert (await client.get(f"/applications/web?{query}", headers=VISIT)).status == 422, query
