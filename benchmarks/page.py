"""P9: page and API of 1,000 applications with 50 objects each, on the embedded cluster, in a process of its own.

The driver asks over loopback, so that its own work is in every time; the floor is the same bytes, answered by a bare
aiohttp server in a process of its own. `BENCHMARK_APPLICATIONS` and `BENCHMARK_IDLE_S` make it smaller and shorter.
"""

import asyncio
import itertools
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks.figure import Figure, percentile
from benchmarks.machine import cpu_s, on_one_line, resident_bytes
from testbed.browser import browser
from testbed.repository import Repository
from trueline.runtime.clock import SystemClock
from trueline.runtime.task_group import TaskGroup

APPLICATIONS: Final = int(os.environ.get("BENCHMARK_APPLICATIONS", "1000"))
OBJECTS: Final = 50
REQUESTS: Final = 100
PAINTS: Final = 7
LISTENERS: Final = 50
IDLE_S: Final = float(os.environ.get("BENCHMARK_IDLE_S", "60"))
CHANGES: Final = 10
START_S: Final = 3_600.0
PASSWORD: Final = "correct horse battery"  # noqa: S105 - of a server that ends with the run
_MAIN: Final = "from trueline.cli.main import main; main()"
_FLOOR: Final = "benchmarks.page_floor"

CLOCK: Final = SystemClock()
Ask = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An `up` that is ready: its process, its address, a session that may do everything, and what it was told with."""

    process: asyncio.subprocess.Process
    address: str
    cookie: str
    word: str
    data: Path

    @property
    def headers(self) -> Mapping[str, str]:
        """What a page of it sends with each request."""
        own = {"Cookie": self.cookie, "Origin": self.address, "Sec-Fetch-Site": "same-origin"}
        return {**own, "Trueline-Csrf": self.word, "Accept-Encoding": "gzip"}


async def measure() -> list[Figure]:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="trueline-benchmark-") as kept:
        folder = Path(kept)
        repository = await Repository.create(folder / "fleet")
        await repository.commit("begin", _files())
        async with (
            _up(folder) as served,
            aiohttp.ClientSession(headers=served.headers, auto_decompress=False) as session,
        ):
            times = await _answers(served, session)
            paints = await asyncio.to_thread(_paints, served)
            nobody = await _idle(served)
            listening, share = await _listened(served, session)
            memory = resident_bytes(served.process.pid)
    return [*times, *paints, *_streams(nobody, share, listening, memory)]


def _files() -> dict[str, str]:
    """Each application in a namespace of its own, its objects in one file."""
    files = {}
    for number in range(APPLICATIONS):
        name = f"app-{number:04}"
        files[f"fleet/{name}.yaml"] = (
            "apiVersion: trueline.dev/v1\nkind: Application\n"
            f"metadata: {{name: {name}, labels: {{team: team-{number % 20}}}}}\n"
            f"spec:\n  source: {{path: apps/{name}}}\n"
            f"  target: {{cluster: embedded, namespace: {name}, createNamespace: true}}\n"
        )
        objects = (
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n:02}}}\ndata: {{a: '1'}}\n" for n in range(OBJECTS)
        )
        files[f"apps/{name}/all.yaml"] = "---\n".join(objects)
    return files


# ---- the process that is measured ------------------------------------------------------------------------------------


@asynccontextmanager
async def _up(folder: Path) -> AsyncIterator[Served]:
    words = ["up", str(folder / "fleet"), "--path", "fleet", "--listen", "127.0.0.1:0", "--interval", "1h"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _MAIN, *words, "--data-dir", str(folder / "data")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        assert process.stderr is not None
        told = ""
        while "trueline holds" not in told:
            line = await process.stderr.readline()
            assert line, told
            told += line.decode()
        async with TaskGroup() as group:
            drained = group.create_task(_drain(process.stderr))
            yield await _signed_in(process, told, folder / "data")
            drained.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass


async def _signed_in(process: asyncio.subprocess.Process, told: str, data: Path) -> Served:
    """Wait until every application had its first pass, and let the first user in."""
    [address] = re.findall(r"listening on (\S+)", told)
    [token] = re.findall(r"/sign-in\?token=(\S+)", told)
    async with aiohttp.ClientSession() as session:
        with on_one_line(f"applying {APPLICATIONS * OBJECTS:,} objects to the embedded cluster"):
            async with asyncio.timeout(START_S):
                while (await session.get(f"{address}/readyz")).status != 200:  # noqa: PLR2004 - HTTP's own word
                    await CLOCK.sleep(1.0)
        form = {"token": token, "name": "ada", "password": PASSWORD}
        answer = await session.post(f"{address}/sign-in", data=form, headers={"Origin": address}, allow_redirects=False)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        me = await (await session.get(f"{address}/api/v1/me", headers={"Cookie": cookie})).json()
        while True:
            found = await (
                await session.get(f"{address}/api/v1/applications?true=true&limit=1", headers={"Cookie": cookie})
            ).json()
            if found["count"] == APPLICATIONS:
                break
            await CLOCK.sleep(1.0)
    return Served(process=process, address=address, cookie=cookie, word=me["csrf"], data=data)


# ---- answers ---------------------------------------------------------------------------------------------------------


async def _answers(served: Served, session: aiohttp.ClientSession) -> list[Figure]:
    """The list page and the API, while nothing changes and with a change before each; each beside its floor."""
    found = []
    for name, path in (
        ("the list page", "/"),
        ("API, a page of 100", "/api/v1/applications"),
        ("API, all of them", "/api/v1/applications?limit=1000"),
    ):
        quiet, body = await _timed(lambda path=path: _get(session, served.address + path))  # type: ignore[misc]
        changed, _ = await _timed(
            lambda path=path: _get(session, served.address + path),  # type: ignore[misc]
            before=_changes(served, session),
        )
        async with _floor(len(body)) as address:
            floor, _ = await _timed(lambda address=address: _get(session, address))  # type: ignore[misc]
        for said, samples in (("nothing changed", quiet), ("one changed before each", changed)):
            found.append(
                Figure(
                    name=f"P9 {name}, {said}",
                    samples=samples,
                    floor=percentile(floor, 50),
                    unit="ms",
                    goal="p95 ≤ 50 ms",
                    note=_note(samples, floor, body),
                )
            )
    return found


def _note(samples: list[float], floor: list[float], body: bytes) -> str:
    return f"p95 {percentile(samples, 95):.1f} ms, floor's p95 {percentile(floor, 95):.1f} ms, {len(body):,} bytes"


async def _timed(ask: Ask, before: Callable[[], Awaitable[None]] | None = None) -> tuple[list[float], bytes]:
    body, times = await ask(), []
    for _ in range(REQUESTS):
        if before is not None:
            await before()
        began_s = CLOCK.monotonic_s()
        body = await ask()
        times.append(1000 * (CLOCK.monotonic_s() - began_s))
    return times, body


async def _get(session: aiohttp.ClientSession, address: str) -> bytes:
    async with session.get(address) as answer:
        assert answer.status == 200, await answer.text()  # noqa: PLR2004 - as above
        return await answer.read()


def _changes(served: Served, session: aiohttp.ClientSession) -> Callable[[], Awaitable[None]]:
    """Each time another application is held and goes on: what stands and the records change."""
    names = itertools.cycle(range(APPLICATIONS))

    async def change() -> None:
        await _hold(served, session, f"app-{next(names):04}")

    return change


async def _hold(served: Served, session: aiohttp.ClientSession, name: str) -> None:
    path = f"{served.address}/api/v1/applications/{name}"
    async with session.post(f"{path}/hold", json={"why": "measured"}) as answer:
        assert answer.status == 200, await answer.text()  # noqa: PLR2004 - as above
    async with session.post(f"{path}/resume", json={}) as answer:
        assert answer.status == 200, await answer.text()  # noqa: PLR2004 - as above


@asynccontextmanager
async def _floor(size_bytes: int) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", _FLOOR, str(size_bytes)), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


# ---- a browser -------------------------------------------------------------------------------------------------------


def _paints(served: Served) -> list[Figure]:
    """From the request for the page to the first thing that is seen; each time as somebody who has never been there."""
    name, _, value = served.cookie.partition("=")
    samples = []
    script = "return performance.getEntriesByType('paint').map((one) => one.startTime)[0]"
    with browser() as window:
        for _ in range(PAINTS):
            window.show(f"{served.address}/", cookies={name: value})
            samples.append(float(window.wait(script)))
    return [Figure(name="P9 first paint, headless Chromium", samples=samples, unit="ms", goal="≤ 1,000 ms")]


# ---- streams ---------------------------------------------------------------------------------------------------------


async def _idle(served: Served) -> float:
    """The share of a core while nothing happens."""
    before, began_s = cpu_s(served.process.pid), CLOCK.monotonic_s()
    await CLOCK.sleep(IDLE_S)
    return 100 * (cpu_s(served.process.pid) - before) / (CLOCK.monotonic_s() - began_s)


async def _listened(served: Served, session: aiohttp.ClientSession) -> tuple[tuple[int, int], float]:
    """Events that each heard, and how often one was encoded for that; and the share of a core while all are idle."""
    heard = [0] * LISTENERS
    async with TaskGroup() as group:
        tasks = [group.create_task(_listen(served, session, heard, number)) for number in range(LISTENERS)]
        await CLOCK.sleep(2.0)
        share = await _idle(served)
        begun, before = list(heard), await _encoded(served, session)
        for number in range(CHANGES):
            await _hold(served, session, f"app-{number:04}")
        await CLOCK.sleep(3.0)
        encoded, told = (
            await _encoded(served, session) - before,
            {now - was for now, was in zip(heard, begun, strict=True)},
        )
        assert not any(task.done() for task in tasks), "somebody was let go"
        for task in tasks:
            task.cancel()
    assert len(told) == 1, f"not all heard the same: {told}"
    return (told.pop(), encoded), share


async def _listen(served: Served, session: aiohttp.ClientSession, heard: list[int], number: int) -> None:
    endless = aiohttp.ClientTimeout(total=None)
    async with session.get(f"{served.address}/api/v1/events", timeout=endless) as answer:
        async for line in answer.content:
            heard[number] += line.startswith(b"event:")


async def _encoded(served: Served, session: aiohttp.ClientSession) -> int:
    text = (await _get(session, f"{served.address}/metrics")).decode()
    [found] = re.findall(r"^trueline_events_encoded_total (\d+)$", text, re.MULTILINE)
    return int(found)


def _streams(nobody: float, share: float, listening: tuple[int, int], memory: int) -> list[Figure]:
    told, encoded = listening
    assert told > 0, "nobody heard anything"
    return [
        Figure(
            name=f"P9 {LISTENERS} open streams, idle, share of a core",
            samples=[share],
            unit="%",
            floor=max(nobody, 0.01),
            goal="≤ 5 %",
            note="the floor is the same process without them",
        ),
        Figure(
            name=f"P9 encoded for each event that {LISTENERS} heard",
            samples=[encoded / told],
            unit="times",
            goal="1",
            note=f"{told} events, {told * LISTENERS:,} sent",
        ),
        Figure(
            name=f"P9 memory with {APPLICATIONS * OBJECTS:,} objects, embedded cluster and page",
            samples=[memory / (1 << 20)],
            unit="MiB",
        ),
    ]
