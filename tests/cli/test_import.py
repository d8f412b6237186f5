"""What each command loads, by `sys.modules` of its own process: one on a cluster nothing of sites, and the reverse.

What must be loaded stands beside it, so that a command that did nothing is no proof.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.bad_input_case import config_map, declared

_TOLD = "json.dump([code, sorted(sys.modules)], open(sys.argv[1], 'w'))"
_COMMAND = f"import json, sys; from trueline.cli.main import run_arguments; code = run_arguments(sys.argv[2:]); {_TOLD}"
_WORKER = f"import json, sys, importlib; importlib.import_module(sys.argv[2]); code = 0; {_TOLD}"

_HTTP = ("aiohttp",)
_SITES = (
    "trueline.render.generated",
    "trueline.render.site.image",
    "trueline.render.site.renderer",
    "trueline.runtime.cell",
    "trueline.wiring.site",
    "PIL",
    "comrak",
    "pygments",
)
_PLACES = ("trueline.target.directory", "trueline.target.site.target", "trueline.target.site.server", "asyncssh")
_CLUSTERS = ("trueline.target.kubernetes.client", "trueline.wiring.connection")
_EMBEDDED = ("trueline.embedded",)
_ENGINE = ("trueline.loop", "trueline.wiring", "trueline.render", "uvloop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command, what it must load, and what it must not."""

    arguments: tuple[str, ...]
    loads: tuple[str, ...]
    spares: tuple[str, ...]
    code: int = 0


CASES = {
    "help": Case(arguments=("--help",), loads=("click",), spares=(*_ENGINE, "asyncio", "msgspec", "sqlite3")),
    "version": Case(arguments=("version",), loads=("trueline.cli.about",), spares=(*_ENGINE, "aiohttp", "sqlite3")),
    "render of manifests": Case(
        arguments=("render", "shop"),
        loads=("trueline.render.plain",),
        spares=(*_HTTP, *_SITES, *_PLACES, *_CLUSTERS, *_EMBEDDED),
    ),
    "render of a site": Case(
        arguments=("render", "docs"),
        loads=("trueline.render.site.renderer",),
        spares=(*_HTTP, *_PLACES, *_CLUSTERS, *_EMBEDDED, "PIL", "comrak", "pygments"),
    ),
    "plan on the embedded cluster": Case(
        arguments=("plan", "shop", "--data-dir", "data"),
        loads=(*_CLUSTERS, *_EMBEDDED),
        spares=(*_HTTP, *_SITES, *_PLACES),
        code=2,
    ),
    "plan of a site": Case(
        arguments=("plan", "docs", "--data-dir", "data"),
        loads=("trueline.render.site.renderer", "trueline.target.directory.target"),
        spares=(*_HTTP, *_CLUSTERS, *_EMBEDDED, "trueline.target.site.s3", "trueline.target.site.ssh", "PIL", "comrak"),
        code=2,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_command_loads_only_what_it_needs(case: Case, tmp_path: Path) -> None:
    _fleets(tmp_path)
    code, modules = _modules(_COMMAND, *case.arguments, home=tmp_path)
    assert code == case.code
    assert [name for name in case.loads if name not in modules] == []
    assert _loaded(modules, case.spares) == []


def test_a_status_loads_no_engine(tmp_path: Path) -> None:
    _fleets(tmp_path)
    subprocess.run(["git", "init", "-q", "--initial-branch=main", "shop"], check=True, cwd=tmp_path)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    subprocess.run(["git", "-C", "shop", "add", "."], check=True, cwd=tmp_path)
    subprocess.run(["git", "-C", "shop", *identity, "commit", "-qm", "begin"], check=True, cwd=tmp_path)
    up = ("up", "shop", "--once", "--listen", "none", "--data-dir", "data")
    code, modules = _modules(_COMMAND, *up, home=tmp_path)
    assert code == 0
    assert "trueline.target.kubernetes.target" in modules
    assert _loaded(modules, (*_SITES, *_PLACES, "trueline.runtime.visit_aiohttp")) == []
    code, modules = _modules(_COMMAND, "status", "--data-dir", "data", home=tmp_path)
    assert code == 0
    assert "trueline.cli.archive" in modules
    spares = (*_HTTP, "trueline.wiring", "trueline.render.plain", "trueline.target.kubernetes", *_EMBEDDED, "uvloop")
    assert _loaded(modules, spares) == []


@pytest.mark.parametrize(
    "worker", ["trueline.render.site.worker", "trueline.render.site.image.worker", "trueline.render.generated.worker"]
)
def test_a_worker_loads_no_engine(worker: str, tmp_path: Path) -> None:
    _, modules = _modules(_WORKER, worker, home=tmp_path)
    assert worker in modules
    spares = ("trueline.loop", "trueline.wiring", "trueline.target", "trueline.cli", "asyncio", "ssl", "aiohttp")
    assert _loaded(modules, spares) == []


def _loaded(modules: set[str], spared: tuple[str, ...]) -> list[str]:
    return sorted(name for name in modules if any(name == one or name.startswith(f"{one}.") for one in spared))


def _fleets(home: Path) -> None:
    """One that has a cluster's objects, and one that has a site."""
    shop, docs = home / "shop", home / "docs"
    (shop / "apps/shop").mkdir(parents=True)
    (shop / "shop.yaml").write_text(declared("shop"))
    (shop / "apps/shop/a.yaml").write_text(config_map())
    (docs / "pages").mkdir(parents=True)
    (docs / "pages/index.md").write_text("# Handbook\n")
    target = f"target: {{site: {{directory: {home / 'www'}}}}}"
    (docs / "docs.yaml").write_text(
        "apiVersion: trueline.dev/v1\nkind: Application\nmetadata: {name: docs}\n"
        f"spec:\n  source: {{path: pages}}\n  {target}\n"
    )


def _modules(code: str, *arguments: str, home: Path) -> tuple[int, set[str]]:
    out = home / "modules.json"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(os.path.realpath(path) for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(out), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=home,
        timeout=120,
    )
    assert out.exists(), done.stderr
    answered, modules = json.loads(out.read_text())
    assert answered in {0, 2}, done.stderr
    return answered, set(modules)
