"""What is remembered of signatures: durable, recorded, bounded."""

import zlib
from datetime import UTC, datetime

import pytest

from trueline.model.digest import Digest, canonical, digest_value
from trueline.record import trust
from trueline.record.journal import Journal, Kind
from trueline.record.schema import SCHEMA
from trueline.record.trust import TrustBook, VerifiedCommit
from trueline.runtime.store import MEMORY, Store
from trueline.testing.clock import StillClock

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def store() -> Store:
    return Store.open(MEMORY, SCHEMA)


@pytest.fixture
def journal(store: Store) -> Journal:
    return Journal(store, StillClock())


@pytest.fixture
def book(store: Store, journal: Journal) -> TrustBook:
    return TrustBook(store, journal)


def verified(commit: str, *replaced: str) -> VerifiedCommit:
    return VerifiedCommit(commit=commit, at=AT, keys=Digest("k"), signer={"owner": "ada"}, replaced=replaced)


def test_what_is_trusted_is_kept_and_each_change_is_a_record(book: TrustBook, journal: Journal) -> None:
    assert book.trusted("platform") is None
    book.trust("platform", {"keys": [1]}, told={"commit": "c1"})
    book.trust("other", {"keys": []}, told={})
    assert (book.trusted("platform"), book.names()) == ({"keys": [1]}, ("other", "platform"))
    book.trust("platform", None, told={"commit": "c2"})
    assert (book.trusted("platform"), book.names()) == (None, ("other",))
    told = [record.body for record in journal.after() if record.kind == Kind.TRUST_CHANGED.value]
    assert told[0] == {"name": "platform", "commit": "c1", "body": digest_value({"keys": [1]})}
    assert told[-1] == {"name": "platform", "commit": "c2", "body": ""}
    assert journal.verify() == ()


def test_a_line_stands_at_what_was_verified_last(book: TrustBook, journal: Journal) -> None:
    assert book.verified("charts") is None
    for one in (verified("c1"), verified("c2", "c1")):
        book.advance("charts", one, told={"count": 1}, proof={"of": one.commit})
        assert book.verified("charts") == one
    last = journal.newest()[0]
    assert (last.body["commit"], last.body["signer"], last.body["replaced"]) == ("c2", {"owner": "ada"}, ["c1"])
    assert book.proof(last.body["proof"]) == {"of": "c2"}


def test_a_proof_that_is_another_is_not_given(book: TrustBook, journal: Journal, store: Store) -> None:
    """INV-22: what was put in its place is told, and is no proof."""
    book.advance("charts", verified("c1"), told={}, proof={"of": "c1"})
    digest = journal.newest()[0].body["proof"]
    for data in (zlib.compress(canonical({"of": "evil"})), zlib.compress(b"{}"), b"no archive", b""):
        store.execute("UPDATE proof SET data = ?", (data,))
        with pytest.raises(ValueError, match="proof"):
            book.proof(digest)
    store.execute("DELETE FROM proof")
    assert book.proof(digest) is None


def test_the_oldest_proofs_go_first(book: TrustBook, store: Store) -> None:
    """INV-31."""
    store.execute("INSERT INTO proof VALUES ('old', 1, x'00')")
    store.execute("INSERT INTO proof VALUES ('young', ?, x'00')", (trust.PROOFS_MAX,))
    book.advance("charts", verified("c1"), told={}, proof={})
    kept = [digest for (digest,) in store.rows("SELECT digest FROM proof ORDER BY used")]
    assert (kept[0], len(kept)) == ("young", 2)
