"""A record of the journal as a page shows it: a sentence, its sign, who did it, and all of it to be opened. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from trueline.model.ref import Ref
from trueline.record.journal import ACCESS_KINDS, Kind, Record
from trueline.record.line import said_of
from trueline.server.page.address import application as application_address, resource as resource_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.row import shortest
from trueline.server.page.state import State

BODY_CHARACTERS_MAX: Final = 4_000
SAID_CHARACTERS_MAX: Final = 400
_SHORT_DIGEST: Final = 12

_SIGNS: Final = {
    Kind.STARTED.value: State.TRUE,
    Kind.STOPPED.value: State.HELD,
    Kind.REVISION_SEEN.value: State.OUT_OF_SYNC,
    Kind.REVISION_VERIFIED.value: State.TRUE,
    Kind.REVISION_REFUSED.value: State.BLOCKED,
    Kind.TRUST_CHANGED.value: State.WAITING,
    Kind.RENDER_FAILED.value: State.BLOCKED,
    Kind.PLAN_MADE.value: State.OUT_OF_SYNC,
    Kind.APPROVAL.value: State.WAITING,
    Kind.DEPLOYMENT_BEGUN.value: State.ROLLING_OUT,
    Kind.INTENT.value: State.ROLLING_OUT,
    Kind.TRANSFERRED.value: State.OUT_OF_SYNC,
    Kind.DRIFT_FOUND.value: State.DRIFTED,
    Kind.HEALED.value: State.TRUE,
    Kind.HOLD.value: State.HELD,
    Kind.RESUME.value: State.TRUE,
    Kind.ROLLBACK.value: State.HELD,
    Kind.SYNC_ASKED.value: State.ROLLING_OUT,
    Kind.REFRESH_ASKED.value: State.ROLLING_OUT,
    Kind.HEAL_ASKED.value: State.ROLLING_OUT,
    Kind.RESTART.value: State.ROLLING_OUT,
    Kind.ADOPTION_OFFERED.value: State.DRIFTED,
    Kind.REMOVED.value: State.MISSING,
}
_ENDS: Final = {"done": State.TRUE, "failed": State.DEGRADED, "partly": State.PARTLY, "superseded": State.OUT_OF_SYNC}
_OUTCOMES: Final = {
    "done": State.TRUE,
    "refused": State.BLOCKED,
    "overruled": State.OVERRULED,
    "unknown": State.UNKNOWN,
}
_GOOD: Final = frozenset({"Synced", "Healthy", "Suspended"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record. `said` is its sentence, and `who` the person or author where that does not name them."""

    sequence: int
    at: Moment
    kind: str
    state: State
    application: str
    link: str
    said: str
    who: str
    ref: str
    ref_link: str
    body: str
    rest: int
    digest: str
    previous: str


def entries(records: Iterable[Record], now: datetime) -> Iterator[Entry]:
    """Records in their order, as they are shown now."""
    for record in records:
        yield _entry(record, now)


def _entry(record: Record, now: datetime) -> Entry:
    body: dict[str, Any] = record.body if isinstance(record.body, dict) else {}
    said, who = _said(record, body), str(body.get("who") or body.get("author") or "")
    text = json.dumps(record.body, ensure_ascii=False, indent=2)
    ref = str(body.get("ref", ""))
    is_known = record.application and not record.application.startswith("(")
    return Entry(
        sequence=record.sequence,
        at=moment(record.at, now),
        kind=record.kind,
        state=sign_of(record),
        application=record.application,
        link=application_address(record.application) if is_known else "",
        said=said,
        who="" if who in said else who,
        ref=ref,
        ref_link=resource_address(record.application, ref) if is_known and _is_ref(ref) else "",
        body=text[:BODY_CHARACTERS_MAX] if record.body else "",
        rest=max(len(text) - BODY_CHARACTERS_MAX, 0),
        digest=record.digest[:_SHORT_DIGEST],
        previous=record.previous[:_SHORT_DIGEST],
    )


def sign_of(record: Record) -> State:
    """The sign of a record: what it tells of is as it should be, on its way there, or not."""
    body: dict[str, Any] = record.body if isinstance(record.body, dict) else {}
    result = str(body.get("result"))
    match record.kind:
        case Kind.OUTCOME.value:
            found = _OUTCOMES.get(result, State.OUT_OF_SYNC)
        case Kind.DEPLOYMENT_ENDED.value:
            found = _ENDS.get(result, State.OUT_OF_SYNC)
        case Kind.SYNC_CHANGED.value | Kind.HEALTH_CHANGED.value:
            word = str(body.get("sync") or body.get("health"))
            found = State.TRUE if word in _GOOD else State.DEGRADED if word == "Degraded" else State.OUT_OF_SYNC
        case Kind.HEAL_ASKED.value | Kind.RESTART.value if body.get("missed"):
            found = State.BLOCKED
        case Kind.JOURNAL_VERIFIED.value:
            found = State.DEGRADED if body.get("breaches") else State.TRUE
        case Kind.SIGN_IN_FAILED.value:
            found = State.BLOCKED
        case kind if kind in ACCESS_KINDS:
            found = State.HELD
        case kind:
            found = _SIGNS.get(kind, State.UNKNOWN)
    return found


def _said(record: Record, body: dict[str, Any]) -> str:
    """The line that people know; of what only the journal needs, what stands in it."""
    text = said_of(record) or _plain(record.kind, body) or record.kind
    line = " ".join(text.split())
    return line if len(line) <= SAID_CHARACTERS_MAX else f"{line[:SAID_CHARACTERS_MAX]}…"


def _plain(kind: str, body: dict[str, Any]) -> str:
    match kind:
        case Kind.DEPLOYMENT_BEGUN.value:
            return f"deployment {body.get('number', '')} of {shortest(str(body.get('revision', '')))} began"
        case Kind.DEPLOYMENT_ENDED.value:
            return f"deployment {body.get('number', '')} ended: {body.get('result', '')}"
        case Kind.INTENT.value | Kind.OUTCOME.value:
            return " ".join(filter(None, (str(body.get(key, "")) for key in ("result", "action", "ref"))))
        case Kind.RENDER_FAILED.value:
            return next(map(str, body.get("diagnostics", ())), "it could not be rendered")
        case kind if kind in ACCESS_KINDS:
            names = (str(body.get(key, "")) for key in ("name", "user", "who"))
            return next(filter(None, names), "somebody")
        case _:
            said = (f"{key} {value}" for key, value in sorted(body.items()) if isinstance(value, str) and value)
            return ", ".join(said) or kind


def _is_ref(text: str) -> bool:
    try:
        Ref.parse(text)
    except ValueError:
        return False
    return True
