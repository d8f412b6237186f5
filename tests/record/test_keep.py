"""What is kept by key: bounded, the longest unused go first, and never what an inventory names."""

import random

from tests.record.case import Books, act, change, intent
from trueline.model.digest import Digest, digest_bytes
from trueline.record.keep import VALUE_BYTES_MAX, Bodies, RenderStore


def _body(number: int, size: int = 1_000) -> bytes:
    return random.Random(number).randbytes(size)


def _bodies(*numbers: int) -> dict[Digest, bytes]:
    return {digest_bytes(_body(number)): _body(number) for number in numbers}


def test_bodies_by_digest() -> None:
    bodies = Bodies(Books().store)
    kept = _bodies(1, 2)
    bodies.put_many(kept)
    bodies.put_many(kept)
    assert bodies.get_many([*kept, Digest("another")]) == kept
    assert bodies.get(Digest("another")) is None


def test_a_body_that_is_not_what_it_says_is_none() -> None:
    books = Books()
    bodies = Bodies(books.store)
    bodies.put_many({Digest("wrong"): b"{}", digest_bytes(b"[]"): b"[]"})
    assert bodies.get(Digest("wrong")) is None
    books.store.execute("UPDATE kept_body SET data = x'00'")
    assert bodies.get(digest_bytes(b"[]")) is None


class Unreadable(dict[Digest, bytes]):
    """Bodies of which one may not be asked for."""

    def __getitem__(self, digest: Digest) -> bytes:
        assert digest not in self.closed
        return super().__getitem__(digest)

    closed: frozenset[Digest] = frozenset()


def test_what_is_kept_already_is_not_asked_for() -> None:
    bodies = Bodies(Books().store)
    bodies.put_many(_bodies(1))
    again = Unreadable(_bodies(1, 2))
    again.closed = frozenset(_bodies(1))
    bodies.put_many(again)
    assert bodies.get_many(_bodies(1, 2)) == _bodies(1, 2)


def test_what_is_put_again_outlives_what_is_not() -> None:
    books = Books()
    bodies = Bodies(books.store, size_bytes_max=10_000)
    bodies.put_many(_bodies(0))
    for n in range(1, 30):
        bodies.put_many(_bodies(0, n))
        kept = {key for (key,) in books.store.rows("SELECT key FROM kept_body")}
        assert kept >= set(_bodies(0, n))
    assert bodies.get_many(_bodies(1)) == {}


def test_the_longest_unused_go_first() -> None:
    renders = RenderStore(Books().store, size_bytes_max=10_000)
    for n in range(9):
        renders.put(str(n), _body(n))
    assert renders.get("0") == _body(0)
    renders.put("9", _body(9))
    assert renders.get("1") is None
    assert renders.get("0") == _body(0)
    assert renders.get("9") == _body(9)
    assert renders.size_bytes() <= 10_000


def test_what_is_put_now_is_not_let_go_of_now() -> None:
    renders = RenderStore(Books().store, size_bytes_max=100)
    renders.put("a", _body(1))
    assert renders.get("a") == _body(1)
    renders.put("b", _body(2))
    assert (renders.get("a"), renders.get("b")) == (None, _body(2))


def test_a_render_that_is_too_large_is_not_kept() -> None:
    renders = RenderStore(Books().store)
    renders.put("a", bytes(VALUE_BYTES_MAX + 1))
    assert renders.get("a") is None


def test_many_are_put_by_one_write_and_found_by_one_question() -> None:
    renders = RenderStore(Books().store)
    renders.put("a", b"old")
    renders.put_each({"a": b"new", "b": b"b", "c": bytes(VALUE_BYTES_MAX + 1)})
    assert renders.get_each(["a", "b", "c", "d"]) == {"a": b"new", "b": b"b"}


def test_what_an_inventory_names_stays() -> None:
    books = Books()
    bodies = Bodies(books.store, size_bytes_max=3_000)
    (owned,) = _bodies(0)
    bodies.put_many(_bodies(0))
    books.ledger.intend(act(), [intent(change("a", body=owned))])
    for n in range(1, 20):
        bodies.put_many(_bodies(n))
    assert bodies.get(owned) == _body(0)
    assert bodies.size_bytes() <= 3_100
