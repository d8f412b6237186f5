"""Documentation that other people wrote: built, published, tampered with, healed, changed and rolled back."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.person import Person, command
from tests.cli.test_site import kept, served, shown, until

ROOT = Path(__file__).parents[2]
PLACES = (Path(os.environ.get("TRUELINE_INPUTS", ROOT / "absent")), ROOT.parent / "shared" / "inputs")
INPUTS = next((place for place in PLACES if place.is_dir()), None)
PAGES = 419
DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: {title: Argo CD, url: "https://docs.example/argo-cd", brokenLinks: LINKS}}
  target: {directory: PLACE}
"""
BUILD_TIMEOUT_S = 600.0
IMAGE_PIXELS_MAX = 1_000_000


def declare(writer: Person, links: str) -> None:
    writer.fleet.joinpath("fleet.yaml").write_text(
        DECLARED.replace("PLACE", str(served(writer))).replace("LINKS", links)
    )


def leave_out_large_images(docs: Path) -> None:
    """To encode the 56 that are largest takes more than all else here; that they are absent is warned of."""
    for path in docs.rglob("*"):
        if path.suffix in {".png", ".jpg", ".gif"}:
            with Image.open(path) as image:
                pixels = image.width * image.height
            if pixels > IMAGE_PIXELS_MAX:
                path.unlink()


def publish(writer: Person) -> subprocess.CompletedProcess[str]:
    argv = command("up", "fleet", "--once", "--listen", "none")
    return subprocess.run(
        argv,
        env=writer.environment,
        cwd=writer.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_TIMEOUT_S,
    )


@pytest.mark.skipif(INPUTS is None, reason="real inputs: NOT RUN")
def test_a_real_site_is_published_healed_and_rolled_back(person: Person) -> None:
    assert INPUTS is not None
    shutil.rmtree(person.fleet)
    shutil.copytree(INPUTS / "docs-site" / "docs", person.fleet / "docs")
    leave_out_large_images(person.fleet / "docs")
    (person.home / "www").mkdir()
    declare(person, "error")
    person.commit("as it is")
    done = publish(person)
    assert done.returncode == 1
    assert "docs/operator-manual/high_availability.md:672" in done.stderr
    assert not served(person).exists()
    declare(person, "warn")
    person.commit("its limits set")
    done = publish(person)
    assert done.returncode == 0, done.stderr[-2000:]
    pages = [page for page in served(person).rglob("*.html") if page.name != "404.html"]
    assert len(pages) == PAGES
    first = served(person) / "getting_started" / "index.html"
    image = next(iter(sorted(served(person).rglob("*.avif"))))
    page, pixels, release = first.read_bytes(), image.read_bytes(), served(person).readlink()
    with kept(person):
        first.write_text("tampered")
        image.unlink()
        until(lambda: first.read_bytes() == page, "healed")
        until(lambda: image.exists() and image.read_bytes() == pixels, "made again")
        source = person.fleet / "docs" / "getting_started.md"
        source.write_text(source.read_text() + "\nAnd then some.\n")
        before = {path: path.stat().st_ino for path in pages}
        person.commit("one page")
        until(lambda: b"And then some" in first.read_bytes(), "published anew")
        changed = {path for path, inode in before.items() if path.stat().st_ino != inode}
        assert changed == {first}, "one changed page costs one page"
        person.types("rollback", "handbook")
        until(lambda: served(person).readlink() == release, "rolled back")
        assert first.read_bytes() == page
        assert json.loads(shown(person))[0]["holds"]
