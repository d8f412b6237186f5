"""The worker as it runs: a confined child that can open no file has all it needs, for every format and mode."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.render.site_image.photo import animation, photograph, saved, scene, swapped_profile, transparent
from tests.render.site_image.rig import FAST, MemoryBlobs, MemoryCache, requests, tree
from trueline.render.site.image.operation import VERSIONS, versions
from trueline.render.site.image.stage import ImageStage
from trueline.render.site.image.worker import MODULE
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.runtime.worker_process import arguments_of

FILES = {
    **{f"turned.{form.lower()}": photograph(6, form) for form in ("JPEG", "PNG", "WEBP", "AVIF")},
    "print.jpg": saved(scene(mode="CMYK"), "JPEG"),
    "wide.jpg": saved(scene(), "JPEG", icc_profile=swapped_profile()),
    "two.jpg": saved(scene(), "MPO", save_all=True, append_images=[scene()]),
    "palette.png": saved(scene(mode="P"), "PNG", transparency=0),
    "clear.png": saved(transparent(), "PNG"),
    "deep.png": saved(scene().convert("I;16"), "PNG"),
    "still.gif": saved(scene(), "GIF"),
    **{f"moving.{form.lower()}": animation(form) for form in ("GIF", "WEBP", "PNG", "AVIF")},
    "drawn.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>',
    "broken.jpg": photograph()[:3000],
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN")
async def test_a_confined_worker_encodes_everything() -> None:
    pool = ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(MODULE), clock=SystemClock(), workers_max=1)
    blobs = MemoryBlobs()
    async with pool as worker:
        stage = ImageStage(worker=worker, blobs=blobs, cache=MemoryCache(), settings=FAST)
        results = await stage.pictures(requests(FILES), tree(FILES).read)
        assert pool.confinement is not None
        assert pool.confinement.seccomp or pool.confinement.landlock
        assert await worker.ask(VERSIONS, {})
    assert pool.starts == 1, "no image ended it"
    found = {path: [one.code for one in result.findings] for path, result in zip(FILES, results, strict=True)}
    assert found == {path: ["TL1553"] if path == "broken.jpg" else [] for path in FILES}
    assert {file.blob for result in results for file in result.files} == set(blobs.kept)


def test_the_versions_name_every_encoder() -> None:
    assert {"pillow", "avif", "webp", "libjpeg_turbo"} <= set(versions())
    assert "None" not in {versions()["avif"], versions()["webp"]}


def test_the_parent_never_loads_the_decoder() -> None:
    program = "import sys; import trueline.render.site.image.stage; sys.exit('PIL' in sys.modules)"
    paths = f"{Path(__file__).parents[3] / 'src'}"
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": paths}, check=False)
    assert done.returncode == 0


_FAULTS = """
import resource, sys
from trueline.render.site.image.worker import keep_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(8 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
if sys.argv[1] == "kept" and not keep_memory():
    sys.exit(77)
faults()
print(faults())
"""


def test_the_next_photograph_needs_no_new_memory() -> None:
    """What an encoder gave back is there for the next one: without it the machine clears 2,000 pages of each 8 MiB."""
    paths = f"{Path(__file__).parents[3] / 'src'}"
    found = {}
    for how in ("kept", "given back"):
        child = subprocess.run(
            [sys.executable, "-c", _FAULTS, how],
            env={"PYTHONPATH": paths},
            check=False,
            stdout=subprocess.PIPE,
        )
        if child.returncode == 77:
            pytest.skip("an allocator that cannot be told: NOT RUN")
        found[how] = int(child.stdout)
    assert found["kept"] < 100 < found["given back"]
