"""INV-08 as a property: whatever moves where, in whatever order passes are made, what is declared is never deleted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import msgspec
from hypothesis import given, strategies as st

from tests.plan.world import OPTIONS, live, ref, resource
from trueline.loop.claim import ClaimBook
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import diff
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.snapshot import Observed, Snapshot

APPLICATIONS = ("a", "b", "c")
NAMES = ("w", "x", "y", "z")
Layout = Mapping[str, str]
"""Which application declares a name; a name that is left out is declared by none."""

layouts = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(APPLICATIONS))
turns = st.lists(st.tuples(st.sampled_from(APPLICATIONS), st.integers(0, 2)), max_size=12)


@dataclass(slots=True)
class Fleet:
    """Live objects, inventories and claims of three applications; every pass goes through the real book and diff."""

    objects: dict[Ref, Observed] = field(default_factory=dict)
    entries: dict[tuple[str, Ref], Entry] = field(default_factory=dict)
    deleted: list[Ref] = field(default_factory=list)
    book: ClaimBook = field(init=False)

    def __post_init__(self) -> None:
        self.book = ClaimBook(self)

    def lookup(self, target: str, at: Ref) -> tuple[str, Entry] | None:
        """Any owner."""
        return next(((name, entry) for (name, one), entry in self.entries.items() if one == at), None)

    def former(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, tuple[str, Entry]]:
        """The others that have them; who applied one, rather than who only intended to."""
        rows = [
            (name, entry) for (name, at), entry in sorted(self.entries.items()) if at in refs and name != application
        ]
        rows.sort(key=lambda row: row[1].state is not EntryState.INTENDED)
        return {entry.ref: (name, entry) for name, entry in rows}

    def sizes(self) -> Mapping[str, int]:
        """Nobody asks."""
        raise AssertionError

    def abandon(self, application: str) -> int:
        """Nothing is asked to."""
        raise AssertionError(application)

    def commit(self, layout: Layout, number: int) -> None:
        """Git says something else; an application that declares nothing has left it."""
        with self.book.reading():
            declared = {name: [resource(n) for n, owner in layout.items() if owner == name] for name in APPLICATIONS}
            for name, resources in declared.items():
                if not resources:
                    self.book.remove(name, at=str(number))
            for name, resources in declared.items():
                if resources:
                    self.book.declare(name, "prod", resources, at=str(number))

    def go(self, name: str, layout: Layout, dies: int) -> None:
        """One pass; with `dies` 1 it ends behind its intents, with 2 behind what it did and before it is written."""
        wanted = [resource(n) for n, owner in layout.items() if owner == name]
        mine = {at: entry for (owner, at), entry in self.entries.items() if owner == name}
        refs = {one.ref for one in wanted} | mine.keys()
        options = replace(
            OPTIONS,
            mark=f"t1.{name}",
            yielded=self.book.yielded(name, "prod", wanted),
            moving=self.book.moving(name, "prod", mine.keys() - {one.ref for one in wanted}),
        )
        changes = diff(
            desired=wanted,
            snapshot=Snapshot(parts={at: Known(self.objects.get(at)) for at in refs}),
            inventory=Inventory(application=name, entries=mine),
            options=options,
        )
        for change in changes:
            self._carry_out(name, change, dies)

    def _carry_out(self, name: str, change: Change, dies: int) -> None:
        key = name, change.ref
        if change.action.is_apply:
            was_open = key in self.entries and self.entries[key].state is EntryState.INTENDED
            known = self.entries.get(key) or Entry(ref=change.ref, state=EntryState.INTENDED)
            self.entries[key] = msgspec.structs.replace(known, state=EntryState.INTENDED)
            if dies == 1:
                return
            uid = self.objects[change.ref].uid if change.ref in self.objects else f"u{len(self.deleted)}"
            self.objects[change.ref] = live(uid=uid, mark=f"t1.{name}")
            if dies == 2:
                return
            self.entries[key] = Entry(ref=change.ref, state=EntryState.APPLIED, uid=uid, body=change.body)
            if change.action is Action.TRANSFER or was_open:
                for other in [owner for owner, at in self.entries if at == change.ref and owner != name]:
                    del self.entries[other, change.ref]
        elif change.action is Action.PRUNE:
            self.deleted.append(change.ref)
            del self.objects[change.ref]
            del self.entries[key]
        elif change.action is Action.FORGET:
            self.entries.pop(key, None)


@given(st.lists(st.tuples(layouts, turns), min_size=2, max_size=5))
def test_what_is_declared_is_never_deleted_and_ends_where_git_says(
    commits: list[tuple[Layout, list[tuple[str, int]]]],
) -> None:
    """INV-08: moves, swaps, renames and deaths as drawn; nothing that Git declares is deleted, and the books agree."""
    fleet = Fleet()
    for number, (layout, taken) in enumerate(commits):
        fleet.commit(layout, number)
        before = len(fleet.deleted)
        for name, dies in taken:
            fleet.go(name, layout, dies)
        for _ in range(4):
            for name in APPLICATIONS:
                fleet.go(name, layout, 0)
        assert not {ref(n) for n in layout} & set(fleet.deleted[before:])
        assert {at.name: seen.mark for at, seen in fleet.objects.items()} == {n: f"t1.{o}" for n, o in layout.items()}
        assert {(name, at.name) for name, at in fleet.entries} == {(owner, n) for n, owner in layout.items()}
