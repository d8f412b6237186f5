"""Real parts put together: a control plane, a Git server, a proxy before each, an engine, and a judge."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.proxy import Proxy
from tests.chaos.declared import APPLICATIONS, ITEMS_AT_FIRST, Author, Declared
from tests.chaos.engine_process import EngineProcess
from tests.chaos.etcd_watch import writes
from tests.chaos.judge import NOTE, STRANGER, Judge
from tests.cli.person import command
from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.task_group import TaskGroup

REPOSITORY = "fleet"
_PAUSE_S = 0.1
_UNTIL_PAUSE_S = 0.02
_MOUNT = 'mount -t tmpfs -o size="$1"m none "$2" && shift 2 && exec "$@"'
_AWAY = (aiohttp.ClientError, ConnectionError, TimeoutError)


class NotConverged(Exception):
    """Calm came, and within the bound the cluster is not as Git says; the text says what differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command line answered."""

    code: int
    out: str
    err: str


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that one chaos needs; made by `world`."""

    control_plane: ControlPlane
    git: GitServer
    before_server: Proxy
    before_git: Proxy
    engine: EngineProcess
    author: Author
    judge: Judge
    session: aiohttp.ClientSession
    clock: Clock
    folder: Path
    disk: Path | None = None
    _markers: int = field(default=0)

    @property
    def data(self) -> Path:
        """The engine's data directory; one on a disk of its own is seen with the engine's eyes."""
        return self.folder / "data" if self.disk is None else self.inside(self.disk / "data")

    def inside(self, path: Path) -> Path:
        """A path as the running engine sees it."""
        return Path(f"/proc/{self.engine.pid}/root{path}")

    async def until(self, condition: Callable[[], bool], bound_s: float = 180.0) -> None:
        """Until it holds; else what the engine said last is the reason."""
        deadline_s = self.clock.monotonic_s() + bound_s
        while not condition():
            assert self.clock.monotonic_s() < deadline_s, self.engine.said()[-2000:]
            await self.clock.sleep(_UNTIL_PAUSE_S)

    async def trueline(self, *arguments: str) -> Answer:
        """One command beside the engine."""
        asked = command(*arguments, "--data-dir", str((self.disk or self.folder) / "data"))
        enter = ("nsenter", "--preserve-credentials", "-U", "-m", "-t", str(self.engine.pid)) if self.disk else ()
        return await self.run(*enter, *asked)

    async def once(self, data: Path, *, repository: str = "", before: tuple[str, ...] = ()) -> Answer:
        """`up --once` with a data directory."""
        up, address, *more = self.engine.arguments
        options = more[: more.index("--data-dir")]
        asked = command(up, repository or address, *options, "--once", "--timeout", "180s", "--data-dir", str(data))
        return await self.run(*before, *asked)

    async def run(self, *argv: str) -> Answer:
        """One program, as the person does who runs the engine."""
        child = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(self.engine.environment),
            cwd=self.engine.home,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate()
        assert child.returncode is not None
        return Answer(code=child.returncode, out=out.decode(), err=err.decode())

    async def stranger(self, name: str, *, label: str = "") -> bool:
        """Somebody else's object in our namespaces; with a label that was copied from ours. Whether it was made."""
        labels = {"trueline.dev/application": label} if label else {}
        made = False
        for namespace in APPLICATIONS:
            body = {"metadata": {"name": f"{STRANGER}{name}", "labels": labels}, "data": {"whose": "not ours"}}
            path = f"/api/v1/namespaces/{namespace}/configmaps?fieldManager=stranger"
            with suppress(*_AWAY):
                async with self.session.post(path, json=body) as answer:
                    made = answer.status == 201 or made
        return made

    async def note(self, name: str) -> bool:
        """A neighbour puts a field of its own on a ConfigMap of ours. Whether it did."""
        patch = {"metadata": {"annotations": {NOTE: "mind the gap"}}}
        done = False
        for namespace in APPLICATIONS:
            path = f"/api/v1/namespaces/{namespace}/configmaps/{name}?fieldManager=neighbour"
            head = {"Content-Type": "application/merge-patch+json"}
            with suppress(*_AWAY):
                async with self.session.patch(path, data=json.dumps(patch), headers=head) as answer:
                    done = answer.status == 200 or done
        return done

    async def label(self) -> str:
        """The label as it stands on an object of ours; empty where none can be read."""
        with suppress(*_AWAY):
            async with self.session.get(f"/api/v1/namespaces/{APPLICATIONS[0]}/configmaps/clock") as answer:
                found: dict[str, Any] = await answer.json()
                return str(found.get("metadata", {}).get("labels", {}).get("trueline.dev/application", ""))
        return ""

    async def all_seen(self) -> None:
        """Until the judge has seen everything that is written by now: a marker is written and waited for."""
        self._markers += 1
        name = f"marker-{self._markers}"
        while not await self.stranger(name):
            await self.clock.sleep(_PAUSE_S)
        key = f"/registry/configmaps/{APPLICATIONS[0]}/{STRANGER}{name}"
        while key not in self.judge.strangers:
            await self.clock.sleep(_PAUSE_S)

    async def converged(self, bound_s: float) -> float:
        """Until the cluster is as Git says and the engine says so too; how long that took.

        Raises:
            NotConverged: it did not within the bound.
        """
        began_s = self.clock.monotonic_s()
        reasons: Iterable[str] = ()
        try:
            async with asyncio.timeout(bound_s):
                while reasons := (self.judge.differences() or await self._untrue()):
                    await self.clock.sleep(_PAUSE_S)
        except TimeoutError:
            raise NotConverged("; ".join(reasons)) from None
        return self.clock.monotonic_s() - began_s

    async def _untrue(self) -> list[str]:
        """Which applications the engine does not call True at the newest commit."""
        answer = await self.trueline("status", "-o", "json")
        if answer.code not in {0, 2} or not answer.out:
            return [answer.err.strip() or "no status"]
        head, found = await self.author.head(), json.loads(answer.out)
        names = {one["application"] for one in found}
        missing = [f"{name} is not known" for name in APPLICATIONS if name not in names]
        return missing + [
            f"{one['application']}: {one['sync']} {one['health']} {one['message']} {one['problems']}"
            for one in found
            if not ((one["sync"], one["health"]) == ("Synced", "Healthy") and _is_at(one["revision"], head))
        ]


@asynccontextmanager
async def world(
    folder: Path, *, seed: int, items: int = ITEMS_AT_FIRST, disk: Path | None = None, disk_mb: int = 0
) -> AsyncIterator[World]:
    """Everything started but the engine; ended with the block. Errors of the judge's watch end the block.

    With `disk`, a folder, the engine's data are on a disk of so many megabytes that it alone sees there.
    """
    clock = SystemClock()
    async with AsyncExitStack() as exits:
        control_plane = await exits.enter_async_context(ControlPlane(stores_json=True))
        git = await exits.enter_async_context(GitServer(folder / "git"))
        await git.create(REPOSITORY)
        before_server = await exits.enter_async_context(_before(control_plane.access.server, seed))
        before_git = await exits.enter_async_context(_before(git.url(REPOSITORY), seed + 1))
        declared = Declared()
        author = await Author.begin(folder / "author", git.path(REPOSITORY), declared, seed, items=items)
        judge = Judge(declared=declared)
        kubeconfig = folder / "kubeconfig"
        replace(control_plane.access, server=f"https://127.0.0.1:{before_server.port}").write(kubeconfig)
        address = f"http://127.0.0.1:{before_git.port}/{REPOSITORY}.git"
        more = ("--kubeconfig", str(kubeconfig), "--listen", "none", "--interval", "1s")
        engine = EngineProcess(
            arguments=("up", address, *more, "--data-dir", str((disk or folder) / "data")),
            before=("unshare", "-Urm", "sh", "-c", _MOUNT, "sh", str(disk_mb), str(disk)) if disk else (),
            home=folder,
            log=folder / "engine.log",
            clock=clock,
        )
        exits.push_async_callback(_ended, engine)
        session = await exits.enter_async_context(control_plane.access.session(user_agent="chaos"))
        group = await exits.enter_async_context(TaskGroup())
        watching = group.create_task(_watched(control_plane, judge, clock))
        yield World(
            control_plane=control_plane,
            git=git,
            before_server=before_server,
            before_git=before_git,
            engine=engine,
            author=author,
            judge=judge,
            session=session,
            clock=clock,
            folder=folder,
            disk=disk,
        )
        watching.cancel()


def _is_at(revision: str, head: str) -> bool:
    """Whether a revision as it is shown, `BRANCH@COMMIT` with a short commit, is that commit."""
    short = revision.rpartition("@")[2]
    return bool(short) and head.startswith(short)


def _before(address: str, seed: int) -> Proxy:
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    return Proxy(parts.hostname, parts.port, seed=seed)


async def _watched(control_plane: ControlPlane, judge: Judge, clock: Clock) -> None:
    async for written in writes(control_plane.etcd_address, clock):
        judge.see(written)


async def _ended(engine: EngineProcess) -> None:
    if engine.is_running:
        await engine.kill()
