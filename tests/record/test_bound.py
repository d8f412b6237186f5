"""A record is bounded, and what is too large for one is not written at all."""

import pytest

from tests.record.case import Books
from trueline.record.journal import BODY_BYTES_MAX, Kind, Note


def test_a_record_that_is_too_large_is_not_written() -> None:
    """INV-31: the whole append is refused, so that nothing of it is half there."""
    books = Books()
    fits = Note(kind=Kind.STARTED, body="x" * (BODY_BYTES_MAX - 2))
    books.journal.append([fits])
    with pytest.raises(ValueError, match="more than"):
        books.journal.append([Note(kind=Kind.STOPPED), Note(kind=Kind.STARTED, body="x" * (BODY_BYTES_MAX - 1))])
    assert [record.kind for record in books.journal.after()] == ["started"]
