"""Questions and actions where nobody runs: they open the engine for one application, and for no other one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.bad_input_case import Fleet, config_map, declared


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """`shop`, which needs `blog`, and `wiki`; all of them True."""
    made = Fleet(home=tmp_path)
    made.commit(
        {f"{name}.yaml": declared(name) for name in ("blog", "wiki")}
        | {"shop.yaml": declared("shop", "  dependsOn: [blog]\n")}
        | {f"apps/{name}/a.yaml": config_map() for name in ("shop", "blog", "wiki")}
    )
    assert made.up().code == 0
    return made


def _colour(fleet: Fleet, name: str) -> str:
    [body] = [body for key, body in fleet.objects(name).items() if key.endswith("/settings")]
    colour: str = json.loads(body)["data"]["colour"]
    return colour


def test_a_rollback_where_nobody_runs_applies_nothing_new_to_others(fleet: Fleet) -> None:
    fleet.commit({"apps/shop/a.yaml": config_map(colour="green")})
    assert fleet.up().code == 0
    fleet.commit({"apps/blog/a.yaml": config_map(colour="red"), "apps/wiki/a.yaml": config_map(colour="red")})
    before = {name: fleet.objects(name) for name in ("blog", "wiki")}
    ran = fleet.run("rollback", "shop", "--data-dir", str(fleet.data))
    assert ran.code == 0, ran.err
    assert _colour(fleet, "shop") == "blue"
    assert {name: fleet.objects(name) for name in ("blog", "wiki")} == before
    status = json.loads(fleet.run("status", "--data-dir", str(fleet.data), "-o", "json").out)
    assert {one["application"]: one["sync"] for one in status} == {"shop": "Held", "blog": "Synced", "wiki": "Synced"}
    assert fleet.up().code == 1
    assert [_colour(fleet, name) for name in ("shop", "blog", "wiki")] == ["blue", "red", "red"]


def test_what_one_application_needs_is_not_brought_about_for_it(fleet: Fleet) -> None:
    fleet.commit({f"apps/{name}/a.yaml": config_map(colour="green") for name in ("shop", "blog", "wiki")})
    ran = fleet.run("apply", "shop", "--data-dir", str(fleet.data))
    assert (ran.code, "waits for blog" in ran.out) == (1, True), ran.err
    assert [_colour(fleet, name) for name in ("shop", "blog", "wiki")] == ["blue", "blue", "blue"]
    for name in ("blog", "shop"):
        assert fleet.run("apply", name, "--data-dir", str(fleet.data)).code == 0
    assert [_colour(fleet, name) for name in ("shop", "blog", "wiki")] == ["green", "green", "blue"]


def _repositories(fleet: Fleet) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (fleet.data / "git").rglob("*")}


def test_what_differs_is_told_also_while_git_is_away(fleet: Fleet) -> None:
    """What was deployed last is compared, from the objects that are kept; one application's own source is away too."""
    library = fleet.home / "library"
    library.mkdir()
    fleet.git("init", "-q", "-b", "main", at=library)
    (library / "a.yaml").write_text(config_map())
    fleet.git("add", "-A", at=library)
    fleet.git("commit", "-q", "-m", "a library", at=library)
    source = f'source: {{path: ".", url: "{library}", revision: main}}'
    fleet.commit({"lent.yaml": declared("lent").replace("source: {path: apps/lent}", source)})
    assert fleet.up().code == 0
    library.rename(fleet.home / "elsewhere")
    fleet.root.rename(fleet.home / "gone")
    before = _repositories(fleet)
    for verb in ("diff", "drift"):
        ran = fleet.run(verb, "--data-dir", str(fleet.data), "-o", "json")
        assert (ran.code, [one["application"] for one in json.loads(ran.out)]) == (0, ["blog", "lent", "shop", "wiki"])
        assert {one.code for one in ran.told()} == {"TL0115"}
        assert "this is compared with " in ran.err
    assert _repositories(fleet) == before
    with closing(sqlite3.connect(fleet.data / "embedded.sqlite")) as database:
        database.execute("DELETE FROM object WHERE key LIKE '%/lent/settings'")
        database.commit()
    assert fleet.run("diff", "--data-dir", str(fleet.data)).code == 2
