"""A disk that is full, under an engine on real parts: it says so, writes nothing, deletes nothing, and goes on."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.chaos.world import World, world

DISK_MB = 12
BOUND_S = 180.0
STILL_S = 3.0


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A place for a small disk of its own, where this machine lets us mount one in a namespace of ours."""
    place = tmp_path / "disk"
    place.mkdir()
    argv = ("unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place))
    if not shutil.which("unshare") or subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    return place


def _fill(made: World, disk: Path) -> Path:
    """Every byte of it, seen through the engine's own eyes."""
    filler = made.inside(disk / "filler")
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk has no end")


async def test_a_full_disk_is_told_and_nothing_is_written_until_there_is_room(tmp_path: Path, disk: Path) -> None:
    """INV-23, INV-24: what cannot be recorded is not done; nothing is deleted; with room it goes on by itself."""
    async with world(tmp_path, seed=11, disk=disk, disk_mb=DISK_MB) as made:
        made.engine.start()
        await made.converged(BOUND_S)
        filler = _fill(made, disk)
        writes, said = made.judge.writes, len(made.engine.said())
        await made.author.go_on(made.judge.reached)
        await made.author.rewrite()
        await made.until(lambda: any(code in made.engine.said()[said:] for code in ("TL0802", "TL0120")), BOUND_S)
        await made.clock.sleep(STILL_S)
        assert made.judge.writes == writes
        assert made.judge.differences()
        assert "Traceback" not in made.engine.said()
        filler.unlink()
        await made.converged(BOUND_S)
        assert made.judge.wrongs == []
        assert made.judge.writes > writes
        verified = await made.trueline("verify")
        assert verified.code == 0, verified.out
        assert (await made.engine.terminate())[0] == 0
