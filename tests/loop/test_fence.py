"""What a fence costs, and when it is told how far a fleet has come; who may go on, and who may not."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.loop.still_clock import StillClock
from trueline.loop.board import Board
from trueline.loop.chronicle import Entered
from trueline.loop.desired import Desired
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fence import ANCHOR_S, QUIET_S, RELEASE_S_MAX, Fenced, FenceKeeper
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Transient
from trueline.model.known import Known, Unknown
from trueline.runtime.task_group import TaskGroup
from trueline.target.fence import FenceRecord, Head, Order, Standing, Taken, Unfenced

OLD, NEW, LATER, AGREED = "a" * 40, "b" * 40, "e" * 40, "f" * 40


class _Fence(Unfenced):
    """A fence whose answers are told; it keeps what was left at it."""

    def __init__(self) -> None:
        self.records: Known[Mapping[str, FenceRecord]] | Unknown = Known({})
        self.answer = Taken.HELD
        self.names: set[str] = set()
        self.taker: FenceRecord | None = None
        self.told: list[tuple[str, Standing]] = []
        self.released: list[str] = []
        self.hangs = False
        self.is_told = True

    @property
    def held(self) -> frozenset[str]:
        return frozenset(self.names)

    def taken_by(self, application: str) -> FenceRecord | None:
        return self.taker if self.taker and self.taker.application == application else None

    async def look(self) -> Known[Mapping[str, FenceRecord]] | Unknown:
        return self.records

    async def take(self, application: str, standing: Standing) -> Taken:
        if self.answer is Taken.HELD and application not in self.names:
            self.names.add(application)
            self._keep(application, standing)
        return self.answer

    async def holds(self, application: str) -> bool:
        return application in self.names

    async def tell(self, application: str, standing: Standing) -> bool:
        self.told.append((application, standing))
        if self.is_told:
            self._keep(application, standing)
        elif self.taker is not None:
            self.names.discard(application)
        return self.is_told

    def _keep(self, application: str, standing: Standing) -> None:
        record = FenceRecord(application=application, holder="me", since="now", standing=standing)
        known = self.records.value if isinstance(self.records, Known) else {}
        self.records = Known({**known, application: record})

    async def release(self, application: str, standing: Standing) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        self.released.append(application)


class _Books:
    """Chronicle and ledger, as far as a fence asks them."""

    def __init__(self) -> None:
        self.newest, self.count, self.head = OLD, 1, Head(sequence=10, digest="d10")
        self.known: set[int] = {0, 10}
        self.met: set[str] = set()
        self.agreements: dict[tuple[str, str], tuple[str, ...]] = {}
        self.witnessed: list[Head] = []
        self.doubted: list[tuple[str, str]] = []
        self.turns: dict[str, str] = {}
        self.is_believed = True
        self.said: dict[str, Entered] = {}
        self.seen = [OLD, NEW, LATER]

    def entered(self, _: str, application: str) -> Entered:
        return self.said.get(application, Entered())

    def enter(self, _: str, application: str, entered: Entered) -> None:
        self.said[application] = entered

    def is_later(self, commit: str, than: str) -> bool:
        return commit in self.seen and (than not in self.seen or self.seen.index(commit) > self.seen.index(than))

    def generation(self, _: str) -> int:
        return self.count

    def catch_up(self, _: str, generation: int) -> None:
        self.count = max(self.count, generation)

    def knows(self, head: Head) -> bool:
        return head.sequence in self.known

    def has_met(self, _: str, __: str, head: Head) -> bool:
        return head.digest in self.met

    def meet(self, _: str, __: str, head: Head) -> None:
        self.met.add(head.digest)

    def agreed(self, _: str, application: str, head: Head) -> tuple[str, ...]:
        return self.agreements.get((application, head.digest), ())

    def witness(self, head: Head) -> None:
        self.witnessed.append(head)

    def turn(self, _: str, application: str) -> str:
        return self.turns.get(application, "")

    def begin_turn(self, _: str, application: str, since: str) -> None:
        self.turns[application] = since

    def doubt(self, application: str, target: str) -> bool:
        self.doubted.append((application, target))
        return self.is_believed


class _World:
    """One keeper and one target."""

    def __init__(self) -> None:
        self.clock, self.books, self.fence = StillClock(), _Books(), _Fence()
        self.doubt: Diagnostic | None = None
        self.doubts: set[tuple[str, str]] = set()
        self.approved: set[str] = set()
        self.lineages = 0
        self.board = Board(self.clock)
        self.look(NEW)
        fleet = SimpleNamespace(lineage=self._lineage, look_back=self._look_back)
        approvals = SimpleNamespace(is_approved=lambda commit: commit in self.approved)
        given = SimpleNamespace(clock=self.clock, chronicle=self.books, fleet=fleet, approvals=approvals)
        self.keeper = FenceKeeper(cast("EngineParts", given), self.board)
        target = SimpleNamespace(name="prod")
        self.parts = cast("Parts", SimpleNamespace(target=target, fence=self.fence, ledger=self.books))

    async def _lineage(self, before: str, found: Any) -> Diagnostic | None:
        self.lineages += 1
        return doubt("TL0131") if (before, found.commit) in self.doubts else self.doubt

    async def _look_back(self, commit: str) -> Any:
        return SimpleNamespace(revision=SimpleNamespace(commit=commit))

    def aim(self, name: str = "shop", commit: str = NEW, run: str = "as before", *, is_return: bool = False) -> Desired:
        application = SimpleNamespace(name=name)
        return cast("Desired", SimpleNamespace(application=application, commit=commit, run=run, is_return=is_return))

    def look(self, commit: str) -> None:
        """Git says this now."""
        self.board.look = cast("Any", SimpleNamespace(revision=SimpleNamespace(commit=commit)))

    async def write(self, name: str = "shop") -> None:
        """A pass that has something to write."""
        fence = await self.keeper.admit(self.parts, self.aim(name), is_asked=False)
        await fence.enter()
        await fence.check()

    async def pass_s(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        for _ in range(20):
            await asyncio.sleep(0)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        async with TaskGroup() as group:
            task = group.create_task(self.keeper.keep())
            yield
            task.cancel()


def record(name: str = "shop", *, commit: str = OLD, generation: int = 1, head: int = 10) -> FenceRecord:
    order = Order(generation=generation, commit=commit)
    standing = Standing(order=order, head=Head(sequence=head, digest=f"d{head}"))
    return FenceRecord(application=name, holder="other", since="then", standing=standing)


async def test_told_once_it_was_quiet() -> None:
    """The first write says it with the taking; later ones wait for a minute without any."""
    world = _World()
    async with world.kept():
        await world.write()
        await world.pass_s(QUIET_S * 2)
        assert world.fence.told == []
        for _ in range(5):
            await world.write()
            await world.pass_s(QUIET_S / 2)
            assert world.fence.told == []
        await world.pass_s(QUIET_S)
        assert [name for name, _ in world.fence.told] == ["shop"]
        await world.pass_s(QUIET_S * 3)
        assert len(world.fence.told) == 1


async def test_a_commit_is_told_before_it_is_written() -> None:
    """INV-12: whoever takes the fence from then on knows how far it had come; the same commit is told once."""
    world = _World()
    await world.write()
    world.books.newest, world.books.count = NEW, 2
    await world.write()
    assert world.fence.told == []
    world.look(LATER)
    await world.keeper.enter(world.parts, world.aim(commit=LATER))
    assert [standing.order for _, standing in world.fence.told] == [Order(generation=3, commit=LATER)]


async def test_each_application_has_its_own_commit() -> None:
    """INV-12: what was begun with for one says nothing of another, which is where its own last commit left it."""
    world = _World()
    await world.write("blog")
    world.books.newest = NEW
    await world.keeper.enter(world.parts, world.aim(commit=OLD))
    looked = await world.fence.look()
    assert isinstance(looked, Known)
    assert {name: one.standing.order.commit for name, one in looked.value.items()} == {"blog": NEW, "shop": OLD}


@pytest.mark.parametrize(
    ("run", "left"), [("as before", NEW), ("other", OLD)], ids=["what it rendered to", "something else"]
)
async def test_what_a_start_goes_on_from_does_not_take_the_fence_back(run: str, left: str) -> None:
    """INV-12: what is aimed at was declared first by an older commit, and by the one at the fence, too."""
    world = _World()
    await world.write()
    world.look(LATER)
    await world.keeper.enter(world.parts, world.aim(commit=OLD, run=run))
    looked = await world.fence.look()
    assert isinstance(looked, Known)
    assert looked.value["shop"].standing.order.commit == left
    assert len(world.fence.told) == (left != NEW)


async def test_whoever_goes_back_leaves_the_fence_where_it_is() -> None:
    """INV-12: a rollback is a word for this process alone: another one that is behind is told of what it left."""
    world = _World()
    await world.write()
    said = dict(world.books.said)
    await world.keeper.enter(world.parts, world.aim(commit=OLD, run="other", is_return=True))
    assert (world.fence.told, world.books.said) == ([], said)


async def test_a_heal_of_what_ran_before_comes_no_further() -> None:
    """While a newer commit waits for a person, nothing of it is at the fence, nor in the books."""
    world = _World()
    world.fence.records, world.books.turns["shop"] = Known({"shop": record()}), "then"
    fence = await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    await fence.enter(is_begun=False)
    looked = await world.fence.look()
    assert isinstance(looked, Known)
    assert looked.value["shop"].standing.order == Order(generation=1, commit=OLD)
    assert world.books.said == {}


@pytest.mark.parametrize(
    ("found", "turn", "is_believed", "is_planned_anew"),
    [
        (record(), "before", True, True),
        (record(), "", True, True),
        (None, "then", True, True),
        (record(), "before", False, False),
        (record(), "then", True, False),
        (None, "", True, False),
    ],
    ids=[
        "another's turn",
        "a first one",
        "a fence that is gone",
        "nothing to doubt",
        "our own turn",
        "the first of all",
    ],
)
async def test_after_another_ones_turn_it_is_planned_anew(
    found: FenceRecord | None, turn: str, *, is_believed: bool, is_planned_anew: bool
) -> None:
    """INV-12: what our books say was applied last may be older than what runs, and nothing is held to it."""
    world = _World()
    world.books.turns["shop"], world.books.is_believed = turn, is_believed
    world.fence.records = Known({"shop": found} if found else {})
    pass_fence = await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    if is_planned_anew:
        with pytest.raises(Transient, match="it changed meanwhile"):
            await pass_fence.enter()
    await (await world.keeper.admit(world.parts, world.aim(), is_asked=False)).enter()
    assert world.books.turns["shop"] == "now", "the next start goes on from here"
    assert world.books.doubted == ([("shop", "prod")] if (found.since if found else "") != turn else [])


@pytest.mark.parametrize("is_lost", [True, False])
async def test_nothing_is_written_of_a_commit_that_could_not_be_told(*, is_lost: bool) -> None:
    """INV-12, INV-13: the fence is another one's by now, or nobody can say; neither time it is written."""
    world = _World()
    await world.write()
    world.fence.is_told, said = False, dict(world.books.said)
    world.fence.taker = record("shop") if is_lost else None
    with pytest.raises(Fenced if is_lost else Transient):
        await world.keeper.enter(world.parts, world.aim(commit=LATER, run="other"))
    assert world.books.said == said


async def test_told_each_hour_where_it_is_never_quiet() -> None:
    world = _World()
    async with world.kept():
        await world.write()
        world.books.newest, world.books.count = NEW, 2
        for _ in range(int(ANCHOR_S / QUIET_S) + 2):
            await world.write()
            await world.pass_s(QUIET_S * 0.9)
            world.books.head = Head(sequence=world.books.head.sequence + 1, digest="d")
        for _ in range(int(ANCHOR_S / QUIET_S / 4)):
            await world.write()
            await world.pass_s(QUIET_S * 0.9)
        assert len(world.fence.told) == 1


async def test_the_journal_is_anchored_once_an_hour_for_all() -> None:
    """One request an hour and target where the journal has grown; an idle fleet asks nothing."""
    world = _World()
    async with world.kept():
        for name in ("shop", "blog", "docs"):
            await world.write(name)
        await world.pass_s(ANCHOR_S * 1.1)
        await world.pass_s(ANCHOR_S * 1.1)
        assert world.fence.told == []
        world.books.head = Head(sequence=11, digest="d11")
        await world.pass_s(ANCHOR_S * 1.1)
        await world.pass_s(ANCHOR_S * 1.1)
        assert [(name, told.head.sequence) for name, told in world.fence.told] == [("blog", 11)]


async def test_all_are_given_back_at_the_end() -> None:
    world = _World()
    for name in ("shop", "blog"):
        await world.write(name)
    await world.keeper.release()
    assert sorted(world.fence.released) == ["blog", "shop"]


async def test_the_end_waits_for_no_silent_cluster() -> None:
    """INV-34: a cluster that does not answer holds nobody for long."""
    world = _World()
    await world.write()
    world.fence.hangs = True
    assert RELEASE_S_MAX < 5.0, "an end is promised within five seconds, whatever the machine does besides"
    async with asyncio.timeout(60):
        await world.keeper.release()
    assert world.fence.released == []


async def refused(world: _World, aim: Desired | None = None, *, is_asked: bool = False) -> tuple[str, bool]:
    """The code that a pass is refused with, and whether it may pass."""
    with pytest.raises(Fenced) as error:
        await world.keeper.admit(world.parts, aim or world.aim(), is_asked=is_asked)
    return error.value.diagnostics[0].code, error.value.is_passing


async def test_taken_by_another() -> None:
    """INV-13: before a pass, at its first write, and before each of its stages."""
    world = _World()
    world.fence.taker = record()
    assert await refused(world) == ("TL1901", False)
    world.fence.taker = None
    fence = await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    world.fence.answer, world.fence.taker = Taken.LOST, record()
    with pytest.raises(Fenced):
        await fence.enter()
    with pytest.raises(Fenced):
        await fence.check()


@pytest.mark.parametrize("answer", [Taken.MOVED, Taken.UNKNOWN])
async def test_what_cannot_be_told_is_tried_again(answer: Taken) -> None:
    world = _World()
    world.fence.answer = answer
    fence = await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    with pytest.raises(Transient):
        await fence.enter()
    with pytest.raises(Transient):
        await fence.check()


async def test_a_silent_target_is_no_free_one() -> None:
    """INV-04."""
    world = _World()
    world.fence.records = Unknown("no answer")
    with pytest.raises(Transient):
        await world.keeper.admit(world.parts, world.aim(), is_asked=False)


def doubt(code: str) -> Diagnostic:
    return Diagnostic(code=code, summary="s", detail="d", remedy="r")


async def test_older_than_the_fence() -> None:
    """INV-12: what does not follow the fence's commit waits for a person; what cannot be told may pass."""
    world = _World()
    world.fence.records = Known({"shop": record(commit="c" * 40)})
    world.doubt = doubt("TL0131")
    assert await refused(world) == ("TL1902", False)
    world.doubt = doubt("TL0137")
    assert await refused(world) == ("TL1902", True)
    await world.keeper.admit(world.parts, world.aim(), is_asked=True)
    world.approved = {NEW}
    await world.keeper.admit(world.parts, world.aim(), is_asked=False)


async def test_what_follows_an_agreed_commit_is_not_asked_again() -> None:
    """INV-12: somebody agreed to leave what the fence says. That speaks for what follows, and for no other line."""
    world = _World()
    world.fence.records = Known({"shop": record(commit="c" * 40)})
    world.doubts = {("c" * 40, NEW), (LATER, NEW)}
    assert await refused(world) == ("TL1902", False)
    world.books.agreements["shop", "d10"] = (LATER, AGREED)
    await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    other = _World()
    other.fence.records, other.books.agreements = world.fence.records, world.books.agreements
    other.doubts = {*world.doubts, (AGREED, NEW)}
    assert await refused(other) == ("TL1902", False), "another line"
    assert other.books.met == set(), "its own journal's end is no news"


async def test_a_fence_that_came_while_we_ran_is_met_when_it_is_in_the_way() -> None:
    """INV-26: from then on it is told apart who agreed after it; what is written here may be older than the objects."""
    world = _World()
    await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    world.fence.records = Known({"shop": record(commit="c" * 40, head=11)})
    world.doubt = doubt("TL0131")
    for _ in range(2):
        assert await refused(world) == ("TL1902", False)
    assert (world.books.met, world.books.doubted) == ({"d11"}, [("shop", "prod")])


async def test_lineage_is_asked_once_and_only_where_it_matters() -> None:
    """A restart of the same process's data asks nothing: what stands at the fence was said by it."""
    world = _World()
    world.books.said["shop"] = Entered(commit=OLD, run="as before")
    world.fence.records = Known({"shop": record(), "blog": record("blog", commit="c" * 40)})
    for _ in range(3):
        await world.keeper.admit(world.parts, world.aim(), is_asked=False)
        await world.keeper.admit(world.parts, world.aim("blog"), is_asked=False)
    assert world.lineages == 1


async def test_what_another_process_said_last_is_compared() -> None:
    """INV-12: to have begun with the newest commit for others does not let an application through that is behind."""
    world = _World()
    world.books.newest, world.books.said["shop"] = NEW, Entered(commit=OLD, run="as before")
    world.fence.records = Known({"shop": record(commit=NEW)})
    world.doubts = {(NEW, OLD)}
    assert await refused(world, world.aim(commit=OLD)) == ("TL1902", False)


@pytest.mark.parametrize(
    ("seen", "commit", "run", "is_let"),
    [
        ([NEW], NEW, "other", True),
        ([], OLD, "as before", True),
        ([], OLD, "other", False),
        ([OLD, LATER], OLD, "other", False),
        ([LATER, NEW], NEW, "other", True),
    ],
    ids=[
        "followed since a start",
        "the same content",
        "older, without Git",
        "older, followed before",
        "followed after",
    ],
)
async def test_what_it_said_last_itself_is_no_proof(seen: list[str], commit: str, run: str, *, is_let: bool) -> None:
    """INV-12: it may have lost Git since, and with it what it had begun with; what it followed after that goes on."""
    world = _World()
    world.books.seen, world.books.said["shop"] = seen, Entered(commit=LATER, run="as before")
    world.fence.records = Known({"shop": record(commit=LATER)})
    world.doubts = {(LATER, OLD), (LATER, NEW)}
    aim = world.aim(commit=commit, run=run)
    if is_let:
        await world.keeper.admit(world.parts, aim, is_asked=False)
    else:
        assert await refused(world, aim) == ("TL1902", False)


@pytest.mark.parametrize(
    ("found", "is_behind"),
    [(record(), False), (record(generation=2), True), (record(head=11), True), (record(generation=0, head=0), False)],
    ids=["as left", "a later revision", "a record that is not known", "nothing said"],
)
async def test_books_that_are_older_than_the_fence(found: FenceRecord, is_behind: bool) -> None:
    """INV-26: what a backup says of objects is not believed before each was looked at; told once, and done once."""
    world = _World()
    world.fence.records = Known({"shop": found, "docs": record("docs")})
    for _ in range(2):
        await world.keeper.admit(world.parts, world.aim(), is_asked=False)
    assert world.books.doubted == ([("shop", "prod")] if is_behind else [])
    assert [note.code for note in world.keeper.notes] == (["TL1905"] if is_behind else [])
    assert [head.sequence for head in world.books.witnessed] == ([found.standing.head.sequence] if is_behind else [])
    again = _World()
    again.books, again.fence.records = world.books, world.fence.records
    again.parts = cast("Parts", SimpleNamespace(target=world.parts.target, fence=again.fence, ledger=world.books))
    again.keeper._parts = world.keeper._parts  # noqa: SLF001 - the same books, another life
    await again.keeper.admit(again.parts, again.aim(), is_asked=False)
    assert len(world.books.doubted) == is_behind
