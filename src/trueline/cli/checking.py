"""Reading a journal to check it, without changing a byte of it, also while `up` writes to it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from trueline.cli.archive import archive_of
from trueline.cli.place import Place
from trueline.loop.proof import fault_of
from trueline.record.chain import Breach, Damage
from trueline.record.journal import Journal, Kind, Record
from trueline.record.replay import differences
from trueline.record.schema import SCHEMA
from trueline.record.trust import PROOFS_MAX, TrustBook
from trueline.runtime.layout import check_layout
from trueline.runtime.store import Store, check_version
from trueline.server.verification import Checked

ANCHORS = "trueline.anchors"
_TAKEN = "what proves it is not kept, and so new a proof is not let go of"


def is_anchored(place: Place) -> bool:
    """Whether the journal's head was written down beside it, so that a cut at its end shows."""
    return (place.path / ANCHORS).is_file()


def check(place: Place) -> Checked:
    """What is wrong with the journal of a place; see `check_directory`."""
    return check_directory(place.path)


def check_directory(directory: Path) -> Checked:
    """How many records there are, and what is wrong with them or, where nothing is, with what they tell.

    Signatures of revisions are checked anew, from the objects and keys that are kept, without a repository.

    The store is opened with no schema, so that nothing is migrated; the snapshot is that of one moment.

    Raises:
        UserError: TL0805, a newer Trueline wrote it: what it means by its records is not known here.
    """
    check_layout(directory)
    file = directory / "trueline.sqlite"
    if not file.is_file():
        return Checked(breaches=(Breach(sequence=0, damage=Damage.MISSING, detail=f"{file} is not there"),))
    check_version(file, SCHEMA)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as probe:
            probe.execute("SELECT count(*) FROM record").fetchone()
    except sqlite3.Error as error:
        return Checked(breaches=(Breach(sequence=0, damage=Damage.UNREADABLE, detail=str(error)),))
    store = Store.open(file)
    try:
        tables = archive_of(store, directory / ANCHORS)
        breaches = tables.journal.verify()
        count = tables.journal.head().sequence
        if breaches or store.version != len(SCHEMA):
            return Checked(records=count, breaches=breaches)
        return _prove(store, tables.journal, Checked(records=count, breaches=differences(store)))
    finally:
        store.close()


def _prove(store: Store, journal: Journal, checked: Checked) -> Checked:
    """Every record that says who signed a revision, by what is kept of it (INV-11, INV-22)."""
    book, last, proven, unkept, breaches = TrustBook(store, journal), 0, 0, list[tuple[int, int]](), list[Breach]()
    count = 0
    while page := journal.after(last):
        for record in page:
            if record.kind == Kind.REVISION_VERIFIED.value:
                count += 1
                fault = _fault(book, record)
                proven += fault == ""
                if fault is None:
                    unkept.append((count, record.sequence))
                elif fault:
                    breaches.append(Breach(sequence=record.sequence, damage=Damage.UNPROVEN, detail=fault))
        last = page[-1].sequence
    taken = [sequence for number, sequence in unkept if count - number < PROOFS_MAX]
    breaches += [Breach(sequence=one, damage=Damage.UNPROVEN, detail=_TAKEN) for one in taken]
    breaches.sort(key=lambda one: one.sequence)
    left = len(unkept) - len(taken)
    return replace(checked, proven=proven, unkept=left, breaches=(*checked.breaches, *breaches))


def _fault(book: TrustBook, record: Record) -> str | None:
    """Why a record is not proven; `None` where nothing is kept that could."""
    try:
        proof = book.proof(record.body["proof"])
        return None if proof is None else fault_of(record.body, proof)
    except (KeyError, TypeError, ValueError) as error:
        return f"what is kept of it cannot be read: {error}"
