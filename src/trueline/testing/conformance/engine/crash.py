"""Promise 10 through the engine: it dies at the n-th effect, for every n, once and twice, and converges."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from trueline.loop.status import Sync
from trueline.record.history import DeploymentResult
from trueline.record.schema import SCHEMA
from trueline.runtime.http import Request
from trueline.runtime.store import MEMORY, Store
from trueline.target.inventory import EntryState
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.engine.case import named_case
from trueline.testing.conformance.engine.sample import config_map, secret
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

Arm: TypeAlias = Callable[[World, "Fuse"], None]
EFFECTS_MAX = 60
"""More than any of these runs has; one that never ends is a failure."""


class Died(BaseException):
    """The process ends here; what comes after in it does not happen."""


class Fuse:
    """Burns down by one with each effect; at nothing the process dies. `None`: it does not burn."""

    def __init__(self) -> None:
        self.left: int | None = None

    def burn(self) -> None:
        """One effect."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Died


class _Mortal(sqlite3.Connection):
    """A database whose commits are effects."""

    before: Fuse | None = None
    after: Fuse | None = None

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run it; a commit may be the last thing that happens, or just not happen."""
        is_commit = sql == "COMMIT"
        if is_commit and self.before is not None:
            self.before.burn()
        found = super().execute(sql, parameters)
        if is_commit and self.after is not None:
            self.after.burn()
        return found


def _writes_before(world: World, fuse: Fuse) -> None:
    world.weather.before = lambda request: _burn(fuse, request)


def _writes_after(world: World, fuse: Fuse) -> None:
    world.weather.after = lambda request: _burn(fuse, request)


def _burn(fuse: Fuse, request: Request) -> None:
    if is_write(request):
        fuse.burn()


def _commits(*, is_late: bool) -> Arm:
    def arm(world: World, fuse: Fuse) -> None:
        class Mortal(_Mortal):
            before = None if is_late else fuse
            after = fuse if is_late else None

        world.store = Store.open(MEMORY, SCHEMA, factory=Mortal)

    return arm


EFFECTS: dict[str, Arm] = {
    "before_a_write": _writes_before,
    "after_a_write": _writes_after,
    "before_a_commit": _commits(is_late=False),
    "after_a_commit": _commits(is_late=True),
}


@asynccontextmanager
async def survived(world: World) -> AsyncIterator[list[bool]]:
    """An engine that may die inside; the list tells afterwards whether it did."""
    died: list[bool] = []
    try:
        async with world.started():
            yield died
    except BaseExceptionGroup as group:
        _, others = group.split(Died)
        if others is not None:
            raise
        died.append(True)
    except Died:
        died.append(True)


async def _run(world: World) -> bool:
    """The engine goes as far as it can; whether it died on the way."""
    async with survived(world) as died:
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
    return bool(died)


def _row(name: str, arm: Arm, deaths: int) -> None:
    async def run(world: World) -> None:
        fuse = Fuse()
        arm(world, fuse)
        for n in range(EFFECTS_MAX):
            if not await _round(world, fuse, n, deaths):
                expect_that(n > 2)  # noqa: PLR2004 - it has died at least at an intent, an act and an outcome
                return
        raise AssertionError("it never came to its end without dying")

    named_case(f"crash_{name}_{'once' if deaths == 1 else 'twice'}", run, is_long=deaths > 1)


async def _round(world: World, fuse: Fuse, n: int, deaths: int) -> bool:
    """One change of everything, with deaths at the n-th effect; whether it died at all."""
    changed, made, left = f"changed-{n % 2}", f"made-{n}", f"made-{n - 1}"
    settings = config_map("settings", {"a": str(n)})
    world.declare("shop", settings, config_map(made), config_map(changed), secret("access", {"k": f"v{n}"}))
    world.commit()
    has_died = False
    for _ in range(deaths):
        fuse.left = n
        has_died = await _run(world) or has_died
    fuse.left = None
    expect(await _run(world), False)  # noqa: FBT003 - nothing can die now
    expect((await world.live(settings))["data"], {"a": str(n)})
    expect_that(await world.live(config_map(made)))
    expect(await world.live(config_map(left)), {})
    await _expect_books(world, made)
    return has_died


async def _expect_books(world: World, made: str) -> None:
    """Inventory, history and journal say what is so; once more changes nothing."""
    entries = world.ledger.inventory("shop", "cluster").entries
    expect({entry.state for entry in entries.values()}, {EntryState.APPLIED})
    expect(len(entries), 4)
    expect_that(world.entry(made))
    expect([d.result for d in world.history.history("shop", 1)], [DeploymentResult.DONE])
    expect(world.journal.verify(), ())
    world.weather.seen = []
    expect(await _run(world), False)  # noqa: FBT003 - as above
    expect([r.path for r in world.weather.seen if is_write(r)], [])


for _name, _arm in EFFECTS.items():
    for _deaths in (1, 2):
        _row(_name, _arm, _deaths)
