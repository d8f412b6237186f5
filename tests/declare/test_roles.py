"""`roles` of a Project and the `project` of an Application, as they are written."""

import pytest

from tests.declare.test_verify import SSH, document, read
from trueline.declare.application import DEFAULT_PROJECT, Role
from trueline.runtime.toolbox import Toolbox

SHOP = document("Project", "shop", "roles: {viewer: ['user:vi', 'group:all', 'oidc:vi@x'], admin: ['user:ad']}")


def application(name: str, project: str = "") -> str:
    line = f"project: {project}\n" if project else ""
    return document("Application", name, f"source: {{path: {name}}}\ntarget: {{namespace: {name}}}\n{line}")


async def test_a_project_says_who_has_which_role_and_an_application_whose_it_is(toolbox: Toolbox) -> None:
    declared = await read(toolbox, SHOP, application("web", "shop"), application("blog"))
    assert declared.diagnostics == ()
    (found,) = declared.projects
    assert found.roles == {Role.VIEWER: ("user:vi", "group:all", "oidc:vi@x"), Role.ADMIN: ("user:ad",)}
    assert found.ring.keys == ()
    assert [one.project for one in declared.applications] == [DEFAULT_PROJECT, "shop"]


async def test_roles_and_keys_stand_together_and_one_of_the_two_has_to(toolbox: Toolbox) -> None:
    both = document("Project", "shop", f"roles: {{viewer: ['user:vi']}}\ntrustedKeys:\n- {SSH}")
    (found,) = (await read(toolbox, both)).projects
    assert (len(found.ring.keys), list(found.roles)) == (1, [Role.VIEWER])
    declared = await read(toolbox, "apiVersion: trueline.dev/v1\nkind: Project\nmetadata: {name: a}\nspec: {}\n")
    assert [one.code for one in declared.diagnostics] == ["TL0206"]


async def test_the_default_project_may_be_declared_and_need_not(toolbox: Toolbox) -> None:
    default = document("Project", DEFAULT_PROJECT, "roles: {viewer: ['user:vi']}")
    assert (await read(toolbox, default, application("web"))).diagnostics == ()
    assert (await read(toolbox, application("web", DEFAULT_PROJECT))).diagnostics == ()


async def test_a_project_that_is_named_and_not_declared_is_told_with_its_place(toolbox: Toolbox) -> None:
    declared = await read(toolbox, SHOP, application("web", "shpo"))
    (told,) = declared.diagnostics
    assert (told.code, told.detail) == ("TL0740", "`spec.project` is 'shpo'; did you mean `shop`?")
    assert told.origin is not None
    assert (told.origin.path, told.origin.line) == ("a.yaml", 13)
    assert declared.applications == ()


async def test_a_project_that_is_broken_gives_nobody_anything(toolbox: Toolbox) -> None:
    """And whoever names it waits: what was declared before stays as it is."""
    broken = document("Project", "shop", "roles: {viewer: ['user:vi'], owner: ['user:eve']}")
    declared = await read(toolbox, broken, application("web", "shop"))
    assert {one.code for one in declared.diagnostics} == {"TL0204", "TL0740"}
    assert (declared.projects, declared.applications) == ((), ())


@pytest.mark.parametrize(
    "roles",
    [
        "{}",
        "{viewer: [ada]}",
        "{viewer: ['user:']}",
        "{viewer: ['users:ada']}",
        "{viewer: ['user:a da']}",
        "{viewer: ['user:*']}",
        "{viewer: ['user:ada\n']}".replace("\n", "\\n"),
        "{viewer: 'user:ada'}",
        "{reader: ['user:ada']}",
        "{admin: [null]}",
    ],
)
async def test_a_role_that_cannot_be_meant_is_refused(toolbox: Toolbox, roles: str) -> None:
    declared = await read(toolbox, document("Project", "shop", f"roles: {roles}"))
    assert declared.diagnostics
    assert declared.projects == ()


async def test_a_project_without_keys_is_nothing_that_a_source_can_demand(toolbox: Toolbox) -> None:
    """INV-11: an empty ring would otherwise be a demand that nothing can meet, or that everything does."""
    source = document("Source", "charts", "url: https://example.com/x.git\nverify: {keys: [shop]}")
    declared = await read(toolbox, SHOP, source)
    assert [one.code for one in declared.diagnostics] == ["TL0148"]
    assert declared.sources == ()
