"""What an answer of another site means, and for how long it is believed."""

import msgspec
import pytest

from trueline.model.origin import Origin
from trueline.policy.outside import BROKEN_S, FINE_S, PASSING_S, Heard, warn_of

ASKED_S = 1_000.0

HEARD = [
    (Heard(ASKED_S, 200), "", FINE_S),
    (Heard(ASKED_S, 301), "", FINE_S),
    (Heard(ASKED_S, 399), "", FINE_S),
    (Heard(ASKED_S, 400), "it answers 400", BROKEN_S),
    (Heard(ASKED_S, 403), "", FINE_S),
    (Heard(ASKED_S, 404), "it answers 404", BROKEN_S),
    (Heard(ASKED_S, 429), "", FINE_S),
    (Heard(ASKED_S, 499), "it answers 499", BROKEN_S),
    (Heard(ASKED_S, 500), "it answers 500", PASSING_S),
    (Heard(ASKED_S, 503), "it answers 503", PASSING_S),
    (Heard(ASKED_S, 0, "no such host"), "no such host", PASSING_S),
    (Heard(ASKED_S), "no answer", PASSING_S),
]


@pytest.mark.parametrize(("heard", "fault", "lasts_s"), HEARD)
def test_what_it_means_and_how_long_it_holds(heard: Heard, fault: str, lasts_s: float) -> None:
    """INV-28: a clock that went back makes nothing hold for ever."""
    assert heard.fault == fault
    held = {at_s: heard.holds(ASKED_S + at_s) for at_s in (0, lasts_s - 1, lasts_s, -1, -10 * FINE_S)}
    assert held == {0: True, lasts_s - 1: True, lasts_s: False, -1: False, -10 * FINE_S: False}


def test_the_warning_stands_at_the_link() -> None:
    told = warn_of("https://a.example/b", Heard(ASKED_S, 404), Origin(path="a.md", line=7))
    assert (told.code, told.detail, str(told.origin)) == ("TL1542", "https://a.example/b: it answers 404", "a.md:7")


def test_what_is_fine_is_believed_for_a_week() -> None:
    week_s = 604_800
    assert [Heard(ASKED_S, 200).holds(ASKED_S + at_s) for at_s in (week_s - 1, week_s)] == [True, False]


def test_what_is_not_for_a_machine_is_no_broken_link() -> None:
    fine = {code for code in range(400, 500) if not Heard(ASKED_S, code).fault}
    assert fine == {401, 402, 403, 405, 406, 407, 408, 425, 429, 451}


def test_what_was_heard_is_a_value_that_is_kept_as_a_list() -> None:
    heard = Heard(ASKED_S, 404, "gone")
    assert msgspec.json.encode(heard) == b'[1000.0,404,"gone"]'
    with pytest.raises(AttributeError):
        heard.status = 200  # type: ignore[misc]
