"""Incidents in which one thing, too large, too strange or too many, stopped everything else for good."""

import asyncio
import heapq
import io
import itertools
import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.server.bench import bench
from trueline.loop.schedule import PAUSE_FIRST_S, Schedule
from trueline.loop.status import Sync
from trueline.record.journal import BODY_BYTES_MAX
from trueline.runtime.clock import Timer
from trueline.runtime.files import FileTree
from trueline.runtime.http import Request, Response
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import NO_FILES, Toolbox
from trueline.server.http import BODY_BYTES_MAX as SERVER_BODY_BYTES_MAX, serve_address
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.limit import LIMIT_MAX, Limiter
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Ok
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import Failure, is_write
from trueline.testing.conformance.engine.webhook import only
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.reviewer import denied
from trueline.testing.conformance.webhook import VALIDATING, reviewing

LABEL = "trueline.dev/application"
_JSON = {"content-type": "application/json"}

# ---- one poison pill -------------------------------------------------------------------------------------------------

_HEAD = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: pill\n"
_BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)
)
_PILLS = {
    "a bomb of aliases": _BOMB,
    "deep": b"a: " + b"[" * 20_000 + b"]" * 20_000,
    "annotations that are a list": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pill, annotations: [1]}\n",
    "a wave beyond every number": _HEAD + b'  annotations: {trueline.dev/wave: "99999999999999999999"}\n',
    "a hook that is none": _HEAD + b"  annotations: {trueline.dev/hook: [], helm.sh/hook: nonsense}\n",
    "a name that is a number": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 5}\n",
    "a kind that is a map": b"apiVersion: v1\nkind: {a: b}\nmetadata: {name: pill}\n",
    "no metadata": b"apiVersion: v1\nkind: ConfigMap\nmetadata: null\n",
    "a number beyond every number": _HEAD + b"data: {a: 1e999999999}\n",
    "bytes that are no text": _HEAD + b'data: {a: "\xff\xfe\x00"}\n',
    "nothing but a control character": b"\x00",
    "a mark of its own": _HEAD + b"  labels: {trueline.dev/application: another.shop}\n",
}


@pytest.mark.asyncio(loop_scope="session")
async def test_incident_24_argo_workflows_cve_2026_40886_one_annotation_ends_the_control_plane(world: World) -> None:
    """INV-30 One object with one wrong annotation made the controller end, and again after each start: nothing was
    reconciled any more.

    Here an object with poisoned annotations and our mark lives on the cluster, and then each of a dozen poisoned
    manifests stands in an application of its own, beside a good one. The good one is applied, drift of it is healed,
    and a restart goes the same way; each poisoned one that is refused says so itself.
    """  # noqa: D205 - the first line is the invariant's
    settings = config_map("settings")
    annotations = {"trueline.dev/wave": "banana", "trueline.dev/hook": "{", "trueline.dev/prune": "\u0000" * 9}
    stray = config_map("stray", labels={LABEL: f"{world.installation}.shop"}, annotations=annotations)
    expect_status(await world.api.apply(stray, f"trueline:{world.installation}"), 201)
    world.declare("shop", settings)
    world.commit()
    async with world.started():
        await world.follow()
        assert "/stray" in world.expect_sync(Sync.OUT_OF_SYNC).message
    for number, pill in enumerate(_PILLS.values()):
        world.declare(f"pill{number}", files={"pill.yaml": pill})
    world.commit()
    for _ in range(2):
        async with world.started() as engine:
            await world.until(lambda: engine.is_ready and len(engine.kept) == len(_PILLS) + 1, "read")
            await world.api.merge(settings, {"data": {"a": "9"}}, fieldManager="kubectl")
            await world.api.until(settings, lambda answer: answer.body["data"]["a"] == "1", "healed")
            await world.until(lambda: all(_is_told(world, n) for n in range(len(_PILLS))), "each says what is wrong")


def _is_told(world: World, number: int) -> bool:
    status = world.status(f"pill{number}")
    is_own_fault = any(problem.code == "TL0999" for problem in status.problems)
    return not is_own_fault and (status.sync is Sync.SYNCED or bool(status.problems) or bool(status.message))


class _Poisoned:
    """A toolbox that has a fault which nobody foresaw, for one application alone."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self.faults = 0

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """Ask, or fail as no stage expects it."""
        if b"poison-pill" in msgspec.json.encode(arguments):
            self.faults += 1
            raise ZeroDivisionError(operation)
        return await self._toolbox.ask(operation, arguments, files)


@pytest.mark.asyncio(loop_scope="session")
async def test_incident_24_a_fault_of_our_own_stays_with_the_application_that_it_is_about(
    world: World, toolbox: Toolbox
) -> None:
    """INV-30 The same where the fault is one that nobody foresaw: in the render of one application, in the pass of
    another. Both are told as faults of Trueline, tried again with growing pauses, and stop nobody else.
    """  # noqa: D205 - one sentence needs two lines
    poisoned = _Poisoned(toolbox)
    world = World(world.api, poisoned)
    tried: list[str] = []

    def fail(request: Request) -> None:
        if is_write(request) and request.path.endswith("/cursed"):
            tried.append(request.path)
            raise ZeroDivisionError

    world.weather.before = fail
    world.declare("shop", config_map("settings"))
    world.declare("pill", config_map("poison-pill"))
    world.declare("curse", config_map("cursed"))
    world.commit()
    began_s = world.clock.monotonic_s()
    async with world.started() as engine:
        await world.until(lambda: engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        for name in ("pill", "curse"):
            await world.until(partial(_is_our_fault, world, name), name)
        await world.clock.sleep(1.0)
        assert poisoned.faults > 0
        assert 0 < len(tried) <= _tries_max(world, began_s), "a loop without pauses"
        world.declare("shop", config_map("settings", {"a": "2"}))
        world.commit()
        await engine.follow_once()
        await world.api.until(config_map("settings"), lambda answer: answer.body["data"] == {"a": "2"}, "goes on")


def _tries_max(world: World, since_s: float) -> int:
    """How often something may have been tried since then, with pauses that double; two more for what events woke."""
    return 3 + int(math.log2(1 + (world.clock.monotonic_s() - since_s) / PAUSE_FIRST_S))


def _is_our_fault(world: World, name: str) -> bool:
    return [problem.code for problem in world.status(name).problems] == ["TL0999"]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.asyncio(loop_scope="session")
async def test_an_end_in_the_moment_of_such_a_fault_is_an_end(world: World, turns: int) -> None:
    """A worker took its cancellation for a part of what had failed, and an engine that was told to end did not."""
    tried = asyncio.Event()

    def fail(request: Request) -> None:
        if is_write(request) and request.path.endswith("/cursed"):
            tried.set()
            raise ZeroDivisionError

    world.weather.before = fail
    world.declare("curse", config_map("cursed"))
    world.commit()
    async with asyncio.timeout(PATIENCE_S):
        async with world.started():
            await tried.wait()
            for _ in range(turns):
                await asyncio.sleep(0)


def _bodies() -> Iterator[tuple[bytes, dict[str, str]]]:
    yield b"", {}
    yield b"\x00\xff" * 1_000, {}
    yield b"[" * 100_000, _JSON
    yield b'{"ref": ' * 10_000, _JSON
    yield json.dumps({"ref": "refs/heads/" + "x" * 500_000, "repository": None}).encode(), _JSON
    yield b"x" * (2 << 20), _JSON
    yield b"not compressed", {"content-encoding": "gzip"}
    yield b"{}", {"content-type": "multipart/form-data"}


async def test_incident_24_codefresh_sd1j6s84_one_request_ends_the_control_plane() -> None:
    """INV-30 One request that a control plane could not take ended it, and its next start took the same request again.

    Here bodies that are no JSON, too deep, too large or not what their head says are posted to the hook. Each has an
    answer, each that is taken only means "look again", and the server goes on.
    """
    made = bench()
    async with serve_address(made.parts, "127.0.0.1", 0) as address, aiohttp.ClientSession() as client:
        answered = []
        for body, headers in _bodies():
            try:
                async with client.post(f"{address}/hooks/git", data=io.BytesIO(body), headers=headers) as answer:
                    answered.append(answer.status)
            except aiohttp.ClientError:  # it hangs up on who sends what it has refused already
                assert len(body) > SERVER_BODY_BYTES_MAX or headers
        assert set(answered) <= {202, 400, 413}, answered
        assert made.engine.pokes == answered.count(202) > 0
        async with client.get(f"{address}/healthz") as alive:
            assert alive.status == 200


# ---- too large -------------------------------------------------------------------------------------------------------

_ETCD = [
    json.dumps({"kind": "Status", "status": "Failure", "code": 500, "message": message}).encode()
    for message in (
        "etcdserver: request is too large",
        "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2500838 vs. 2097152)",
    )
]
"""As API server 1.35 says it, which has passed the dry run of the same object before."""


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("said", _ETCD, ids=["etcd", "its client"])
async def test_incident_25_argo_24689_14486_28703_what_is_too_large_for_etcd_is_tried_for_ever(
    world: World, said: bytes
) -> None:
    """INV-31 INV-29 The status of an application grew beyond what etcd takes: it could never be synced again, and was
    tried for ever.

    Trueline keeps no status in etcd. The nearest is an object that is itself too large: the dry run passes, and the
    apply is refused as only etcd can. That is told as a refusal with the object's name, not as a passing failure;
    another application goes on, and a smaller one is applied.
    """  # noqa: D205 - the first line is the invariants'
    large = config_map("large", {"a": "x" * 1_000})

    def storm(request: Request) -> Failure | None:
        is_large = is_write(request) and request.path.endswith("/large") and len(request.body) > 1_000
        return Response(status=500, headers=_JSON, body=said) if is_large else None

    world.weather.storm = storm
    world.declare("shop", large)
    world.declare("blog", config_map("other"))
    world.commit()
    began_s = world.clock.monotonic_s()
    async with world.started():
        await world.until(lambda: len(world.now.engine.kept) == 2, "read")
        status = await world.until_sync(Sync.PARTLY)
        assert "/large" in status.message
        assert "large" in status.message.partition(": ")[2]
        await world.until_sync(Sync.SYNCED, "blog")
        await world.clock.sleep(1.0)
        tried = [r for r in world.weather.seen if is_write(r) and r.path.endswith("/large")]
        assert len(tried) <= _tries_max(world, began_s)
        world.declare("shop", config_map("large", {"a": "small"}))
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.SYNCED)


@pytest.mark.asyncio(loop_scope="session")
async def test_incident_25_fleet_3482_what_is_written_down_of_an_application_outgrows_its_place(world: World) -> None:
    """INV-31 INV-29 What was written down about one bundle outgrew the place that it was kept in, and with that the
    bundle was stuck.

    Here somebody changes each of many fields of one object, and a webhook denies another one with a text of megabytes.
    Every record of the journal stays within its bound, the drift is healed, and the denial is told.
    """  # noqa: D205 - the first line is the invariants'
    data = {f"{number:04}-{'k' * 200}": "1" for number in range(1_500)}
    many = config_map("many", data)
    world.declare("shop", many)
    world.declare("blog", config_map("other"))
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.until_sync(Sync.SYNCED, "blog")
        await world.api.merge(many, {"data": dict.fromkeys(data, "9")}, fieldManager="kubectl")
        await world.api.until(many, lambda answer: answer.body["data"] == data, "healed")
        await world.until(lambda: world.drifts() or world.status().problems, "written down")
        await world.until_sync(Sync.SYNCED)
        denial = denied("no " * 1_000_000)
        async with reviewing(world.api, VALIDATING, only("other", lambda _: denial)):
            world.declare("blog", config_map("other", {"a": "2"}))
            world.commit()
            await world.now.engine.follow_once()
            await world.until_sync(Sync.BLOCKED, "blog")
        await world.until_sync(Sync.SYNCED, "blog")
        (drift,) = [drift for drift in world.drifts() if drift[0] == "changed"]
        assert drift[2] == ["kubectl"]
        assert max(len(msgspec.json.encode(record.body)) for record in world.records()) < BODY_BYTES_MAX


# ---- too many --------------------------------------------------------------------------------------------------------

COUNT = 10_000
PATIENCE_S = 60.0
"""In real time: only what waits for ever takes that long."""


class _Leaping:
    """A clock that leaps to the next time at which anybody wakes, once nobody has anything else to do."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def monotonic_s(self) -> float:
        """Seconds since the start."""
        return self.at_s

    async def sleep(self, seconds: float) -> None:
        """Wait until that much has passed."""
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.at_s + seconds, next(self._numbers), wake))
        await wake

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have it called once that much has passed."""
        wake = asyncio.get_running_loop().create_future()
        wake.add_done_callback(lambda woken: None if woken.cancelled() else act())
        heapq.heappush(self._sleeping, (self.at_s + seconds, next(self._numbers), wake))
        return wake

    async def run(self) -> None:
        """Leap whenever all is quiet, until it is cancelled."""
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleeping:
                self.at_s = max(self.at_s, self._sleeping[0][0])
            while self._sleeping and self._sleeping[0][0] <= self.at_s:
                _, _, wake = heapq.heappop(self._sleeping)
                if not wake.done():
                    wake.set_result(None)


class _Storm:
    """A server that turns every request away until it was asked that often, and notes how many it had at once."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.at_once = self.busiest = self.asked = 0

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """Answer, or turn away."""
        self.asked += 1
        self.at_once += 1
        self.busiest = max(self.busiest, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        self.left -= 1
        if self.left > 0:
            body = b'{"kind":"Status","status":"Failure","reason":"TooManyRequests","code":429,"message":"too many"}'
            return Response(status=429, headers={**_JSON, "retry-after": "1"}, body=body)
        return Response(status=200, headers=_JSON, body=b'{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}')

    def stream(self, request: Request) -> Any:
        """Nothing is streamed here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is open."""


async def test_incident_26_cnoe_ten_thousand_operations_wait_for_each_other_until_a_restart() -> None:
    """INV-29 INV-33 Ten thousand operations at once held each other up, and nothing moved until the process was started
    again.

    Here ten thousand requests wait for one server that turns the first thousands away, and ten thousand applications
    wait for their turns of which every first one fails. All of them come to their end, never more at once than the
    bound, and in the time that the pauses take.
    """  # noqa: D205 - the first line is the invariants'
    clock: Any = _Leaping()
    storm = _Storm(3_000)
    limiter = Limiter(clock)
    client = KubernetesClient(storm, limiter, clock, user_agent="test", jitter=lambda: 0.5)
    kind = ResourceType(group="", version="v1", kind="ConfigMap", plural="configmaps", namespaced=True)
    answers: list[Any] = []

    async def one(number: int) -> None:
        answer = None
        while not isinstance(answer, Ok):
            answer = await client.get(kind, "default", f"c{number}", whole=False)
        answers.append(answer)

    async with asyncio.timeout(PATIENCE_S), TaskGroup() as group:
        leaping = group.create_task(clock.run())
        async with TaskGroup() as requests:
            for number in range(COUNT):
                requests.create_task(one(number))
        leaping.cancel()
    assert len(answers) == COUNT
    assert storm.busiest <= LIMIT_MAX
    assert limiter.in_flight == 0
    assert storm.asked == COUNT + 3_000 - 1


async def test_incident_26_ten_thousand_applications_have_their_turns_though_each_fails_once() -> None:
    """INV-29 INV-33 The queue of turns: each of ten thousand applications is woken ten times and fails its first turn.

    Wakes are coalesced, a failure costs its pause and nobody else's time, and in the end nobody waits.
    """
    clock: Any = _Leaping()
    schedule = Schedule(clock)
    failed: set[str] = set()
    done: set[str] = set()
    turns = 0

    async def work() -> None:
        nonlocal turns
        while len(done) < COUNT:
            turn = await schedule.next()
            turns += 1
            await asyncio.sleep(0)
            if turn.application in failed:
                schedule.succeed(turn.application)
                done.add(turn.application)
            else:
                failed.add(turn.application)
                schedule.retry(turn.application)
            schedule.done(turn)
        for worker in workers:
            worker.cancel()

    for number in range(COUNT):
        for _ in range(10):
            schedule.wake(f"app{number}")
    async with asyncio.timeout(PATIENCE_S), TaskGroup() as group:
        workers = [group.create_task(work()) for _ in range(4)]
        workers.append(group.create_task(clock.run()))
    assert len(done) == COUNT
    assert turns == 2 * COUNT
    assert schedule.is_idle


@pytest.mark.asyncio(loop_scope="session")
async def test_incident_26_a_storm_of_429_passes_without_a_restart(world: World) -> None:
    """INV-33 The engine itself: 300 objects, a server that turns every write away, and ten thousand wakes meanwhile."""
    bodies = [config_map(f"c{number}") for number in range(300)]
    world.declare("shop", *bodies)
    world.commit()
    turned_away: list[str] = []
    body = b'{"kind":"Status","status":"Failure","reason":"TooManyRequests","code":429,"message":"too many"}'

    def storm(request: Request) -> Failure | None:
        if request.method == "GET" or len(turned_away) >= 100:
            return None
        turned_away.append(request.path)
        return Response(status=429, headers=_JSON, body=body)

    world.weather.storm = storm
    async with world.started() as engine:
        await world.until(lambda: "shop" in engine.kept, "declared")
        for _ in range(COUNT):
            engine.wake("shop")
        await world.until_sync(Sync.SYNCED)
        assert len(turned_away) == 100
        assert len(world.ledger.inventory("shop", "cluster").entries) == len(bodies)
