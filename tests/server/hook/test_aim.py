"""Which applications a push is about: those that follow what moved; all, where that cannot be told."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from trueline.declare.application import SourceSpec
from trueline.render.options import Site, Versions
from trueline.server.hook.aim import Aim, aim, followed_by
from trueline.server.hook.event import Heard, HeardKind

FLEET = "https://git.internal:3000/team/fleet.git"


def kept(*sources: SourceSpec, render: object = None) -> Any:
    return SimpleNamespace(application=SimpleNamespace(sources=sources, render=render))


APPLICATIONS = {
    "plain": kept(SourceSpec(path="apps/plain")),
    "pinned": kept(SourceSpec(revision="v1")),
    "shop": kept(SourceSpec(url="https://git.example/team/charts.git", revision="main")),
    "till": kept(
        SourceSpec(path="apps/till"), SourceSpec(name="v", url="git@git.example:team/charts", revision=">=1 <2")
    ),
    "docs": kept(SourceSpec(url="https://git.example/team/docs", revision="main"), render=Site(versions=Versions())),
    "old": kept(SourceSpec(url="https://git.example/team/old", revision="a" * 40)),
    "head": kept(SourceSpec(url="https://git.example/team/head")),
}


def of(repository: str, *refs: str, revision: str = "", branch: str = "refs/heads/main") -> Aim:
    """What a push is about."""
    look = SimpleNamespace(revision=SimpleNamespace(ref=branch)) if branch else None
    engine = cast("Any", SimpleNamespace(look=look, kept=APPLICATIONS))
    named = (repository,) if repository else ()
    return aim(Heard(kind=HeardKind.PUSH, repositories=named, refs=refs), followed_by(engine, FLEET, revision))


MAIN, TRY, TAG = "refs/heads/main", "refs/heads/try", "refs/tags/v1"


@pytest.mark.parametrize(
    ("repository", "refs", "found"),
    [
        ("", (), None),
        ("", (MAIN,), None),
        ("https://other.example/who/knows", (MAIN,), None),
        ("not a url at all [", (MAIN,), None),
        ("https://[", (MAIN,), None),
        ("https://git.public/team/fleet", (MAIN,), None),
        ("ssh://git@git.public:2222/team/fleet.git", (MAIN,), None),
        ("TEAM/Fleet", (), None),
        ("team/fleet", (TRY,), frozenset()),
        ("team/fleet", (TAG,), frozenset({"pinned"})),
        ("team/fleet", (TRY, MAIN), None),
        ("team/charts", (MAIN,), frozenset({"shop"})),
        ("team/charts", (TAG,), frozenset({"till"})),
        ("team/charts", (TRY,), frozenset()),
        ("team/charts", (), frozenset({"shop", "till"})),
        ("team/docs", (TRY,), frozenset({"docs"})),
        ("team/old", (MAIN,), frozenset()),
        ("team/head", (TRY,), frozenset({"head"})),
        ("xteam/charts", (MAIN,), None),
        ("scm/team/charts", (MAIN,), frozenset({"shop"})),
    ],
)
def test_a_push_is_about_those_that_follow_what_moved(repository: str, refs: tuple[str, ...], found: Aim) -> None:
    assert of(repository, *refs) == found


def test_the_fleet_is_followed_at_what_up_was_asked_for() -> None:
    assert of("team/fleet", TRY, revision="try") is None
    assert of("team/fleet", MAIN, revision="try") == frozenset()
    assert of("team/fleet", TRY, branch="") is None, "nothing is known yet: look"
    assert of("team/fleet", TRY, branch="HEAD") is None
