"""What differs on targets from what was left there, across applications: as it was seen last, and what was healed.

No target is asked: what is told is of the last look at each. That says so, and `…/drift` of an application looks anew.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from trueline.drift.drift import DriftKind
from trueline.loop.control import Control
from trueline.loop.kept import Kept
from trueline.loop.status import Sync
from trueline.model.fault import Fault
from trueline.record.journal import PAGE_MAX, Journal, Kind, Record, Wanted, stamp
from trueline.runtime.clock import Clock
from trueline.server.access.grant import Reader
from trueline.server.body import DriftedBody, HealedBody, StandingDriftBody
from trueline.server.reading import Question
from trueline.target.inventory import Entry, addition_of

DAYS: Final = 7
DAYS_MAX: Final = 90
PAGES_READ_MAX: Final = 5
KNOWN_MAX: Final = 32
NEW_MAX: Final = 1_000
"""Where no more came since, only these are looked through."""
STANDING_MAX: Final = 1_000
HEALED_MAX: Final = 500
LEFT: Final = "left"
OVERRULED: Final = "overruled"
ADDED: Final = "added"


class DriftedQuestion(Question, frozen=True, kw_only=True):
    """Of which application, and what was healed in the last so many days."""

    application: str = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = DAYS


@dataclass(frozen=True, slots=True)
class _Known:
    """What was looked through, to that head of the journal."""

    head: int
    records: Sequence[Record]
    is_cut: bool


class Drifted:
    """Looks through what is kept of each application, and through the journal."""

    def __init__(self, control: Control, clock: Clock) -> None:
        self._control = control
        self._clock = clock
        self._known: OrderedDict[tuple[str, int], _Known] = OrderedDict()

    async def told(self, asked: DriftedQuestion, reader: Reader) -> DriftedBody:
        """What differs now and what was healed, of applications that one may read (INV-25)."""
        kept = {
            name: one
            for name, one in sorted(self._control.engine.kept.items())
            if reader.reads(name) and asked.application in {"", name}
        }
        found, is_cut = self._records(asked.application, asked.days)
        records = [record for record in found if reader.reads(record.application)]
        standing = [one for name, it in kept.items() for one in await self._standing(name, it, records)]
        healed = list(heals_of(records))
        return DriftedBody(
            drifts=tuple(standing[:STANDING_MAX]),
            count=len(standing),
            healed=tuple(healed[:HEALED_MAX]),
            healed_count=len(healed),
            days=asked.days,
            is_cut=is_cut,
            unknown=tuple(name for name, one in kept.items() if one.status.sync is Sync.UNKNOWN),
            resting=tuple(name for name, one in kept.items() if one.held or one.waits_for),
        )

    async def standing(self, name: str) -> tuple[StandingDriftBody, ...]:
        """What differs now of one application; where nothing does, nothing is looked through."""
        kept = self._control.kept(name)
        if not (kept.carrying or kept.status.sync is Sync.OVERRULED or (kept.last is not None and kept.last.left)):
            return ()
        records, _ = self._records(name, DAYS)
        return tuple((await self._standing(name, kept, records))[:STANDING_MAX])

    def _records(self, application: str, days: int) -> tuple[Sequence[Record], bool]:
        """Drifts and what was written in these days, the newest first, and whether there were more: once for a head."""
        journal, since = self._control.parts.journal, self._clock.now() - timedelta(days=days)
        known, head = self._known.get((application, days)), journal.head().sequence
        if known is None or head - known.head > NEW_MAX:
            known = _Known(head, *_records(journal, application, since))
        elif known.head != head:
            added = journal.after(known.head, application=application or None, limit=NEW_MAX)
            found = [*filter(_is_told, reversed(added)), *(one for one in known.records if one.at >= since)]
            known = _Known(head, found, known.is_cut)
        self._known[application, days] = known
        self._known.move_to_end((application, days))
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return [one for one in known.records if one.at >= since], known.is_cut

    async def _standing(self, name: str, kept: Kept, records: Sequence[Record]) -> list[StandingDriftBody]:
        """What is left as it is, what others added, and what the target sets otherwise."""
        reasons = {change.ref: change.reason for change in kept.last.review.plan.changes} if kept.last else {}
        found = [
            _body(name, str(one.ref), one.kind.value, one.fields, one.managers, LEFT, reasons.get(one.ref, ""))
            for one in (kept.last.left if kept.last else ())
            if one.kind is not DriftKind.ADDED
        ]
        if kept.carrying or kept.status.sync is Sync.OVERRULED:
            entries = await self._entries(kept)
            found += list(_carried(name, entries, {str(ref) for ref in kept.carrying}))
        return [msgspec.structs.replace(one, since=since_of(records, name, one.ref, one.drift)) for one in found]

    async def _entries(self, kept: Kept) -> Mapping[str, Entry]:
        with suppress(Fault):
            parts = await self._control.parts.targets.parts(kept.application.target)
            inventory = parts.ledger.inventory(kept.application.name, parts.target.name)
            return {str(ref): entry for ref, entry in inventory.entries.items()}
        return {}


def _carried(name: str, entries: Mapping[str, Entry], carrying: Collection[str]) -> Iterator[StandingDriftBody]:
    for ref in sorted({*entries, *carrying}):
        entry = entries.get(ref)
        if entry is not None and entry.overruled:
            yield _body(name, ref, DriftKind.OVERRULED.value, entry.overruled, (), OVERRULED, "")
        if ref in carrying:
            added = [addition_of(text) for text in entry.added] if entry is not None else []
            fields, managers = [one.path for one in added], sorted({one.manager for one in added})
            yield _body(name, ref, DriftKind.ADDED.value, fields, managers, ADDED, "")


def _body(  # noqa: PLR0913, PLR0917 - what a drift is
    application: str,
    ref: str,
    kind: str,
    fields: Iterable[str],
    managers: Iterable[str],
    treatment: str,
    reason: str,
) -> StandingDriftBody:
    return StandingDriftBody(
        application=application,
        ref=ref,
        drift=kind,
        fields=tuple(fields),
        managers=tuple(managers),
        since=None,
        treatment=treatment,
        reason=reason,
    )


def _records(journal: Journal, application: str, since: datetime) -> tuple[list[Record], bool]:
    wanted = Wanted(
        application=application or None, kinds=(Kind.DRIFT_FOUND.value, Kind.OUTCOME.value), since=stamp(since)
    )
    found: list[Record] = []
    before = 0
    for _ in range(PAGES_READ_MAX):
        page = journal.search(wanted, before=before, limit=PAGE_MAX)
        found += filter(_is_told, page.records)
        before = page.reached
        if not before:
            return found, False
    return found, True


def _is_told(record: Record) -> bool:
    return record.kind == Kind.DRIFT_FOUND.value or is_healed(record)


def is_healed(record: Record) -> bool:
    """Whether a record says that drift was put back."""
    body = _mapping(record)
    return record.kind == Kind.OUTCOME.value and (body.get("action"), body.get("result")) == ("heal", "done")


def since_of(records: Iterable[Record], application: str, ref: str, kind: str) -> datetime | None:
    """Since when an object differs so: the first word of it after it was healed last. `None` where nothing is found."""
    found: datetime | None = None
    for record in records:
        body = _mapping(record)
        if record.application != application or body.get("ref") != ref:
            continue
        if is_healed(record):
            break
        if record.kind == Kind.DRIFT_FOUND.value and body.get("drift") == kind:
            found = record.at
    return found


def heals_of(records: Sequence[Record]) -> Iterator[HealedBody]:
    """What was put back, the newest first, with what had been done to it, and how long it took."""
    for number, record in enumerate(records):
        if not is_healed(record):
            continue
        ref = _mapping(record).get("ref")
        drift = next((one for one in records[number + 1 : number + 200] if _is_drift_of(one, record, ref)), None)
        body = _mapping(drift) if drift is not None else {}
        yield HealedBody(
            application=record.application,
            ref=str(ref),
            at=record.at,
            drift=str(body.get("drift", "")),
            fields=tuple(map(str, body.get("fields", ()))),
            managers=tuple(filter(None, map(str, body.get("managers", ())))),
            took_s=(record.at - drift.at).total_seconds() if drift is not None else None,
        )


def _is_drift_of(one: Record, heal: Record, ref: object) -> bool:
    return (
        one.kind == Kind.DRIFT_FOUND.value and one.application == heal.application and _mapping(one).get("ref") == ref
    )


def _mapping(record: Record) -> dict[str, Any]:
    return record.body if isinstance(record.body, dict) else {}
