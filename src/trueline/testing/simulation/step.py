"""What happens in a scenario, as values: commits, hands on the cluster, people who ask, a machine that goes.

Who asks something of an engine that dies looks whether it was heard, and asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.model.fault import Transient
from trueline.testing.conformance.api import Answer, Json
from trueline.testing.conformance.engine.declaration import Declaration, fleet_files
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.process import EngineProcess
from trueline.testing.simulation.disk import Died
from trueline.testing.simulation.network import WRITER
from trueline.testing.simulation.scene import NAMESPACE, Scene

PERSON = "person"
ASKED_MAX = 10


class Step(Protocol):
    """One thing that happens; what follows from it, follows by itself."""

    async def happen(self, scene: Scene) -> None:
        """Let it happen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit that changes applications, or takes them away (`None`). `files` stand beside them.

    `rewrites`: it takes the place of the newest, as a forced push does.
    """

    changes: Mapping[str, Declaration | None] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    rewrites: bool = False

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        fleet = {**scene.fleet, **self.changes}
        scene.fleet = {name: declared for name, declared in fleet.items() if declared is not None}
        parent = scene.repository.parent if self.rewrites else None
        scene.repository.push({**fleet_files(scene.fleet, NAMESPACE), **self.files}, parent=parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A commit to another repository."""

    url: str
    files: Mapping[str, bytes]

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        scene.repository.others.setdefault(self.url, MemoryRepository()).commit(self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAway:
    """Git answers no more, or again."""

    is_away: bool = True

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        scene.repository.away = 1.0 if self.is_away else 0.0


class Deed(Enum):
    """What a hand does to an object."""

    CREATE = "create"
    APPLY = "apply"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody writes to the cluster; an edit has its `change`."""

    deed: Deed
    body: Json
    change: Json = field(default_factory=dict)
    manager: str = "kubectl-edit"
    subresource: str = ""

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        token = WRITER.set(PERSON)
        try:
            answer = await self._written(scene)
        finally:
            WRITER.reset(token)
        assert answer.status < 300, answer  # noqa: PLR2004 - HTTP's

    async def _written(self, scene: Scene) -> Answer:
        match self.deed:
            case Deed.CREATE:
                return await scene.api.create(self.body, fieldManager=self.manager)
            case Deed.APPLY:
                return await scene.api.apply(self.body, self.manager, force=True)
            case Deed.EDIT:
                return await scene.api.merge(self.body, self.change, self.subresource, fieldManager=self.manager)
            case Deed.DELETE:
                return await scene.api.delete(self.body)


@dataclass(frozen=True, slots=True)
class Restart:
    """The machine goes, and comes again."""

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        scene.machine.kill()


class Request(Enum):
    """What people ask of an engine."""

    APPROVE = "approve"
    AGREE = "agree to the head"
    HOLD = "hold"
    RESUME = "resume"
    ROLL_BACK = "roll back"
    SYNC = "sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Somebody asks; `application` is empty where it is about the fleet."""

    request: Request
    application: str = ""

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        for _ in range(ASKED_MAX):
            process = await scene.awake()
            try:
                await self._asked(scene, process)
            except Died:
                scene.machine.kill()
            except Transient:
                scene.refused += 1
            await scene.settle()
            if self._is_heard(scene, await scene.awake()):
                return
        raise AssertionError(f"{self.application} does not hear: {self.request.value}")

    async def _asked(self, scene: Scene, process: EngineProcess) -> None:
        control, name = process.control, self.application
        match self.request:
            case Request.APPROVE:
                control.approve(name, "", who="ada")
            case Request.AGREE:
                control.approve(FLEET, scene.repository.head, who="ada")
            case Request.HOLD:
                control.hold(name, who="ada", why="a look")
            case Request.RESUME:
                control.resume(name, who="ada")
            case Request.ROLL_BACK:
                await control.rollback(name, "", who="ada")
            case Request.SYNC:
                control.sync(name, who="ada")

    def _is_heard(self, scene: Scene, process: EngineProcess) -> bool:
        engine = process.engine
        kept = engine.kept.get(self.application)
        match self.request:
            case Request.AGREE:
                return engine.look is not None and engine.look.revision.commit == scene.repository.head
            case Request.APPROVE:
                return kept is None or kept.status.sync is not Sync.WAITING
            case Request.HOLD:
                return kept is not None and bool(kept.held)
            case Request.RESUME:
                return kept is not None and not kept.held and kept.pinned is None
            case Request.ROLL_BACK:
                return kept is not None and kept.pinned is not None
            case Request.SYNC:
                return kept is not None and kept.status.sync is Sync.SYNCED


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Several at once: nobody waits for what follows from the first."""

    steps: tuple[Step, ...]

    async def happen(self, scene: Scene) -> None:
        """See `Step.happen`."""
        for step in self.steps:
            await step.happen(scene)
