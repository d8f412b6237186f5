"""A live object as the mirror keeps it: what the planner needs, in as few bytes as that takes (D5: 0.5 kB each)."""

import sys

import msgspec

from trueline.render.annotation import timing
from trueline.target.kubernetes.field_set import Ownership, applied_at, hex_digest, read_ownership
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.wire import LAST_APPLIED, ManagedFields, ObjectMeta
from trueline.target.snapshot import Observed

SHARED_MAX = 50_000
OWNERSHIPS_MAX = 500
OWNERSHIP_BYTES_MAX = 4_096
_UID_BYTES = 16


class Live(msgspec.Struct, gc=False, frozen=True):
    """One object. UIDs and versions that have their usual form are kept as bytes and numbers."""

    uid: bytes | str
    version: int | str
    generation: int
    mark: str
    mark_is_ours: bool
    ours: bytes
    others: bytes
    managers: tuple[str, ...]
    deleting: bool
    keep: bool = False
    applied_at: int = 0

    def observed(self) -> Observed:
        """As the planner reads it."""
        return Observed(
            uid=uid_text(self.uid),
            version=str(self.version),
            generation=self.generation,
            mark=self.mark,
            mark_is_ours=self.mark_is_ours,
            ours=hex_digest(self.ours),
            others=hex_digest(self.others),
            managers=self.managers,
            deleting=self.deleting,
            keep=self.keep,
            applied_at=self.applied_at,
        )

    def is_older(self, than: "Live") -> bool:
        """Whether this is an earlier state of the same object."""
        return (
            isinstance(self.version, int)
            and isinstance(than.version, int)
            and self.uid == than.uid
            and self.version < than.version
        )

    def is_written(self, since: "Live | None") -> bool:
        """Whether somebody wrote it: where a generation tells of what is declared, status alone moves the version."""
        return since is not None and not self.generation and self.version != since.version

    def differs(self, other: "Live | None") -> bool:
        """Whether anything but the version is another one."""
        return other is None or msgspec.structs.replace(self, version=other.version) != other


class Pool:
    """Makes live objects that share what is the same; one for each mirror."""

    def __init__(self, manager: str) -> None:
        self._manager = manager
        self._digests: dict[bytes, bytes] = {b"": b""}
        self._managers: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        self._last: tuple[ObjectMeta, Live] | None = None
        self._owned: dict[tuple[tuple[str, str, str, bytes], ...], Ownership] = {}

    def live(self, metadata: ObjectMeta) -> Live:
        """What the metadata of an object says; asked twice in a row of one answer, it is read once.

        What has a copy of the object in it, which may be a Secret, is not remembered for that (INV-25).
        """
        if self._last is not None and self._last[0] is metadata:
            return self._last[1]
        made = self._read(metadata)
        self._last = None if LAST_APPLIED in (metadata.annotations or ()) else (metadata, made)
        return made

    def _read(self, metadata: ObjectMeta) -> Live:
        owned = self._ownership(metadata.managedFields or [])
        if max(len(self._digests), len(self._managers)) > SHARED_MAX:
            self._digests.clear()
            self._managers.clear()
        return Live(
            uid=_uid(metadata.uid),
            version=version_of(metadata.resourceVersion),
            generation=metadata.generation,
            mark=sys.intern((metadata.labels or {}).get(LABEL, "")),
            mark_is_ours=owned.mark_is_ours,
            ours=self._digests.setdefault(owned.ours, owned.ours),
            others=self._digests.setdefault(owned.others, owned.others),
            managers=self._managers.setdefault(owned.managers, owned.managers),
            deleting=metadata.deletionTimestamp is not None,
            keep=timing(metadata.annotations).keep if metadata.annotations else False,
            applied_at=applied_at(metadata.managedFields, self._manager),
        )

    def _ownership(self, entries: list[ManagedFields]) -> Ownership:
        """Objects that are made alike have equal entries, but for the time: the same bytes are the same ownership."""
        key = tuple((one.manager, one.operation, one.subresource, bytes(one.fieldsV1)) for one in entries)
        if (known := self._owned.get(key)) is not None:
            return known
        made = read_ownership(entries, self._manager)
        if sum(len(one[3]) for one in key) <= OWNERSHIP_BYTES_MAX:
            if len(self._owned) >= OWNERSHIPS_MAX:
                self._owned.clear()
            self._owned[key] = made
        return made


def version_of(text: str) -> int | str:
    """A resource version as a number where it is one; such versions of one type can be compared."""
    return int(text) if text.isascii() and text.isdecimal() and not text.startswith("0") else text


def uid_text(uid: bytes | str) -> str:
    """A UID as the server writes it."""
    if isinstance(uid, str):
        return uid
    digits = uid.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _uid(text: str) -> bytes | str:
    try:
        parsed = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return text
    return parsed if len(parsed) == _UID_BYTES and uid_text(parsed) == text else text
