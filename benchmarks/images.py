"""P7, images: cold photographs of 12 megapixels → every width and format, against the encoders alone.

The floor has the pictures ready in every width and only encodes them, in as many processes, with the same settings.
Ours reads, checks, decodes, turns, scales, encodes, and keeps. `benchmarks.images N OF` is a process of the floor.
"""

import asyncio
import io
import os
import random
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.figure import Figure
from benchmarks.machine import cpu_s
from trueline.model.digest import digest_bytes
from trueline.render.site.image.decode import PLUGINS
from trueline.render.site.image.encode import options_of
from trueline.render.site.image.info import ImageInfo
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.operation import VERSIONS
from trueline.render.site.image.plan import plan
from trueline.render.site.image.setting import DEFAULT_SETTINGS
from trueline.render.site.image.stage import ImageRequest, ImageStage
from trueline.render.site.image.worker import MODULE
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.runtime.worker_process import arguments_of

PHOTOGRAPHS = int(os.environ.get("BENCHMARK_PHOTOGRAPHS", "4"))
PROCESSES = 2
REPEATS, REPEATED_MAX = 3, 8
"""More photographs than that are measured once: they take minutes, and are a mean by themselves."""
WIDTH, HEIGHT = 4000, 3000
_READY, _GO = b"ready\n", b"go\n"


def photograph(number: int) -> bytes:
    """Noise, gradients and shapes, as a JPEG with a tag that says how the camera was held."""
    chance = random.Random(number)  # noqa: S311 - the same picture on every machine
    size = (WIDTH, HEIGHT)
    noise = Image.frombytes("L", (WIDTH // 2, HEIGHT // 2), chance.randbytes(WIDTH * HEIGHT // 4)).resize(size)
    slope, circle = Image.linear_gradient("L").resize(size), Image.radial_gradient("L").resize(size)
    layers = (slope, circle, slope.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    image = Image.merge("RGB", [Image.blend(layer, noise, 0.12) for layer in layers])
    draw = ImageDraw.Draw(image)
    for _ in range(150):
        left, top, extent = chance.randrange(WIDTH), chance.randrange(HEIGHT), chance.randrange(40, 600)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.ellipse((left, top, left + extent, top + extent // 2), fill=colour)
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 1 + number % 8
    image.filter(ImageFilter.GaussianBlur(1)).save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


async def measure(count: int = PHOTOGRAPHS) -> list[Figure]:
    """Ours and the floor in turns, so that what else the machine does meets both."""
    photographs = {f"{number}.jpg": photograph(number) for number in range(count)}
    wall, cpu, floor_wall, floor_cpu, peaks, files = [], [], [], [], [], 0
    for _ in range(REPEATS if count <= REPEATED_MAX else 1):
        walls, cpus = await _floor(count)
        floor_wall.append(walls)
        floor_cpu.append(cpus)
        walls, cpus, peak, files = await _ours(photographs)
        wall.append(walls)
        cpu.append(cpus)
        peaks.append(peak)
    note = f"{count} photographs, {files} files, {PROCESSES} workers"
    return [
        _figure("P7 cold images, CPU of the workers", cpu, floor_cpu, note),
        _figure("P7 cold images, wall", wall, floor_wall, note),
        Figure(name="P7 memory of one worker at its most", samples=peaks, unit="MiB"),
    ]


def _figure(name: str, samples: list[float], floor: list[float], note: str) -> Figure:
    middle = Figure(name="", samples=floor, unit="").value
    return Figure(name=name, samples=samples, unit="s", floor=middle, goal="≤ 1.1 x the encoders alone", note=note)


async def _ours(photographs: dict[str, bytes]) -> tuple[float, float, float, int]:
    """Wall, CPU, the memory of the larger worker, files; the workers are started before, as in a loop that runs."""
    clock = SystemClock()
    pool = ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(MODULE), clock=clock, workers_max=PROCESSES)
    with tempfile.TemporaryDirectory() as folder:
        async with pool as worker:
            async with TaskGroup() as group:
                for _ in range(PROCESSES):
                    group.create_task(worker.ask(VERSIONS, {}))
            before = sum(map(cpu_s, worker.workers_idle))
            stage = ImageStage(
                worker=worker, blobs=BlobDirectory(Path(folder)), cache=_Forgetful(), images_max=PROCESSES
            )
            began_s = clock.monotonic_s()
            results = await stage.pictures(
                [ImageRequest(path=path, identity=digest_bytes(data)) for path, data in photographs.items()],
                MemoryTree(photographs).read,
            )
            wall_s = clock.monotonic_s() - began_s
            assert not any(result.findings for result in results)
            cpu = sum(map(cpu_s, worker.workers_idle)) - before
            peak = max(map(_peak_mib, worker.workers_idle))
            return wall_s, cpu, peak, sum(len(result.files) for result in results)


class _Forgetful:
    """Nothing is kept: each run is cold."""

    def get(self, key: str) -> None:
        """Nothing."""

    def put(self, key: str, value: bytes) -> None:
        """Forgotten."""


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


async def _floor(count: int) -> tuple[float, float]:
    """Wall and CPU of the processes of the floor, from when all of them have their pictures ready."""
    clock = SystemClock()
    command = [sys.executable, "-m", "benchmarks.images"]
    children = [
        await asyncio.create_subprocess_exec(*command, str(number), str(count), stdin=PIPE, stdout=PIPE)
        for number in range(PROCESSES)
    ]
    for child in children:
        assert await _line(child) == _READY
    began_s = clock.monotonic_s()
    for child in children:
        assert child.stdin is not None
        child.stdin.write(_GO)
    cpu = sum([float(await _line(child)) for child in children])
    wall_s = clock.monotonic_s() - began_s
    for child in children:
        await child.communicate()
    return wall_s, cpu


async def _line(child: Process) -> bytes:
    assert child.stdout is not None
    return await child.stdout.readline()


def encode_share(share: int, count: int) -> None:
    """One process of the floor: every so-many-th photograph, scaled beforehand."""
    ready = []
    for number in range(share, count, PROCESSES):
        with Image.open(io.BytesIO(photograph(number))) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")  # as ours: upright, so as many pixels of each width
            info = ImageInfo(kind=Kind.JPEG, width=image.width, height=image.height, size_bytes=1 << 20)
            scaled: dict[int, Image.Image] = {}
            for variant in plan(info, DEFAULT_SETTINGS):
                size = (variant.width, variant.height)
                one = scaled.setdefault(variant.width, image.resize(size, Image.Resampling.LANCZOS))
                one.info.clear()
                ready.append((one, variant.kind))
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()
    sys.stdin.buffer.readline()
    before = cpu_s(os.getpid())
    for image, kind in ready:
        image.save(io.BytesIO(), PLUGINS[kind], **options_of(kind, DEFAULT_SETTINGS))
    sys.stdout.write(f"{cpu_s(os.getpid()) - before}\n")


if __name__ == "__main__":
    encode_share(int(sys.argv[1]), int(sys.argv[2]))
