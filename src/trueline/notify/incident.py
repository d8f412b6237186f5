"""What holds over time → what is told: once when it begins, once when it is over, and nothing that was told already.

Pure: a book and what is seen now give the next book and what is to be told. The book is kept with what it told as one
write, so that a restart tells nothing again.

What begins has to hold for the window first; all of one kind that does is one incident, told by one message. It is over
when the last of it has been over for a while: the window, twice as long for each time that it came back in an hour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from trueline.model.digest import digest_value
from trueline.notify.condition import Answer, Holding, Undecided
from trueline.notify.event import Event
from trueline.notify.message import Line, Phase, Telling

PATIENCE_S_MAX: Final = 900
MEMORY: Final = timedelta(hours=1)
DOUBLINGS_MAX: Final = 10
OPEN_MAX: Final = 2_000
MOMENTS_MAX: Final = 2_000
ID_CHARACTERS: Final = 32


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Something holds since then, and nobody was told yet."""

    event: str
    application: str
    since: datetime


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One application of an incident. `cause` was told; `other` is another one since `changed_at`, not told yet."""

    application: str
    cause: str
    line: str
    revision: str = ""
    over_at: datetime | None = None
    other: str = ""
    changed_at: datetime | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What was told and is not over: the same until its end, whoever of its members comes and goes."""

    id: str
    event: str
    opened_at: datetime
    told_at: datetime
    members: tuple[Member, ...]
    changes: int = 0


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """How often the same came within the hour, and when it was told last."""

    event: str
    application: str
    count: int
    at: datetime


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """A moment that nobody was told of yet. `sequence` is the number of its record."""

    event: str
    application: str
    line: str
    at: datetime
    sequence: int
    revision: str = ""


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What one Notifier knows: how far it read the journal, what waits to be told, what was told and is not over."""

    seen: int = 0
    opened: int = 0
    """How many incidents there were: two that begin in one instant, by whatever clock, have two ids."""
    waiting: tuple[Waiting, ...] = ()
    open: tuple[Incident, ...] = ()
    moments: tuple[Happening, ...] = ()
    returns: tuple[Return, ...] = ()
    statuses: dict[str, str] = {}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen now: an answer for each event that is asked for and each application that is meant.

    What has no answer is over.
    """

    answers: Mapping[tuple[Event, str], Answer]
    is_blind: bool = False
    """Whether even what has no answer is not known: before the first look at Git."""

    def of(self, event: str, application: str) -> Answer:
        """The answer."""
        absent = Undecided.UNDECIDED if self.is_blind else None
        return self.answers.get((Event(event), application), absent)


def advance(book: Book, name: str, seen: Seen, now: datetime, window_s: int) -> tuple[Book, tuple[Telling, ...]]:
    """The next book of a Notifier, and what is to be told now."""
    window = timedelta(seconds=window_s)
    returns = _remembered(book, now)
    told: list[Telling] = []
    open_: list[Incident] = []
    for incident in book.open:
        looked = msgspec.structs.replace(incident, members=tuple(_look(incident, seen, now)))
        if _is_over(looked, returns, now, window):
            told.append(_resolved(looked, now))
            returns |= {(one.event, one.application): one for one in _returned(looked, returns, now)}
        else:
            open_.append(_changed(looked, now, window, told))
    waiting, opened = _wait(book.waiting, open_, seen, now), book.opened
    for event, due in _due(waiting, now, window):
        if len(open_) >= OPEN_MAX:
            break  # INV-31: it waits until something is over
        opened += 1
        incident = _open([name, opened], event, due, seen, now)
        told.append(_opened(incident))
        open_.append(incident)
        waiting = [one for one in waiting if one not in due]
    moments, happened = _happen(book.moments, name, returns, now, window)
    return (
        msgspec.structs.replace(
            book,
            opened=opened,
            waiting=tuple(waiting),
            open=tuple(open_),
            moments=moments,
            returns=tuple(returns[key] for key in sorted(returns)),
        ),
        (*told, *happened),
    )


def remember(book: Book, happenings: Iterable[Happening], seen: int) -> Book:
    """The book after a look at the journal; INV-31: of too many moments the oldest are let go of."""
    moments = (*book.moments, *happenings)[-MOMENTS_MAX:]
    return msgspec.structs.replace(book, moments=moments, seen=seen)


def _remembered(book: Book, now: datetime) -> dict[tuple[str, str], Return]:
    """How often the same came within the hour; of what is open it is not forgotten, for it may come and go all day."""
    told = {(one.event, member.application) for one in book.open for member in one.members}
    known = {(one.event, one.application): one for one in book.returns}
    return {key: one for key, one in known.items() if key in told or now - _past(one.at, now) <= MEMORY}


# ---- what holds ------------------------------------------------------------------------------------------------------


def _look(incident: Incident, seen: Seen, now: datetime) -> Iterator[Member]:
    for member in incident.members:
        match seen.of(incident.event, member.application):
            case None:
                over_at = _past(member.over_at, now) if member.over_at else now
                yield msgspec.structs.replace(member, over_at=over_at)
            case Undecided():
                yield msgspec.structs.replace(member, over_at=None)
            case Holding() as holding:
                yield _held(member, holding, now)


def _held(member: Member, holding: Holding, now: datetime) -> Member:
    if holding.cause == member.cause:
        return msgspec.structs.replace(member, over_at=None, other="", changed_at=None)
    is_known = member.changed_at is not None and member.other == holding.cause
    since = _past(member.changed_at, now) if is_known and member.changed_at else now
    return msgspec.structs.replace(
        member, over_at=None, other=holding.cause, changed_at=since, line=holding.line, revision=holding.revision
    )


def _is_over(incident: Incident, returns: Mapping[tuple[str, str], Return], now: datetime, window: timedelta) -> bool:
    for member in incident.members:
        before = returns.get((incident.event, member.application))
        if member.over_at is None or now - member.over_at < _patience(window, before.count if before else 0):
            return False
    return True


def _patience(window: timedelta, count: int) -> timedelta:
    """At least a second, so that what comes and goes with each look is bounded too."""
    longest = max(window, timedelta(seconds=PATIENCE_S_MAX))
    return min(max(window, timedelta(seconds=1)) * 2 ** min(count, DOUBLINGS_MAX), longest) if count else window


def _returned(incident: Incident, returns: Mapping[tuple[str, str], Return], now: datetime) -> Iterator[Return]:
    for member in incident.members:
        before = returns.get((incident.event, member.application))
        count = before.count + 1 if before else 1
        yield Return(event=incident.event, application=member.application, count=count, at=now)


def _changed(incident: Incident, now: datetime, window: timedelta, told: list[Telling]) -> Incident:
    """Another cause that has stood for the window is told, more and more seldom; the incident stays the same."""
    changed = [one for one in incident.members if one.changed_at is not None and now - one.changed_at >= window]
    if not changed or now - _past(incident.told_at, now) < _patience(window, incident.changes):
        return incident
    changes = incident.changes + 1
    told.append(
        Telling(
            id=_id([incident.id, "changed", changes]),
            incident=incident.id,
            phase=Phase.CHANGED,
            event=Event(incident.event),
            opened_at=incident.opened_at,
            at=now,
            lines=tuple(map(_line, changed)),
            count=len(changed),
        )
    )
    members = tuple(
        msgspec.structs.replace(one, cause=one.other, other="", changed_at=None) if one in changed else one
        for one in incident.members
    )
    return msgspec.structs.replace(incident, members=members, changes=changes, told_at=now)


def _wait(before: Iterable[Waiting], open_: Iterable[Incident], seen: Seen, now: datetime) -> list[Waiting]:
    """What holds and was not told: since when. What ends before it was told is never told (a transient is no news)."""
    told = {(one.event, member.application) for one in open_ for member in one.members}
    known = {(one.event, one.application): one.since for one in before}
    return [
        Waiting(
            event=event.value, application=application, since=_past(known.get((event.value, application), now), now)
        )
        for (event, application), found in sorted(seen.answers.items(), key=lambda item: (item[0][0].value, item[0][1]))
        if isinstance(found, Holding) and (event.value, application) not in told
    ]


def _due(waiting: Sequence[Waiting], now: datetime, window: timedelta) -> list[tuple[str, list[Waiting]]]:
    """One incident for each event of which something held for the window; what held for half of it is of the same."""
    ripe = [one for one in waiting if now - one.since >= window / 2]
    events = dict.fromkeys(one.event for one in waiting if now - one.since >= window)
    return [(event, [one for one in ripe if one.event == event]) for event in events]


def _open(number: Sequence[object], event: str, due: Sequence[Waiting], seen: Seen, now: datetime) -> Incident:
    opened_at = min(one.since for one in due)
    members = []
    for one in due:
        holding = seen.of(event, one.application)
        assert isinstance(holding, Holding), "what is told does not hold"
        members.append(
            Member(application=one.application, cause=holding.cause, line=holding.line, revision=holding.revision)
        )
    made = _id([*number, event, *sorted(one.application for one in due), now.isoformat()])
    return Incident(id=made, event=event, opened_at=opened_at, told_at=now, members=tuple(members))


def _opened(incident: Incident) -> Telling:
    return Telling(
        id=incident.id,
        incident=incident.id,
        phase=Phase.OPENED,
        event=Event(incident.event),
        opened_at=incident.opened_at,
        at=incident.told_at,
        lines=tuple(map(_line, incident.members)),
        count=len(incident.members),
    )


def _resolved(incident: Incident, now: datetime) -> Telling:
    return Telling(
        id=_id([incident.id, "resolved"]),
        incident=incident.id,
        phase=Phase.RESOLVED,
        event=Event(incident.event),
        opened_at=incident.opened_at,
        at=now,
        lines=tuple(Line(application=one.application, text="", revision=one.revision) for one in incident.members),
        count=len(incident.members),
    )


def _line(member: Member) -> Line:
    return Line(application=member.application, text=member.line, revision=member.revision)


# ---- what happens ----------------------------------------------------------------------------------------------------


def _happen(
    moments: tuple[Happening, ...],
    name: str,
    returns: dict[tuple[str, str], Return],
    now: datetime,
    window: timedelta,
) -> tuple[tuple[Happening, ...], list[Telling]]:
    """All moments of one kind, once the first of them is as old as the window; noisy ones more and more seldom."""
    told = []
    for event in dict.fromkeys(one.event for one in moments):
        same = [one for one in moments if one.event == event]
        before = returns.get((event, ""))
        if now - _past(same[0].at, now) < window:
            continue
        if before is not None and now - _past(before.at, now) < _patience(window, before.count):
            continue
        if Event(event).is_noisy:
            count = before.count + 1 if before else 1
            returns[event, ""] = Return(event=event, application="", count=count, at=now)
        told.append(_happened(name, event, same, now))
        moments = tuple(one for one in moments if one.event != event)
    return moments, told


def _happened(name: str, event: str, same: Sequence[Happening], now: datetime) -> Telling:
    made = _id([name, event, same[0].sequence, same[-1].sequence])
    return Telling(
        id=made,
        incident=made,
        phase=Phase.HAPPENED,
        event=Event(event),
        opened_at=same[0].at,
        at=now,
        lines=tuple(Line(application=one.application, text=one.line, revision=one.revision) for one in same),
        count=len({one.application for one in same}),
    )


def _past(at: datetime, now: datetime) -> datetime:
    """INV-28: a clock that was put back makes nothing wait for the years between."""
    return min(at, now)


def _id(parts: Sequence[object]) -> str:
    return digest_value(list(parts))[:ID_CHARACTERS]
