"""P7: a site of 1,000 pages (8 MB of Markdown) with photographs, cold and changed, beside Hugo and Eleventy.

Cold pages are a process from its start to its end, ours as theirs. Everything else goes through the whole loop: a
commit is pushed, the engine is told, and the directory that a web server would serve shows it; Git's part is timed by
itself and taken off. `BENCHMARK_PHOTOGRAPHS=4` and `BENCHMARK_BUILDS=1` shorten the run (200
photographs take a quarter of an hour on two cores).
"""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import images, peers
from benchmarks.building import Built
from benchmarks.figure import Figure
from benchmarks.machine import cpu_s, descendants, on_one_line, resident_bytes
from benchmarks.peers import Cost, Peers
from benchmarks.rig import Rig, engine_of, wait
from benchmarks.writing import Writer
from testbed.git_server import GitServer
from trueline.runtime.clock import SystemClock
from trueline.runtime.task_group import TaskGroup
from trueline.target.directory.publish import Retention
from trueline.target.directory.state import SPARE

PAGES: Final = int(os.environ.get("BENCHMARK_PAGES", "1000"))
PHOTOGRAPHS: Final = int(os.environ.get("BENCHMARK_PHOTOGRAPHS", "200"))
COLD_REPEATS: Final = int(os.environ.get("BENCHMARK_BUILDS", "3"))
REPEATS: Final = 7
FIRST: Final = Retention().releases - 1
"""So many releases after the first whole one have none that leaves for them: they begin with the spare tree, which is
made within half a minute after the one before. From then on each begins with that of the one that is kept no longer."""
SITE: Final = "site"
_CHANGED: Final = 105


async def measure() -> list[Figure]:
    """Cold builds in turns with the peers', then the loop without and with search, then the photographs."""
    site = Writer(PAGES).site()
    figures = await _cold(site)
    for search in (False, True):
        figures += await _loop(site, search=search)
    return figures + await _photographs()


# ---- cold ------------------------------------------------------------------------------------------------------------


async def _cold(site: Mapping[str, str]) -> list[Figure]:
    there = await peers.peers()
    for sentence in there.missing:
        print(f"  {sentence}", flush=True)
    costs: dict[str, list[Cost]] = {}
    built: list[Built] = []
    for number in range(COLD_REPEATS):
        with on_one_line(f"cold builds, {number + 1} of {COLD_REPEATS}"):
            for kind in ("plain", "search"):
                used, said = await _ours(site, kind)
                costs.setdefault(kind, []).append(used)
                built.append(said)
            for name, found in (await _theirs(there, site)).items():
                costs.setdefault(name, []).append(found)
    assert {(one.parsed, one.assembled) for one in built} == {(len(site), len(site))}
    return _cold_figures(costs, there, built)


def _cold_figures(costs: Mapping[str, list[Cost]], there: Peers, built: list[Built]) -> list[Figure]:
    fastest = [min(costs[name], key=lambda one: one.wall_s) for name in there.builders]
    floor = min((_median([one.wall_s for one in costs[name]]) for name in there.builders), default=None)
    found = _median([one.wall_s for one in costs["Pagefind"]]) if "Pagefind" in costs else 0.0
    figures = []
    for kind, label, goal in (("plain", "without search", floor), ("search", "with search", floor and floor + found)):
        used = costs[kind]
        note = f"{_median([one.cpu_s for one in used]):.1f} CPU-s, {built[0 if kind == 'plain' else 1].files} files"
        figures.append(
            Figure(
                name=f"P7 cold pages, {label}",
                samples=[one.wall_s for one in used],
                unit="s",
                floor=goal,
                goal="faster than the peers" if fastest else "",
                note=note,
            )
        )
    for name in costs.keys() - {"plain", "search"}:
        cpu = _median([one.cpu_s for one in costs[name]])
        figures.append(
            Figure(name=f"   {name}", samples=[one.wall_s for one in costs[name]], unit="s", note=f"{cpu:.1f} CPU-s")
        )
    memory = [one.memory_mib for one in built]
    figures.append(Figure(name="P7 memory of a cold build", samples=memory, unit="MiB", goal="≤ 400 MiB"))
    return figures


async def _ours(site: Mapping[str, str], kind: str) -> tuple[Cost, Built]:
    with tempfile.TemporaryDirectory(prefix="trueline-benchmark-") as name:
        folder = Path(name)
        peers.write(site, folder / "site")
        command = (sys.executable, "-m", "benchmarks.building", str(folder / "site"), str(folder / "data"), kind)
        used, said = await peers.cost(command, Path.cwd())
        return used, msgspec.json.decode(said, type=Built)


async def _theirs(there: Peers, site: Mapping[str, str]) -> dict[str, Cost]:
    found: dict[str, Cost] = {}
    for name, command in there.builders.items():
        with tempfile.TemporaryDirectory(prefix="trueline-benchmark-") as scratch:
            folder = Path(scratch)
            writes = peers.write_hugo if name.startswith("Hugo") else peers.write_eleventy
            public = writes(site, folder)
            found[name], _ = await peers.cost(command, folder)
            count = sum(1 for _ in public.rglob("*.html"))
            assert count >= len(site), f"{name} made {count} pages"
            if there.pagefind and "Pagefind" not in found:
                found["Pagefind"], _ = await peers.cost((*there.pagefind, str(public)), folder)
    return found


# ---- through the loop ------------------------------------------------------------------------------------------------


async def _loop(site: Mapping[str, str], *, search: bool) -> list[Figure]:
    label = "with search" if search else "without search"
    async with _rig(search=search) as running:
        with on_one_line(f"the whole loop, {label}"):
            cold, peak_mib = await _published(running, site)
            soon, _, _ = await _pages(running, range(1))
            first, _, _ = await _pages(running, range(1, FIRST), is_prepared=True)
            pages, page_cpu, counts = await _pages(running, range(FIRST, FIRST + REPEATS))
            none, none_cpu, git_ms = await _none(running)
    page, assembled, written = counts
    return [
        Figure(
            name=f"P7 cold, {label}, hook → published",
            samples=[cold],
            unit="s",
            note=f"with the fetch; at most {peak_mib:.0f} MiB, with the benchmark and its Git server",
        ),
        Figure(
            name=f"P7 one page changed, {label}, after the fetch → published",
            samples=pages,
            unit="ms",
            goal="≤ 200 ms, only changed files",
            note=f"{page_cpu:.0f} CPU-ms; {page} page read, {assembled} made, at most {written} files written",
        ),
        Figure(name=f"   the {FIRST - 1} before, {label}", samples=first, unit="ms", note="with a spare tree"),
        Figure(name=f"   the one before these, {label}", samples=soon, unit="ms", note="at once, so without one"),
        Figure(
            name=f"P7 nothing changed, {label}, after the fetch → known",
            samples=none,
            unit="ms",
            goal="≤ 100 ms",
            note=f"{none_cpu:.0f} CPU-ms; 0 pages, 0 files; question and fetch apart, {git_ms:.0f} ms",
        ),
    ]


async def _published(running: Rig, site: Mapping[str, str]) -> tuple[float, float]:
    files = {f"{SITE}/{path}": text for path, text in site.items()}
    commit = await running.push({**files, "fleet/site.yaml": _declared(running)})
    peak = [0]
    async with TaskGroup() as group:
        watch = group.create_task(_watch_memory(peak))
        took_s = await running.follow(commit, SITE)
        watch.cancel()
    return took_s, peak[0] / (1 << 20)


async def _pages(
    running: Rig, repetitions: range, *, is_prepared: bool = False
) -> tuple[list[float], float, tuple[int, int, int]]:
    """One page for each repetition: its text changes, its title and headings do not."""
    writer, times, cpu, counts = Writer(PAGES), [], [], list[tuple[int, int, int]]()
    for number in repetitions:
        if is_prepared:
            await wait(lambda: _has_spare(_served(running)), pause_s=0.2)
        place = _CHANGED % PAGES
        before, seen = running.counts, _inodes(_served(running))
        commit = await running.push({f"{SITE}/{writer.path(place)}": writer.page(place, number + 1)})
        await _poll(running)
        began = cpu_s(os.getpid())
        times.append(1000 * await running.follow(commit, SITE) - await _poll(running))
        cpu.append(1000 * (cpu_s(os.getpid()) - began))
        now, after = running.counts, _inodes(_served(running))
        written = sum(1 for path, inode in after.items() if seen.get(path) != inode)
        counts.append((now[0] - before[0], now[1] - before[1], written))
    assert {one[:2] for one in counts} == {(1, 1)}, counts
    return times, _median(cpu), max(counts)


async def _none(running: Rig) -> tuple[list[float], float, float]:
    """A commit that touches nothing of the site."""
    times, cpu, git = [], [], []
    for number in range(REPEATS):
        before, seen = running.counts, _inodes(_served(running))
        commit = await running.push({"README.md": f"change {number}\n"})
        git.append(await _poll(running))
        began = cpu_s(os.getpid())
        times.append(await _known(running, commit) - await _poll(running))
        cpu.append(1000 * (cpu_s(os.getpid()) - began))
        assert (running.counts, _inodes(_served(running))) == (before, seen)
    return times, _median(cpu), _median(git)


async def _photographs() -> list[Figure]:
    """The photographs alone against their encoders, then a site that shows them."""
    with on_one_line(f"drawing {PHOTOGRAPHS} photographs"):
        drawn = {f"{number}.jpg": images.photograph(number) for number in range(PHOTOGRAPHS)}
    figures = await images.measure(PHOTOGRAPHS)
    shown = "".join(f"![Photograph {name}]({name})\n\n" for name in drawn)
    files: dict[str, str | bytes] = {f"{SITE}/{name}": data for name, data in drawn.items()}
    async with _rig(search=True) as running:
        with on_one_line("the whole loop, with photographs"):
            began = running.counts
            commit = await running.push(
                {**files, f"{SITE}/index.md": f"# Photographs\n\n{shown}", "fleet/site.yaml": _declared(running)}
            )
            cold_s = await running.follow(commit, SITE)
            encoded, seen = running.counts[2] - began[2], _inodes(_served(running))
            commit = await running.push({f"{SITE}/0.jpg": images.photograph(PHOTOGRAPHS)})
            one_s = await running.follow(commit, SITE)
            one = running.counts[2] - began[2] - encoded
            after = _inodes(_served(running))
    assert (encoded, one) == (PHOTOGRAPHS, 1)
    written = sum(1 for path, inode in after.items() if seen.get(path) != inode)
    return [
        *figures,
        Figure(
            name=f"P7 cold site with {PHOTOGRAPHS} photographs, hook → published",
            samples=[cold_s],
            unit="s",
            note=f"{encoded} encoded, {len(seen)} files",
        ),
        Figure(
            name="P7 one photograph changed, hook → published",
            samples=[one_s],
            unit="s",
            goal="only its encodings",
            note=f"{one} encoded, {written} files written",
        ),
    ]


# ---- what all of them need -------------------------------------------------------------------------------------------


@asynccontextmanager
async def _rig(*, search: bool) -> AsyncIterator[Rig]:
    """An engine that follows a fleet of one page, so that everything is there before anything is timed."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="trueline-benchmark-")))
        git = await opened.enter_async_context(GitServer(folder / "served"))
        (folder / "www").mkdir()
        words = f"url: 'https://site.example', search: {'true' if search else 'false'}"
        declared = _DECLARED.format(words=words, path=folder / "www" / "live")
        begin = {"fleet/site.yaml": declared, f"{SITE}/index.md": "# Nothing yet\n"}
        yield await opened.enter_async_context(engine_of(folder, git, begin))


_DECLARED: Final = """apiVersion: trueline.dev/v1
kind: Application
metadata: {{name: site}}
spec:
  source: {{path: site}}
  render: {{site: {{{words}}}}}
  target: {{directory: {path}}}
"""


def _declared(running: Rig) -> str:
    return (running.repository.path / "fleet/site.yaml").read_text()


def _served(running: Rig) -> Path:
    return running.repository.path.parent / "www" / "live"


def _has_spare(served: Path) -> bool:
    """Whether the next release has a tree to begin with."""
    return (served.resolve().parent / SPARE).exists()


def _inodes(served: Path) -> dict[str, int]:
    return {str(path.relative_to(served)): path.stat().st_ino for path in served.rglob("*") if path.is_file()}


async def _poll(running: Rig) -> float:
    """Our question of the remote, and the fetch where there is something new: what the engine does first."""
    clock = SystemClock()
    began_s = clock.monotonic_s()
    await running.assembly.fleet.poll()
    return 1000 * (clock.monotonic_s() - began_s)


async def _known(running: Rig, commit: str) -> float:
    clock = SystemClock()
    began_s = clock.monotonic_s()
    running.assembly.engine.poke()
    await wait(lambda: running.desired(SITE).commit == commit)
    return 1000 * (clock.monotonic_s() - began_s)


async def _watch_memory(peak: list[int]) -> None:
    """Of this process and all that it started, twenty times a second."""
    while True:
        size = 0
        for pid in (os.getpid(), *descendants(os.getpid())):
            with suppress(OSError, StopIteration):
                size += resident_bytes(pid)
        peak[0] = max(peak[0], size)
        await SystemClock().sleep(0.05)


def _median(samples: list[float]) -> float:
    return Figure(name="", samples=samples, unit="").value
