"""The data directory's tables without an engine: what was recorded, and who said what. It applies nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trueline.loop.register import Register
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal
from trueline.record.schema import SCHEMA
from trueline.record.status import Statuses
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The tables, and the store that they are in."""

    store: Store
    journal: Journal
    history: History
    holds: Holds
    approvals: Approvals
    register: Register


@contextmanager
def archive(path: Path) -> Iterator[Archive]:
    """Open the tables of a directory that nobody owns, for as long as the block.

    Raises:
        UserError: TL0801, somebody owns it.
    """
    clock = SystemClock()
    with DataDirectory.claim(path, clock) as directory:
        store = Store.open(directory.store, SCHEMA)
        try:
            yield archive_of(store, directory.anchors)
        finally:
            store.close()


def archive_of(store: Store, anchors: Path) -> Archive:
    """The tables of an open store."""
    clock = SystemClock()
    journal = Journal(store, clock, anchors)
    return Archive(
        store=store,
        journal=journal,
        history=History(store, journal, clock),
        holds=Holds(store, journal, clock),
        approvals=Approvals(store, journal, clock),
        register=Register(Statuses(store, clock)),
    )
