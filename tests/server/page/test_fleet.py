"""The fleet's page: what needs a look first, what fits, groups, parts, and what is said where nothing is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.server.page.made import NOW, SEEN, body, facts
from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.loop.told import DiagnosticBody
from trueline.server.body import ApplicationBody
from trueline.server.page.fleet import FIRST_MAX, ROWS_MAX, Facts, Fleet, fleet
from trueline.server.page.question import FleetQuestion

PROBLEM = DiagnosticBody(code="TL0101", summary="away", detail="refused", remedy="wait", origin="")
BODIES = (
    body("cart", target="prod-us", project="shop", labels={"team": "web", "app": "cart"}),
    body("ingress", sync=Sync.WAITING, since=NOW - timedelta(hours=1), labels={"team": "platform"}),
    body("metrics", health=Status.DEGRADED, health_message="the Disk is full", since=NOW),
    body("payments", sync=Sync.OUT_OF_SYNC, message="left to kubectl-edit", since=NOW - timedelta(days=1)),
    body("search", health=Status.DEGRADED, since=NOW - timedelta(days=2), project="shop", labels={"team": "web"}),
)


def shown(bodies: Sequence[ApplicationBody] = BODIES, *, of: Facts | None = None, **asked: Any) -> Fleet:
    return fleet({one.application: one for one in bodies}, FleetQuestion(**asked), of or facts(), NOW)


def names(page: Fleet) -> list[str]:
    return [row.name for group in page.groups for row in group.rows]


def test_the_worst_and_among_them_the_oldest_need_a_look_first() -> None:
    page = shown()
    assert [row.name for row in page.first] == ["search", "metrics", "payments", "ingress"]
    assert names(page) == ["cart", "ingress", "metrics", "payments", "search"]
    assert page.first_count == 4


def test_only_so_many_need_a_look_first_and_the_others_are_a_link_away() -> None:
    page = shown([body(f"a{at:03}", sync=Sync.BLOCKED) for at in range(FIRST_MAX + 3)])
    assert len(page.first) == FIRST_MAX
    assert (page.first_count, page.first_link) == (FIRST_MAX + 3, "/?state=not-true")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"find": "DISK"}, ["metrics"]),
        ({"find": " raise "}, ["cart", "ingress", "metrics", "payments", "search"]),
        ({"find": "prod-us"}, ["cart"]),
        ({"find": "kubectl"}, ["payments"]),
        ({"state": "degraded"}, ["metrics", "search"]),
        ({"state": "not-true"}, ["ingress", "metrics", "payments", "search"]),
        ({"state": "true"}, ["cart"]),
        ({"health": "Degraded"}, ["metrics", "search"]),
        ({"health": "Healthy", "state": "not-true"}, ["ingress", "payments"]),
        ({"project": "shop"}, ["cart", "search"]),
        ({"target": "prod-us"}, ["cart"]),
        ({"label": "team=web"}, ["cart", "search"]),
        ({"label": "team"}, ["cart", "ingress", "search"]),
        ({"label": "team=web", "state": "degraded"}, ["search"]),
        ({"application": "cart"}, ["cart"]),
        ({"application": "car"}, []),
    ],
)
def test_what_is_asked_for_is_what_is_shown(asked: dict[str, Any], found: list[str]) -> None:
    page = shown(**asked)
    assert names(page) == found
    assert page.part.count == len(found)
    assert page.first == (), "who asks for some is not shown others first"
    assert bool(page.empty) is not bool(found)


def test_a_search_knows_commits_and_authors_as_people_do() -> None:
    other = body("other", commit=None)
    assert names(shown([body("one"), other], find=SEEN.author)) == ["one"]
    assert names(shown([body("one"), other], find=SEEN.commit)) == ["one"]


@pytest.mark.parametrize(
    ("group", "titles"),
    [
        ("", [""]),
        ("none", [""]),
        ("target", ["prod-eu", "prod-us"]),
        ("project", ["default", "shop"]),
        ("state", ["Degraded", "Drifted", "Waiting for approval", "True"]),
        ("label:team", ["platform", "web", "without team"]),
    ],
)
def test_they_are_grouped_and_nobody_is_left_out(group: str, titles: list[str]) -> None:
    page = shown(group=group)
    assert [one.title for one in page.groups] == titles
    assert sorted(names(page)) == ["cart", "ingress", "metrics", "payments", "search"]


def test_a_long_list_comes_in_parts_that_lead_to_each_other() -> None:
    many = [body(f"a{at:04}") for at in range(2 * ROWS_MAX + 1)]
    first, second, third = (shown(many, page=page, target="prod-eu") for page in (1, 2, 3))
    assert [len(names(page)) for page in (first, second, third)] == [ROWS_MAX, ROWS_MAX, 1]
    assert (first.part.before, first.part.after) == ("", "/?target=prod-eu&page=2")
    assert (second.part.before, second.part.after) == ("/?target=prod-eu", "/?target=prod-eu&page=3")
    assert (third.part.first, third.part.last, third.part.after) == (401, 401, "")
    assert names(shown(many, page=99)) == names(third), "beyond the end is the end"


def test_counts_are_of_all_and_lead_to_those_they_count_and_back() -> None:
    page = shown(state="degraded", group="target")
    counts = {one.state.word: one for one in page.counts}
    assert {word: one.number for word, one in counts.items()} == {
        "True": 1,
        "Waiting for approval": 1,
        "Drifted": 1,
        "Degraded": 2,
    }
    assert counts["Drifted"].link == "/?state=drifted&group=target"
    assert (counts["Degraded"].link, counts["Degraded"].is_chosen) == ("/?group=target", True)
    assert sum(one.number for one in page.counts) == page.total


def test_the_form_offers_what_there_is_and_keeps_what_is_asked() -> None:
    form = shown(label="team=gone", target="prod-us").form
    assert [one.value for one in form.labels] == ["", "app=cart", "team=platform", "team=web", "team=gone"]
    assert [one.value for one in form.labels if one.is_chosen] == ["team=gone"]
    assert [one.value for one in form.targets if one.is_chosen] == ["prod-us"]
    assert [one.value for one in form.groups] == ["", "target", "state", "project", "label:app", "label:team"]
    assert [one.value for one in form.projects] == ["", "default", "shop"]
    assert [one.value for one in form.healths][:3] == ["", "Healthy", "Suspended"]


def test_the_matrix_says_which_commit_each_cell_runs() -> None:
    other: dict[str, Any] = {"commit": None, "revision": "main@0b0b0b0b0b", "wanted": "main@0b0b0b0b0b"}
    bodies = [
        body("cart-eu", labels={"app": "cart"}),
        body("cart-us", labels={"app": "cart"}, target="prod-us", **other),
    ]
    bodies += [body("mail"), body("new", target="", revision="", commit=None, sync=Sync.UNKNOWN)]
    page = shown(bodies, view="matrix")
    assert page.matrix is not None
    assert (page.groups, page.first) == ((), ())
    assert page.matrix.columns == ("", "prod-eu", "prod-us")
    lanes = {lane.name: lane for lane in page.matrix.lanes}
    assert [[cell.commit for cell in cells] for cells in lanes["cart"].cells] == [[], ["9f31c2e"], ["0b0b0b0"]]
    assert [lanes[name].commits for name in ("cart", "mail", "new")] == [2, 1, 0]
    assert shown([], view="matrix").matrix is None


def test_the_head_says_what_git_says() -> None:
    head = shown().head
    assert (head.name, head.ref, head.commit, head.subject, head.author) == (
        "fleet",
        "main",
        "9f31c2e",
        "Raise checkout",
        "ana",
    )
    assert head.link == "https://git.example/team/fleet.git"
    assert shown(of=facts(repository="javascript:alert(1)")).head.link == ""
    assert shown(of=facts(revision=None)).head.commit == ""


@pytest.mark.parametrize(
    ("bodies", "of", "said"),
    [
        ((), facts(), "declares no application"),
        ((), facts(revision=None), "not read since the start"),
        ((), facts(revision=None, problems=(PROBLEM,)), "could not be followed"),
        (BODIES, facts(), ""),
    ],
)
def test_nothing_is_said_to_be_nothing_and_why(bodies: Sequence[ApplicationBody], of: Facts, said: str) -> None:
    page = shown(bodies, of=of)
    assert said in page.empty
    assert bool(said) is bool(page.empty)


def test_inv_38_doubt_is_told() -> None:
    """INV-38: a page says what of it is not known, is old, or is not held against the newest of Git."""

    def told(bodies: Sequence[ApplicationBody] = BODIES, **of: Any) -> str:
        return "\n".join(one.text for one in shown(bodies, of=facts(**of)).doubts)

    assert told() == ""
    assert "last followed to main@9f31c2e0aa" in told(problems=(PROBLEM,))
    assert "cannot be read" in told(revision=None, problems=(PROBLEM,))
    assert "from before the start" in told(revision=None)
    assert "first pass" in told(is_ready=False)
    assert "1 application stands" in told([body(sync=Sync.UNKNOWN)])
    assert "2 applications stand" in told([body("a", sync=Sync.UNKNOWN), body("b", health=Status.UNKNOWN)])
    assert "the oldest 2 d ago" in told(
        [body("a", at=NOW - timedelta(days=2)), body("b", at=NOW - timedelta(hours=25))]
    )
