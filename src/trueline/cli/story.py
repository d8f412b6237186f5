"""What happens, one line each, so that a person who watches understands. It reads records and writes lines."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from trueline.model.diagnostic import Diagnostic
from trueline.record.journal import Kind, Record

FIELDS_MAX = 5
MESSAGE_CHARACTERS_MAX = 500
ALIKE_MAX = 10


class Story:
    """Turns records into lines; what was said last of each problem is not said again."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._problems: tuple[Diagnostic, ...] = ()
        self._refusals: dict[str, tuple[Diagnostic, ...]] = {}
        self._notes: dict[str, tuple[Diagnostic, ...]] = {}
        self._served: dict[str, str] = {}

    def tell_records(self, records: Sequence[Record]) -> None:
        """The lines of records that are news to a person; many of one sort that follow each other are one line."""
        for (application, sort), run in groupby(records, key=_sort):
            alike = list(run)
            if sort and len(alike) > ALIKE_MAX:
                action, kind = sort
                self._tell(f"{alike[-1].at.astimezone():%H:%M:%S} {application}: {action} {len(alike)} {kind}")
                continue
            for record in alike:
                if line := line_of(record):
                    self._tell(f"{record.at.astimezone():%H:%M:%S} {line}")

    def tell_problems(self, problems: Sequence[Diagnostic]) -> None:
        """What is wrong with the fleet repository; said once."""
        found = tuple(problems)
        if found != self._problems:
            for problem in found:
                self._tell(str(problem))
            if not found:
                self._tell("the fleet repository can be read again")
            self._problems = found

    def tell_refusals(self, application: str, problems: tuple[Diagnostic, ...]) -> None:
        """What stops an application; said once."""
        if problems != self._refusals.get(application, ()):
            for problem in problems:
                self._tell(f"{application}: {problem}")
            self._refusals[application] = problems

    def tell_notes(self, application: str, notes: tuple[Diagnostic, ...]) -> None:
        """What is worth knowing and stops nothing; each said once for as long as it holds."""
        before, self._notes[application] = self._notes.get(application, ()), notes
        for note in notes:
            if note not in before:
                self._tell(f"{application}: {note_line(note)}" if application else note_line(note))

    def tell_served(self, addresses: Mapping[str, str]) -> None:
        """Where sites are served, and which are no more."""
        for site, address in sorted(addresses.items()):
            if self._served.get(site) != address:
                self._tell(f"{site}: served at {address}")
        for site in sorted(self._served.keys() - addresses.keys()):
            self._tell(f"{site}: no longer served at {self._served[site]}")
        self._served = dict(addresses)


def _sort(record: Record) -> tuple[str, tuple[str, str] | None]:
    """What makes outcomes alike: the application, what was done, to which kind; `None` for all other records."""
    body = record.body if record.kind == Kind.OUTCOME.value and isinstance(record.body, dict) else {}
    action = _WORDS.get(body.get("action", ""), "") if body.get("result") == "done" else ""
    return record.application, (action, str(body.get("ref", "")).partition("/")[0]) if action else None


def note_line(note: Diagnostic) -> str:
    """A note as one line: it asks for nothing."""
    return one_line(f"note: {note.code} {note.line}")


def line_of(record: Record) -> str:
    """One record as a line; empty for what only the journal needs."""
    body: dict[str, Any] = record.body if isinstance(record.body, dict) else {}
    said = _said(record.kind, body)
    return f"{record.application}: {said}" if said and record.application else said


def _said(kind: str, body: dict[str, Any]) -> str:
    return _LINES[kind](body) if kind in _LINES else ""


def _revision(body: dict[str, Any]) -> str:
    return f"revision {body.get('commit', '')[:10]} by {body.get('author', '')}: {body.get('subject', '')}"


def _verified(body: dict[str, Any]) -> str:
    signer = body.get("signer", {})
    return f"{body.get('source', '')}: {body.get('commit', '')[:10]} was signed by {signer.get('owner', '')}"


def _trusted(body: dict[str, Any]) -> str:
    name = body.get("name", "")
    return f"the trusted keys of {name} are those of {body.get('commit', '')[:10]}" if body.get("owners") else ""


def _sync(body: dict[str, Any]) -> str:
    at = f" at {body['revision']}" if body.get("revision") else ""
    return _with(f"{body.get('sync', '')}{at}", body.get("message"))


def _health(body: dict[str, Any]) -> str:
    return _with(str(body.get("health", "")), body.get("message"))


def _drift(body: dict[str, Any]) -> str:
    fields = body.get("fields") or []
    shown = ", ".join(fields[:FIELDS_MAX]) + (f" and {len(fields) - FIELDS_MAX} more" if fields[FIELDS_MAX:] else "")
    managers = ", ".join(filter(None, body.get("managers") or []))
    if body.get("drift") == "fight":
        return _with(f"fight: {body.get('ref', '')} is changed again and again by {managers or 'somebody'}", shown)
    if body.get("drift") == "added":
        return _with(f"drift: {managers or 'somebody'} added to {body.get('ref', '')}", shown)
    return _with(f"drift: {body.get('ref', '')} was {body.get('drift', '')}{managers and f' by {managers}'}", shown)


def _outcome(body: dict[str, Any]) -> str:
    """Only what a person looks for: heals, prunes, take-overs, and whatever went wrong."""
    action, result, ref = body.get("action", ""), body.get("result", ""), body.get("ref", "")
    if result in {"refused", "unknown", "overruled"}:
        return _with(f"{result}: {action} {ref}", body.get("message"))
    if result != "done":
        return ""
    return f"{_WORDS[action]} {ref}" if action in _WORDS else ""


def _with(text: str, message: Any) -> str:
    return f"{text}: {one_line(str(message))}" if message else text


def one_line(message: str) -> str:
    """A message of a target as one line; what is longer than a person reads stands in the journal."""
    line = " ".join(message.split())
    return line if len(line) <= MESSAGE_CHARACTERS_MAX else f"{line[:MESSAGE_CHARACTERS_MAX]}…"


_WORDS: Mapping[str, str] = {
    "heal": "healed",
    "prune": "pruned",
    "take over": "took over",
    "transfer": "took from another application",
    "replace": "deleted and made again",
    "create": "created",
    "update": "updated",
}

_LINES: Mapping[str, Callable[[dict[str, Any]], str]] = {
    Kind.REVISION_SEEN.value: _revision,
    Kind.REVISION_VERIFIED.value: _verified,
    Kind.TRUST_CHANGED.value: _trusted,
    Kind.SYNC_CHANGED.value: _sync,
    Kind.HEALTH_CHANGED.value: _health,
    Kind.DRIFT_FOUND.value: _drift,
    Kind.OUTCOME.value: _outcome,
    Kind.ROLLBACK.value: lambda body: f"rolled back to {body.get('to', '')[:10]} by {body.get('who', '')}",
    Kind.HOLD.value: lambda body: f"held by {body.get('who', '')}: {body.get('why', '')}",
    Kind.RESUME.value: lambda body: f"resumed by {body.get('who', '')}",
    Kind.APPROVAL.value: lambda body: f"plan {body.get('plan', '')[:12]} approved by {body.get('who', '')}",
    Kind.REMOVED.value: lambda _: "removed, with everything it owned that Git does not keep",
}
"""What only the journal needs is not told."""
