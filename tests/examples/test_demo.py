"""The demo, run as `make demo` runs it, ends with 0 where all of it was true; its photographs are always the same."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from examples.person import Failed, claim
from examples.photograph import CAMERA, EVENING, GPS, MAKE, MORNING, SHOP, SIZE, Scene, photograph

pytest.importorskip("comrak", reason="the extra `site` is not installed: NOT RUN")

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 300


def test_every_step_is_true(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "trueline"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m trueline "$@"\n')
    command.chmod(0o755)
    kept = tmp_path / "kept"
    kept.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(kept),
    }
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("All as claimed. Nothing is left behind.\n")
    steps = [line for line in done.stdout.splitlines() if re.match(r"\d+\. ", line)]
    assert len(steps) == 10
    assert re.search(r"http://127\.0\.0\.1:\d+ leads to /sign-in\n", done.stdout), "the page is there"
    assert "http://127.0.0.1:" in done.stdout
    assert [path.name for path in kept.iterdir() if path.name.startswith("trueline-demo")] == []


def test_what_is_not_true_ends_the_demo() -> None:
    with pytest.raises(Failed, match="not true: two and two"):
        claim(2 + 2 == 5, "two and two")


@pytest.mark.parametrize("scene", [MORNING, EVENING, SHOP])
def test_a_photograph_is_always_the_same_and_says_where_it_was_taken(scene: Scene) -> None:
    data = photograph(scene)
    assert photograph(scene) == data
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == SIZE
        assert image.getexif()[MAKE] == CAMERA
        assert image.getexif().get_ifd(GPS)
        assert len(image.getcolors(1 << 24) or ()) > 1000
