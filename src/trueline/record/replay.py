"""The journal replayed: what is held, approved, deployed, verified and trusted has to be, and what of it is another.

The tables are derived from the journal in the same transactions; whoever edits one past it leaves a difference. The
fence and the inventory are not told by records alone, so they are not compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from trueline.model.digest import digest_bytes, parse
from trueline.record.chain import Breach, Damage
from trueline.record.history import DEPLOYMENTS_MAX, DeploymentResult
from trueline.record.journal import Kind
from trueline.runtime.store import Store

PAGE_MAX = 1_000
TRIES_MAX = 3

Key: TypeAlias = tuple[str, str]
Row: TypeAlias = Mapping[str, Any]

_KINDS = (
    Kind.HOLD,
    Kind.RESUME,
    Kind.APPROVAL,
    Kind.DEPLOYMENT_BEGUN,
    Kind.DEPLOYMENT_ENDED,
    Kind.REVISION_VERIFIED,
    Kind.TRUST_CHANGED,
)
_QUERIES: Mapping[str, str] = {
    "hold": "SELECT application, revision, who, why, until FROM hold",
    "approval": "SELECT plan, who, application FROM approval",
    "deployment": "SELECT application, number, revision, tree, plan, by, result, pins, signed FROM deployment",
    "verified": "SELECT line, '', body FROM verified",
    "trusted": "SELECT name, '', body FROM trusted",
}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "hold": ("application", "revision", "who", "why", "until"),
    "approval": ("plan", "who", "application"),
    "deployment": ("application", "number", "revision", "tree", "plan", "by", "result", "pins", "signed"),
}
_VERIFIED = frozenset({"commit", "at", "keys", "signer", "replaced"})


def differences(store: Store) -> tuple[Breach, ...]:
    """The first row of each table that is not what the records tell; empty where there is none (INV-11, INV-22).

    While another process writes, records and tables are read at two moments: what differs is read once more.
    """
    found: tuple[Breach, ...] = ()
    for _ in range(TRIES_MAX):
        before = store.row("SELECT sequence FROM head")
        found = tuple(_differences(store))
        if not found or store.row("SELECT sequence FROM head") == before:
            break
    return found


@dataclass(slots=True)
class _Told:
    """What the records tell, table by table, with the number of the record that told it last."""

    rows: dict[str, dict[Key, Row]] = field(default_factory=lambda: {table: {} for table in _QUERIES})
    sequences: dict[tuple[str, Key], int] = field(default_factory=dict)
    untold: set[Key] = field(default_factory=set)

    def take(self, sequence: int, kind: Kind, application: str, body: Mapping[str, Any]) -> None:
        match kind:
            case Kind.HOLD:
                self._put("hold", (application, body["revision"]), {"application": application, **body}, sequence)
            case Kind.RESUME:
                for revision in body["revisions"]:
                    self._drop("hold", (application, revision), sequence)
            case Kind.APPROVAL:
                self._put("approval", (body["plan"], body["who"]), {"application": application, **body}, sequence)
            case Kind.DEPLOYMENT_BEGUN:
                begun = {
                    "pins": {},
                    "signed": {},
                    "result": DeploymentResult.RUNNING.value,
                    "application": application,
                    **body,
                }
                self._put("deployment", (application, str(body["number"])), begun, sequence)
                self._drop("deployment", (application, str(body["number"] - DEPLOYMENTS_MAX)), sequence)
            case Kind.DEPLOYMENT_ENDED:
                key = (application, str(body["number"]))
                known = self.rows["deployment"].get(key, {})
                self._put("deployment", key, {**known, "result": body["result"]}, sequence)
            case Kind.REVISION_VERIFIED:
                row = {name: value for name, value in body.items() if name in _VERIFIED}
                self._put("verified", (body["line"], ""), row, sequence)
            case Kind.TRUST_CHANGED:
                self._trust((body["name"], ""), body.get("body"), sequence)
            case _:
                raise AssertionError(f"a record of {kind.value!r} tells of no table")

    def _trust(self, key: Key, digest: str | None, sequence: int) -> None:
        """A record of before says nothing of what is trusted: any will do then."""
        self.untold.discard(key)
        if digest is None:
            self.untold.add(key)
        if digest:
            self._put("trusted", key, {"body": digest}, sequence)
        else:
            self._drop("trusted", key, sequence)

    def _put(self, table: str, key: Key, row: Row, sequence: int) -> None:
        self.rows[table][key] = row
        self.sequences[table, key] = sequence

    def _drop(self, table: str, key: Key, sequence: int) -> None:
        self.rows[table].pop(key, None)
        self.sequences[table, key] = sequence


def _differences(store: Store) -> Iterator[Breach]:
    told = _Told()
    for sequence, kind, application, body in _records(store):
        told.take(sequence, Kind(kind), application, parse(body))
    for table in _QUERIES:
        live, rows = _live(store, table), told.rows[table]
        if table == "trusted":
            live = {key: row for key, row in live.items() if key not in told.untold}
        key = next((key for key in sorted(rows.keys() | live.keys()) if rows.get(key) != live.get(key)), None)
        if key is not None:
            detail = f"{table} of {' '.join(filter(None, key))}: {_what(rows.get(key), live.get(key))}"
            yield Breach(sequence=told.sequences.get((table, key), 0), damage=Damage.DIFFERS, detail=detail)


def _what(told: Row | None, live: Row | None) -> str:
    if told is None:
        return "it stands in the store, and no record tells of it"
    if live is None:
        return "it is not in the store any more"
    names = (name for name in sorted(told.keys() | live.keys()) if told.get(name) != live.get(name))
    return f"the store has another {', '.join(names)}"


def _records(store: Store) -> Iterator[tuple[int, str, str, bytes]]:
    marks, last = ", ".join("?" for _ in _KINDS), 0
    query = f"SELECT sequence, kind, application, body FROM record WHERE kind IN ({marks}) AND sequence > ?"  # noqa: S608 - marks alone
    while rows := store.rows(f"{query} ORDER BY sequence LIMIT {PAGE_MAX}", [*(k.value for k in _KINDS), last]):
        yield from ((sequence, kind, application, body) for sequence, kind, application, body in rows)
        last = rows[-1][0]


def _bytes(value: Any) -> bytes:
    """A value that somebody edited may have another type."""
    return value if isinstance(value, bytes) else str(value).encode()


def _parsed(data: bytes) -> Row:
    try:
        row = parse(data)
    except msgspec.DecodeError:
        return {"body": "that is no JSON"}
    return row if isinstance(row, dict) else {"body": "of another form"}


def _live(store: Store, table: str) -> dict[Key, Row]:
    if table == "verified":
        return {(str(line), ""): _parsed(_bytes(body)) for line, _, body in store.rows(_QUERIES[table])}
    if table == "trusted":
        return {(str(name), ""): {"body": digest_bytes(_bytes(body))} for name, _, body in store.rows(_QUERIES[table])}
    found: dict[Key, Row] = {}
    for values in store.rows(_QUERIES[table]):
        row = dict(zip(_NAMES[table], values, strict=True))
        for name in row.keys() & {"pins", "signed"}:
            row[name] = _parsed(_bytes(row[name]))
        first, second, *_ = values
        found[str(first), str(second)] = row
    return found
