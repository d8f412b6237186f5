"""What is looked up for each question: the project that an application is of now, and was of."""

from types import SimpleNamespace
from typing import Any, cast

from tests.server.access.test_identity import PROJECTS, SHOP, local, project
from trueline.declare.application import Project, Role
from trueline.server.access.grant import Everything, Grants, grants_of
from trueline.server.access.identity import Identity, IdentityKind, Scope
from trueline.server.access.right import Right

SCOPED = Identity(kind=IdentityKind.TOKEN, name="", token="ci", scope=Scope(role=Role.VIEWER, projects=("shop",)))


class Fleet:
    """Projects and applications that can change."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = dict(PROJECTS)
        self.applications = {"web": "shop", "news": "blog"}
        self.grants = Grants(lambda: self.projects, self.applications.get)


def test_an_application_is_read_by_who_may_read_its_project() -> None:
    granted = Fleet().grants.of(local("vi"))
    assert (granted.reads("web"), granted.reads("news"), granted.reads("gone")) == (True, False, False)
    assert (granted.may(Right.READ, "web"), granted.may(Right.DEPLOY, "web")) == (True, False)
    assert (granted.reads_all, granted.administers) == (False, False)


def test_what_git_gives_and_takes_counts_with_the_next_question() -> None:
    fleet = Fleet()
    granted = fleet.grants.of(local("vi"))
    assert granted.reads("web")
    fleet.projects = {}
    assert not granted.reads("web")
    fleet.projects = {"shop": project("shop", deployer="user:vi")}
    assert granted.may(Right.DEPLOY, "web")
    fleet.applications["web"] = "blog"
    assert not granted.reads("web")


def test_one_that_is_gone_is_still_of_its_project_for_those_who_knew_it() -> None:
    fleet = Fleet()
    granted = fleet.grants.of(local("vi"))
    assert granted.reads("web")
    del fleet.applications["web"]
    assert granted.reads("web")
    assert not fleet.grants.of(local("di", "nothing")).may(Right.APPROVE, "web")


def test_an_application_of_no_project_is_the_administrators_alone() -> None:
    """What the register kept of an older program names no project."""
    fleet = Fleet()
    fleet.applications["old"] = ""
    assert not any(fleet.grants.of(local(name)).reads("old") for name in ("vi", "di", "al", "ad"))
    assert not fleet.grants.of(SCOPED).reads("old")
    assert fleet.grants.of(local("root", is_admin=True)).reads("old")


def test_somewhere_is_any_project_and_of_a_token_one_of_its_own() -> None:
    fleet = Fleet()
    assert fleet.grants.of(local("di")).may_somewhere(Right.DEPLOY)
    assert not fleet.grants.of(local("vi")).may_somewhere(Right.DEPLOY)
    assert not fleet.grants.of(local("nobody")).may_somewhere(Right.READ)
    fleet.projects = {}
    assert fleet.grants.of(SCOPED).may_somewhere(Right.READ)
    assert not fleet.grants.of(SCOPED).reads_all


def test_who_is_in_this_process_reads_everything() -> None:
    everything = Everything()
    assert (everything.reads("web"), everything.reads_all, everything.administers) == (True, True, True)


def _application(name: str, project: str) -> Any:
    return SimpleNamespace(name=name, project=project)


def _look(projects: tuple[Project, ...], **applications: str) -> Any:
    declared = SimpleNamespace(projects=projects)
    return SimpleNamespace(declared=declared, applications=[_application(*one) for one in applications.items()])


def test_before_git_is_read_nobody_has_a_role_and_then_what_it_declares_counts() -> None:
    """Also for an application that does not render as it is declared now: its older form gives nobody anything."""
    kept = {name: SimpleNamespace(application=_application(name, "shop")) for name in ("web", "moved", "broken")}
    engine = SimpleNamespace(look=None, kept=kept)
    grants = grants_of(cast("Any", engine))
    granted = grants.of(local("vi"))
    assert not granted.reads("web")
    engine.look = _look((SHOP,), web="shop", moved="blog")
    assert [granted.reads(name) for name in ("web", "moved", "broken", "none")] == [True, False, True, False]
    engine.look = _look((), web="shop")
    assert not granted.reads("web")
