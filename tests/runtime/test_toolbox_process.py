"""The pool of workers: what ends them, what survives, what a caller gets to know."""

import asyncio
import json
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

import build_toolbox
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import FileEntry, MemoryTree
from trueline.runtime.spawn import Spawned
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused
from trueline.runtime.toolbox_frame import Limits
from trueline.runtime.toolbox_process import ProcessToolbox

PATIENCE_S = 60.0
TEXT = {"texts": [{"path": "x", "text": "a: 1\n"}]}
_MANY = b"std.range(0, 30000)"
ENDLESS = MemoryTree({"a.jsonnet": b"[i for i in %s for j in %s if i + j < 0]" % (_MANY, _MANY)})
"""It takes minutes and little memory: a recursion without end is ended by its stack after two seconds."""


SOURCES = str(build_toolbox.ROOT / "src")


@pytest.fixture(scope="module")
def program() -> Path:
    return build_toolbox.build(build_toolbox.ROOT)


def pool(
    program: Path, *, timeout_s: float = 30.0, idle_s: float = 10.0, limits: Limits | None = None
) -> ProcessToolbox:
    return ProcessToolbox(
        path=program, clock=SystemClock(), timeout_s=timeout_s, idle_s=idle_s, limits=limits or Limits()
    )


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def ended(pid: int) -> None:
    """Until it has ended, and the pool has had a moment to be told."""
    async with asyncio.timeout(PATIENCE_S):
        while lives(pid):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)


async def test_a_worker_is_used_again(program: Path) -> None:
    async with pool(program) as toolbox:
        asked: Toolbox = toolbox
        for _ in range(5):
            await asked.ask("yaml", TEXT)
        assert toolbox.starts == 1


async def test_leaving_the_pool_ends_every_worker(program: Path) -> None:
    async with pool(program) as toolbox:
        async with TaskGroup() as tasks:
            for _ in range(6):
                tasks.create_task(toolbox.ask("yaml", TEXT))
        workers = toolbox.workers_idle
        assert toolbox.starts == len(workers) == 2
    assert not any(map(lives, workers))


class Interrupted(MemoryTree):
    """A tree that does something in the middle of a render."""

    def __init__(self, action: object) -> None:
        super().__init__({"x.yaml": b"a: 1\n"})
        object.__setattr__(self, "action", action)

    async def read(self, path: str) -> bytes:
        """Act, then read."""
        await self.action()  # type: ignore[attr-defined]
        return await super().read(path)


async def test_a_worker_that_is_killed_in_the_middle(program: Path) -> None:
    async with pool(program) as toolbox:
        await toolbox.ask("yaml", TEXT)
        (pid,) = toolbox.workers_idle

        async def kill() -> None:
            os.kill(pid, signal.SIGKILL)

        with pytest.raises(ToolboxFailed, match="signal 9"):
            await toolbox.ask("yaml", {"files": ["x.yaml"]}, Interrupted(kill))
        assert json.loads(await toolbox.ask("yaml", TEXT))["documents"][0]["value"] == {"a": 1}
        assert toolbox.starts == 2


async def test_a_worker_that_died_while_idle_is_replaced(program: Path) -> None:
    async with pool(program) as toolbox:
        await toolbox.ask("yaml", TEXT)
        (pid,) = toolbox.workers_idle
        os.kill(pid, signal.SIGKILL)
        await ended(pid)
        await toolbox.ask("yaml", TEXT)
        assert toolbox.starts == 2


async def test_an_endless_render_is_ended_by_the_timeout(program: Path) -> None:
    async with pool(program, timeout_s=3.0) as toolbox:
        with pytest.raises(ToolboxFailed, match=r"within 3 s"):
            await toolbox.ask("jsonnet", {"path": "a.jsonnet"}, ENDLESS)
        assert toolbox.workers_idle == ()
        await toolbox.ask("yaml", TEXT)
        assert toolbox.starts == 2


async def test_cancelling_a_question_ends_its_worker(program: Path) -> None:
    async with pool(program) as toolbox:
        await toolbox.ask("yaml", TEXT)
        (pid,) = toolbox.workers_idle
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await toolbox.ask("jsonnet", {"path": "a.jsonnet"}, ENDLESS)
        assert not lives(pid)


ORPHAN = """
import asyncio, pathlib, sys
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox_process import ProcessToolbox

async def main():
    async with ProcessToolbox(path=pathlib.Path(sys.argv[1]), clock=SystemClock()) as toolbox:
        await toolbox.ask("version", {})
        print(toolbox.workers_idle[0], flush=True)
        await toolbox.ask("jsonnet", {"path": "a"}, MemoryTree({"a": sys.argv[2].encode()}))

asyncio.run(main())
"""


async def test_no_worker_outlives_a_process_that_is_killed(program: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ORPHAN, program, ENDLESS.files["a.jsonnet"], stdout=PIPE, env={"PYTHONPATH": SOURCES}
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    await asyncio.sleep(0.2)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(PATIENCE_S):
        while lives(pid) and not is_zombie(pid):
            await asyncio.sleep(0.02)


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


async def test_idle_workers_end(program: Path) -> None:
    async with pool(program, idle_s=0.05) as toolbox:
        await toolbox.ask("yaml", TEXT)
        (pid,) = toolbox.workers_idle
        await ended(pid)
        assert toolbox.workers_idle == ()


async def test_no_idle_worker_outlives_a_pool_that_is_left_while_one_ends(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = asyncio.Event()

    async def end(_: Spawned) -> None:
        ending.set()
        await asyncio.Event().wait()

    both_idle = asyncio.Event()

    class Late(SystemClock):
        async def sleep(self, seconds: float) -> None:
            await both_idle.wait()
            await super().sleep(seconds)

    async with ProcessToolbox(path=program, clock=Late(), idle_s=0.05) as toolbox:
        async with TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(toolbox.ask("yaml", TEXT))
        workers = toolbox.workers_idle
        assert len(workers) == 2
        with monkeypatch.context() as patched:
            patched.setattr(Spawned, "end", end)
            both_idle.set()
            await ending.wait()
    for pid in workers:
        await ended(pid)


async def test_the_callers_own_error_goes_through(program: Path) -> None:
    class Broken(MemoryTree):
        def entry(self, path: str) -> FileEntry | None:
            raise OSError(path)

    async with pool(program) as toolbox:
        with pytest.raises(OSError, match="a"):
            await toolbox.ask("kustomize", {"path": "a"}, Broken())
        await toolbox.ask("yaml", TEXT)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(asks=3), "more than 3 looks at files"),
        (Limits(read_bytes=10), "more than 10 bytes of files"),
        (Limits(output_bytes=20), "allowed are 20"),
    ],
)
async def test_a_bound_that_is_reached_has_its_own_complaint(program: Path, limits: Limits, words: str) -> None:
    files = MemoryTree({f"{n}.yaml": b"a: 1\n" for n in range(5)})
    async with pool(program, limits=limits) as toolbox:
        with pytest.raises(ToolboxFailed, match=f"limit: .*{words}"):
            await toolbox.ask("yaml", {"files": sorted(files.files)}, files)
        assert toolbox.workers_idle == ()


async def test_a_worker_that_cannot_be_started_is_no_bug_of_whoever_asks(tmp_path: Path) -> None:
    async with pool(tmp_path / "nothing") as toolbox:
        with pytest.raises(ToolboxFailed, match="the worker cannot be started: No such file"):
            await toolbox.ask("yaml", TEXT)
        assert toolbox.workers_idle == ()


async def test_an_operation_that_is_not_there_is_our_bug(program: Path) -> None:
    async with pool(program) as toolbox:
        with pytest.raises(ToolboxFailed, match="bug: there is no operation"):
            await toolbox.ask("dance", {})
        with pytest.raises(ToolboxFailed, match="bug: arguments of yaml"):
            await toolbox.ask("yaml", {"fils": []})


def deployment(name: str) -> bytes:
    spec = "{template: {spec: {containers: [{name: a, image: a}]}}}"
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {spec}\n".encode()


WIDGET = (
    b"apiVersion: x.example/v1\nkind: Widget\nmetadata: {name: w}\nspec: {parts: [{name: a, v: 1}, {name: b, v: 2}]}\n"
)
PATCH = b"apiVersion: x.example/v1\nkind: Widget\nmetadata: {name: w}\nspec: {parts: [{name: b, v: 3}]}\n"
SCHEMA = {
    "definitions": {
        "x.Widget": {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {
                        "parts": {
                            "type": "array",
                            "x-kubernetes-patch-merge-key": "name",
                            "x-kubernetes-patch-strategy": "merge",
                            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                        }
                    },
                }
            },
            "x-kubernetes-group-version-kind": [{"group": "x.example", "version": "v1", "kind": "Widget"}],
        }
    }
}
GOLDEN = MemoryTree(
    {
        "plain/kustomization.yaml": b"resources: [d.yaml]\nnamePrefix: p-\n",
        "plain/d.yaml": deployment("plain"),
        "widget/kustomization.yaml": b"resources: [w.yaml]\npatches: [{path: p.yaml}]\n",
        "widget/w.yaml": WIDGET,
        "widget/p.yaml": PATCH,
        "openapi/kustomization.yaml": b"resources: [w.yaml]\nopenapi: {path: s.json}\npatches: [{path: p.yaml}]\n",
        "openapi/s.json": json.dumps(SCHEMA).encode(),
        "openapi/w.yaml": WIDGET,
        "openapi/p.yaml": PATCH,
        "base/kustomization.yaml": b"resources: [../openapi]\nnameSuffix: -s\n",
        "broken/kustomization.yaml": b"resources: [nowhere.yaml]\n",
    }
)


async def rendered(toolbox: ProcessToolbox, path: str) -> bytes:
    try:
        return await toolbox.ask("kustomize", {"path": path}, GOLDEN)
    except ToolboxRefused as refusal:
        return str(refusal).encode()


async def test_a_render_has_the_same_bytes_alone_and_in_any_sequence(program: Path) -> None:
    paths = ("plain", "widget", "openapi", "base", "broken")
    alone = {}
    for path in paths:
        async with pool(program) as toolbox:
            alone[path] = await rendered(toolbox, path)
    assert b'"v":1' in alone["openapi"], "the overlay's own schema merges the list"
    assert b'"v":1' not in alone["widget"], "without it the list is replaced"
    order = random.Random(7)
    async with pool(program) as toolbox:
        for path in order.choices(paths, k=40):
            assert await rendered(toolbox, path) == alone[path]
