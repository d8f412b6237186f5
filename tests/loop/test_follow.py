"""When Git is looked at: each interval, and when somebody says so; for whom, where that is said."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from tests.loop.still_clock import StillClock
from trueline.loop.board import Board
from trueline.loop.fleet import Look
from trueline.loop.follow import GitFollower
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Transient, UserError
from trueline.runtime.store import StoreFull
from trueline.runtime.task_group import TaskGroup


class Looking(GitFollower):
    """A follower that remembers what it looked at, and for whom."""

    def __init__(self, *, has_look: bool = True) -> None:
        self.clock, self.looked = StillClock(), list[object]()
        parts: Any = SimpleNamespace(clock=self.clock, interval_s=30.0)
        look: Any = SimpleNamespace() if has_look else None
        self.board = Board(self.clock)
        self.board.look = look
        super().__init__(parts, self.board, lambda _: None)

    async def follow_once(self) -> None:
        """The whole look."""
        self.looked.append("all")

    async def _look_at(self, look: Look, names: frozenset[str]) -> None:
        self.looked.append(names)


async def settle() -> None:
    """Let everybody who can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_is_named_is_looked_at_and_the_interval_goes_on() -> None:
    """Frequent pushes to one source do not put off the look at the fleet repository."""
    follower = Looking()
    async with TaskGroup() as group:
        task = group.create_task(follower.follow())
        await settle()
        for _ in range(4):
            follower.clock.pass_s(7.0)
            follower.poke({"shop"})
            await settle()
        assert follower.looked == ["all", *[frozenset({"shop"})] * 4]
        follower.clock.pass_s(2.0)
        await settle()
        assert follower.looked[5:] == ["all"]
        task.cancel()


async def test_pokes_at_once_are_one_look_at_all_whom_they_name() -> None:
    follower = Looking()
    async with TaskGroup() as group:
        task = group.create_task(follower.follow())
        await settle()
        follower.poke({"shop"})
        follower.poke({"till"})
        await settle()
        follower.poke({"shop"})
        follower.poke()
        follower.poke({"till"})
        await settle()
        follower.poke(set())
        await settle()
        assert follower.looked == ["all", frozenset({"shop", "till"}), "all", frozenset()]
        task.cancel()


async def test_before_anything_is_known_everything_is_looked_at() -> None:
    follower = Looking(has_look=False)
    async with TaskGroup() as group:
        task = group.create_task(follower.follow())
        await settle()
        follower.poke({"shop"})
        await settle()
        assert follower.looked == ["all", "all"]
        task.cancel()


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a look has of its source, as far as a fall back asks."""

    signer: Any = None
    source: Any = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A look at a commit, as far as a fall back asks."""

    revision: Any
    declared: Any = field(default_factory=lambda: SimpleNamespace(targets=()))
    ground: Ground = field(default_factory=Ground)


@pytest.mark.parametrize("is_here", [True, False])
async def test_a_start_without_git_goes_on_from_what_was_begun_with_last_or_from_nothing(is_here: bool) -> None:
    """INV-12: what was True before that is here too, and is older than what somebody had begun to write."""
    asked: list[str] = []

    class Away:
        async def poll(self) -> Any:
            raise Transient([Diagnostic(code="TL0115", summary="Git is away", detail="", remedy="it is tried again")])

        async def look_back(self, commit: str) -> Any:
            asked.append(commit)
            if commit == "newest" and not is_here:
                raise UserError([Diagnostic(code="TL0130", summary="it is no commit", detail="", remedy="look at it")])
            return Seen(revision=SimpleNamespace(commit=commit))

        async def kept(self) -> tuple[str, ...]:
            return ("older",)

    parts: Any = SimpleNamespace(
        clock=StillClock(),
        interval_s=30.0,
        fleet=Away(),
        chronicle=SimpleNamespace(newest="newest"),
        verifier=SimpleNamespace(signer_of=lambda _: None),
        targets=SimpleNamespace(declare=lambda _: None),
    )
    board = Board(StillClock())

    class Follower(GitFollower):
        async def _desire_all(self, look: Any, names: Any = None) -> None:
            pass

    await Follower(parts, board, lambda _: None).follow_once()
    assert asked == ["newest"]
    assert (board.look.revision.commit if board.look else "") == ("newest" if is_here else "")


async def test_what_could_not_be_written_down_is_not_followed() -> None:
    """INV-12: else what is followed would excuse, at the next look, what leads elsewhere than what was begun with."""

    async def learn(*_: object) -> None:
        """Nobody signed it."""

    def see(*_: object) -> None:
        raise StoreFull([])

    class Trusting(Looking):
        async def _doubt(self, *_: object) -> None:
            """Whatever comes is followed."""

    follower = Trusting()
    parts: Any = SimpleNamespace(
        verifier=SimpleNamespace(learn=learn), chronicle=SimpleNamespace(see=see), clock=follower.clock
    )
    follower._parts, follower._followed = parts, "before"  # noqa: SLF001 - what the next look compares with
    look: Any = Seen(revision=SimpleNamespace(commit="after"))
    with pytest.raises(StoreFull):
        await follower._advance(look, SimpleNamespace())  # type: ignore[arg-type]  # noqa: SLF001 - as above
    assert follower._followed == "before"  # noqa: SLF001 - as above
    assert follower.board.look is not look
