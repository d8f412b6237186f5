"""A server over a fake engine: real journal, holds and history in memory, one application that stands as it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from aiohttp.test_utils import TestClient, TestServer

from trueline.health.status import Status
from trueline.loop.control import Control, ControlParts
from trueline.loop.kept import Kept
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.diagnostic import Diagnostic
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal
from trueline.record.schema import SCHEMA
from trueline.runtime.clock import SystemClock
from trueline.runtime.store import MEMORY, Store
from trueline.server.answer import Answers
from trueline.server.http import ServerParts, application
from trueline.server.metric import Counts
from trueline.server.stream import Feed


def status(name: str = "shop", sync: Sync = Sync.SYNCED) -> ApplicationStatus:
    """How an application stands."""
    now = SystemClock().now()
    return ApplicationStatus(
        application=name, target="embedded", sync=sync, at=now, since=now, health=Status.HEALTHY, revision="main@1"
    )


@dataclass
class FakeEngine:
    """What the routes ask of an engine."""

    kept: dict[str, Kept] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()
    look: None = None
    is_ready: bool = True
    pokes: int = 0
    woken: list[str] = field(default_factory=list)
    restore: Any = None

    def statuses(self) -> tuple[ApplicationStatus, ...]:
        """As it was told."""
        return tuple(kept.status for _, kept in sorted(self.kept.items()))

    def poke(self) -> None:
        """Count."""
        self.pokes += 1

    def wake(self, name: str) -> None:
        """Remember."""
        self.woken.append(name)

    unpin = sync = wake


@dataclass
class Bench:
    """One server under test."""

    engine: FakeEngine
    parts: ServerParts
    journal: Journal
    history: History
    is_writable: bool = True

    @asynccontextmanager
    async def client(self, *, is_private: bool = True) -> AsyncIterator["TestClient[Any, Any]"]:
        """A client of one listener."""
        async with TestClient(TestServer(application(self.parts, is_private=is_private))) as client:
            yield client


def bench() -> Bench:
    """A server with one application, `shop`."""
    clock = SystemClock()
    store = Store.open(MEMORY, SCHEMA)
    journal = Journal(store, clock)
    history = History(store, journal, clock)
    engine = FakeEngine()
    engine.kept["shop"] = Kept(application=cast("Any", SimpleNamespace(name="shop")), status=status())
    nothing = cast("Any", None)
    control = Control(
        ControlParts(
            engine=cast("Any", engine),
            fleet=nothing,
            desirer=nothing,
            targets=nothing,
            history=history,
            holds=Holds(store, journal, clock),
            approvals=Approvals(store, journal, clock),
            journal=journal,
        )
    )
    requests = [((("cluster", 'a"b'), ("verb", "get")), 3)]
    feed = Feed(journal, clock)
    counts = Counts(renders=lambda: {"plain": 2}, requests=lambda: requests, drifts_healed=lambda: feed.healed)
    made = Bench(engine=engine, parts=nothing, journal=journal, history=history)
    made.parts = ServerParts(answers=Answers(control), feed=feed, counts=counts, is_writable=lambda: made.is_writable)
    return made
