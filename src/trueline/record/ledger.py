"""Inventories, and the journal's intents and outcomes, in one transaction: neither says what the other does not.

It implements `apply.ledger.Ledger`. It never asks a target and never guesses: what has no outcome stays `INTENDED`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, assert_never

import msgspec

from trueline.apply.ledger import Act, Intent
from trueline.apply.outcome import Outcome, Result
from trueline.model.digest import Digest, canonical, parse
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.record.entry_row import EntryRow, decode_entry, decode_row, encode_row
from trueline.record.journal import LISTED_MAX, Journal, Kind, Note, listed
from trueline.runtime.store import Store
from trueline.target.answer import FieldConflict
from trueline.target.inventory import Ending, Entry, EntryState, Inventory, remembered
from trueline.target.snapshot import NOTHING

_UPSERT = (
    "INSERT INTO entry (target, ref, application, state, body, intended, value, before)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (target, ref, application) DO UPDATE SET"
    " state = excluded.state, body = excluded.body, intended = excluded.intended,"
    " value = excluded.value, before = excluded.before"
)
_DELETE = "DELETE FROM entry WHERE target = ? AND ref = ? AND application = ?"
_SELECT = (
    "SELECT ref, value, before FROM entry"
    " WHERE target = ? AND application = ? AND ref IN (SELECT value FROM json_each(?))"
)
_OTHERS = (
    "SELECT application, before IS NOT NULL FROM entry WHERE target = ? AND ref = ? AND application != ?"
    " ORDER BY application"
)
_FORMER = (
    "SELECT application, value FROM entry WHERE target = ? AND application != ?"
    " AND ref IN (SELECT value FROM json_each(?)) ORDER BY state != 'intended', application"
)
_OWNERS = "SELECT application, value FROM entry WHERE target = ? AND ref = ? ORDER BY state != 'intended', application"
_ALL_OWNERS = (
    "SELECT ref, application, value FROM entry WHERE target = ? ORDER BY ref, state != 'intended', application LIMIT ?"
)
_LAST_OUTCOME = (
    "SELECT body FROM record WHERE application = ? AND kind = ? AND sequence > ?"
    " AND json_extract(CAST(body AS TEXT), '$.target') = ? AND json_extract(CAST(body AS TEXT), '$.ref') = ?"
    " ORDER BY sequence DESC LIMIT 1"
)
LOOKUPS_APART = 50
OWNERS_MAX = 20_000
GONE_SEARCHED_MAX = 100_000
GONE_REFS_MAX = 100
_NOTHING_BEFORE = b""
_INTENDED, _APPLIED, _NOT_ENDED = EntryState.INTENDED.value, EntryState.APPLIED.value, Ending.NONE.value
_TAKEN = frozenset({Result.DONE, Result.SAME, Result.OVERRULED})


class _Held(msgspec.Struct, frozen=True, gc=False):
    """A row of the table with its own bytes, `None` where there is none. `before` is what stood there when the open
    intent came: `None` where no intent is open, `_NOTHING_BEFORE` where the intent made the row.
    """  # noqa: D205 - one sentence needs two lines

    row: EntryRow | None
    value: bytes = b""
    before: bytes | None = None


class StoreLedger:
    """Inventories in the store. Both writes are on the disk when they return."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._lookups = 0
        self._owners: dict[str, dict[str, tuple[str, bytes]]] = {}

    def inventory(self, application: str, target: str, *, refs: Collection[Ref] | None = None) -> Inventory:
        """What the application owns, of these refs or of all, with intents that have no outcome yet as `INTENDED`."""
        values: tuple[str, ...] = (target, application)
        query = "SELECT value FROM entry WHERE target = ? AND application = ?"
        if refs is not None:
            query += " AND ref IN (SELECT value FROM json_each(?))"
            values = (*values, canonical([str(ref) for ref in refs]).decode())
        entries = [decode_entry(value) for (value,) in self._store.rows(f"{query} ORDER BY ref", values)]
        return Inventory(application=application, entries={entry.ref: entry for entry in entries})

    def count(self, application: str, target: str) -> int:
        """How many objects the application owns."""
        row = self._store.row("SELECT count(*) FROM entry WHERE application = ? AND target = ?", (application, target))
        return int(row[0]) if row else 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is owned, on no target."""
        return self._store.row("SELECT 1 FROM entry LIMIT 1") is None

    def lookup(self, target: str, ref: Ref) -> tuple[str, Entry] | None:
        """Who owns an object, and its entry; during a transfer the application that is about to own it."""
        owners = self._all_owners(target)
        row = self._store.row(_OWNERS, (target, str(ref))) if owners is None else owners.get(str(ref))
        return (row[0], decode_entry(row[1])) if row else None

    def _all_owners(self, target: str) -> Mapping[str, tuple[str, bytes]] | None:
        """After many lookups with no write between them, as a start makes them: all at once, until the next write."""
        if target in self._owners:
            return self._owners[target]
        self._lookups += 1
        if self._lookups <= LOOKUPS_APART:
            return None
        rows = self._store.rows(_ALL_OWNERS, (target, OWNERS_MAX + 1))
        if len(rows) > OWNERS_MAX:
            self._lookups = -OWNERS_MAX
            return None
        rows.reverse()  # of several that have one, the first row counts, as where it is asked for alone
        self._owners[target] = {ref: (application, value) for ref, application, value in rows}
        return self._owners[target]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, on the disk at its end; what was read at once is read anew after it."""
        self._owners.clear()
        self._lookups = 0
        with self._store.transaction(durable=True):
            yield

    def former(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, tuple[str, Entry]]:
        """Of these refs, those that another application has, with its name and entry: what moves comes from there.

        Where several have one, it is who applied it, not who only intended to.
        """
        if not refs:
            return {}
        values = (target, application, canonical([str(ref) for ref in refs]).decode())
        found = [(name, decode_entry(value)) for name, value in self._store.rows(_FORMER, values)]
        return {entry.ref: (name, entry) for name, entry in found}

    def _former(self, act: Act, intents: Sequence[Intent]) -> Mapping[Ref, EntryRow]:
        """What moves here, as who has it wrote it down: that one may forget it before the outcome is known (D17)."""
        moving = [str(one.change.ref) for one in intents if one.change.action is Action.TRANSFER]
        if not moving:
            return {}
        values = (act.target, act.application, canonical(moving).decode())
        rows = [decode_row(value) for _, value in self._store.rows(_FORMER, values)]
        return {Ref(row.kind, row.namespace, row.name): row for row in rows}

    def applications(self, target: str) -> tuple[str, ...]:
        """The sorted names of the applications that own something on a target, declared or not."""
        query = "SELECT DISTINCT application FROM entry WHERE target = ? ORDER BY application"
        return tuple(row[0] for row in self._store.rows(query, (target,)))

    def bodies_of(self, kind: str) -> tuple[Digest, ...]:
        """The digests of all bodies that are applied, or about to be, of objects of a kind without a namespace."""
        query = "SELECT DISTINCT body FROM entry WHERE ref >= ? AND ref < ? AND body != ''"
        return tuple(Digest(body) for (body,) in self._store.rows(query, (f"{kind}/", f"{kind}0")))

    def holders(self, kind: str) -> tuple[tuple[str, Digest], ...]:
        """Each application with the digests of the bodies that it has applied, on any target, of objects of a kind."""
        query = "SELECT DISTINCT application, body FROM entry WHERE ref >= ? AND ref < ? AND body != ''"
        return tuple((name, Digest(body)) for name, body in self._store.rows(query, (f"{kind}/", f"{kind}0")))

    def kinds(self, target: str) -> tuple[str, ...]:
        """The sorted kinds of what is owned on a target, by whichever application, as a `Ref` writes them."""
        query = "SELECT DISTINCT substr(ref, 1, instr(ref, '/') - 1) AS kind FROM entry WHERE target = ? ORDER BY kind"
        return tuple(row[0] for row in self._store.rows(query, (target,)))

    def targets(self, application: str) -> tuple[str, ...]:
        """The sorted targets on which an application owns something."""
        query = "SELECT DISTINCT target FROM entry WHERE application = ? ORDER BY target"
        return tuple(row[0] for row in self._store.rows(query, (application,)))

    def intend(self, act: Act, intents: Sequence[Intent]) -> None:
        """Write the intents of one stage in one transaction (INV-23).

        Raises:
            StoreFull: the disk is full; nothing may be done then.
        """
        if not intents:
            return
        with self._writing():
            held = self._held(act, [intent.change.ref for intent in intents])
            after, notes = dict(held), list[Note]()
            former = self._former(act, intents)
            for intent in intents:
                ref = intent.change.ref
                if not _is_nothing(intent.change, after[ref]):
                    after[ref] = _opened(intent, after[ref], former.get(ref))
                    notes.append(_intent_note(act, intent))
            self._write(act, held, after)
            self._journal.append(notes, durable=True)

    def settle(self, act: Act, outcomes: Sequence[Outcome]) -> None:
        """Write what became of them, in one transaction, and bring the inventory up to date.

        What was looked at without an intent, and does not differ, renews its entry and leaves no record.

        Raises:
            StoreFull: the disk is full; the entries stay `INTENDED`, and the next pass reads the target.
        """
        if not outcomes:
            return
        with self._writing():
            held = self._held(act, [outcome.change.ref for outcome in outcomes])
            after, notes = dict(held), list[Note]()
            for outcome in outcomes:
                ref = outcome.change.ref
                if _is_nothing(outcome.change, after[ref]):
                    continue
                if after[ref].before is not None or outcome.result is not Result.SAME:
                    notes.append(_outcome_note(act, outcome))
                if outcome.result in _TAKEN and _takes(outcome, after[ref]):
                    notes.extend(self._give_up(act, ref))
                after[ref] = _settled(outcome, after[ref])
            self._write(act, held, after)
            self._journal.append(notes, durable=True)

    def doubt(self, application: str, target: str) -> bool:
        """What is written of the application's objects may be older than they are: each is looked at once more.

        An object that shows another field set than the one that was left is looked at; so none is what was left, nor is
        any held to what was applied to it. Whether something was believed until now.
        """
        query = "SELECT ref, value FROM entry WHERE target = ? AND application = ?"
        with self._writing():
            rows = [(ref, decode_row(value)) for ref, value in self._store.rows(query, (target, application))]
            changed = [
                (encode_row(msgspec.structs.replace(row, ours=NOTHING, promised=NOTHING)), target, ref, application)
                for ref, row in rows
                if row.ours and not row.run
            ]
            update = "UPDATE entry SET value = ? WHERE target = ? AND ref = ? AND application = ?"
            self._store.execute_many(update, changed)
        return bool(changed)

    def gone(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, str]:
        """Of these refs, those of which it was written last that we pruned them, or that what we intended to make
        never came; with the UID that went, empty where none was known. It searches the last `GONE_SEARCHED_MAX`.
        """  # noqa: D205 - one sentence needs two lines
        found: dict[Ref, str] = {}
        for ref in list(refs)[:GONE_REFS_MAX]:
            since = self._journal.head().sequence - GONE_SEARCHED_MAX
            last = self._store.row(_LAST_OUTCOME, (application, Kind.OUTCOME.value, since, target, str(ref)))
            body = parse(last[0]) if last else {}
            uid: str = body.get("uid", "")
            was_never_made = body.get("action") == Action.FORGET.value and not uid
            if body.get("result") == Result.DONE.value and (body["action"] == Action.PRUNE.value or was_never_made):
                found[ref] = uid
        return found

    def sizes(self) -> Mapping[str, int]:
        """How many objects each application owns, on all targets together."""
        return dict(self._store.rows("SELECT application, count(*) FROM entry GROUP BY application"))

    def abandon(self, application: str) -> int:
        """Forget everything that an application owns anywhere, one record each; no target is asked. How much it was."""
        rows = list(
            self._store.rows("SELECT target, ref FROM entry WHERE application = ? ORDER BY 1, 2", (application,))
        )
        with self._writing():
            for target, ref in rows:
                self._store.execute(_DELETE, (target, ref, application))
            bodies = ({"target": target, "ref": ref, "action": Action.FORGET.value} for target, ref in rows)
            notes = [Note(kind=Kind.OUTCOME, application=application, body=body) for body in bodies]
            self._journal.append(notes, durable=True)
        return len(rows)

    def end(self, act: Act, endings: Mapping[Ref, Ending]) -> None:
        """Write how hooks ended, where that was not known."""
        with self._writing():
            held = self._held(act, list(endings))
            after = {ref: _ended(held[ref], ending) for ref, ending in endings.items()}
            self._write(act, held, after)

    def _give_up(self, act: Act, ref: Ref) -> Iterable[Note]:
        """INV-08: a transfer is one write to both inventories. INV-23: what was open there is open no more."""
        for application, is_open in self._store.rows(_OTHERS, (act.target, str(ref), act.application)):
            self._store.execute(_DELETE, (act.target, str(ref), application))
            if is_open:
                body = {"target": act.target, "ref": str(ref), "action": Action.FORGET.value}
                yield Note(kind=Kind.OUTCOME, application=application, body=body)
            body = {"target": act.target, "ref": str(ref), "to": act.application, "plan": act.plan}
            yield Note(kind=Kind.TRANSFERRED, application=application, body=body)

    def _held(self, act: Act, refs: Sequence[Ref]) -> dict[Ref, _Held]:
        texts = {str(ref): ref for ref in refs}
        held = dict.fromkeys(texts.values(), _Held(None))
        values = (act.target, act.application, canonical(list(texts)).decode())
        for text, value, before in self._store.rows(_SELECT, values):
            held[texts[text]] = _Held(decode_row(value), value, before)
        return held

    def _write(self, act: Act, held: Mapping[Ref, _Held], after: Mapping[Ref, _Held]) -> None:
        changed = [(ref, now) for ref, now in after.items() if now is not held[ref]]
        gone = [(act.target, str(ref), act.application) for ref, now in changed if now.row is None]
        self._store.execute_many(_DELETE, gone)
        self._store.execute_many(_UPSERT, [_values(act, ref, now.row, now.before) for ref, now in changed if now.row])


def _values(act: Act, ref: Ref, row: EntryRow, before: bytes | None) -> tuple[Any, ...]:
    return act.target, str(ref), act.application, row.state, row.body, row.intended, encode_row(row), before


def _takes(outcome: Outcome, held: _Held) -> bool:
    """Whether who else has it in its books gives it up: it was a transfer, or may have been one.

    INV-14: an earlier attempt had no outcome. It may have been a transfer, whose mark is on the object already.
    """
    action = outcome.change.action
    return action is Action.TRANSFER or (action.is_apply and _was_open(outcome, held))


def _was_open(outcome: Outcome, held: _Held) -> bool:
    """What is found as declared has no intent of its own: the one that is open is that of before."""
    if outcome.result is Result.SAME and held.row is not None:
        return held.row.state == _INTENDED
    return bool(held.before) and held.row is not None and decode_row(held.before or b"").state == _INTENDED


def _ended(held: _Held, ending: Ending) -> _Held:
    if held.row is None or held.row.ended == ending.value:
        return held
    return _Held(msgspec.structs.replace(held.row, ended=ending.value), before=held.before)


def _is_nothing(change: Change, held: _Held) -> bool:
    """INV-23: whether what is to be forgotten is in no book any more. After a crash nobody would settle that intent."""
    return held.row is None and change.action is Action.FORGET


def _opened(intent: Intent, held: _Held, former: EntryRow | None) -> _Held:
    return _Held(_intended(intent, held.row or former), before=held.value if held.row else _NOTHING_BEFORE)


def _intended(intent: Intent, row: EntryRow | None) -> EntryRow:
    """Written out, field by field: `replace` would take a third of the time of a stage of 2,000."""
    change, ref = intent.change, intent.change.ref
    known = row or EntryRow(
        ref.kind, ref.namespace, ref.name, _INTENDED, uid=change.uid, ours=change.ours, generation=change.generation
    )
    return EntryRow(
        ref.kind,
        ref.namespace,
        ref.name,
        _INTENDED,
        body=known.body,
        intended=change.body,
        uid=known.uid or change.uid,
        promised=intent.promised,
        ours=known.ours,
        others=known.others,
        generation=known.generation,
        overruled=known.overruled,
        withheld=known.withheld,
        run=change.run if change.action.is_apply else known.run,
        keep=known.keep or change.keep,
        wave=change.position.wave if change.action.is_apply else known.wave,
        ended=_NOT_ENDED if change.action.is_apply else known.ended,
        added=known.added,
        applied_at=known.applied_at,
    )


def _settled(outcome: Outcome, held: _Held) -> _Held:
    match outcome.result:
        case Result.DONE | Result.SAME | Result.OVERRULED:
            return _after_success(outcome, held)
        case Result.REFUSED | Result.STALE:
            return _as_before(held)
        case Result.UNKNOWN:
            return held
        case _:
            assert_never(outcome.result)


def _after_success(outcome: Outcome, held: _Held) -> _Held:
    match outcome.change.action:
        case Action.FORGET:
            return _after_delete(held) if outcome.change.run else _Held(None)
        case Action.PRUNE:
            return _after_delete(held) if outcome.result is Result.DONE else _as_before(held)
        case Action.RELEASE:
            return _Held(None) if outcome.result is Result.DONE else _as_before(held)
        case Action.KEEP | Action.HOLD:
            return _as_before(held)
        case Action.CREATE | Action.UPDATE | Action.HEAL | Action.TAKE_OVER | Action.TRANSFER | Action.REPLACE:
            return _Held(_applied(outcome, held.row))
        case _:
            assert_never(outcome.change.action)


def _after_delete(held: _Held) -> _Held:
    """That a hook failed stays known without its object: else it would run again."""
    if held.row is None or held.row.ended != Ending.BADLY.value or not held.row.uid:
        return _Held(None)
    return _Held(msgspec.structs.replace(held.row, state=_APPLIED, intended=NOTHING, uid=""))


def _applied(outcome: Outcome, row: EntryRow | None) -> EntryRow:
    """What is applied now; where the target shows nothing of it, what was known stays."""
    change, ref = outcome.change, outcome.change.ref
    known = row or EntryRow(ref.kind, ref.namespace, ref.name, _APPLIED)
    seen = outcome.observed or known
    return EntryRow(
        ref.kind,
        ref.namespace,
        ref.name,
        _APPLIED,
        body=change.body,
        uid=seen.uid,
        promised=known.promised,
        ours=seen.ours,
        others=seen.others,
        generation=seen.generation,
        overruled=_overruled(outcome, known),
        withheld=tuple(conflict.path for conflict in outcome.withheld),
        run=change.run,
        keep=change.keep,
        wave=change.position.wave,
        added=known.added if outcome.observed is None else remembered(outcome.added) if not change.run else (),
        applied_at=seen.applied_at,
    )


def _overruled(outcome: Outcome, known: EntryRow) -> tuple[str, ...]:
    """To apply what was overruled once more changes nothing, and so tells nothing: it stays overruled."""
    if outcome.result is Result.SAME and known.body == outcome.change.body:
        return outcome.overruled or known.overruled
    return outcome.overruled


def _as_before(held: _Held) -> _Held:
    """What the intent found; an intent that was open already then stays to be settled by reading the target."""
    if held.before is None:
        return held
    return _Held(decode_row(held.before), held.before) if held.before else _Held(None)


def _intent_note(act: Act, intent: Intent) -> Note:
    body = _change_body(act, intent.change)
    body["reason"] = intent.change.reason
    body["promised"] = intent.promised
    if intent.change.origin is not None:
        body["origin"] = str(intent.change.origin)
    return Note(kind=Kind.INTENT, application=act.application, body=_without_empty(body))


def _outcome_note(act: Act, outcome: Outcome) -> Note:
    body = _change_body(act, outcome.change)
    body["result"] = outcome.result.value
    body["message"] = outcome.message
    body["overruled"] = listed(outcome.overruled)
    body["withheld"] = _conflicts(outcome.withheld)
    body["kept_by"] = _conflicts(outcome.kept_by)
    if outcome.observed is not None:
        body["uid"] = outcome.observed.uid
        body["ours"] = outcome.observed.ours
    return Note(kind=Kind.OUTCOME, application=act.application, body=_without_empty(body))


def _change_body(act: Act, change: Change) -> dict[str, Any]:
    return {
        "target": act.target,
        "revision": act.revision,
        "plan": act.plan,
        "ref": str(change.ref),
        "action": change.action.value,
        "body": change.body,
        "uid": change.uid,
    }


def _conflicts(conflicts: Sequence[FieldConflict]) -> list[list[str]]:
    managers = [conflict.manager for conflict in conflicts]
    return [
        [manager, path]
        for manager, path in zip_longest(managers[:LISTED_MAX], listed([one.path for one in conflicts]), fillvalue="")
    ]


def _without_empty(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value}
