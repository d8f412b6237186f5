"""Bodies of a kept render: fetched one by one, or many by one question where somebody reads all of them."""

from collections.abc import Collection, Mapping

import pytest

from trueline.model.digest import Digest
from trueline.render.stored import FETCHED_AT_ONCE, StoredBodies

KEPT = {Digest(f"{number:064}"): b"%d" % number for number in range(5_000)}


class Store:
    """Counts questions."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def get_many(self, digests: Collection[Digest]) -> Mapping[Digest, bytes]:
        """What is kept."""
        self.asked.append(len(digests))
        return {one: KEPT[one] for one in digests}


def test_who_reads_all_asks_seldom() -> None:
    store = Store()
    bodies = StoredBodies(KEPT.keys(), store.get_many)
    assert dict(bodies) == KEPT
    assert len(store.asked) < 10 + len(KEPT) / FETCHED_AT_ONCE
    assert max(store.asked) == FETCHED_AT_ONCE


def test_who_reads_one_gets_one() -> None:
    store = Store()
    bodies = StoredBodies(KEPT.keys(), store.get_many)
    for digest in list(KEPT)[::7]:
        assert bodies[digest] == KEPT[digest]
    assert set(store.asked) == {1}


def test_what_is_at_hand_is_not_asked_for() -> None:
    store = Store()
    bodies = StoredBodies(KEPT.keys(), store.get_many, at_hand=KEPT)
    assert dict(bodies) == KEPT
    assert store.asked == []


def test_what_is_none_of_them_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        StoredBodies(KEPT.keys(), Store().get_many)[Digest("f" * 64)]
