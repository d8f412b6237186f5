"""Every bad input as a person meets it: what it is told, what is left alone, and that the others go on.

All of it stands in one fleet: each case is an application that ran well before its files or its declaration went bad.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.bad_input_case import Fleet, Ran, config_map, declared
from tests.cli.bad_input_table import CASES, COMMANDS, PLAN, RENDER, UNSTABLE, UP, Case


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The fleet after everything went bad, with what each command said and what the cluster held before and after."""

    fleet: Fleet
    ran: Mapping[str, Ran]
    before: Mapping[str, Mapping[str, bytes]]
    after: Mapping[str, Mapping[str, bytes]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    fleet = Fleet(home=tmp_path_factory.mktemp("bad"))
    names = ["good", *(case.name for case in CASES)]
    fleet.commit(
        {f"{name}.yaml": declared(name) for name in [*names, "unstable"]}
        | {f"apps/{name}/first.yaml": config_map() for name in names}
        | UNSTABLE
    )
    assert fleet.up().code == 0
    before = {name: fleet.objects(name) for name in [*names, "unstable"]}
    bad = {f"apps/{case.name}/{name}": text for case in CASES for name, text in case.files.items()}
    bad |= {f"{case.name}.yaml": case.declaration for case in CASES if case.declaration}
    fresh = {"apps/good/first.yaml": config_map(colour="green"), "apps/unstable/values.yaml": "colour: green\n"}
    fleet.commit(bad | fresh, gone=[f"apps/{case.name}/first.yaml" for case in CASES if case.files])
    ran = {RENDER: fleet.run("render", "fleet"), PLAN: fleet.plan(), UP: fleet.up()}
    after = {name: fleet.objects(name) for name in [*names, "unstable"]}
    return World(fleet=fleet, ran=ran, before=before, after=after)


def _said(ran: Ran, case: Case) -> list[tuple[str, str, str]]:
    """What a command told of a case, by where it says it is."""
    places = (f"apps/{case.name}/", f"{case.name}.yaml:", "apps/goon" if case.name == "gone" else "nowhere")
    return sorted((one.code, one.origin, one.detail) for one in ran.told() if one.origin.startswith(places))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_that_is_wrong_is_told_with_its_line(world: World, case: Case, command: str) -> None:
    if COMMANDS.index(command) < COMMANDS.index(case.seen_by):
        return
    ran = world.ran[command]
    assert ran.code == 1
    said = _said(ran, case)
    assert [one[:2] for one in said] == sorted(one[:2] for one in case.told)
    for code, origin, part in case.told:
        assert [1 for one in said if one[:2] == (code, origin) and part in one[2]], said
    assert all(one.remedy for one in ran.told())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_ran_is_untouched(world: World, case: Case) -> None:
    assert world.before[case.name]
    assert world.after[case.name] == world.before[case.name]


def test_the_others_go_on(world: World) -> None:
    statuses = world.ran[UP].statuses()
    assert {name: statuses[name]["sync"] for name in ("good", "unstable", "clear", "hostile")} == {
        "good": "Synced",
        "unstable": "Synced",
        "clear": "Synced",
        "hostile": "Synced",
    }
    changed = {key for key, body in world.after["good"].items() if world.before["good"].get(key) != body}
    assert changed == {"/core/configmaps/good/settings"}
    assert b'"colour":"green"' in world.after["good"]["/core/configmaps/good/settings"]


def test_a_chart_that_differs_from_itself_is_kept_and_told(world: World) -> None:
    told = [one for one in world.ran[RENDER].told() if one.code == "TL0320"]
    assert [(one.origin, one.detail) for one in told] == [
        ("apps/unstable/templates/a.yaml:2", "Secret: /stringData/password")
    ]
    key = "/core/secrets/unstable/made"
    before, after = _data(world.before["unstable"][key]), _data(world.after["unstable"][key])
    assert before["password"] == after["password"]
    assert before["colour"] != after["colour"]


def _data(body: bytes) -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads(body)["data"]
    return data
