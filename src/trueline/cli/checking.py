"""Reading a journal to check it, without changing a byte of it, also while `up` writes to it."""

import sqlite3
from contextlib import closing

from trueline.cli.archive import archive_of
from trueline.cli.place import Place
from trueline.record.chain import Breach, Damage
from trueline.record.replay import differences
from trueline.record.schema import SCHEMA
from trueline.runtime.layout import check_layout
from trueline.runtime.store import Store, check_version

ANCHORS = "trueline.anchors"


def is_anchored(place: Place) -> bool:
    """Whether the journal's head was written down beside it, so that a cut at its end shows."""
    return (place.path / ANCHORS).is_file()


def check(place: Place) -> tuple[int, tuple[Breach, ...]]:
    """How many records there are, and what is wrong with them or, where nothing is, with what they tell.

    The store is opened with no schema, so that nothing is migrated; the snapshot is that of one moment.

    Raises:
        UserError: TL0805, a newer Trueline wrote it: what it means by its records is not known here.
    """
    check_layout(place.path)
    file = place.path / "trueline.sqlite"
    if not file.is_file():
        return 0, (Breach(sequence=0, damage=Damage.MISSING, detail=f"{file} is not there"),)
    check_version(file, SCHEMA)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as probe:
            probe.execute("SELECT count(*) FROM record").fetchone()
    except sqlite3.Error as error:
        return 0, (Breach(sequence=0, damage=Damage.UNREADABLE, detail=str(error)),)
    store = Store.open(file)
    try:
        tables = archive_of(store, place.path / ANCHORS)
        breaches = tables.journal.verify()
        is_current = store.version == len(SCHEMA)
        return tables.journal.head().sequence, breaches or (differences(store) if is_current else ())
    finally:
        store.close()
