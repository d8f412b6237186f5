"""A branch that a site is made from is never published to, whatever its address looks like."""

import pytest

from trueline.declare.application import Application, BranchTarget
from trueline.loop.circle import find_circle
from trueline.model.origin import Origin

READ = ("https://git.example.com/team/fleet.git", "refs/heads/main")


def found(url: str, branch: str, folder: str = "") -> str:
    target = BranchTarget(url=url, branch=branch, folder=folder)
    application = Application(name="site", sources=(), target=target, origin=Origin(path="fleet.yaml", line=3))
    circle = find_circle(application, target, [("https://other.example.com/team/fleet.git", "refs/heads/x"), READ])
    return f"{circle.code} {circle.origin}" if circle else ""


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/fleet.git",
        "https://GIT.example.com/team/fleet",
        "https://git.example.com/team/fleet/",
        "git@git.example.com:team/fleet.git",
        "ssh://git@git.example.com:2222/team/fleet.git",
    ],
)
def test_the_same_branch_by_any_address(url: str) -> None:
    assert found(url, "main") == "TL1596 fleet.yaml:3"
    assert found(url, "main", "docs") == "TL1596 fleet.yaml:3"


@pytest.mark.parametrize(
    ("url", "branch"),
    [
        ("https://git.example.com/team/fleet.git", "gh-pages"),
        ("https://git.example.com/team/fleet.git", "x"),
        ("https://git.example.com/team/site.git", "main"),
        ("https://elsewhere.example.com/team/fleet.git", "main"),
    ],
)
def test_another_branch_or_another_repository(url: str, branch: str) -> None:
    assert not found(url, branch)
