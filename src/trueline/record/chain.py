"""What the digest of a record covers, and what can be wrong with a chain of them. It reads and writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.target.snapshot import NOTHING

MOVED_MAX = 200


class Damage(Enum):
    """What is wrong with a record, or with the place where one should be."""

    CHANGED = "changed"
    MISSING = "missing"
    MOVED = "moved"
    CUT = "cut"
    REPLACED = "replaced"
    """It is whole in itself, but not the one that the next record or an anchor was written after."""
    UNREADABLE = "unreadable"
    DIFFERS = "tells something else"
    """It is as it was written, but what the store derived from it is not."""
    UNPROVEN = "is not proven"
    """It says who signed a revision, and what is kept of that does not say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One thing that is wrong with the journal: at which record (0: of none), what, and how it is known."""

    sequence: int
    damage: Damage
    detail: str

    @property
    def diagnostic(self) -> Diagnostic:
        """The breach as it is told to people."""
        if self.damage is Damage.DIFFERS:
            return Diagnostic(
                code="TL0812",
                summary="the store is not what its journal tells",
                detail=f"record {self.sequence} {self.damage.value}: {self.detail}",
                remedy="compare with a backup; say what is meant with hold, resume or approve, which records it",
            )
        if self.damage is Damage.UNPROVEN:
            return Diagnostic(
                code="TL0813",
                summary="who signed a revision is not proven by what is kept",
                detail=f"record {self.sequence} {self.damage.value}: {self.detail}",
                remedy="compare with a backup, and look at the commit in the repository: git verify-commit COMMIT",
            )
        return Diagnostic(
            code="TL0811",
            summary="the journal is not as it was written",
            detail=f"record {self.sequence} {self.damage.value}: {self.detail}",
            remedy="compare with a backup; what runs is not touched by it, but what the journal says is no proof",
        )


@dataclass(frozen=True, slots=True)
class Link:
    """One record as it stands in the table, in the bytes that its digest covers."""

    sequence: int
    at: bytes
    kind: bytes
    application: bytes
    body: bytes
    previous: bytes
    digest: bytes

    def digest_at(self, sequence: int) -> bytes:
        """What its digest would be, had it been written under that number."""
        texts = (part.decode("utf-8", "backslashreplace") for part in (self.at, self.kind, self.application))
        previous = Digest(self.previous.decode("utf-8", "backslashreplace"))
        return record_digest(sequence, *texts, body=self.body, previous=previous).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where the chain ended at some time, told by someone else than the table."""

    sequence: int
    digest: Digest


def record_digest(sequence: int, at: str, kind: str, application: str, *, body: bytes, previous: Digest) -> Digest:  # noqa: PLR0913 - all that a record is
    """The digest of a record: canonical JSON of its head, a line's end, the body's own bytes (INV-22)."""
    return digest_bytes(canonical([sequence, at, kind, application, previous]) + b"\n" + body)


class Inspection:
    """Walks a chain record by record, in the order of their numbers, and collects every breach."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._anchors: Mapping[int, set[Digest]] = _by_sequence(anchors)
        self._sequence = 0
        self._digest = b""
        self._is_whole = True
        self._breaches: list[Breach] = []
        self._changed: list[Link] = []
        self._empty: list[int] = []

    def look(self, link: Link) -> None:
        """Look at the next record."""
        if link.sequence > self._sequence + 1:
            self._note_missing(link.sequence)
        is_changed = link.digest_at(link.sequence) != link.digest
        if is_changed:
            self._changed.append(link)
        elif self._is_whole and link.previous != self._digest:
            detail = (
                f"record {link.sequence} was written after another one; this one was put in its place, with its digest"
            )
            self._breach(link.sequence - 1, Damage.REPLACED, detail)
        expected = self._anchors.get(link.sequence, set())
        if any(digest.encode() != link.digest for digest in expected) and not is_changed:
            self._breach(link.sequence, Damage.REPLACED, "an anchor knows another digest")
        self._sequence, self._digest, self._is_whole = link.sequence, link.digest, not is_changed

    def breaches(self) -> tuple[Breach, ...]:
        """All that is wrong, after the last record was looked at."""
        found = [*self._breaches, *(self._judge(link) for link in self._changed)]
        last = max(self._anchors, default=0)
        if last > self._sequence:
            detail = f"the records {self._sequence + 1} to {last} were written and are gone"
            found.append(Breach(sequence=self._sequence + 1, damage=Damage.CUT, detail=detail))
        return tuple(sorted(found, key=lambda breach: breach.sequence))

    def _note_missing(self, upto: int) -> None:
        first = self._sequence + 1
        detail = f"the records {first} to {upto - 1} are gone" if upto - 1 > first else "it is gone"
        self._breach(first, Damage.MISSING, detail)
        self._empty.extend(range(first, min(upto, first + MOVED_MAX)))
        self._is_whole = False

    def _judge(self, link: Link) -> Breach:
        places = [*(other.sequence for other in self._changed[:MOVED_MAX]), *self._empty[:MOVED_MAX]]
        for place in places:
            if link.digest_at(place) == link.digest:
                detail = f"it was written as record {place}"
                return Breach(sequence=link.sequence, damage=Damage.MOVED, detail=detail)
        detail = "its content does not have its digest"
        return Breach(sequence=link.sequence, damage=Damage.CHANGED, detail=detail)

    def _breach(self, sequence: int, damage: Damage, detail: str) -> None:
        self._breaches.append(Breach(sequence=sequence, damage=damage, detail=detail))


def inspect(links: Iterable[Link], anchors: Sequence[Anchor] = ()) -> tuple[Breach, ...]:
    """Every breach of a chain that is given in the order of its numbers.

    >>> inspect([Link(1, b"", b"", b"", b"", b"", b"?")])[0].damage
    <Damage.CHANGED: 'changed'>
    """
    inspection = Inspection(anchors)
    for link in links:
        inspection.look(link)
    return inspection.breaches()


def _by_sequence(anchors: Iterable[Anchor]) -> dict[int, set[Digest]]:
    found: dict[int, set[Digest]] = {}
    for anchor in anchors:
        if anchor.digest != NOTHING:
            found.setdefault(anchor.sequence, set()).add(anchor.digest)
    return found
