"""A server over a fake engine: real journal, holds and history in memory, one application that stands as it is told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from tests.server.page.made import REVISION
from trueline.declare.application import Project, SourceSpec
from trueline.drift.drift import Drift, DriftKind
from trueline.health.status import Health, Status
from trueline.loop.control import Control, ControlParts
from trueline.loop.kept import Kept
from trueline.loop.measure import Measures
from trueline.loop.schedule import Queue
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.notify.notifier import Notifier
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.record.outbox import Outbox
from trueline.record.schema import SCHEMA
from trueline.render.resource import Resource
from trueline.runtime.clock import Clock
from trueline.runtime.own_process import Usage
from trueline.runtime.store import MEMORY, Store
from trueline.server.access.access import Access, access_of
from trueline.server.access.front import NO_FRONT, PLAIN_COOKIE, Front
from trueline.server.access.grant import grants_of
from trueline.server.access.session import csrf_of
from trueline.server.answer import Answers
from trueline.server.hook.aim import followed_by
from trueline.server.hook.hooks import hooks_of
from trueline.server.hook.key import NO_KEYS, HookKeys
from trueline.server.http import ServerParts, application
from trueline.server.metric.counts import Counts, Requests
from trueline.server.metric.tally import Tally
from trueline.server.notified import Notified
from trueline.server.page.pages import Pages
from trueline.server.stream import Feed
from trueline.server.verification import Checked, Verification
from trueline.target.insight import Descendant, Happening, LogQuestion, ObjectSight
from trueline.testing.clock import StillClock

PASSWORD = "correct horse battery"
CLOSED_S_MAX = 0.05
"""So long an end of the server waits for streams that are open still."""

REPOSITORY = "https://git.example/team/fleet.git"


def status(name: str = "shop", sync: Sync = Sync.SYNCED, clock: Clock | None = None) -> ApplicationStatus:
    """How an application stands."""
    now = (clock or StillClock()).now()
    return ApplicationStatus(
        application=name, target="embedded", sync=sync, at=now, since=now, health=Status.HEALTHY, revision="main@1"
    )


class PlainHasher:
    """Hashes nothing, and counts."""

    def __init__(self) -> None:
        self.compared: list[str] = []

    async def hash(self, password: str) -> str:
        """The password itself."""
        return f"plain {password}"

    async def is_right(self, hashed: str, password: str) -> bool:
        """Whether it is."""
        self.compared.append(hashed)
        return hashed == f"plain {password}"


@dataclass
class FakeEngine:
    """What the routes ask of an engine."""

    kept: dict[str, Kept] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    look: Any = None
    is_ready: bool = True
    looks: int = 0
    queue: Queue = field(default_factory=Queue)
    measures: Measures = field(default_factory=Measures)
    pokes: int = 0
    poked: list[Collection[str] | None] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    restore: Any = None

    def statuses(self) -> tuple[ApplicationStatus, ...]:
        """As it was told."""
        return tuple(kept.status for _, kept in sorted(self.kept.items()))

    def poke(self, names: Collection[str] | None = None) -> None:
        """Count, and remember for whom."""
        self.pokes += 1
        self.poked.append(names)

    def wake(self, name: str) -> None:
        """Remember."""
        self.woken.append(name)

    unpin = refresh = wake

    def sync(self, name: str, plan: str = "") -> None:
        """Remember, with the plan that was agreed to."""
        self.woken.append(f"{name} {plan}".strip())


HEALTHY = Health(status=Status.HEALTHY, reason="Exists", message="it exists")


class _Targets:
    """One target whose objects stand as they are told."""

    def __init__(self) -> None:
        self.healths: dict[Ref, Health] = {}
        self.made: Known[tuple[Descendant, ...]] | Unknown = Known(())
        self.entries: dict[Ref, Any] = {}
        self.entries_of: dict[str, dict[Ref, Any]] = {}
        self.seen: dict[Ref, Known[ObjectSight | None] | Unknown] = {}
        self.happened: Known[tuple[Happening, ...]] | Unknown = Known(())
        self.asked = 0
        self.waits: asyncio.Event | None = None
        self.written: list[bytes] | Unknown = []
        self.goes_on: asyncio.Event | None = None
        self.asked_logs: list[LogQuestion] = []
        self.open_logs = 0
        self.bodies: dict[str, bytes] = {}

    async def parts(self, _: object) -> Any:
        """The same for every application."""
        return SimpleNamespace(
            health=self, insight=self, ledger=self, bodies=self.bodies, target=SimpleNamespace(name="embedded")
        )

    async def descendants(self, _: Iterable[Ref]) -> Known[tuple[Descendant, ...]] | Unknown:
        """What controllers made, as it is told; counted."""
        self.asked += 1
        if self.waits is not None:
            await self.waits.wait()
        return self.made

    @asynccontextmanager
    async def logs(self, asked: LogQuestion) -> AsyncIterator[AsyncIterator[bytes] | Unknown]:
        """What a container wrote; with `goes_on`, one line more once that is set, and then nothing for ever."""
        self.asked_logs.append(asked)
        self.open_logs += 1
        try:
            yield self.written if isinstance(self.written, Unknown) else self._lines(asked, self.written)
        finally:
            self.open_logs -= 1

    async def _lines(self, asked: LogQuestion, written: list[bytes]) -> AsyncIterator[bytes]:
        for line in written:
            yield line
        if asked.follow and self.goes_on is not None:
            await self.goes_on.wait()
            yield b"and on"
            await asyncio.Event().wait()

    async def sight(self, ref: Ref, _: object) -> Known[ObjectSight | None] | Unknown:
        """One object, as it is told; counted."""
        self.asked += 1
        if self.waits is not None:
            await self.waits.wait()
        return self.seen.get(ref, Known(None))

    async def happenings(self, *_: object) -> Known[tuple[Happening, ...]] | Unknown:
        """What happened, as it is told."""
        return self.happened

    def inventory(self, application: str, _: str) -> Any:
        """What was written there."""
        return SimpleNamespace(entries=self.entries_of.get(application, self.entries))

    def health(self, refs: Iterable[Ref]) -> dict[Ref, Health]:
        """Healthy, where nothing else is told."""
        return {ref: self.healths.get(ref, HEALTHY) for ref in refs}


class AsServed(TestServer):
    """Serves as `trueline up` does: who went is noticed by the handler itself, which nobody ends from outside."""

    async def _make_runner(self, **kwargs: Any) -> web.BaseRunner:
        served = {"handler_cancellation": False, "shutdown_timeout": CLOSED_S_MAX}
        return await super()._make_runner(**(kwargs | served))


@dataclass
class StillProcess:
    """A process that uses what it is told."""

    used: Usage = field(default_factory=lambda: Usage(cpu_s=0.0))

    def usage(self) -> Usage:
        """As it was told."""
        return self.used


@dataclass
class Bench:
    """One server under test."""

    engine: FakeEngine
    parts: ServerParts
    journal: Journal
    history: History
    store: Store
    clock: StillClock
    hasher: PlainHasher
    targets: _Targets
    process: StillProcess
    outbox: Outbox
    notifiers: list[Notifier] = field(default_factory=list)
    """As they are declared."""
    checks: list[Checked] = field(default_factory=list)
    """What the last of them is, a check of the journal finds."""
    is_writable: bool = True
    renders: Counter[str] = field(default_factory=Counter)
    renders_kept: int = 0
    requests: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    request_answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    site_answers: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def access(self) -> Access:
        """Who may come in."""
        return self.parts.access

    def declares(self, *projects: Project) -> None:
        """What Git says of projects from now on."""
        self.follows(getattr(self.engine.look, "revision", None) or REVISION, *projects)

    def follows(self, revision: Any, *projects: Project) -> None:
        """A look at Git was followed."""
        declared = SimpleNamespace(projects=projects)
        self.engine.look = SimpleNamespace(declared=declared, applications=(), revision=revision)

    def contains(self, name: str, *texts: str, **healths: Health) -> None:
        """An application is to have these objects, `KIND/NAMESPACE/NAME`; one may stand otherwise than well."""
        refs = [Ref.parse(text) for text in texts]
        origin = Origin(path=f"{name}/all.yaml", line=1, commit=REVISION.commit)
        resources = tuple(Resource(ref=ref, digest=Digest(""), origin=origin) for ref in refs)
        self.engine.kept[name].desired = cast("Any", SimpleNamespace(resources=resources, run=Digest("r")))
        self.targets.healths |= {ref: healths[ref.name] for ref in refs if ref.name in healths}

    def leaves(self, name: str, ref: str, reason: str, *fields: str, by: str, kind: str = "changed") -> None:
        """The last pass left an object as it is, for a reason; the journal has it."""
        drift = Drift(ref=Ref.parse(ref), kind=DriftKind(kind), fields=fields, managers=(by,))
        changes = (Change(ref=drift.ref, action=Action.HOLD, reason=reason),)
        plan = Plan(application=name, target="embedded", revision="main@1", changes=changes)
        last = SimpleNamespace(
            left=(drift,), is_complete=True, review=SimpleNamespace(plan=plan, trials=(), endings={})
        )
        self.engine.kept[name].last = cast("Any", last)
        body = {"ref": ref, "drift": kind, "fields": list(fields), "managers": [by]}
        self.journal.append([Note(kind=Kind.DRIFT_FOUND, application=name, body=body)])

    def carries(self, name: str, ref: str, *added: str, overruled: tuple[str, ...] = ()) -> None:
        """An object holds what others added, `MANAGER PATH` each, or what the target sets otherwise."""
        if added:
            self.engine.kept[name].carrying |= {Ref.parse(ref)}
        entries = self.targets.entries_of.setdefault(name, {})
        entries[Ref.parse(ref)] = SimpleNamespace(uid="", added=added, overruled=overruled)

    def enters(self, name: str, *, is_admin: bool = False) -> str:
        """A user who has signed in, without a record of it; the answer is the secret of the session."""
        values = (name, f"plain {PASSWORD}", int(is_admin), stamp(self.clock.now()))
        self.store.execute("INSERT OR IGNORE INTO account VALUES (?, ?, ?, ?)", values)
        return self.access.sessions.begin(name)

    def stands(
        self,
        name: str,
        *,
        labels: Mapping[str, str] | None = None,
        project: str = "default",
        needs: tuple[str, ...] = (),
        **told: Any,
    ) -> None:
        """An application stands as it is told; one that is new comes with it."""
        told_of = SimpleNamespace(
            name=name,
            labels=labels or {},
            project=project,
            target="embedded",
            sources=(SourceSpec(),),
            depends_on=needs,
            render=None,
        )
        application = cast("Any", told_of)
        known = self.engine.kept.get(name)
        if known is None:
            self.engine.kept[name] = Kept(
                application=application, status=replace(status(name, clock=self.clock), **told)
            )
        else:
            known.status = replace(known.status, **told)

    @asynccontextmanager
    async def client(
        self, *, is_private: bool = True, who: str = "root", front: Front = NO_FRONT
    ) -> AsyncIterator["TestClient[Any, Any]"]:
        """A client of one listener: of the open one a browser, in which an administrator is signed in, or `who`."""
        headers: dict[str, str] = {}
        if not is_private and who:
            headers = browser(self.enters(who, is_admin=who == "root"))
        server = AsServed(application(self.parts, is_private=is_private, front=front))
        async with TestClient(server, headers=headers, cookie_jar=DummyCookieJar()) as client:
            yield client


def browser(session: str) -> dict[str, str]:
    """What a page of this server sends with a request."""
    return {"Cookie": f"{PLAIN_COOKIE}={session}", "Sec-Fetch-Site": "same-origin", "Trueline-Csrf": csrf_of(session)}


def bench(clock: Clock | None = None, hook_keys: HookKeys = NO_KEYS, repository: str = REPOSITORY) -> Bench:
    """A server with one application, `shop`; time stands still, but by another clock."""
    clock, hasher = clock or StillClock(), PlainHasher()
    store = Store.open(MEMORY, SCHEMA)
    journal = Journal(store, clock)
    history = History(store, journal, clock)
    engine, targets = FakeEngine(), _Targets()
    nothing = cast("Any", None)
    control = Control(
        ControlParts(
            engine=cast("Any", engine),
            fleet=nothing,
            desirer=nothing,
            targets=cast("Any", targets),
            history=history,
            holds=Holds(store, journal, clock),
            approvals=Approvals(store, journal, clock),
            journal=journal,
        )
    )
    made_of: list[Checked] = [Checked()]
    verification = Verification(journal, clock, lambda: made_of[-1])
    outbox, notifiers = Outbox(store, clock), list[Notifier]()
    notified = Notified(outbox, lambda: notifiers)
    answers = Answers(control, None, verification, clock, notified)
    feed = Feed(journal, clock, answers.standings)
    tally, process = Tally(cast("Any", engine), clock), StillProcess()
    made = Bench(
        engine=engine,
        parts=nothing,
        journal=journal,
        history=history,
        store=store,
        clock=cast("StillClock", clock),
        hasher=hasher,
        targets=targets,
        process=process,
        outbox=outbox,
        notifiers=notifiers,
        checks=made_of,
    )
    grants = grants_of(cast("Any", engine))
    access = access_of(store=store, journal=journal, clock=clock, grants=grants, hasher=hasher)
    pages = Pages(answers, feed, clock, repository)
    hooks = hooks_of(
        poke=engine.poke,
        keys=hook_keys,
        followed=lambda: followed_by(cast("Any", engine), repository, ""),
        clock=clock,
    )
    counts = Counts(
        engine=cast("Any", engine),
        tally=tally,
        process=process,
        renders=lambda: made.renders,
        renders_kept=lambda: made.renders_kept,
        requests=lambda: [Requests(cluster='a"b', sent=made.requests, answers=made.request_answers)],
        site_answers=lambda: list(made.site_answers.items()),
        deliveries=lambda: hooks.counts,
        notifiers=notified.figures,
        listeners=lambda: feed.listeners,
        events=lambda: feed.encoded,
        records=lambda: journal.head().sequence,
    )
    made.parts = ServerParts(
        answers=answers,
        access=access,
        feed=feed,
        counts=counts,
        pages=pages,
        hooks=hooks,
        is_writable=lambda: made.is_writable,
    )
    made.stands("shop", labels={"team": "web"})
    return made
