"""Each page is made once while nothing changes, and not more often than it costs while much does."""

from collections.abc import Callable

from trueline.server.page.rendering import KEPT_MAX, PAUSE_PER_COST, PAUSE_S_MAX, Renderings


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def monotonic_s(self) -> float:
        """As it was turned."""
        return self.at_s

    def makes(self, text: bytes, cost_s: float) -> Callable[[], bytes]:
        """A page that takes so long to make."""

        def make() -> bytes:
            self.at_s += cost_s
            return text

        return make


def renderings(hand: Hand) -> Renderings:
    return Renderings(hand)  # type: ignore[arg-type]


def test_what_did_not_change_is_not_made_again() -> None:
    hand = Hand()
    kept = renderings(hand)
    bodies = {kept.get("/", "facts", hand.makes(b"page", 0.01)).body for _ in range(20)}
    assert (bodies, kept.made) == ({b"page"}, 1)
    assert kept.get("/", "facts", hand.makes(b"", 0)).tag == kept.get("/", "facts", hand.makes(b"", 0)).tag


def test_what_changed_is_made_anew_once_it_has_paid_for_itself() -> None:
    hand = Hand()
    kept = renderings(hand)
    first = kept.get("/", 1, hand.makes(b"one", 0.01))
    hand.at_s += 0.01 * PAUSE_PER_COST - 0.001
    assert kept.get("/", 2, hand.makes(b"two", 0.01)) == first
    hand.at_s += 0.002
    second = kept.get("/", 2, hand.makes(b"two", 0.01))
    assert (second.body, second.tag == first.tag) == (b"two", False)


def test_however_long_it_took_nobody_is_shown_more_than_so_old_a_page() -> None:
    hand = Hand()
    kept = renderings(hand)
    kept.get("/", 1, hand.makes(b"one", 60.0))
    hand.at_s += PAUSE_S_MAX
    assert kept.get("/", 2, hand.makes(b"two", 0.0)).body == b"two"


def test_another_address_is_another_page_and_only_so_many_are_kept() -> None:
    hand = Hand()
    kept = renderings(hand)
    for at in range(KEPT_MAX + 1):
        assert kept.get(at, 1, hand.makes(b"%d" % at, 0.0)).body == b"%d" % at
    kept.get(KEPT_MAX, 1, hand.makes(b"", 0.0))
    assert kept.made == KEPT_MAX + 1
    kept.get(0, 1, hand.makes(b"", 0.0))
    assert kept.made == KEPT_MAX + 2, "the one that was asked for longest ago went"
