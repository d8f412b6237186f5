"""The journal: append-only records, each with the digest of the one before (D12). It never changes or removes one.

`anchor` keeps the chain's end in a file beside the database, so that a cut tail and a chain that was computed anew are
found. Whoever can write both files can still deceive; a signed checkpoint, and retention with it, come later.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from trueline.model.digest import Digest, canonical, parse
from trueline.record.chain import Anchor, Breach, Damage, Link, inspect, record_digest
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import write_atomic
from trueline.runtime.store import Store, StoreDamaged, translated
from trueline.target.snapshot import NOTHING

ANCHORS_MAX = 1_000
PAGE_MAX = 1_000
BODY_BYTES_MAX = 256 << 10
LISTED_MAX = 100
LISTED_CHARACTERS_MAX = 500


class Kind(Enum):
    """What a record tells of."""

    STARTED = "started"
    STOPPED = "stopped"
    REVISION_SEEN = "revision seen"
    REVISION_VERIFIED = "revision verified"
    REVISION_REFUSED = "revision refused"
    TRUST_CHANGED = "trust changed"
    RENDER_FAILED = "render failed"
    PLAN_MADE = "plan made"
    APPROVAL = "approval"
    DEPLOYMENT_BEGUN = "deployment begun"
    DEPLOYMENT_ENDED = "deployment ended"
    INTENT = "intent"
    OUTCOME = "outcome"
    TRANSFERRED = "transferred"
    DRIFT_FOUND = "drift found"
    HEALED = "healed"
    HOLD = "hold"
    RESUME = "resume"
    ROLLBACK = "rollback"
    SYNC_CHANGED = "sync changed"
    HEALTH_CHANGED = "health changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What shall be recorded. `body` is a JSON value without any secret; `application` is empty where there is none."""

    kind: Kind
    application: str = ""
    body: Any = field(default_factory=dict)


def listed(texts: Collection[str]) -> list[str]:
    """A list that may have any length, as it is recorded: INV-31, else one object with many fields has no record.

    >>> listed(["spec.replicas"]), len(listed(["a"] * 300)), listed(["a"] * 300)[-1]
    (['spec.replicas'], 101, 'and 200 more')
    """
    found = [text[:LISTED_CHARACTERS_MAX] for text in islice(texts, LISTED_MAX)]
    return found if len(texts) <= LISTED_MAX else [*found, f"and {len(texts) - LISTED_MAX} more"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of the journal. `kind` is text, so that a newer program's records can be read."""

    sequence: int
    at: datetime
    kind: str
    application: str
    body: Any
    previous: Digest
    digest: Digest


class _AnchorRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sequence: int
    digest: str


_anchors = msgspec.json.Decoder(list[_AnchorRow])
_INSERT = "INSERT INTO record (sequence, at, kind, application, body, previous, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT sequence, at, kind, application, body, previous, digest FROM record"
_CASTS = ", ".join(f"CAST({name} AS BLOB)" for name in ("at", "kind", "application", "body", "previous", "digest"))
_TYPES = " || ".join(
    f"typeof({name})" for name in ("sequence", "at", "kind", "application", "body", "previous", "digest")
)
_TYPES_RIGHT = "integertexttexttextblobtexttext"


def stamp(at: datetime) -> str:
    """A time as it is written: UTC, microseconds, sorts as text.

    >>> stamp(datetime(2026, 7, 1, 12, tzinfo=UTC))
    '2026-07-01T12:00:00.000000+00:00'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class Journal:
    """Writes and reads records. `anchor_path` is `None` for a store in memory."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        anchor_path: Path | None = None,
        write: Callable[[Path, bytes], None] = write_atomic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._anchor_path = anchor_path
        self._write = write

    def append(self, notes: Sequence[Note], *, durable: bool = False) -> None:
        """Record all of them, or none, in their order; inside a transaction they are part of it.

        Raises:
            StoreFull: and the store's other faults.
            ValueError: a body is larger than `BODY_BYTES_MAX`.
        """
        if not notes:
            return
        at = stamp(self._clock.now())
        with self._store.transaction(durable=durable):
            head = self.head()
            rows = list(_rows(notes, at, head))
            self._store.execute_many(_INSERT, rows)
            self._store.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", (rows[-1][0], rows[-1][-1]))

    def head(self) -> Anchor:
        """The end of the chain: the number and digest of its newest record; number 0 of an empty one."""
        row = self._store.row("SELECT sequence, digest FROM head")
        return Anchor(sequence=row[0], digest=Digest(row[1])) if row else Anchor(sequence=0, digest=NOTHING)

    def after(self, sequence: int = 0, *, application: str | None = None, limit: int = PAGE_MAX) -> tuple[Record, ...]:
        """The records that follow a number, oldest first, at most `PAGE_MAX`; of one application where one is named."""
        return self._page("sequence > ?", sequence, "ASC", application, limit)

    def newest(self, *, application: str | None = None, limit: int = PAGE_MAX) -> tuple[Record, ...]:
        """The last records, newest first, at most `PAGE_MAX`; of one application where one is named."""
        return self._page("sequence > ?", 0, "DESC", application, limit)

    def _page(self, where: str, bound: int, order: str, application: str | None, limit: int) -> tuple[Record, ...]:
        values: list[Any] = [bound]
        if application is not None:
            where += " AND application = ?"
            values.append(application)
        query = f"{_SELECT} WHERE {where} ORDER BY sequence {order} LIMIT ?"
        return tuple(_record(row) for row in self._store.rows(query, [*values, max(0, min(limit, PAGE_MAX))]))

    def verify(self) -> tuple[Breach, ...]:
        """Every changed, cut, moved or missing record; empty where the chain is as it was written (INV-22)."""
        pages = tuple(Breach(sequence=0, damage=Damage.UNREADABLE, detail=detail) for detail in self._store.damage())
        try:
            anchors = [*self._anchors(), self.head()]
            return (*pages, *self._mistyped(), *inspect(self._links(), anchors), *self._head_behind())
        except (StoreDamaged, sqlite3.Error, msgspec.DecodeError, TypeError) as error:
            return (*pages, Breach(sequence=0, damage=Damage.UNREADABLE, detail=str(error)))

    def anchor(self) -> None:
        """Keep the chain's end outside the database, on the disk when this returns: hourly, and at the end.

        Earlier ends are kept too, so that a later anchor hides nothing.

        Raises:
            StoreFull: and the store's other faults: the file cannot be written, and the old one stands.
        """
        self._keep_anchor(self.head())

    def witness(self, anchor: Anchor) -> None:
        """Keep an end of the chain that was remembered elsewhere; an empty journal began anew, and needs no witness.

        Raises:
            StoreFull: and the store's other faults, as `anchor`.
        """
        if self.head().sequence and anchor not in self._anchors():
            self._keep_anchor(anchor)

    def _keep_anchor(self, head: Anchor) -> None:
        if self._anchor_path is None:
            return
        known = [anchor for anchor in self._anchors() if anchor != head]
        rows = [_AnchorRow(anchor.sequence, anchor.digest) for anchor in [*known, head][-ANCHORS_MAX:]]
        with translated(str(self._anchor_path)):
            self._write(self._anchor_path, b"[" + b",\n ".join(canonical(row) for row in rows) + b"]\n")

    def _anchors(self) -> list[Anchor]:
        if self._anchor_path is None:
            return []
        with suppress(FileNotFoundError):
            rows = _anchors.decode(self._anchor_path.read_bytes())
            return [Anchor(sequence=row.sequence, digest=Digest(row.digest)) for row in rows]
        return []

    def _links(self) -> Iterator[Link]:
        last: int | None = None
        while True:
            where = "" if last is None else f"WHERE sequence > {last}"
            query = f"SELECT sequence, {_CASTS} FROM record {where} ORDER BY sequence LIMIT {PAGE_MAX}"  # noqa: S608 - constants, and a number
            rows = self._store.rows(query)
            yield from (Link(*row) for row in rows)
            if len(rows) < PAGE_MAX:
                return
            last = int(rows[-1][0])

    def _mistyped(self) -> tuple[Breach, ...]:
        query = f"SELECT sequence FROM record WHERE {_TYPES} != ? LIMIT {PAGE_MAX}"  # noqa: S608 - constants
        return tuple(
            Breach(sequence=int(sequence), damage=Damage.CHANGED, detail="a field has another type")
            for (sequence,) in self._store.rows(query, (_TYPES_RIGHT,))
        )

    def _head_behind(self) -> tuple[Breach, ...]:
        row = self._store.row("SELECT max(sequence) FROM record")
        last = (row[0] if row else 0) or 0
        if self.head().sequence >= last:
            return ()
        return (Breach(sequence=last, damage=Damage.REPLACED, detail="the chain's head does not know of it"),)


def _rows(notes: Iterable[Note], at: str, head: Anchor) -> Iterator[tuple[Any, ...]]:
    sequence, previous = head.sequence, head.digest
    for note in notes:
        sequence += 1
        body = canonical(note.body)
        if len(body) > BODY_BYTES_MAX:
            raise ValueError(f"a record of {note.kind.value!r} has {len(body)} bytes, more than {BODY_BYTES_MAX}")
        kind = note.kind.value
        digest = record_digest(sequence, at, kind, note.application, body=body, previous=previous)
        yield sequence, at, kind, note.application, body, previous, digest
        previous = digest


def _record(row: tuple[Any, ...]) -> Record:
    sequence, at, kind, application, body, previous, digest = row
    return Record(
        sequence=sequence,
        at=datetime.fromisoformat(at),
        kind=kind,
        application=application,
        body=parse(body),
        previous=Digest(previous),
        digest=Digest(digest),
    )
