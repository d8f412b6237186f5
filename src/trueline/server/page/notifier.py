"""Notifiers as their page shows them: who is told of what, what was delivered last, and what fails since when. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from trueline.server.answer import Page
from trueline.server.body import FailingBody, NotifierBody, NotifiersBody, ServiceBody
from trueline.server.page.address import application as application_address, notifiers as notifiers_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.doubt import Doubt
from trueline.server.page.fleet import Facts
from trueline.server.page.state import State
from trueline.server.reading import Question

PAGE: Final = 100
NAMED_MAX: Final = 8
WORDS: Final = {
    "slack": "Slack",
    "teams": "Teams",
    "discord": "Discord",
    "pagerduty": "PagerDuty",
    "webhook": "Webhook",
    "email": "E-mail",
    "apprise": "apprise",
    "github": "GitHub",
    "gitlab": "GitLab",
    "gitea": "Gitea",
}
FORGES: Final = frozenset({"github", "gitlab", "gitea"})


class NotifierQuestion(Question, frozen=True, kw_only=True):
    """Those that follow a name."""

    after: str = ""

    def asked(self) -> Page:
        """The same question to the answers."""
        return Page(after=self.after, limit=PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One service: `word` stands beside its sign, and `said` says why it fails."""

    id: str
    kind: str
    name: str
    state: State
    word: str
    said: str
    since: Moment | None
    again: Moment | None
    waiting: int
    taken: Moment | None
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One Notifier; `is_failing`: one of its services takes nothing."""

    id: str
    name: str
    origin: str
    events: tuple[str, ...]
    forges: bool
    applications: tuple[tuple[str, str], ...]
    rest: int
    sent: tuple[Sent, ...]
    is_failing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifiers:
    """The page; `failing` counts all of them, also those on other pages."""

    as_of: Moment
    place: str
    doubts: tuple[Doubt, ...]
    shown: tuple[Shown, ...]
    count: int
    failing: int
    following: str
    first: str


def notifier(body: NotifiersBody, asked: NotifierQuestion, facts: Facts, now: datetime) -> Notifiers:
    """The page that answers a question; what fails comes first."""
    shown = [_shown(one, now) for one in body.notifiers]
    doubts = [Doubt(text="Git may declare others than are shown: it cannot be followed at the moment.")]
    return Notifiers(
        as_of=moment(now, now),
        place=facts.place,
        doubts=tuple(doubts if facts.has_problems else ()),
        shown=tuple(sorted(shown, key=lambda one: not one.is_failing)),
        count=body.count,
        failing=body.failing,
        following=notifiers_address([("after", body.next)]) if body.next else "",
        first=notifiers_address() if asked.after else "",
    )


def _shown(one: NotifierBody, now: datetime) -> Shown:
    return Shown(
        id=f"notifier-{one.name}",
        name=one.name,
        origin=one.origin,
        events=one.events,
        forges=any(service.kind in FORGES for service in one.services),
        applications=tuple((name, application_address(name)) for name in one.applications[:NAMED_MAX]),
        rest=one.count - len(one.applications[:NAMED_MAX]),
        sent=tuple(_sent(one.name, service, now) for service in one.services),
        is_failing=any(service.failing is not None for service in one.services),
    )


def _sent(notifier: str, one: ServiceBody, now: datetime) -> Sent:
    """INV-38: what was never sent anything is not said to work."""
    failing, taken = one.failing, one.delivered
    if failing is not None:
        state, word = State.DEGRADED, "Not delivered"
    elif one.waiting:
        state, word = State.ROLLING_OUT, "Under way"
    elif taken is not None:
        state, word = State.TRUE, "Delivered"
    else:
        state, word = State.UNKNOWN, "Nothing sent yet"
    return Sent(
        id=f"service-{notifier}-{one.name}",
        kind=WORDS.get(one.kind, one.kind),
        name=one.name,
        state=state,
        word=word,
        said=_said(failing) if failing is not None else "",
        since=moment(failing.since, now) if failing is not None and failing.since is not None else None,
        again=moment(failing.again, now) if failing is not None and failing.again is not None else None,
        waiting=one.waiting,
        taken=moment(taken.at, now) if taken is not None else None,
        told=taken.told if taken is not None else "",
    )


def _said(failing: FailingBody) -> str:
    said = [failing.why]
    if failing.attempts:
        said.append(_many(failing.attempts, "attempt"))
    if failing.lost:
        said.append(f"{_many(failing.lost, 'message')} given up")
    return "; ".join(said)


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
