"""A UID comes back as the server wrote it, whatever it wrote."""

import uuid

import pytest
from hypothesis import given, strategies as st

from trueline.target.kubernetes.live import Pool, uid_text
from trueline.target.kubernetes.wire import LAST_APPLIED, ObjectMeta

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
