"""Inventories, and the journal's intents and outcomes, in one transaction: neither says what the other does not.

It implements `apply.ledger.Ledger`. It never asks a target and never guesses: what has no outcome stays `INTENDED`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from trueline.apply.ledger import Act, Intent
from trueline.apply.outcome import Outcome, Result
from trueline.model.digest import canonical
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.record.entry_row import decode_entry, encode_entry
from trueline.record.journal import Journal, Kind, Note
from trueline.runtime.store import Store
from trueline.target.answer import FieldConflict
from trueline.target.inventory import Entry, EntryState, Inventory

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
_OTHERS = "SELECT application FROM entry WHERE target = ? AND ref = ? AND application != ?"
_OWNERS = "SELECT application, value FROM entry WHERE target = ? AND ref = ? ORDER BY state != 'intended', application"
_NOTHING_BEFORE = b""
_TAKEN = frozenset({Result.DONE, Result.SAME, Result.OVERRULED})


@dataclass(frozen=True, slots=True)
class _Held:
    """An entry of the table, `None` where there is none. `before` is what stood there when the open intent came:
    `None` where no intent is open, `_NOTHING_BEFORE` where the intent made the entry.
    """  # noqa: D205 - one sentence needs two lines

    entry: Entry | None
    before: bytes | None = None


class StoreLedger:
    """Inventories in the store. Both writes are on the disk when they return."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

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

    def lookup(self, target: str, ref: Ref) -> tuple[str, Entry] | None:
        """Who owns an object, and its entry; during a transfer the application that is about to own it."""
        row = self._store.row(_OWNERS, (target, str(ref)))
        return (row[0], decode_entry(row[1])) if row else None

    def applications(self, target: str) -> tuple[str, ...]:
        """The sorted names of the applications that own something on a target, declared or not."""
        query = "SELECT DISTINCT application FROM entry WHERE target = ? ORDER BY application"
        return tuple(row[0] for row in self._store.rows(query, (target,)))

    def targets(self, application: str) -> tuple[str, ...]:
        """The sorted targets on which an application owns something."""
        query = "SELECT DISTINCT target FROM entry WHERE application = ? ORDER BY target"
        return tuple(row[0] for row in self._store.rows(query, (application,)))

    def intend(self, act: Act, intents: Sequence[Intent]) -> None:
        """Write the intents of one stage in one transaction.

        Raises:
            StoreFull: the disk is full; nothing may be done then.
        """
        if not intents:
            return
        with self._store.transaction(durable=True):
            held = self._held(act, [intent.change.ref for intent in intents])
            after = dict(held)
            for intent in intents:
                ref = intent.change.ref
                after[ref] = _opened(intent, after[ref])
            self._write(act, held, after)
            self._journal.append([_intent_note(act, intent) for intent in intents], durable=True)

    def settle(self, act: Act, outcomes: Sequence[Outcome]) -> None:
        """Write what became of them, in one transaction, and bring the inventory up to date.

        What was looked at without an intent, and does not differ, renews its entry and leaves no record.

        Raises:
            StoreFull: the disk is full; the entries stay `INTENDED`, and the next pass reads the target.
        """
        if not outcomes:
            return
        with self._store.transaction(durable=True):
            held = self._held(act, [outcome.change.ref for outcome in outcomes])
            after, notes = dict(held), list[Note]()
            for outcome in outcomes:
                ref = outcome.change.ref
                if after[ref].before is not None or outcome.result is not Result.SAME:
                    notes.append(_outcome_note(act, outcome))
                if outcome.change.action is Action.TRANSFER and outcome.result in _TAKEN:
                    notes.extend(self._give_up(act, ref))
                after[ref] = _settled(outcome, after[ref])
            self._write(act, held, after)
            self._journal.append(notes, durable=True)

    def _give_up(self, act: Act, ref: Ref) -> Iterable[Note]:
        for (application,) in self._store.rows(_OTHERS, (act.target, str(ref), act.application)):
            self._store.execute(_DELETE, (act.target, str(ref), application))
            body = {"target": act.target, "ref": str(ref), "to": act.application, "plan": act.plan}
            yield Note(kind=Kind.TRANSFERRED, application=application, body=body)

    def _held(self, act: Act, refs: Sequence[Ref]) -> dict[Ref, _Held]:
        texts = {str(ref): ref for ref in refs}
        held = dict.fromkeys(texts.values(), _Held(None))
        values = (act.target, act.application, canonical(list(texts)).decode())
        for text, value, before in self._store.rows(_SELECT, values):
            held[texts[text]] = _Held(decode_entry(value), before)
        return held

    def _write(self, act: Act, held: Mapping[Ref, _Held], after: Mapping[Ref, _Held]) -> None:
        changed = [(ref, now) for ref, now in after.items() if now is not held[ref]]
        gone = [(act.target, str(ref), act.application) for ref, now in changed if now.entry is None]
        self._store.execute_many(_DELETE, gone)
        self._store.execute_many(_UPSERT, [_row(act, ref, now.entry, now.before) for ref, now in changed if now.entry])


def _row(act: Act, ref: Ref, entry: Entry, before: bytes | None) -> tuple[Any, ...]:
    state, value = entry.state.value, encode_entry(entry)
    return act.target, str(ref), act.application, state, entry.body, entry.intended, value, before


def _opened(intent: Intent, held: _Held) -> _Held:
    if held.entry is None and intent.change.action is Action.FORGET:
        return held
    before = encode_entry(held.entry) if held.entry else _NOTHING_BEFORE
    return _Held(_intended(intent, held.entry), before)


def _intended(intent: Intent, entry: Entry | None) -> Entry:
    """Written out, field by field: `replace` would take a third of the time of a stage of 2,000."""
    change = intent.change
    known = entry or Entry(
        ref=change.ref,
        state=EntryState.INTENDED,
        uid=change.uid,
        ours=change.ours,
        generation=change.generation,
    )
    return Entry(
        ref=change.ref,
        state=EntryState.INTENDED,
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
            return _Held(None)
        case Action.PRUNE:
            return _Held(None) if outcome.result is Result.DONE else _as_before(held)
        case Action.KEEP | Action.HOLD:
            return _as_before(held)
        case Action.CREATE | Action.UPDATE | Action.HEAL | Action.TAKE_OVER | Action.TRANSFER | Action.REPLACE:
            return _Held(_applied(outcome, held.entry))
        case _:
            assert_never(outcome.change.action)


def _applied(outcome: Outcome, entry: Entry | None) -> Entry:
    """What is applied now; where the target shows nothing of it, what was known stays."""
    change = outcome.change
    known = entry or Entry(ref=change.ref, state=EntryState.APPLIED)
    seen = outcome.observed or known
    return Entry(
        ref=change.ref,
        state=EntryState.APPLIED,
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
    )


def _overruled(outcome: Outcome, known: Entry) -> tuple[str, ...]:
    """To apply what was overruled once more changes nothing, and so tells nothing: it stays overruled."""
    if outcome.result is Result.SAME and known.body == outcome.change.body:
        return outcome.overruled or known.overruled
    return outcome.overruled


def _as_before(held: _Held) -> _Held:
    """What the intent found; an intent that was open already then stays to be settled by reading the target."""
    if held.before is None:
        return held
    return _Held(decode_entry(held.before)) if held.before else _Held(None)


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
    body["overruled"] = list(outcome.overruled)
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


def _conflicts(conflicts: Iterable[FieldConflict]) -> list[list[str]]:
    return [[conflict.manager, conflict.path] for conflict in conflicts]


def _without_empty(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value}
