"""A UID comes back as the server wrote it, whatever it wrote."""

import uuid

import msgspec
import pytest
from hypothesis import given, strategies as st

from trueline.target.kubernetes.live import OWNERSHIP_BYTES_MAX, Pool, uid_text
from trueline.target.kubernetes.wire import LAST_APPLIED, ManagedFields, ObjectMeta

USUAL = "0a1b2c3d-0000-4abc-8def-0123456789ab"
ODD = ["", "x", USUAL.upper(), USUAL.replace("-", ""), f"{{{USUAL}}}", f" {USUAL}", USUAL.replace("-", " "), USUAL[:-1]]


@pytest.mark.parametrize("text", [USUAL, *ODD])
def test_a_uid_stays_what_it_is(text: str) -> None:
    live = Pool("trueline").live(ObjectMeta(uid=text))
    assert (isinstance(live.uid, bytes), live.observed().uid) == (text == USUAL, text)


@given(st.uuids())
def test_the_usual_form_is_kept_in_sixteen_bytes(uid: uuid.UUID) -> None:
    assert uid_text(uid.bytes) == str(uid)


def test_a_copy_of_the_object_is_not_remembered() -> None:
    """INV-25: client-side apply keeps one in an annotation, a Secret's too."""
    pool = Pool("trueline")
    copied = ObjectMeta(uid=USUAL, annotations={LAST_APPLIED: "hunter2"})
    plain = ObjectMeta(uid=USUAL, annotations={"a": "b"})
    assert pool.live(plain) is pool.live(plain)
    assert pool.live(copied) == pool.live(plain)
    pool.live(copied)
    assert pool.live(copied) is not pool.live(copied), "nothing of it is kept for a second question"


def test_equal_entries_are_read_once_and_others_never_taken_for_them() -> None:
    def entries(manager: str, fields: bytes, time: str = "", subresource: str = "") -> list[ManagedFields]:
        said = {"manager": manager, "operation": "Apply", "subresource": subresource, "time": time}
        return [ManagedFields(**said, fieldsV1=msgspec.Raw(fields))]

    pool, mark = Pool("trueline"), b'{"f:metadata":{"f:labels":{"f:trueline.dev/application":{}}}}'
    cases = [
        entries("trueline", mark),
        entries("trueline", mark, time="later"),
        entries("kubectl", mark),
        entries("trueline", mark, subresource="status"),
        entries("trueline", b'{"f:data":{"f:a":{}}}'),
        entries("trueline", b'{"f:data":{"f:b":{}}}'),
        [*entries("trueline", mark), *entries("kubectl", mark)],
        entries("trueline", b'{"f:data":{"f:' + b"x" * OWNERSHIP_BYTES_MAX + b'":{}}}'),
    ]
    for case in (*cases, *reversed(cases)):
        fresh = Pool("trueline").live(ObjectMeta(uid=USUAL, managedFields=case))
        assert pool.live(ObjectMeta(uid=USUAL, managedFields=case)) == fresh
    seen = {pool.live(ObjectMeta(uid=USUAL, managedFields=case)) for case in cases}
    assert len(seen) == len(cases) - 1, "when it was written does not count"


@pytest.mark.parametrize(("generation", "is_written"), [(0, True), (2, False)])
def test_who_writes_a_value_of_its_own_again_is_told_by_the_version(generation: int, *, is_written: bool) -> None:
    """INV-38: no field set changes; where there is a generation, status moves the version all day."""
    pool = Pool("trueline")
    one = pool.live(ObjectMeta(uid=USUAL, resourceVersion="7", generation=generation))
    other = pool.live(ObjectMeta(uid=USUAL, resourceVersion="8", generation=generation))
    assert (other.is_written(one), other.differs(one)) == (is_written, False)
    assert not one.is_written(one)
    assert not one.is_written(None)
