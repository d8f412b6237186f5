"""What a watch saw wakes whoever it concerns; what cannot be judged yet waits for its outcome, and wakes nobody."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from tests.loop.still_clock import StillClock
from tests.loop.test_reconcile import desired
from trueline.drift.drift import Drift, DriftKind
from trueline.loop.board import Board
from trueline.loop.parts import Parts
from trueline.loop.sight import TargetFollower
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.target.inventory import Entry, EntryState
from trueline.target.protocol import Seen
from trueline.target.snapshot import Observed

REF = Ref("ConfigMap", "shop", "settings")
OPEN = Entry(
    ref=REF, state=EntryState.INTENDED, uid="u1", ours=Digest("o1"), promised=Digest("o2"), others=Digest("x1")
)
DONE = msgspec.structs.replace(OPEN, state=EntryState.APPLIED, ours=Digest("o2"))
TOUCHED = Observed(uid="u1", version="8", ours=Digest("o2"), others=Digest("x2"))
"""Our write, and somebody else's after it."""
ANOTHER = msgspec.structs.replace(DONE, uid="u0")
OTHERWISE = msgspec.structs.replace(TOUCHED, ours=Digest("o3"))


class Watched:
    """One application with one object, and whoever follows its target."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.board = Board(StillClock())
        self.board.keep(desired().application)
        self.follower = TargetFollower(self.board)

    @property
    def parts(self) -> Parts:
        """What is asked of a target: its books and what its watch says."""
        owners = SimpleNamespace(lookup=lambda *_: ("shop", self.entry))
        target = SimpleNamespace(name="prod", mark=lambda name: f"t1.{name}")
        return cast("Parts", SimpleNamespace(owners=owners, target=target, watcher=self))

    async def sightings(self) -> Any:
        """The object was seen once."""
        yield Seen(ref=REF, observed=TOUCHED)

    async def see(self) -> None:
        """Follow until the watch ends."""
        await self.follower._follow(self.parts)  # noqa: SLF001 - a watch that ends, which no real one does

    async def turn(self) -> frozenset[Ref] | None:
        """The turn that is due, which has to be: what it looks at."""
        assert not self.board.schedule.is_idle
        taken = await self.board.schedule.next()
        self.board.schedule.done(taken)
        return taken.focus


async def test_what_has_no_outcome_yet_wakes_nobody_after_a_pass() -> None:
    """INV-33: the pass that comes for an open outcome looks by itself; to wake one for that would never end."""
    watched = Watched(OPEN)
    await watched.see()
    assert watched.board.schedule.is_idle, "it shows what was promised"
    for _ in range(3):
        watched.follower.look_back(watched.parts, "shop")
        assert watched.board.schedule.is_idle
    watched.entry = DONE
    watched.follower.look_back(watched.parts, "shop")
    assert await watched.turn() == frozenset({REF})
    watched.follower.look_back(watched.parts, "shop")
    assert watched.board.schedule.is_idle, "it is told apart once"


@pytest.mark.parametrize(
    ("entry", "observed"),
    [
        (DONE, TOUCHED),
        (OPEN, msgspec.structs.replace(TOUCHED, ours=Digest("o3"))),
        (DONE, None),
        (msgspec.structs.replace(DONE, uid="u0"), TOUCHED),
    ],
    ids=["others", "not what was promised", "gone", "made again"],
)
async def test_what_is_not_as_it_was_left_is_looked_at(entry: Entry, observed: Observed | None) -> None:
    watched = Watched(entry)
    watched.follower._sight(watched.parts, Seen(ref=REF, observed=observed))  # noqa: SLF001 - one thing that a watch saw
    assert await watched.turn() == frozenset({REF})


@pytest.mark.parametrize(("kind", "is_over"), [(DriftKind.CHANGED, True), (DriftKind.ADDED, False)])
async def test_a_drift_that_is_left_is_over_when_it_is_seen_as_it_was_left(kind: DriftKind, *, is_over: bool) -> None:
    """INV-38: what was told of it is not true any more; what others added beside ours was seen, and is as it was."""
    watched = Watched(msgspec.structs.replace(DONE, others=Digest("x2")))
    seen = Seen(ref=REF, observed=TOUCHED)
    watched.follower._sight(watched.parts, seen)  # noqa: SLF001 - one thing that a watch saw
    assert watched.board.schedule.is_idle, "nothing was told of it"
    last: Any = SimpleNamespace(left=(Drift(ref=REF, kind=kind, fields=("data.a",), managers=("kubectl",)),))
    watched.board.kept["shop"].last = last
    watched.follower._sight(watched.parts, seen)  # noqa: SLF001 - as above
    assert watched.board.schedule.is_idle is not is_over


async def test_early_and_not_as_promised_wakes_once() -> None:
    """INV-33: it is woken for by the watch. A pass that leaves the outcome open is retried, and not woken for again."""
    watched = Watched(msgspec.structs.replace(OPEN, promised=Digest("o9")))
    await watched.see()
    assert await watched.turn() == frozenset({REF})
    for _ in range(3):
        watched.follower.look_back(watched.parts, "shop")
        assert watched.board.schedule.is_idle
