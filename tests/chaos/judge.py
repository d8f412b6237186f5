"""Whether what was written to the cluster may have been written. It sees every write and asks nobody.

What it holds against the engine: a stranger's object that is touched, an object deleted that Git declares, an older
turn over a newer one, a neighbour's field that is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tests.chaos.declared import APPLICATIONS, CLOCK, TURN, Declared, Key
from tests.chaos.etcd_watch import Written

STRANGER = "stranger-"
NOTE = "neighbour.example.com/note"


class Fault(Enum):
    """What must never happen."""

    TOUCHED = "a stranger's object was touched"
    DELETED = "an object that Git declares was deleted"
    OLDER = "an older revision was written over a newer one"
    NOTE_LOST = "a field of somebody else was lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that must not have happened."""

    fault: Fault
    key: str
    revision: int
    is_delete: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One of our objects as it is on the cluster."""

    uid: str
    turn: int
    has_note: bool


@dataclass(slots=True, kw_only=True)
class Judge:
    """Sees each write once, in order."""

    declared: Declared
    live: dict[Key, Live] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=lambda: dict.fromkeys(APPLICATIONS, 0))
    """The turn that each application is known to have reached."""
    wrongs: list[Wrong] = field(default_factory=list)
    writes: int = 0
    """How many writes there were to our objects."""
    deletes: int = 0
    strangers: set[str] = field(default_factory=set)
    _turns: dict[Key, int] = field(default_factory=dict)

    def see(self, written: Written) -> None:
        """One write."""
        if (key := _key(written.key)) is None:
            return
        if key.name.startswith(STRANGER):
            self._see_stranger(written)
            return
        self.writes += 1
        if written.is_delete:
            self._see_delete(key, written)
        else:
            self._see_put(key, written)

    def differences(self) -> list[str]:
        """Where the cluster is not as Git says now; empty where it is."""
        found = {key: live.turn for key, live in self.live.items()}
        wanted = self.declared.newest
        return [
            f"{key}: {found.get(key, 'absent')}, not {wanted.get(key, 'absent')}"
            for key in sorted(found.keys() | wanted.keys())
            if found.get(key) != wanted.get(key)
        ]

    def _see_stranger(self, written: Written) -> None:
        """Whoever made it never writes it again."""
        if written.is_delete or written.key in self.strangers:
            self._blame(Fault.TOUCHED, written)
        self.strangers.add(written.key)

    def _see_delete(self, key: Key, written: Written) -> None:
        self.deletes += 1
        since = self.reached[key.application]
        if self.declared.is_declared_since(key, since):
            self._blame(Fault.DELETED, written, f"every turn since {since} declares it")
        self.live.pop(key, None)

    def _see_put(self, key: Key, written: Written) -> None:
        metadata: Mapping[str, Mapping[str, str]] = written.value["metadata"]
        annotations = metadata.get("annotations") or {}
        now = Live(uid=str(metadata["uid"]), turn=int(annotations.get(TURN, "-1")), has_note=NOTE in annotations)
        before = self.live.get(key)
        if now.turn < self._turns.get(key, -1):
            self._blame(Fault.OLDER, written, f"{now.turn} over {self._turns[key]}")
        if before is not None and before.uid == now.uid and before.has_note and not now.has_note:
            self._blame(Fault.NOTE_LOST, written)
        self.live[key] = now
        self._turns[key] = max(now.turn, self._turns.get(key, -1))
        if key.name == CLOCK:
            self.reached[key.application] = max(now.turn, self.reached[key.application])

    def _blame(self, fault: Fault, written: Written, detail: str = "") -> None:
        key, revision, is_delete = written.key, written.revision, written.is_delete
        self.wrongs.append(Wrong(fault=fault, key=key, revision=revision, is_delete=is_delete, detail=detail))


def _key(path: str) -> Key | None:
    """`/registry/PLURAL/NAMESPACE/NAME` of an object in a namespace of ours that we or a stranger made."""
    plural, _, rest = path.removeprefix("/registry/").rpartition("/")[0].rpartition("/")
    name = path.rpartition("/")[2]
    is_known = rest in APPLICATIONS and (name == CLOCK or name.startswith(("item-", STRANGER)))
    return Key(rest, plural, name) if is_known and plural in _PLURALS else None


_PLURALS = frozenset({"configmaps", "secrets", "services/specs", "deployments"})
