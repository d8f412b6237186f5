"""What a run leaves: the cluster, the books, the history; and how two endings differ.

What another run may rightly have otherwise is left out: UIDs, versions, times, names that the cluster draws.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import msgspec

from trueline.embedded.store import Kept
from trueline.record.journal import Kind, Record
from trueline.target.inventory import Entry
from trueline.testing.process import TARGET, EngineProcess
from trueline.testing.simulation.network import is_fence
from trueline.testing.simulation.scene import Scene

_DRAWN = frozenset({"uid", "resourceVersion", "clusterIP", "clusterIPs"})
_VOLUME = re.compile(r"kube-api-access-\w{5}")
_SAME_KINDS = frozenset(
    {
        Kind.DEPLOYMENT_BEGUN,
        Kind.DEPLOYMENT_ENDED,
        Kind.REMOVED,
    }
)
"""Of these, a run that fails on its way has exactly as many as one that does not. A transfer that a crash cut in two is
told by both sides, each in its own words."""
_LEAST_KINDS = frozenset({Kind.APPROVAL, Kind.DRIFT_FOUND, Kind.HOLD, Kind.RESUME, Kind.ROLLBACK})
"""Of these it has at least as many, of the same content: who is not heard asks again, and the rest of an approved plan
is another plan, which waits for approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of one run, ready to be compared."""

    objects: Mapping[str, Any]
    uids: Mapping[str, str]
    raw: Mapping[str, bytes]
    written: Mapping[tuple[str, str], int]
    inventory: Mapping[tuple[str, str], tuple[Any, ...]]
    standing: Mapping[str, tuple[Any, ...]]
    history: Mapping[str, tuple[Any, ...]]
    holds: tuple[tuple[str, str], ...]
    records: Mapping[tuple[str, str, str], int]
    least: Mapping[tuple[str, str, str], int]
    open_intents: tuple[str, ...]


def ending(scene: Scene, process: EngineProcess) -> Ending:
    """What a scene has come to."""
    kept = {one.key: one for one in scene.objects.all() if not is_fence(one.key)}
    records = process.journal.after()
    names = sorted({*process.ledger.applications(TARGET), *(record.application for record in records)} - {""})
    return Ending(
        objects=_objects(kept),
        uids={key: one.metadata.uid for key, one in kept.items()},
        raw={key: one.raw for key, one in kept.items()},
        written=scene.written,
        inventory={
            (name, str(ref)): _entry(entry)
            for name in names
            for ref, entry in process.ledger.inventory(name, TARGET).entries.items()
        },
        standing={
            name: (one.status.sync.value, one.status.health.value, one.status.revision, one.held)
            for name, one in process.engine.kept.items()
        },
        history={
            name: tuple((d.number, d.revision, d.tree, d.by, d.result.value) for d in process.history.history(name))
            for name in names
        },
        holds=tuple((name, hold.revision) for name in names for hold in process.control.parts.holds.active(name)),
        records=_counted(records, _SAME_KINDS),
        least=_counted(records, _LEAST_KINDS),
        open_intents=tuple(_open_intents(records)),
    )


def differences(expected: Ending, found: Ending) -> Iterator[str]:
    """What is otherwise, in words that say where to look."""
    for name in (field.name for field in fields(Ending)):
        match name:
            case "uids" | "raw":
                continue
            case "open_intents":
                yield from (f"an intent has no outcome: {one}" for one in found.open_intents)
            case "least":
                lacking = Counter(expected.least) - Counter(found.least)
                yield from (f"the journal lacks {key}" for key in lacking)
            case "inventory":
                yield from _otherwise(name, expected.inventory, _looked_at(expected.inventory, found.inventory))
            case _:
                yield from _otherwise(name, getattr(expected, name), getattr(found, name))


def _looked_at(
    expected: Mapping[tuple[str, str], tuple[Any, ...]], found: Mapping[tuple[str, str], tuple[Any, ...]]
) -> Mapping[tuple[str, str], tuple[Any, ...]]:
    """A death between the fence and the journal leaves rows that are doubted: without a digest, until the next look.

    They are what they were.
    """
    return {
        key: expected[key] if not row[_OURS] and _but_ours(row) == _but_ours(expected.get(key, ())) else row
        for key, row in found.items()
    }


_OURS = 3
"""Where a row of the inventory has the digest of our field set; see `_entry`."""


def _but_ours(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:_OURS], *row[_OURS + 1 :])


def _otherwise(name: str, expected: Any, found: Any) -> Iterator[str]:
    if not isinstance(expected, Mapping):
        if expected != found:
            yield f"{name}: {found} for {expected}"
        return
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{name} of {key}: {_told(expected.get(key), found.get(key))}"


def _told(expected: Any, found: Any) -> str:
    """The smallest part that differs."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if expected.get(key) != found.get(key):
                return f"{key}.{_told(expected.get(key), found.get(key))}"
    return f"{found} for {expected}"


def _objects(kept: Mapping[str, Kept]) -> dict[str, Any]:
    """Every object as text without what is drawn; what the cluster named itself is known by its kind and owner."""
    names = {one.metadata.uid: _name(one, kept) for one in kept.values()}
    found: dict[str, Any] = {}
    for key, one in kept.items():
        text = one.raw.decode()
        for uid, name in names.items():
            text = text.replace(uid, name)
        if names[one.metadata.uid] != key:
            text = text.replace(one.metadata.name, "drawn")
        place, number = names[one.metadata.uid], 0
        while f"{place} {number}" in found:
            number += 1
        found[f"{place} {number}"] = _steady(msgspec.json.decode(_VOLUME.sub("kube-api-access", text)))
    return found


def _name(one: Kept, kept: Mapping[str, Kept]) -> str:
    is_drawn = bool(one.metadata.owner_references) or "generateName" in one.body["metadata"]
    if not is_drawn:
        return one.key
    owners = {other.metadata.uid: other.key for other in kept.values()}
    of = [owners.get(owner.uid, "nobody") for owner in one.metadata.owner_references]
    return f"{one.key.rpartition('/')[0]} of {of}"


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(each) for key, each in value.items() if key not in _DRAWN}
    return [_steady(each) for each in value] if isinstance(value, list) else value


def _entry(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.state.value,
        entry.body,
        entry.intended,
        entry.ours,
        entry.others,
        entry.generation,
        entry.overruled,
        entry.withheld,
        entry.run,
        entry.keep,
        entry.wave,
        entry.ended.value,
        entry.added,
    )


def _counted(records: tuple[Record, ...], kinds: frozenset[Kind]) -> Counter[tuple[str, str, str]]:
    wanted = {kind.value for kind in kinds}
    return Counter((r.application, r.kind, _content(r)) for r in records if r.kind in wanted)


def _content(record: Record) -> str:
    """What a record says, without what names a plan: another plan may lead to the same."""
    if record.kind == Kind.APPROVAL.value:
        return ""
    body = {key: value for key, value in record.body.items() if key not in {"plan", "until"}}
    return msgspec.json.encode(body, order="deterministic").decode()


def _open_intents(records: tuple[Record, ...]) -> Iterator[str]:
    """INV-23: after the last intent of an object somebody says what became of it."""
    opened: dict[tuple[str, str], bool] = {}
    for record in records:
        if record.kind in {Kind.INTENT.value, Kind.OUTCOME.value}:
            opened[record.application, record.body["ref"]] = record.kind == Kind.INTENT.value
    yield from (f"{ref} of {name}" for (name, ref), is_open in opened.items() if is_open)
