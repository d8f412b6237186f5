"""Repositories that other people wrote, followed by the real engine on the real control plane.

The repositories are data that may not be part of this one: they are looked for, and their tests say `NOT RUN` without.
"""

import asyncio
import os
import re
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from testbed.audit import Request, Requests
from testbed.control_plane import ControlPlane, KubectlFailedError
from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.cluster.following import logged
from trueline.health.status import Status
from trueline.loop.control import Control, ControlParts
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.digest import Digest
from trueline.runtime.clock import SystemClock
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.connection import USER_AGENT
from trueline.wiring.settings import Settings

NOT_RUN = "real inputs: NOT RUN"
REPOSITORIES = ("argocd-example-apps", "podinfo", "microservices-demo")
LIMIT_S = 120.0
_POLL_S = 0.05
_ROOT = Path(__file__).parents[2]
_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
# What may be made live of the inputs; events, pods and the like are the cluster's own.
_KINDS = "deploy,rs,svc,ing,hpa,sa,cm,netpol,jobs"

# A fleet that declares nothing at all removes nothing: this one stays when the input goes.
_BYSTANDER = """
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: bystander}
spec: {source: {path: bystander}, target: {namespace: NAMESPACE, createNamespace: true}}
"""
_NOTE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: note}
data: {text: it stays}
"""

Name = tuple[str, str]


def is_required(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a run without the inputs is a failure."""
    return environment.get("TRUELINE_INPUTS_REQUIRED") == "1"


def inputs_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the inputs are, if all of them are there."""
    given = environment.get("TRUELINE_INPUTS", "")
    places = [Path(given)] if given else [_ROOT.parent / "shared" / "inputs"]
    return next((p for p in places if all((p / name).is_dir() for name in REPOSITORIES)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change of one file: what `pattern` finds for the first time becomes `text`."""

    path: str
    pattern: str
    text: str

    def apply(self, root: Path) -> None:
        """Write it into a work tree."""
        file = root / self.path
        changed, count = re.subn(self.pattern, lambda _: self.text, file.read_text(), count=1, flags=re.DOTALL)
        assert count == 1, f"{self.path} has nothing like {self.pattern!r}"
        file.write_text(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealInput:
    """One input, and what is done to it. Names are those of the API server: plural and name.

    `change` gives the field `shown` (a JSON path) of the object `changed` the value `becomes`; hooks run again.
    `edited` is a workload whose image is set behind our back, `deleted` is deleted behind our back.
    `removal` takes `pruned` out of Git; `broken` is the file that does not parse later.
    """

    name: str
    repository: str
    path: str
    change: Edit
    changed: Name
    shown: str
    becomes: str
    edited: Name
    deleted: Name
    removal: Edit
    pruned: frozenset[Name]
    broken: str
    hooks: frozenset[str] = frozenset()


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    uid: str
    resource_version: str = ""


class _Item(msgspec.Struct, frozen=True):
    kind: str
    metadata: _Meta


class _Items(msgspec.Struct, frozen=True):
    items: tuple[_Item, ...]


@dataclass(slots=True, kw_only=True)
class Scene:
    """An input in its repository, a fleet that declares it, and the engine that follows both."""

    control_plane: ControlPlane
    assembly: Assembly
    server: GitServer
    fleet: Repository
    source: Repository
    name: str
    namespace: str
    _mark: int = 0
    _clock: SystemClock = field(default_factory=SystemClock)

    @property
    def bystander(self) -> str:
        """The namespace of the other application of the fleet."""
        return f"{self.namespace}-bystander"

    @property
    def status(self) -> ApplicationStatus | None:
        """How the application stands; None when it is gone."""
        return next((s for s in self.assembly.engine.statuses() if s.application == self.name), None)

    async def kubectl(self, *arguments: str) -> str:
        """Act behind Trueline's back, in the application's namespace."""
        return await self.control_plane.kubectl("--namespace", self.namespace, *arguments)

    async def shown(self, name: Name, path: str) -> str:
        """A field of a live object; empty where there is no such object."""
        try:
            return await self.kubectl("get", "/".join(name), "-o", f"jsonpath={{{path}}}")
        except KubectlFailedError as error:
            if "NotFound" in str(error):
                return ""
            raise

    async def uid(self, name: Name) -> str:
        """The UID of a live object; empty where there is none."""
        return await self.shown(name, ".metadata.uid")

    async def versions(self) -> dict[Name, tuple[str, str]]:
        """UID and resourceVersion of everything in the namespace."""
        found = msgspec.json.decode(await self.kubectl("get", _KINDS, "-o", "json"), type=_Items)
        return {(i.kind, i.metadata.name): (i.metadata.uid, i.metadata.resource_version) for i in found.items}

    def begin(self) -> None:
        """From here on requests are counted."""
        self._mark = self.control_plane.mark()

    async def writes(self) -> tuple[Request, ...]:
        """What Trueline wrote since `begin`, in order; dry runs of a PATCH are no writes."""
        await logged(self.control_plane, self._mark)
        asked: Requests = self.control_plane.requests(since=self._mark).where(user_agent=USER_AGENT, dry_run=False)
        return tuple(r for r in asked.all if r.verb in _WRITES)

    async def written(self) -> frozenset[Name]:
        """The objects that Trueline wrote since `begin`."""
        return frozenset((r.resource, r.name) for r in await self.writes())

    async def commit(self, *edits: Edit) -> str:
        """Commit to the input's repository and say so, as a webhook does."""
        for edit in edits:
            edit.apply(self.source.path)
        commit = await self.source.commit()
        await self.source.push()
        self.assembly.engine.poke()
        return commit

    async def pin(self, real: RealInput, commit: str) -> None:
        """Declare the input at a commit, as those do who promote by hand."""
        url = self.server.url(real.repository)
        await self.fleet.commit(files={"real.yaml": declaration(real, url, self.namespace, commit)})
        await self.fleet.push()
        self.assembly.engine.poke()

    @property
    def control(self) -> Control:
        """What people ask of the engine."""
        made = self.assembly
        return Control(
            ControlParts(
                engine=made.engine,
                fleet=made.fleet,
                desirer=made.desirer,
                targets=made.targets,
                history=made.history,
                holds=made.holds,
                approvals=made.approvals,
                journal=made.journal,
            )
        )

    async def revert(self, revision: str = "HEAD") -> str:
        """Take a commit back by another one."""
        await self.source.git("revert", "--no-edit", revision)
        await self.source.push()
        self.assembly.engine.poke()
        return await self.source.head()

    async def wait_true(self, commit: str) -> ApplicationStatus:
        """Until the application is Synced and Healthy at this commit of the input, and nothing is under way."""
        await self.until(lambda: self._is_true(commit), f"is True at {commit[:10]}")
        assert self.status is not None
        return self.status

    async def wait_sync(self, sync: Sync) -> ApplicationStatus:
        """Until the application has this word."""
        await self.until(lambda: self.status is not None and self.status.sync is sync, f"is {sync.value}")
        assert self.status is not None
        return self.status

    async def wait_held_up(self, kind: str, health: Status) -> None:
        """Until only objects of this kind keep the application from being Healthy, and it says so."""

        def is_so() -> bool:
            status = self.status
            if status is None or status.sync is not Sync.SYNCED:
                return False
            return status.health is health and {ref.partition("/")[0] for ref in status.unhealthy} == {kind}

        await self.until(is_so, f"is {health.value} because of {kind}")

    async def until(self, condition: Callable[[], bool], what: str, *, limit_s: float = LIMIT_S) -> None:
        """Wait for a condition; when it never comes, fail with how everything stands."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    await self._clock.sleep(_POLL_S)
        except TimeoutError:
            raise AssertionError(f"{self.name}: never {what}\n{self._stands()}") from None

    async def until_shown(self, name: Name, path: str, value: str) -> None:
        """Wait until a field of a live object has a value."""
        shown = ""
        try:
            async with asyncio.timeout(LIMIT_S):
                while (shown := await self.shown(name, path)) != value:
                    await self._clock.sleep(_POLL_S)
        except TimeoutError:
            where = f"{'/'.join(name)}{path}"
            raise AssertionError(f"{where} stays {shown!r} instead of {value!r}\n{self._stands()}") from None

    async def wait_made_again(self, name: Name, uid: str) -> None:
        """Until an object of this name is there with another UID."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while await self.uid(name) in {"", uid}:
                    await self._clock.sleep(_POLL_S)
        except TimeoutError:
            raise AssertionError(f"{'/'.join(name)} is not made again\n{self._stands()}") from None

    async def wait_namespace_gone(self) -> None:
        """Until the cluster has collected the namespace, and with it everything."""
        await self.control_plane.kubectl(
            "wait", "--for=delete", f"namespace/{self.namespace}", f"--timeout={LIMIT_S:.0f}s"
        )

    async def agree_until_gone(self) -> None:
        """Until the application is gone; whatever plan waits for a person is approved."""

        def is_gone() -> bool:
            status = self.status
            if status is not None and status.sync is Sync.WAITING:
                self.assembly.approvals.approve(self.name, Digest(status.plan), who="ada")
                self.assembly.engine.wake(self.name)
            return status is None

        await self.until(is_gone, "is gone")

    def _is_true(self, commit: str) -> bool:
        status = self.status
        if status is None or not status.is_true or status.revision != status.wanted:
            return False
        return commit.startswith(status.wanted.rpartition("@")[2]) and self.assembly.engine.is_settled

    def _stands(self) -> str:
        problems = (*self.assembly.engine.problems, *(self.status.problems if self.status else ()))
        return "\n".join([str(self.status), *map(str, problems)])


@asynccontextmanager
async def opened(
    control_plane: ControlPlane, folder: Path, real: RealInput, *, is_pinned: bool = False
) -> AsyncIterator[Scene]:
    """Push an input, declare it (pinned: at its commit), follow it until the block ends; its namespace goes then."""
    namespace = f"real-{real.name}-{uuid.uuid4().hex[:4]}"  # that of the test before may not be gone yet
    async with GitServer(folder / "git") as server:
        source = await _pushed(server, folder, real.repository)
        fleet = await Repository.create(folder / "fleet", remote=await server.create("fleet"))
        revision = await source.head() if is_pinned else ""
        await fleet.commit(
            files={
                "real.yaml": declaration(real, server.url(real.repository), namespace, revision),
                "bystander.yaml": _BYSTANDER.replace("NAMESPACE", f"{namespace}-bystander"),
                "bystander/note.yaml": _NOTE,
            }
        )
        await fleet.push()
        settings = Settings(
            repository=server.url("fleet"),
            data_directory=folder / "data",
            kubeconfig=control_plane.kubeconfig,
            interval_s=600,
            is_live=True,
            environment={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
        async with assemble(settings) as assembly:
            scene = Scene(
                control_plane=control_plane,
                assembly=assembly,
                server=server,
                fleet=fleet,
                source=source,
                name=real.name,
                namespace=namespace,
            )
            try:
                scene.begin()
                async with assembly.engine.running():
                    yield scene
            finally:
                names = (namespace, f"{namespace}-bystander")
                await control_plane.kubectl("delete", "namespace", *names, "--ignore-not-found", "--wait=false")


async def _pushed(server: GitServer, folder: Path, name: str) -> Repository:
    found = inputs_folder()
    assert found is not None, NOT_RUN
    await asyncio.to_thread(shutil.copytree, found / name, folder / name)
    source = await Repository.create(folder / name, remote=await server.create(name))
    await source.commit("as it was found")
    await source.push()
    return source


def declaration(real: RealInput, url: str, namespace: str, revision: str = "") -> str:
    """Its file in the fleet. The namespace is made by the application, so Git consents to its deletion."""
    source = {"url": url, "path": real.path} | ({"revision": revision} if revision else {})
    application = {
        "apiVersion": "trueline.dev/v1",
        "kind": "Application",
        "metadata": {"name": real.name},
        "spec": {
            "source": source,
            "target": {"namespace": namespace, "createNamespace": True},
            "sync": {"allowDelete": [f"Namespace/{namespace}"]},
        },
    }
    return msgspec.json.format(msgspec.json.encode(application)).decode()
