"""What holds over time and what is told of it: once when it begins, once when it is over, whatever the sequence."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings, strategies as st

from trueline.notify.condition import Answer, Holding, Undecided
from trueline.notify.event import Event
from trueline.notify.incident import (
    MOMENTS_MAX,
    OPEN_MAX,
    PATIENCE_S_MAX,
    Book,
    Happening,
    Incident,
    Seen,
    advance,
    remember,
)
from trueline.notify.message import Phase, Telling

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
WINDOW_S = 30
UNDECIDED = Undecided.UNDECIDED


class Watch:
    """A book over time; each look may come after a restart, which keeps what the store keeps and nothing else."""

    def __init__(self, window_s: int = WINDOW_S) -> None:
        self.window_s = window_s
        self.now = START
        self.book = Book()
        self.told: list[Telling] = []

    def look(self, after_s: float, **answers: Answer) -> list[Phase]:
        """One look after so many seconds; what it told."""
        return self.see(after_s, Seen(answers={(Event.DEGRADED, name): one for name, one in answers.items() if one}))

    def see(self, after_s: float, seen: Seen) -> list[Phase]:
        """The same, of several events."""
        self.now += timedelta(seconds=after_s)
        book, told = advance(self.book, "ops", seen, self.now, self.window_s)
        self.book = msgspec.json.decode(msgspec.json.encode(book), type=Book)
        self.told += told
        return [one.phase for one in told]


def holds(cause: str = "a") -> Holding:
    return Holding(cause=cause, line=f"because of {cause}")


def test_one_message_when_it_begins_and_one_when_it_is_over() -> None:
    watch = Watch()
    assert watch.look(0, shop=holds()) == []
    assert watch.look(29, shop=holds()) == []
    assert watch.look(1, shop=holds()) == [Phase.OPENED]
    assert watch.look(1_000, shop=holds()) == []
    assert watch.look(1_000, shop=holds()) == []
    assert watch.look(1) == []
    assert watch.look(29) == []
    assert watch.look(1) == [Phase.RESOLVED]
    assert watch.look(1_000) == []
    opened, resolved = watch.told
    assert (resolved.incident, resolved.opened_at) == (opened.id, START)
    assert resolved.id != opened.id
    assert [(line.application, line.text) for line in opened.lines] == [("shop", "because of a")]


def test_what_passes_within_the_window_is_never_told() -> None:
    watch = Watch()
    for _ in range(50):
        assert watch.look(20, shop=holds()) == []
        assert watch.look(9) == []


def test_a_commit_that_breaks_forty_applications_is_one_message_that_names_them() -> None:
    watch = Watch()
    names = [f"app-{number:02}" for number in range(40)]
    for count in range(41):
        watch.look(0.3, **{name: holds() for name in names[:count]})
    assert watch.look(WINDOW_S, **{name: holds() for name in names}) == [Phase.OPENED]
    assert [line.application for line in watch.told[0].lines] == names
    for count in range(40, 0, -1):
        assert watch.look(100, **{name: holds() for name in names[:count]}) == []
    assert watch.look(1) == []
    assert watch.look(WINDOW_S) == [Phase.RESOLVED]
    assert watch.told[1].count == 40


def test_a_restart_tells_nothing_again_and_ends_nothing() -> None:
    """INV-04: before the first look at Git, and while an application is not known, nothing is over."""
    watch = Watch()
    watch.look(0, shop=holds())
    watch.look(WINDOW_S, shop=holds())
    for _ in range(100):
        assert watch.see(10, Seen(answers={}, is_blind=True)) == []
    for _ in range(100):
        assert watch.look(10, shop=UNDECIDED) == []
    assert watch.look(10, shop=holds()) == []
    assert len(watch.told) == 1


def test_it_is_over_only_after_it_was_over_all_the_time() -> None:
    watch = Watch()
    watch.look(0, shop=holds())
    watch.look(WINDOW_S, shop=holds())
    for between in (holds(), UNDECIDED):
        assert watch.look(1) == []
        assert watch.look(WINDOW_S - 1) == []
        assert watch.look(0.5, shop=between) == []
    assert watch.look(1) == []
    assert watch.look(WINDOW_S) == [Phase.RESOLVED]


def test_another_reason_is_told_and_the_incident_stays_the_same() -> None:
    watch = Watch()
    watch.look(0, shop=holds("a"))
    watch.look(WINDOW_S, shop=holds("a"))
    assert watch.look(100, shop=holds("b")) == []
    assert watch.look(WINDOW_S, shop=holds("b")) == [Phase.CHANGED]
    assert watch.look(1_000, shop=holds("b")) == []
    assert watch.look(1, shop=holds("a")) == []
    assert watch.look(1, shop=holds("b")) == []
    assert watch.look(1_000, shop=holds("b")) == []
    assert {one.incident for one in watch.told} == {watch.told[0].id}
    assert watch.told[1].lines[0].text == "because of b"


def test_what_comes_and_goes_is_told_more_and_more_seldom() -> None:
    """A day of flapping just slower than the window: without a bound it would be 1,400 messages."""
    watch = Watch()
    for _ in range(24 * 60 * 60 // 62):
        for after_s, answer in ((0, holds()), (31, holds()), (0, None), (31, None)):
            watch.look(after_s, shop=answer)
    assert 2 <= len(watch.told) <= 16
    watch.look(PATIENCE_S_MAX)
    watch.look(PATIENCE_S_MAX)
    assert watch.told[-1].phase is Phase.RESOLVED


def test_what_was_quiet_for_an_hour_is_told_as_if_it_were_the_first_time() -> None:
    watch = Watch()
    for _ in range(3):
        watch.look(4_000)
        watch.look(0, shop=holds())
        assert watch.look(WINDOW_S, shop=holds()) == [Phase.OPENED]
        watch.look(0)
        assert watch.look(WINDOW_S) == [Phase.RESOLVED]


def test_a_clock_that_is_put_back_makes_nothing_wait_for_years() -> None:
    """INV-28."""
    watch = Watch()
    watch.look(0, shop=holds())
    watch.look(WINDOW_S, shop=holds())
    watch.look(1)
    assert watch.look(-10 * 365 * 86_400) == []
    assert watch.look(WINDOW_S) == [Phase.RESOLVED]
    watch.look(0, blog=holds())
    watch.look(-10 * 365 * 86_400, blog=holds())
    assert watch.look(WINDOW_S, blog=holds()) == [Phase.OPENED]


def test_there_are_no_more_incidents_than_the_bound() -> None:
    """INV-31: what is more waits until something is over."""
    watch = Watch(window_s=0)
    for number in range(OPEN_MAX):
        watch.book = msgspec.structs.replace(watch.book, open=(*watch.book.open, _incident(number)))
    answers: dict[tuple[Event, str], Answer] = {(Event.DEGRADED, f"app-{n}"): holds() for n in range(OPEN_MAX)}
    answers[Event.DEGRADED, "one-more"] = holds()
    book, told = advance(watch.book, "ops", Seen(answers=answers), START, 0)
    assert (len(book.open), told, [one.application for one in book.waiting]) == (OPEN_MAX, (), ["one-more"])


def _incident(number: int) -> Incident:
    made = Watch(window_s=0)
    made.look(0, **{f"app-{number}": holds()})
    return made.book.open[0]


# ---- properties ------------------------------------------------------------------------------------------------------

EVENTS = (Event.DEGRADED, Event.BLOCKED)
NAMES = ("a", "b", "c")
ANSWERS = st.sampled_from([None, None, UNDECIDED, holds("x"), holds("x"), holds("y")])
LOOKS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 14.0, 31.0, 120.0, 4_000.0, -100.0]),
        st.tuples(*[ANSWERS] * (len(EVENTS) * len(NAMES))),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(LOOKS, st.sampled_from([0, 1, 30]))
def test_for_any_sequence_what_is_told_alternates(
    looks: Sequence[tuple[float, tuple[Answer, ...], bool]], window_s: int
) -> None:
    """Never two messages of one state; and once all is calm, everything that was told is over, once."""
    watch = Watch(window_s=window_s)
    for after_s, answers, is_blind in looks:
        pairs = [(event, name) for event in EVENTS for name in NAMES]
        found = {pair: one for pair, one in zip(pairs, answers, strict=True) if one is not None}
        watch.see(after_s, Seen(answers=found, is_blind=is_blind))
        _check(watch.told)
    for _ in range(3):
        watch.see(2 * PATIENCE_S_MAX, Seen(answers={}))
    _check(watch.told)
    assert watch.book.open == ()
    assert watch.book.waiting == ()
    assert sum(one.phase is Phase.OPENED for one in watch.told) == sum(
        one.phase is Phase.RESOLVED for one in watch.told
    )


def _check(told: Sequence[Telling]) -> None:
    assert len({one.id for one in told}) == len(told)
    states: dict[tuple[Event, str], str] = defaultdict(str)
    for one in told:
        for line in one.lines:
            key = one.event, line.application
            match one.phase:
                case Phase.OPENED:
                    assert states[key] == ""
                    states[key] = one.incident
                case Phase.CHANGED:
                    assert states[key] == one.incident
                case Phase.RESOLVED:
                    assert states[key] == one.incident
                    states[key] = ""
                case Phase.HAPPENED:
                    raise AssertionError("nothing happened")


# ---- moments ---------------------------------------------------------------------------------------------------------


def happening(sequence: int, name: str = "shop", event: Event = Event.APPLIED, at: datetime = START) -> Happening:
    return Happening(event=event.value, application=name, line="", at=at, sequence=sequence)


def test_what_happens_within_the_window_is_one_message_and_is_never_over() -> None:
    watch = Watch()
    watch.book = remember(watch.book, [happening(number, f"app-{number}") for number in range(1, 41)], 40)
    assert watch.look(WINDOW_S - 1) == []
    assert watch.look(1) == [Phase.HAPPENED]
    assert watch.told[0].count == 40
    assert watch.look(10_000) == []
    assert watch.book.seen == 40


def test_what_heals_itself_again_and_again_is_told_more_and_more_seldom() -> None:
    watch = Watch()
    for number in range(1, 24 * 60):
        healed = happening(number, event=Event.HEALED, at=watch.now)
        watch.book = remember(watch.book, [healed], number)
        watch.look(60)
    assert len(watch.told) <= 120
    assert sum(len(one.lines) for one in watch.told) >= 24 * 60 - 20


def test_each_deployment_is_told() -> None:
    watch = Watch()
    for number in range(1, 20):
        watch.book = remember(watch.book, [happening(number, at=watch.now)], number)
        assert watch.look(WINDOW_S) == [Phase.HAPPENED]


def test_of_too_many_moments_the_oldest_go() -> None:
    """INV-31."""
    book = remember(Book(), [happening(number) for number in range(MOMENTS_MAX + 5)], 7)
    assert [one.sequence for one in book.moments][:1] == [5]
    assert len(book.moments) == MOMENTS_MAX
