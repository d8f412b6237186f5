"""There is no room for one file of the data directory: that is told as what it is, and the next run makes good."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.bad_input_case import Fleet, Ran, config_map, declared

SITE = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: site}
spec:
  source: {path: apps/site}
  target: {directory: DIRECTORY}
"""
PLAIN = {
    "folder ": "TL0806",
    "file /lock": "TL0806",
    "file /layout.new": "TL0806",
    "file /installation.new": "TL0806",
    "file /trueline.sqlite": "TL0802",
    "file /purpose.json.new": "TL0802",
    "folder /git": "TL0802",
    "file /embedded.sqlite": "TL0802",
    "file /seal.key.new": "TL0802",
    "file /embedded.kubeconfig.new": "TL0802",
    "folder /blobs/H": "TL0802",
    "file /blobs/H/H.H.new": "TL0802",
    "rename /blobs/H/H.H.new": "TL0802",
    "file /trueline.anchors.new": "TL0802",
}
"""What `up` makes in its data directory, and how it is told that there is no room for it."""
LATE = frozenset({"file /git/H.git/trueline-kept.new"})
"""What is kept after an application is in sync: a run may have ended by then."""


def _fleet(home: Path) -> Fleet:
    made = Fleet(home=home)
    files = {"good.yaml": declared("good"), "apps/good/a.yaml": config_map()}
    pages = {"site.yaml": SITE.replace("DIRECTORY", str(home / "www")), "apps/site/index.md": "# Hello\n"}
    made.commit({**files, **pages})
    return made


def _up(fleet: Fleet, full: str = "", seen: str = "/dev/null") -> Ran:
    argv = ["up", "fleet", "--once", "--listen", "none", "--timeout", "60s", "-o", "json", "--data-dir", fleet.data]
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.failing_disk", *map(str, argv)],
        env={**fleet.environment, "PLACE": str(fleet.data), "FULL": full, "SEEN": seen},
        cwd=fleet.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def _syncs(ran: Ran) -> list[str]:
    return sorted(f"{one['application']} {one['sync']}" for one in json.loads(ran.out))


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """What a first run makes in its data directory."""
    home = tmp_path_factory.mktemp("kinds")
    ran = _up(_fleet(home), seen=str(home / "seen"))
    assert ran.code == 0, ran.err
    return frozenset((home / "seen").read_text().splitlines())


def test_every_kind_of_file_that_is_made_is_one_that_fails_here(kinds: frozenset[str]) -> None:
    renamed = {kind.replace("rename ", "file ", 1) for kind in kinds}  # what is renamed was written first
    folders = {"folder /blobs"}  # made for the first of the folders in it
    assert renamed - folders == {kind for kind in PLAIN if not kind.startswith("rename ")} | LATE
    assert set(PLAIN) | LATE <= kinds


@pytest.mark.parametrize("kind", sorted({*PLAIN, *LATE}))
def test_a_file_for_which_there_is_no_room_is_no_fault_of_ours(kind: str, tmp_path: Path) -> None:
    fleet = _fleet(tmp_path)
    ran = _up(fleet, full=kind)
    told = ran.told()
    assert "Traceback" not in ran.err, ran.err
    assert {one.code for one in told} <= {PLAIN.get(kind, "TL0802")}, ran.err
    assert ran.code == (1 if told else 0), ran.err
    assert told or kind in LATE
    assert "Blocked" not in ran.out  # nothing is wrong with what Git says
    again = _up(fleet)
    assert (again.code, _syncs(again)) == (0, ["good Synced", "site Synced"]), again.err
    assert (tmp_path / "www").exists()
