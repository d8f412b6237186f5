"""Who may do what: the whole table, and nobody where anything is odd."""

from itertools import product

import pytest

from trueline.declare.application import Project, Role
from trueline.model.origin import Origin
from trueline.server.access.identity import Identity, IdentityKind, Scope, is_name, rights, rights_everywhere
from trueline.server.access.right import ALL, RIGHTS, Right
from trueline.source.signature.key import KeyRing

ORIGIN = Origin(path="projects.yaml")
LOCAL, TOKEN, SOCKET = IdentityKind.LOCAL, IdentityKind.TOKEN, IdentityKind.SOCKET


def project(name: str, **roles: str) -> Project:
    said = {Role(role): tuple(subjects.split()) for role, subjects in roles.items()}
    return Project(name=name, ring=KeyRing(name=name), origin=ORIGIN, roles=said)


SHOP = project("shop", viewer="user:vi group:all", deployer="user:di", approver="user:al user:both", admin="user:ad")
BLOG = project("blog", viewer="user:di", deployer="user:both")
PROJECTS = {"shop": SHOP, "blog": BLOG}

TABLE = {
    ("vi", Right.READ): True,
    ("vi", Right.DEPLOY): False,
    ("vi", Right.APPROVE): False,
    ("vi", Right.ADMINISTER): False,
    ("di", Right.READ): True,
    ("di", Right.DEPLOY): True,
    ("di", Right.APPROVE): False,
    ("di", Right.ADMINISTER): False,
    ("al", Right.READ): True,
    ("al", Right.DEPLOY): False,
    ("al", Right.APPROVE): True,
    ("al", Right.ADMINISTER): False,
    ("ad", Right.READ): True,
    ("ad", Right.DEPLOY): True,
    ("ad", Right.APPROVE): True,
    ("ad", Right.ADMINISTER): True,
    ("nobody", Right.READ): False,
    ("nobody", Right.DEPLOY): False,
    ("nobody", Right.APPROVE): False,
    ("nobody", Right.ADMINISTER): False,
}


def local(name: str, *groups: str, is_admin: bool = False) -> Identity:
    return Identity(kind=LOCAL, name=name, groups=frozenset(groups), is_admin=is_admin)


def token(owner: str, role: Role, *projects: str, is_admin: bool = False) -> Identity:
    scope = Scope(role=role, projects=projects)
    return Identity(kind=TOKEN, name=owner, token="ci", scope=scope, is_admin=is_admin)


def test_every_role_has_its_rights_and_the_table_is_total() -> None:
    assert set(RIGHTS) == set(Role)
    assert {(name, right) for name, right in TABLE} == set(product(("vi", "di", "al", "ad", "nobody"), Right))


@pytest.mark.parametrize(("name", "right"), TABLE, ids=str)
def test_a_role_allows_what_it_says_and_no_more(name: str, right: Right) -> None:
    assert (right in rights(local(name), PROJECTS, "shop")) is TABLE[name, right]


def test_a_role_counts_in_its_project_alone() -> None:
    assert rights(local("ad"), PROJECTS, "blog") == frozenset()
    assert rights(local("di"), PROJECTS, "blog") == {Right.READ}
    assert rights(local("ad"), PROJECTS, "gone") == frozenset()
    assert rights(local("ad"), {}, "shop") == frozenset()


def test_two_roles_are_their_sum_and_a_group_is_as_good_as_a_name() -> None:
    both = {"one": project("one", deployer="user:both", approver="group:ops")}
    assert rights(local("both", "ops"), both, "one") == {Right.READ, Right.DEPLOY, Right.APPROVE}
    assert rights(local("zed", "all"), PROJECTS, "shop") == {Right.READ}


def test_a_name_is_no_group_and_a_group_no_name() -> None:
    assert rights(local("all"), PROJECTS, "shop") == frozenset()
    assert rights(local("zed", "ad"), PROJECTS, "shop") == frozenset()


@pytest.mark.parametrize("name", ["", " ", "ad\n", "\u0430d", "ad ", "user:ad", "a" * 129, "ad\x00", "-ad"])
def test_an_empty_or_odd_name_is_nobody(name: str) -> None:
    """Fail closed: also where it is said to be an administrator, and where Git names exactly that text."""
    odd = Project(name="shop", ring=KeyRing(name="shop"), origin=ORIGIN, roles={Role.ADMIN: (f"user:{name}",)})
    assert not is_name(name)
    assert rights(local(name), {"shop": odd}, "shop") == frozenset()
    assert rights(local(name, is_admin=True), {"shop": odd}, "shop") == frozenset()


def test_an_odd_group_gives_nothing() -> None:
    odd = Project(name="shop", ring=KeyRing(name="shop"), origin=ORIGIN, roles={Role.ADMIN: ("group:",)})
    assert rights(local("zed", ""), {"shop": odd}, "shop") == frozenset()


def test_an_administrator_of_the_installation_and_the_owner_of_the_socket_have_every_right_everywhere() -> None:
    for one in (local("root", is_admin=True), Identity(kind=SOCKET, name="")):
        assert rights(one, {}, "shop") == ALL
        assert rights_everywhere(one, {}) == ALL
    assert rights_everywhere(local("ad"), PROJECTS) == frozenset()


def test_a_token_has_no_more_than_its_owner_has_and_no_more_than_it_says() -> None:
    assert rights(token("ad", Role.VIEWER), PROJECTS, "shop") == {Right.READ}
    assert rights(token("vi", Role.ADMIN), PROJECTS, "shop") == {Right.READ}
    assert rights(token("di", Role.APPROVER), PROJECTS, "shop") == {Right.READ}
    assert rights(token("di", Role.DEPLOYER, "blog"), PROJECTS, "shop") == frozenset()
    assert rights(token("di", Role.DEPLOYER, "blog"), PROJECTS, "blog") == {Right.READ}
    assert rights(token("root", Role.ADMIN, "shop", is_admin=True), PROJECTS, "shop") == ALL
    assert rights_everywhere(token("root", Role.ADMIN, "shop", is_admin=True), PROJECTS) == frozenset()
    assert rights_everywhere(token("root", Role.VIEWER, is_admin=True), PROJECTS) == {Right.READ}


def test_a_token_of_nobody_is_good_for_what_it_says_alone() -> None:
    assert rights(token("", Role.VIEWER, "shop"), PROJECTS, "shop") == {Right.READ}
    assert rights(token("", Role.VIEWER, "shop"), PROJECTS, "blog") == frozenset()
    assert rights(Identity(kind=TOKEN, name="ad", token="ci"), PROJECTS, "shop") == frozenset()
    assert rights(Identity(kind=TOKEN, name="", token="", scope=Scope(role=Role.ADMIN)), {}, "shop") == frozenset()


def test_the_journal_tells_by_what_somebody_came() -> None:
    assert str(local("ada")) == "ada"
    assert str(token("ada", Role.VIEWER)) == "token:ci of ada"
    assert str(token("", Role.VIEWER)) == "token:ci"
    assert str(Identity(kind=SOCKET, name="ada")) == "socket: ada"
    assert str(Identity(kind=SOCKET, name="")) == "socket: somebody"
