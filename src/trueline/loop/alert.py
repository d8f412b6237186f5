"""The engine and its journal, as Notifiers are shown them: once a second, beside the loop and never in its way.

It reads what stands and decides nothing about any application. What goes wrong here is a note of the fleet.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from trueline.drift.drift import DriftKind
from trueline.loop.bug import own_fault
from trueline.loop.engine import Engine
from trueline.loop.kept import Kept
from trueline.loop.standing import is_known
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault
from trueline.notify.condition import Sight
from trueline.notify.courier import Courier
from trueline.notify.notifier import Forge, Notifier
from trueline.notify.teller import Teller, World
from trueline.notify.trouble import given_up, idle, undelivered
from trueline.record.history import History
from trueline.record.outbox import Outbox
from trueline.runtime.clock import Clock
from trueline.runtime.task_group import TaskGroup

PAUSE_S: Final = 1.0
DRIFTS_MAX: Final = 5
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABOUT: Final = frozenset({Sync.BLOCKED, Sync.PARTLY, Sync.WAITING})


class Alerts:
    """Shows everything to the teller, and has the courier deliver. `address` is where people find the page."""

    def __init__(  # noqa: PLR0913 - what it looks at, and who tells
        self,
        *,
        engine: Engine,
        history: History,
        outbox: Outbox,
        teller: Teller,
        courier: Courier,
        clock: Clock,
        address: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._history = history
        self._outbox = outbox
        self._teller = teller
        self._courier = courier
        self._clock = clock
        self._address = address
        self._notifiers: dict[str, Notifier] = {}
        self._looked: object = None
        self._has_forges = False
        self._about: dict[str, tuple[tuple[str, str], bool]] = {}
        engine.tellers.append(lambda: self.notes)
        self.notes: tuple[Diagnostic, ...] = ()
        """What is told of the Notifiers themselves."""

    @property
    def notifiers(self) -> tuple[Notifier, ...]:
        """Those that count now, by name: what Git declares, and of what is broken there what it said before."""
        return tuple(self._notifiers[name] for name in sorted(self._notifiers))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """People are told while the block runs; what is not delivered by its end is, after the next start."""
        async with TaskGroup() as group:
            self._courier.begin(group)
            looking = group.create_task(self._run())
            try:
                yield
            finally:
                looking.cancel()
                self._courier.end()
        await self._courier.close()

    async def _run(self) -> None:
        while True:
            await self.look()
            await self._clock.sleep(PAUSE_S)

    async def look(self) -> None:
        """One look. A full disk, or a bug of ours, is told and tried again (INV-30)."""
        try:
            await self._declare()
            world = self._world()
            if self._notifiers:
                self._teller.look(tuple(self._notifiers.values()), world)
                self._courier.look()
            self.notes = self._notes(world)
        except Fault as fault:
            self.notes = fault.diagnostics
        except Exception as error:  # noqa: BLE001 - as above
            self.notes = (own_fault("the Notifiers", error),)

    def _notes(self, world: World) -> tuple[Diagnostic, ...]:
        if not self._notifiers:
            return ()
        notifiers = self._notifiers.values()
        waits, lost = undelivered(self._outbox.heads()), given_up(self._outbox.losses())
        return (*waits, *lost, *(() if world.is_blind else idle(notifiers, world.sights)))

    async def _declare(self) -> None:
        """What Git declares now; one that is broken says what it said before, and is not forgotten."""
        look = self._engine.look
        if look is None or look is self._looked:
            return
        declared = look.declared
        kept = {name: one for name, one in self._notifiers.items() if declared.keeps(name, one.origin.path)}
        self._notifiers = kept | {one.name: one for one in declared.notifiers}
        services = {(one.name, name): spec for one in self._notifiers.values() for name, spec in one.services.items()}
        self._has_forges = any(isinstance(spec, Forge) for spec in services.values())
        await self._courier.declare(services)
        gone = [name for name in self._outbox.names() if name not in self._notifiers]
        if not declared.broken:
            for name in gone:
                self._outbox.forget(name)
            self._teller.forget(gone)
        for one in declared.notifiers:
            self._outbox.forget(one.name, tuple(one.services))
        self._looked = look

    # ---- how everything stands ---------------------------------------------------------------------------------------

    def _world(self) -> World:
        look, kept = self._engine.look, self._engine.kept
        commit = look.revision.commit if look is not None else ""
        commit = commit if self._has_forges and _COMMIT.fullmatch(commit) else ""
        return World(
            sights=tuple(_sight(one) for _, one in sorted(kept.items())),
            problems=tuple((one.code, one.line) for one in self._engine.problems),
            commit=commit,
            current=frozenset(name for name, one in kept.items() if _is_current(one, commit)),
            touched=frozenset(name for name, one in kept.items() if self._is_about(name, one, commit)),
            is_blind=look is None,
            url=self._address(),
        )

    def _is_about(self, name: str, kept: Kept, commit: str) -> bool:
        """Whether a commit changes anything for an application, or cannot; the history is asked once for each end."""
        if not commit:
            return False
        if kept.failure or kept.is_due or kept.status.sync in _ABOUT:
            return True
        key = commit, kept.applied
        known = self._about.get(name)
        if known is None or known[0] != key:
            last = next(iter(self._history.history(name, 1)), None)
            known = self._about[name] = (key, last is not None and last.revision == commit)
        return known[1]


def _is_current(kept: Kept, commit: str) -> bool:
    """Whether a whole pass has brought about what the commit says."""
    aim = kept.aim
    return (
        aim is not None
        and aim.commit == commit
        and not kept.is_due
        and bool(kept.applied)
        and kept.applied == aim.revision
    )


def _sight(kept: Kept) -> Sight:
    status = kept.status
    drifts = [drift for drift in kept.last.left if drift.kind is not DriftKind.ADDED] if kept.last else []
    more = f"and {len(drifts) - DRIFTS_MAX} more"
    return Sight(
        application=status.application,
        labels=kept.application.labels,
        project=kept.application.project,
        sync=status.sync.value,
        health=status.health,
        message=status.message,
        health_message=status.health_message,
        revision=status.revision,
        wanted=status.wanted,
        problem=next((one.code for one in status.problems), ""),
        plan=status.plan,
        drifts=(*map(str, drifts[:DRIFTS_MAX]), *((more,) if len(drifts) > DRIFTS_MAX else ())),
        since=status.since,
        is_known=is_known(kept),
    )
