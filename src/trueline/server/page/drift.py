"""Drift as its page shows it: what differs now, since when, by whom and why it is left; what was put back. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from trueline.drift.drift import DriftKind
from trueline.model.ref import Ref
from trueline.server.access.right import Right
from trueline.server.body import DriftedBody, HealedBody, StandingDriftBody
from trueline.server.drifted import ADDED, DAYS, DAYS_MAX, OVERRULED, DriftedQuestion
from trueline.server.page.address import (
    application as application_address,
    drift as drift_address,
    home,
    resource as resource_address,
)
from trueline.server.page.age import Moment, moment
from trueline.server.page.doubt import Doubt
from trueline.server.page.fleet import Facts, Option
from trueline.server.page.offer import Offer, drift_offers
from trueline.server.page.span import took
from trueline.server.page.state import State
from trueline.server.reading import Question

FIELDS_MAX: Final = 8
STANDING_MAX: Final = 200
HEALED_MAX: Final = 100
MANAGERS_MAX: Final = 8
NAMED_MAX: Final = 5
_ANEW: Final = "The page of an object, and `trueline drift`, ask anew."
RightsOf = Callable[[str], Collection[Right]]
"""What who looks may do to an application, in a form."""
_DAYS: Final = (1, DAYS, 30, DAYS_MAX)


class DriftQuestion(Question, frozen=True, kw_only=True):
    """Of which application, and what was healed in the last so many days."""

    application: str = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = DAYS

    def asked(self) -> DriftedQuestion:
        """The same question to the answers."""
        return DriftedQuestion(application=self.application, days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One object that differs. `said` says why it is left, `since` is the first word of it."""

    id: str
    application: str
    link: str
    ref: str
    name: str
    ref_link: str
    state: State
    word: str
    said: str
    fields: tuple[str, ...]
    rest: int
    managers: tuple[str, ...]
    since: Moment | None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """One object that was put back."""

    id: str
    application: str
    link: str
    ref: str
    name: str
    ref_link: str
    at: Moment
    done: str
    fields: tuple[str, ...]
    rest: int
    managers: tuple[str, ...]
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The page."""

    as_of: Moment
    place: str
    doubts: tuple[Doubt, ...]
    application: str
    application_link: str
    standing: tuple[Standing, ...]
    count: int
    healed: tuple[Healed, ...]
    healed_count: int
    by: tuple[tuple[str, int], ...]
    days: int
    spans: tuple[Option, ...]
    all_link: str
    is_cut: bool


def drift(
    body: DriftedBody, asked: DriftQuestion, facts: Facts, now: datetime, rights_of: RightsOf = lambda _: ()
) -> Drift:
    """The page that answers a question, with what can be done about it by the rights on each application."""
    return Drift(
        as_of=moment(now, now),
        place=facts.place,
        doubts=tuple(_doubts(body, facts)),
        application=asked.application,
        application_link=application_address(asked.application) if asked.application else "",
        standing=tuple(standing(body.drifts[:STANDING_MAX], now, rights_of)),
        count=body.count,
        healed=tuple(_healed(one, number, now) for number, one in enumerate(body.healed[:HEALED_MAX])),
        healed_count=body.healed_count,
        by=tuple(_by(body.healed)),
        days=body.days,
        spans=tuple(
            Option(value=str(days), text="1 day" if days == 1 else f"{days} days", is_chosen=days == asked.days)
            for days in sorted({*_DAYS, asked.days})
        ),
        all_link=drift_address(),
        is_cut=body.is_cut,
    )


def standing(
    drifts: Iterable[StandingDriftBody], now: datetime, rights_of: RightsOf = lambda _: ()
) -> Iterator[Standing]:
    """Objects that differ, as they are shown, with what can be done about them by who looks."""
    for one in drifts:
        state, word = _LOOKS[DriftKind(one.drift)]
        yield Standing(
            id=f"{one.application}-{one.drift}-{one.ref}",
            application=one.application,
            link=application_address(one.application),
            ref=one.ref,
            name=_name(one.ref),
            ref_link=resource_address(one.application, one.ref),
            state=state,
            word=word,
            said=_said(one),
            fields=one.fields[:FIELDS_MAX],
            rest=max(len(one.fields) - FIELDS_MAX, 0),
            managers=tuple(filter(None, one.managers)),
            since=moment(one.since, now) if one.since is not None else None,
            offers=tuple(drift_offers(one, rights_of(one.application))),
        )


_LOOKS: Final = {
    DriftKind.CHANGED: (State.DRIFTED, "Changed"),
    DriftKind.DELETED: (State.MISSING, "Deleted"),
    DriftKind.ADDED: (State.ADDED, "Added"),
    DriftKind.OVERRULED: (State.OVERRULED, "Overruled"),
}


def _said(one: StandingDriftBody) -> str:
    match one.treatment:
        case found if found == ADDED:
            return "stands beside what is declared, and is left"
        case found if found == OVERRULED:
            return "the target sets it so each time it is applied: it is not tried in a loop"
        case _:
            return one.reason or "Git says to leave it"


def _doubts(body: DriftedBody, facts: Facts) -> Iterator[Doubt]:
    """INV-38: what nobody can tell is not without drift."""
    if body.unknown:
        unknown = _named(body.unknown)
        yield Doubt(text=f"It is not known what differs of {unknown}.", link=home([("state", State.UNKNOWN.value)]))
    if body.resting:
        resting = _named(body.resting)
        yield Doubt(text=f"Nothing is looked for while it is held or waits for another one: {resting}. {_ANEW}")
    if facts.has_problems:
        yield Doubt(text="Git may say more than is shown: it cannot be followed at the moment.")
    if body.is_cut:
        yield Doubt(text="More happened in these days than is looked through here; the journal has it.", is_grave=False)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED_MAX]) + (f" and {len(names) - NAMED_MAX} more" if names[NAMED_MAX:] else "")


def _healed(one: HealedBody, number: int, now: datetime) -> Healed:
    known = {kind.value: word for kind, (_, word) in _LOOKS.items()}
    return Healed(
        id=f"healed-{number}",
        application=one.application,
        link=application_address(one.application),
        ref=one.ref,
        name=_name(one.ref),
        ref_link=resource_address(one.application, one.ref),
        at=moment(one.at, now),
        done=known.get(one.drift, "Differed"),
        fields=one.fields[:FIELDS_MAX],
        rest=max(len(one.fields) - FIELDS_MAX, 0),
        managers=one.managers,
        took=took(timedelta(seconds=one.took_s)) if one.took_s is not None else "",
    )


def _by(healed: Iterable[HealedBody]) -> list[tuple[str, int]]:
    """Who did what was put back, the one with most first."""
    counts = Counter(manager or "somebody" for one in healed for manager in (one.managers or ("",)))
    return counts.most_common(MANAGERS_MAX)


def _name(text: str) -> str:
    """An object as people say it: its kind without its group, and its name."""
    try:
        ref = Ref.parse(text)
    except ValueError:
        return text
    return f"{ref.kind.partition('.')[0]} {ref.name}"
