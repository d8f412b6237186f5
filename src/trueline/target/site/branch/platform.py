"""A branch as a platform: what stands on it is read from its tree, and every change is one commit on top of its tip.

History is appended to and never rewritten; a push that loses a race is `STALE`. Where the branch has not moved, one
question is all that is asked. What of the tree is not ours is carried along unread.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from trueline.model.fault import Fault
from trueline.runtime.blob import Blobs
from trueline.runtime.clock import Clock
from trueline.target.answer import Refusal
from trueline.target.site.branch import edit as editing
from trueline.target.site.branch.edit import Edit, InTheWay, Scene
from trueline.target.site.branch.identity import Identities
from trueline.target.site.branch.memory import Memory, Remembered
from trueline.target.site.branch.place import BranchPlace, hostile_to_git
from trueline.target.site.branch.refusal import gone, in_the_way, moved, refusing
from trueline.target.site.branch.repository import BranchRepository, Tip
from trueline.target.site.branch.sending import Sending
from trueline.target.site.branch.state import Damaged, State, read_state
from trueline.target.site.branch.stream import Commit
from trueline.target.site.branch.tree import Entry, Tree, shown
from trueline.target.site.platform import Look, Order, PlatformRefused, Published

STRANGERS_MAX = 1_000
_DIGEST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The branch as it was seen last. `state` says what of it is ours."""

    tip: Tip
    tree: Tree
    state: State | None
    look: Look


class BranchPlatform:
    """One branch of one repository, and a folder of it."""

    def __init__(
        self, place: BranchPlace, repository: BranchRepository, *, memory: Memory, blobs: Blobs, clock: Clock
    ) -> None:
        self._place = place
        self._repository = repository
        self._memory = memory
        self._blobs = blobs
        self._clock = clock
        self._seen: _Seen | None = None
        self._ids = Identities("", blobs, {})

    @property
    def order(self) -> Order:
        """The ref is the pointer."""
        return Order.ATOMIC

    async def look(self) -> Look:
        """What stands on the branch."""
        with refusing(str(self._place)):
            return (await self._see()).look

    async def try_publish(self, before: Look, after: Published) -> None:
        """What would stop it: strangers in the way, bytes that are no longer kept, no right to push."""
        with refusing(str(self._place)):
            seen = await self._expect(before)
            edit = self._decide(seen, after)
            if edit.is_empty:
                return
            kept = self._blobs.known(edit.writes.values())
            if missing := sorted(path for path, digest in edit.writes.items() if digest not in kept):
                raise gone(str(self._place), missing[0])
            await self._repository.try_push(seen.tip.algorithm)

    async def publish(self, before: Look, after: Published) -> None:
        """Make a release live: one commit, and one push of it."""
        with refusing(str(self._place)):
            seen = await self._expect(before)
            edit = self._decide(seen, after)
            message = f"{_name(after)}: release {after.release[:_DIGEST_SHOWN]}\n\n"
            message += f"Trueline-Application: {after.body.mark}\nTrueline-Release: {after.release}\n"
            await self._commit(seen, edit, message)

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        """Make files what they shall be: one commit for all of them."""
        with refusing(str(self._place)):
            seen = await self._see()
            state = self._of(seen, live)
            whole = paths if seen.tip.commit else _paths(state)  # a branch that is gone comes back as a whole release
            try:
                edit = editing.put_back(self._scene(seen.tree, seen.state), state, whole)
            except InTheWay as error:
                raise in_the_way(str(self._place), error) from None
            count = len(edit.writes)
            message = f"{_name(live)}: {count} {'file' if count == 1 else 'files'} put back\n"
            await self._commit(seen, edit, message)

    async def remove(self, live: Published) -> None:
        """Take away what is ours; the branch stays, and what others have on it."""
        with refusing(str(self._place)):
            seen = await self._see()
            if seen.state is None:
                return
            self._of(seen, live)
            if not seen.tip.commit:
                self._memory.write(Remembered())
                self._seen = None
                return
            edit = editing.remove(self._scene(seen.tree, seen.state))
            await self._commit(seen, edit, f"{_name(live)}: removed\n")

    # What is seen ---------------------------------------------------------------------------------------------------

    async def _see(self) -> _Seen:
        if self._repository.has_grown:
            await self._repository.forget()
            self._seen = None
        tip = await self._repository.tip()
        if self._seen is None or self._seen.tip != tip:
            try:
                self._seen = await self._read(tip)
            finally:
                await self._repository.rest()
        return self._seen

    async def _read(self, tip: Tip) -> _Seen:
        remembered = self._memory.read()
        self._ids = Identities(tip.algorithm, self._blobs, remembered.digests)
        if not tip.commit:
            return self._deleted(tip, remembered)
        try:
            tip, tree = await self._brought(tip)
        except Fault:  # of the other side, or of a copy that is broken: a new copy tells
            await self._repository.forget()
            tip, tree = await self._brought(tip)
        state, fault = await self._state(tree, remembered)
        seen = await self._looked(tip, tree, state, fault)
        self._remember(seen)
        return seen

    async def _brought(self, tip: Tip) -> tuple[Tip, Tree]:
        commit = await self._repository.bring(tip)
        return replace(tip, commit=commit), await self._repository.tree(commit)

    def _deleted(self, tip: Tip, remembered: Remembered) -> _Seen:
        """There is no such branch: all that was ours on it can be brought back, for nothing of others is there."""
        state = _state_or_none(remembered.state)
        pointer = f"the branch {self._place.branch} is gone" if state is not None else ""
        look = Look(published=state.published if state else None, pointer=pointer)
        return _Seen(tip=tip, tree={}, state=state, look=look)

    async def _state(self, tree: Tree, remembered: Remembered) -> tuple[State | None, str]:
        """What says what is ours, and what is wrong with it. A broken one is known from before, or it is refused."""
        entry = tree.get(self._place.state)
        if entry is None:
            return None, ""
        try:
            return read_state(await self._state_bytes(entry, remembered)), ""
        except Damaged as error:
            if (state := _state_or_none(remembered.state)) is not None:
                return state, f"{self._place.state} was changed, and cannot be read"
            message = f"{self._place}: {self._place.state} cannot be read ({error}): put back what stood there before"
            raise PlatformRefused(Refusal.DENIED, message) from None

    async def _state_bytes(self, entry: Entry, remembered: Remembered) -> bytes:
        if not entry.is_file:
            raise Damaged("it is no file")
        if remembered.state and self._ids.identify(remembered.state) == entry.identity:
            return remembered.state
        async for _, data in self._repository.read([entry.identity]):
            return data
        raise AssertionError("one was asked for")

    async def _looked(self, tip: Tip, tree: Tree, state: State | None, fault: str) -> _Seen:
        ours = self._scene(tree, state).ours()
        inside = (path for at in tree.keys() - ours if (path := self._place.path(at)) is not None)
        strangers = tuple(sorted(map(shown, inside))[:STRANGERS_MAX])
        if state is None:
            return _Seen(
                tip=tip, tree=tree, state=None, look=Look(published=None, strangers=strangers, version=tip.commit)
            )
        files = {path: entry for path in _paths(state) if (entry := tree.get(self._place.at(path))) and entry.is_file}
        await self._learn(state, files)
        digests = {path: digest for path, entry in files.items() if (digest := self._ids.digest(entry.identity))}
        absent = [path for path in state.extras if self._place.at(path) not in tree]
        look = Look(
            published=state.published,
            files=digests,
            pointer=fault or (f"{', '.join(absent)} is gone" if absent else ""),
            strangers=strangers,
            version=tip.commit,
        )
        return _Seen(tip=tip, tree=tree, state=state, look=look)

    async def _learn(self, state: State, files: dict[str, Entry]) -> None:
        """Know the digest of all that stands at our paths: from the bytes that we keep, or else from what is there."""
        unknown = set()
        for path, entry in files.items():
            if self._ids.digest(entry.identity) is None:
                wanted = state.published.blob(path)
                if wanted is None or not self._ids.is_same(entry.identity, wanted):
                    unknown.add(entry.identity)
        async for _, data in self._repository.read(unknown):
            self._ids.identify(data)

    def _remember(self, seen: _Seen) -> None:
        """Keep what the next process, and the next look, can use; what no longer stands there is let go of."""
        standing = {entry.identity for entry in seen.tree.values()} if seen.state is not None else set()
        text = seen.state.encode() if seen.state is not None else b""
        remembered = Remembered(digests=self._ids.known(standing), state=text)
        self._ids = Identities(seen.tip.algorithm, self._blobs, remembered.digests)
        self._memory.write(remembered)

    # What is changed ------------------------------------------------------------------------------------------------

    async def _expect(self, before: Look) -> _Seen:
        """What was seen when the caller looked."""
        if self._seen is None or self._seen.look.version != before.version:
            await self._see()
        if self._seen is None or self._seen.look.version != before.version:
            raise moved(str(self._place))
        return self._seen

    def _of(self, seen: _Seen, live: Published) -> State:
        """What is ours, where it is what the caller takes for live."""
        found = seen.state
        if found is None or (found.published.lineage, found.published.release) != (live.lineage, live.release):
            raise PlatformRefused(Refusal.STALE, f"{self._place}: another release is live there")
        return found

    def _scene(self, tree: Tree, state: State | None) -> Scene:
        ids = self._ids
        return Scene(place=self._place, tree=tree, state=state, is_same=ids.is_same, identify=ids.identify)

    def _decide(self, seen: _Seen, after: Published) -> Edit:
        if hostile := sorted(path for path, _ in after.holdings() if hostile_to_git(path)):
            raise PlatformRefused(Refusal.INVALID, f"{self._place}: Git takes no file named {hostile[0]}")
        try:
            return editing.publish(self._scene(seen.tree, seen.state), after)
        except InTheWay as error:
            raise in_the_way(str(self._place), error) from None

    async def _commit(self, seen: _Seen, edit: Edit, message: str) -> None:
        if edit.is_empty:
            return
        commit = Commit(
            ref=self._repository.next_ref,
            parent=seen.tip.commit,
            message=message,
            made_s=int(self._clock.now().timestamp()),
            deletes=edit.deletes,
        )
        try:
            identity, written = await self._write(commit, edit, seen.tip)
        except Fault:  # the copy may be lost at any time: what the commit follows is brought again
            await self._repository.forget()
            if seen.tip.commit and await self._repository.bring(seen.tip) != seen.tip.commit:
                raise moved(str(self._place)) from None
            identity, written = await self._write(commit, edit, seen.tip)
        finally:
            await self._repository.rest()
        await self._repository.push(identity, expected=seen.tip.commit)
        deletes = set(edit.deletes)
        tree = {at: entry for at, entry in seen.tree.items() if at not in deletes} | written
        self._seen = await self._looked(replace(seen.tip, commit=identity), tree, edit.state, "")
        self._remember(self._seen)

    async def _write(self, commit: Commit, edit: Edit, tip: Tip) -> tuple[str, dict[str, Entry]]:
        """Write a commit into the copy: its id, and what it puts where."""
        sending = Sending(edit, self._blobs, self._ids)
        try:
            identity = await self._repository.write(commit.stream(sending), tip.algorithm)
        except Fault:
            if sending.missing:
                raise gone(str(self._place), sending.missing) from None
            raise
        return identity, sending.written


def _paths(state: State) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for path, _ in state.published.holdings()))


def _state_or_none(data: bytes) -> State | None:
    try:
        return read_state(data) if data else None
    except Damaged:
        return None


def _name(published: Published) -> str:
    """The application's name, of its mark."""
    return published.body.mark.partition(".")[2] or published.body.mark
