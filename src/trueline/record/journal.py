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
EXAMINED_MAX = 20_000
"""So many records are examined by one search; where it needs more, it goes on from there (INV-31)."""
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
    SYNC_ASKED = "sync asked"
    REFRESH_ASKED = "refresh asked"
    HEAL_ASKED = "heal asked"
    RESTART = "restart"
    ADOPTION_OFFERED = "adoption offered"
    SYNC_CHANGED = "sync changed"
    HEALTH_CHANGED = "health changed"
    REMOVED = "removed"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    SIGN_IN_FAILED = "sign-in failed"
    USER_ADDED = "user added"
    USER_INVITED = "user invited"
    USER_REMOVED = "user removed"
    PASSWORD_SET = "password set"  # noqa: S105 - a word, no secret
    TOKEN_MADE = "token made"  # noqa: S105 - the same
    TOKEN_REVOKED = "token revoked"  # noqa: S105 - the same
    JOURNAL_VERIFIED = "journal verified"


ACCESS_KINDS = frozenset(
    {
        Kind.SIGNED_IN.value,
        Kind.SIGNED_OUT.value,
        Kind.SIGN_IN_FAILED.value,
        Kind.USER_ADDED.value,
        Kind.USER_INVITED.value,
        Kind.USER_REMOVED.value,
        Kind.PASSWORD_SET.value,
        Kind.TOKEN_MADE.value,
        Kind.TOKEN_REVOKED.value,
    }
)
"""Records of who comes in, and how: for administrators alone."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records: all that is given has to fit, and what is empty fits all.

    `who` is looked for in the person or author that a record names, `text` in the whole record, whatever the case of
    ASCII; `since` is a time, or its beginning, as `stamp` writes it.
    """

    application: str | None = None
    kinds: tuple[str, ...] = ()
    who: str = ""
    since: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Records, the newest first; `reached` is the number that the search goes on before, 0 where it is over."""

    records: tuple[Record, ...]
    reached: int


class _AnchorRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sequence: int
    digest: str


_anchors = msgspec.json.Decoder(list[_AnchorRow])
_INSERT = "INSERT INTO record (sequence, at, kind, application, body, previous, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT sequence, at, kind, application, body, previous, digest FROM record"
_BODY = "CAST(body AS TEXT)"
_NAMED = ", ".join(f"json_extract({_BODY}, '$.{name}')" for name in ("who", "author"))
_WHO = f"CASE WHEN json_valid({_BODY}) THEN coalesce({_NAMED}, '') ELSE '' END"
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

    def search(self, wanted: Wanted, *, before: int = 0, limit: int = PAGE_MAX) -> Found:
        """The newest records that fit, of those before a number where one is given."""
        where, values = _where(wanted)
        of, bounds = ("AND application = ?", [wanted.application]) if wanted.application is not None else ("", [])
        inner = f"{_SELECT} WHERE sequence < ? {of} ORDER BY sequence DESC LIMIT {EXAMINED_MAX}"
        examined: list[Any] = [before or (1 << 62), *bounds]
        limit = max(0, min(limit, PAGE_MAX))
        query = f"SELECT * FROM ({inner}) WHERE {where} ORDER BY sequence DESC LIMIT ?"  # noqa: S608 - constants
        rows = self._store.rows(query, [*examined, *values, limit])
        if len(rows) == limit and limit:
            return Found(records=tuple(map(_record, rows)), reached=int(rows[-1][0]))
        counted = self._store.row(f"SELECT min(sequence), count(*) FROM ({inner})", examined)  # noqa: S608 - constants
        last, count = counted or (0, 0)
        return Found(records=tuple(map(_record, rows)), reached=int(last or 0) if count == EXAMINED_MAX else 0)

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
        self._store.put_away()  # first: after a power failure an anchor of records that are gone would accuse somebody
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


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    """The conditions of a search and their values: text of people is a value, never a part of a query."""
    parts: list[tuple[str, list[Any]]] = []
    if wanted.kinds:
        parts.append((f"kind IN ({', '.join('?' * len(wanted.kinds))})", [*wanted.kinds]))
    if wanted.since:
        parts.append(("at >= ?", [wanted.since]))
    if wanted.who:
        parts.append((f"instr(lower({_WHO}), lower(?))", [wanted.who]))
    if wanted.text:
        whole = f"application || ' ' || kind || ' ' || {_BODY}"
        parts.append((f"instr(lower({whole}), lower(?))", [wanted.text]))
    return " AND ".join(["1", *(part for part, _ in parts)]), [value for _, values in parts for value in values]


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
