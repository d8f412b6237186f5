"""Who owns which fields, as `metadata.managedFields` says it (D5). Reads entries and makes digests of them.

A digest is of the set alone, in any order: neither time nor the entry's API version counts, since a set that was
written through another version is still the same ownership. The time of our own entry is told beside it. An entry of
the subresource `status`, and what stands under `status`, belong to nobody here.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from trueline.model.digest import Digest, canonical
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.wire import ManagedFields

DIGEST_BYTES = 16
TIMES_REMEMBERED = 1_024
APPLY = "Apply"
RESTARTED = ("f:spec", "f:template", "f:metadata", "f:annotations", "f:kubectl.kubernetes.io/restartedAt")

Fields: TypeAlias = dict[str, Any]
Steps: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What the entries of one object say, as raw digests; empty where there is no entry."""

    ours: bytes = b""
    others: bytes = b""
    managers: tuple[str, ...] = ()
    mark_is_ours: bool = False


def read_ownership(entries: Sequence[ManagedFields] | None, manager: str) -> Ownership:
    """Part the entries into ours and everybody else's."""
    ours = our_fields(entries, manager)
    others = [
        ([entry.manager, entry.operation, entry.subresource], fields)
        for entry, fields in other_fields(entries, manager)
    ]
    return Ownership(
        ours=b"" if ours is None else _digest(ours),
        others=_digest(sorted([*who, canonical(fields).decode()] for who, fields in others)) if others else b"",
        managers=tuple(sorted({who[0] for who, _ in others})),
        mark_is_ours=ours is not None and owns(ours, ("f:metadata", "f:labels", f"f:{LABEL}")),
    )


def is_ours(entry: ManagedFields, manager: str) -> bool:
    """Whether an entry is the one that our applies keep."""
    return entry.manager == manager and entry.operation == APPLY and not entry.subresource


def applied_at(entries: Iterable[ManagedFields] | None, manager: str) -> int:
    """When we applied something new last, in seconds since the epoch by the server's clock; 0 where nobody says.

    A server moves the time of an entry where its manager writes another value, though the set stays the same, and
    leaves it where an apply changes nothing or another manager takes a field away.
    """
    return next((_seconds(entry.time) for entry in entries or () if is_ours(entry, manager)), 0)


@lru_cache(maxsize=TIMES_REMEMBERED)
def _seconds(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return 0


def our_fields(entries: Iterable[ManagedFields] | None, manager: str) -> Fields | None:
    """Our field set; `None` where we have no entry."""
    return next((_fields(entry) for entry in entries or () if is_ours(entry, manager)), None)


def other_fields(entries: Iterable[ManagedFields] | None, manager: str) -> Iterator[tuple[ManagedFields, Fields]]:
    """Everybody else's entries that own something beside `status`, and beside the restarts that we were asked for."""
    for entry in entries or ():
        if is_ours(entry, manager) or entry.subresource == "status":
            continue
        fields = _fields(entry)
        fields.pop("f:status", None)
        if fields and not _is_restart(entry, fields, manager):
            yield entry, fields


def restarter_of(manager: str) -> str:
    """The field manager of restarts that a person asked us for.

    >>> restarter_of("trueline:k3x9")
    'trueline-restart:k3x9'
    """
    name, _, installation = manager.partition(":")
    return f"{name}-restart:{installation}"


def _is_restart(entry: ManagedFields, fields: Fields, manager: str) -> bool:
    """Whether somebody asked us for it: nothing else of the object is anybody's who goes by that name (INV-19)."""
    return entry.manager == restarter_of(manager) and all(steps == RESTARTED for steps in leaves(fields))


def leaves(fields: Fields, above: Steps = ()) -> Iterator[Steps]:
    """Every path that a set owns; an element or a map that is owned itself ends in `.`.

    >>> list(leaves({"f:data": {".": {}, "f:a": {}}}))
    [('f:data', '.'), ('f:data', 'f:a')]
    """
    for step, below in fields.items():
        if below:
            yield from leaves(below, (*above, step))
        else:
            yield (*above, step)


def owns(fields: Fields, steps: Steps) -> bool:
    """Whether a set owns exactly that path."""
    at: Any = fields
    for step in steps:
        if step not in at:
            return False
        at = at[step]
    return not at or "." in at


def union(left: Fields, right: Fields) -> Fields:
    """What either set owns.

    >>> union({"f:a": {"f:x": {}}}, {"f:a": {"f:y": {}}})
    {'f:a': {'f:x': {}, 'f:y': {}}}
    """
    merged = dict(left)
    for step, below in right.items():
        held = merged.get(step)
        merged[step] = below if held is None else _joined(held, below)
    return merged


def _joined(left: Fields, right: Fields) -> Fields:
    """A leaf and a map of the same path: the leaf is ownership of the map itself."""
    if left and right:
        return union(left, right)
    whole = left or right
    return {".": {}, **whole} if whole else {}


def hex_digest(raw: bytes) -> Digest:
    """A raw digest as the inventory keeps it; nothing stays nothing."""
    return Digest(raw.hex())


def _digest(value: object) -> bytes:
    return hashlib.sha256(canonical(value)).digest()[:DIGEST_BYTES]


def _fields(entry: ManagedFields) -> Fields:
    fields: Fields = msgspec.json.decode(entry.fieldsV1, type=dict[str, Any])
    return fields
