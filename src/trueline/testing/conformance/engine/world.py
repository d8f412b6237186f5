"""An engine over a transport, with Git and the store in memory: the world in which a case lives.

It is put together from the same parts as `wiring` does; only Git, the data directory and the transport are given.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from trueline.loop.engine import Engine
from trueline.loop.status import ApplicationStatus, Sync
from trueline.record.journal import Journal, Kind, Record
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.runtime.store import MEMORY, Store
from trueline.runtime.toolbox import Toolbox
from trueline.target.inventory import Entry
from trueline.target.kubernetes.client import RequestKey
from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import expect
from trueline.testing.conformance.engine.declaration import Declaration, fleet_files
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.conformance.engine.weather import Weather
from trueline.testing.process import TARGET, EngineProcess, Surroundings

PATIENCE_S = 120.0
QUIET_S = 0.3
"""For how long nothing happens before it is believed that nothing will."""


class World:
    """One cluster, one repository, one store; an engine that may be stopped and started again.

    `applications` is what the next commit declares, `more` are other files of it.
    """

    def __init__(self, api: Api, toolbox: Toolbox, *, store: Store | None = None, installation: str = "") -> None:
        self.api = api
        self.clock = api.clock
        self.toolbox = toolbox
        self.installation = installation or f"i{api.unique}"
        self.repository = MemoryRepository()
        self.weather = Weather(api.transport)
        self.applications: dict[str, Declaration] = {}
        self.more: Mapping[str, bytes] = {}
        self.store = store if store is not None else Store.open(MEMORY, SCHEMA)
        self.ledger, self.journal = self._books()
        self.running: EngineProcess | None = None
        self.name = "first"
        self._starts = 0
        self._counted: Counter[RequestKey] = Counter()

    def twin(self, *, store: Store | None = None) -> "World":
        """Another process of the same installation and fleet, with a copy of the store as it is now."""
        other = World(
            self.api,
            self.toolbox,
            store=store if store is not None else copied(self.store),
            installation=self.installation,
        )
        other.repository, other.applications, other.name = self.repository, self.applications, "second"
        return other

    # ---- the engine -------------------------------------------------------------------------------------------

    @property
    def now(self) -> EngineProcess:
        """The engine that runs."""
        assert self.running is not None, "no engine runs"
        return self.running

    @asynccontextmanager
    async def started(self, *, fresh_store: bool = False) -> AsyncIterator[Engine]:
        """An engine follows the repository's head inside the block."""
        if fresh_store:
            self.store = Store.open(MEMORY, SCHEMA)
        self._starts += 1
        process = self._put_together()
        try:
            async with process.running() as engine:
                self.running = process
                yield engine
        finally:
            self.running = None

    @asynccontextmanager
    async def synced(self, application: str = "shop") -> AsyncIterator[Engine]:
        """What is declared is committed, an engine follows it, and the application is Synced when the block begins."""
        self.commit()
        async with self.started() as engine:
            await self.follow()
            await self.until_sync(Sync.SYNCED, application)
            yield engine

    def _books(self) -> tuple[StoreLedger, Journal]:
        journal = Journal(self.store, self.clock)
        return StoreLedger(self.store, journal), journal

    def _put_together(self) -> EngineProcess:
        process = EngineProcess.of(
            Surroundings(
                repository=self.repository,
                transport=self.weather,
                store=self.store,
                clock=self.clock,
                toolbox=self.toolbox,
                installation=self.installation,
                holder=f"{self.name}/{self._starts}",
                jitter=random.random,
            )
        )
        self.fence = process.fence
        self.ledger, self.journal, self.history = process.ledger, process.journal, process.history
        self.approvals, self.control = process.approvals, process.control
        return process

    # ---- Git --------------------------------------------------------------------------------------------------

    def declare(self, application: str, *resources: Json, **more: Any) -> None:
        """What an application shall be from the next commit on; what was said of it before and is not now, stays."""
        before = self.applications.get(application, Declaration())
        self.applications[application] = replace(before, resources=resources, **more)

    def commit(self) -> str:
        """Everything that is declared, as one more commit."""
        return self.repository.commit({**fleet_files(self.applications, self.api.namespace), **self.more})

    async def push(self) -> None:
        """Commit, and have the engine go as far as it can."""
        self.commit()
        await self.follow()

    async def follow(self) -> None:
        """The engine looks at Git, and goes as far as it can."""
        await self.until(lambda: self.now.engine.is_ready or bool(self.now.engine.problems), "ready")
        await self.now.engine.follow_once()
        await self.settle()

    async def settle(self) -> None:
        """Until nothing is under way."""
        await self.until(lambda: self.now.engine.is_settled, "settled")

    async def approve(self, application: str) -> None:
        """A person agrees to the plan that waits."""
        kept = self.now.engine.kept[application]
        assert kept.last is not None, "nothing waits"
        self.approvals.approve(application, kept.last.review.plan.digest, who="ada")
        self.now.engine.wake(application)

    async def quiet(self) -> None:
        """Until nothing is under way, and some time more: for what must not happen."""
        await self.clock.sleep(QUIET_S)
        await self.settle()

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Look until it holds."""
        end_s = self.clock.monotonic_s() + PATIENCE_S
        while not holds():
            if self.clock.monotonic_s() > end_s:
                raise AssertionError(f"still not {what}: {self._story()}")
            await self.clock.sleep(0.02)

    def _story(self) -> str:
        if self.running is None:
            return "no engine runs"
        statuses = [
            (s.application, s.sync.value, s.message, s.health.value, s.health_message)
            for s in self.running.engine.statuses()
        ]
        return f"{statuses} {[str(p) for p in self.running.engine.problems]} {self.records()[-6:]}"

    # ---- what is to be seen -----------------------------------------------------------------------------------

    def status(self, application: str = "shop") -> ApplicationStatus:
        """How an application stands."""
        return self.now.engine.kept[application].status

    def expect_sync(self, sync: Sync, application: str = "shop") -> ApplicationStatus:
        """An application has this state."""
        status = self.status(application)
        expect(status.sync, sync, self._story())
        return status

    async def until_sync(self, sync: Sync, application: str = "shop") -> ApplicationStatus:
        """Until an application has this state."""
        await self.until(lambda: self.status(application).sync is sync, f"{application} {sync.value}")
        return self.status(application)

    def start_counting(self) -> None:
        """Count requests from here."""
        self._counted = Counter(self.now.client.requests)

    @property
    def counted(self) -> dict[str, int]:
        """Requests since then: `apply`, `try`, `get`, `list`, `delete`, `patch`, …; watches are not counted."""
        found: Counter[str] = Counter()
        for key, count in (self.now.client.requests - self._counted).items():
            if key.verb != "watch":
                found[{"apply": "try"}.get(key.verb, f"try {key.verb}") if key.dry_run else key.verb] += count
        return dict(found)

    def drifts(self, application: str = "shop") -> list[tuple[str, list[str], list[str]]]:
        """Recorded drifts: kind, fields, managers."""
        found = self.records(application, Kind.DRIFT_FOUND)
        return [(r.body["drift"], r.body["fields"], r.body["managers"]) for r in found]

    def records(self, application: str | None = None, kind: Kind | None = None) -> list[Record]:
        """The journal."""
        found = self.journal.after(application=application)
        return [record for record in found if kind is None or record.kind == kind.value]

    def entry(self, name: str, application: str = "shop") -> Entry | None:
        """The inventory's entry of a name."""
        entries = self.ledger.inventory(application, TARGET).entries
        return next((entry for ref, entry in entries.items() if ref.name == name), None)

    def recorded(self) -> bytes:
        """Everything that the store holds but the kept bodies, as bytes to search in."""
        tables = [name for (name,) in self.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = {"kept_body", "kept_render"}
        rows = [row for name in tables if name not in kept for row in self.store.rows(f"SELECT * FROM {name}")]  # noqa: S608 - names of our own schema
        return repr(rows).encode()

    async def seen(self, answer: Answer) -> None:
        """Until the engine's watch has seen what was done, and some time more."""
        metadata = answer.body["metadata"]
        version = int(metadata["resourceVersion"])

        def is_seen() -> bool:
            target = self.now.target
            marked = [one for name in self.applications for one in target.marked(target.mark(name)).items()]
            return any(ref.name == metadata["name"] and int(seen.version) >= version for ref, seen in marked)

        await self.until(is_seen, "seen")
        await self.quiet()

    async def live(self, body: Json) -> Json:
        """The object as it lives; empty where it does not."""
        answer = await self.api.get(body)
        return answer.body if answer.status == 200 else {}  # noqa: PLR2004 - HTTP's


def copied(store: Store) -> Store:
    """A store in memory with everything that another one holds: a backup that was put back."""
    copy = Store.open(MEMORY, SCHEMA)
    with copy.transaction():
        for (table,) in store.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
            rows = store.rows(f"SELECT * FROM {table}")  # noqa: S608 - names of our own schema
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                copy.execute_many(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - as above
    return copy
