"""Records as people read them, one line each. Pure: what a line says stands in its record, or it says nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from trueline.record.journal import Kind, Record

FIELDS_MAX = 5
MESSAGE_CHARACTERS_MAX = 500


def line_of(record: Record) -> str:
    """One record as a line; empty for what only the journal needs."""
    said = said_of(record)
    return f"{record.application}: {said}" if said and record.application else said


def said_of(record: Record) -> str:
    """The same, where it is known of which application it is."""
    body: dict[str, Any] = record.body if isinstance(record.body, dict) else {}
    return _LINES[record.kind](body) if record.kind in _LINES else ""


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


def _asked(what: str, of: str, body: dict[str, Any]) -> str:
    """What a person asked for, and why it was not done, where that is so."""
    who = body.get("who", "")
    if missed := body.get("missed"):
        return _with(f"{what} of {of}, asked for by {who}, was not done", missed)
    return f"{what} of {of} asked for by {who}"


def _outcome(body: dict[str, Any]) -> str:
    """Only what a person looks for: heals, prunes, take-overs, and whatever went wrong."""
    action, result, ref = body.get("action", ""), body.get("result", ""), body.get("ref", "")
    if result in {"refused", "unknown", "overruled"}:
        return _with(f"{result}: {action} {ref}", body.get("message"))
    if result != "done":
        return ""
    return f"{WORDS[action]} {ref}" if action in WORDS else ""


def _checked(body: dict[str, Any]) -> str:
    breaches, who = body.get("breaches", 0), body.get("who", "")
    if breaches:
        return f"the journal is not as it was written: {breaches} breaches, found by {who}"
    return f"{body.get('records', 0)} records of the journal were checked by {who}: the chain is whole"


def _with(text: str, message: Any) -> str:
    return f"{text}: {one_line(str(message))}" if message else text


def one_line(message: str) -> str:
    r"""A message of a target as one line; what is longer than a person reads stands in the journal.

    What cannot be seen is written out: a terminal would obey it.

    >>> one_line("two\nlines \x1b[2J")
    'two lines \\x1b[2J'
    """
    line = " ".join(message.split())
    line = line if len(line) <= MESSAGE_CHARACTERS_MAX else f"{line[:MESSAGE_CHARACTERS_MAX]}…"
    return line if line.isprintable() else "".join(one if one.isprintable() else _written_out(one) for one in line)


def _written_out(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


WORDS: Mapping[str, str] = {
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
    Kind.SYNC_ASKED.value: lambda body: f"sync asked for by {body.get('who', '')}",
    Kind.REFRESH_ASKED.value: lambda body: f"a look at Git and the target asked for by {body.get('who', '')}",
    Kind.HEAL_ASKED.value: lambda body: _asked("a heal", ", ".join((body.get("refs") or [])[:FIELDS_MAX]), body),
    Kind.RESTART.value: lambda body: _asked("a restart", body.get("ref", ""), body),
    Kind.ADOPTION_OFFERED.value: lambda body: (
        f"a change for Git that keeps the drift was made for {body.get('who', '')}"
    ),
    Kind.HOLD.value: lambda body: f"held by {body.get('who', '')}: {body.get('why', '')}",
    Kind.RESUME.value: lambda body: f"resumed by {body.get('who', '')}",
    Kind.APPROVAL.value: lambda body: f"plan {body.get('plan', '')[:12]} approved by {body.get('who', '')}",
    Kind.SIGN_IN_FAILED.value: lambda body: (
        f"nobody came in: {body['code']} {body.get('why', '')} (from {body.get('address', '')})"
        if "code" in body
        else ""
    ),
    Kind.JOURNAL_VERIFIED.value: _checked,
    Kind.REMOVED.value: lambda _: "removed, with everything it owned that Git does not keep",
}
"""What only the journal needs is not told."""
