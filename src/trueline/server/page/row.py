"""An application as the page shows it: its word, what is wrong in one sentence, and who brought what it runs. Pure."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, assert_never

from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.loop.told import DiagnosticBody
from trueline.server.body import ApplicationBody
from trueline.server.page.address import application as application_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.line import Tick
from trueline.server.page.state import State, state_of

SENTENCE_CHARACTERS_MAX: Final = 240
OLD_S: Final = 86_400
"""What was told longer ago is said to be of then. A fleet where nothing happens is quiet for hours, and still known."""
NAMED_MAX: Final = 5
COMMIT_CHARACTERS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing more to know of an application: a resource that is not healthy, a hold."""

    word: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One application. `wanted` is what Git says, where that is not what runs; `told` is where its word is old.

    `drift` is what differs behind a state that says something else, as that of one that is held.
    """

    name: str
    link: str
    target: str
    state: State
    sync: str
    health: str
    sentence: str
    drift: str
    revision: str
    subject: str
    author: str
    seen: Moment | None
    wanted: str
    since: Moment
    told: Moment | None
    parts: tuple[Part, ...]
    problems: tuple[DiagnosticBody, ...]

    @property
    def has_more(self) -> bool:
        """Whether there is more to read than the sentence."""
        return bool(self.parts or self.problems)


def judged(body: ApplicationBody) -> State:
    """The state of an application as the API tells it."""
    return _judged(body.sync, body.health, is_behind(body), body.added > 0)


@cache
def _judged(sync: str, health: str, is_behind: bool, has_added: bool) -> State:  # noqa: FBT001 - a key of the cache
    return state_of(Sync(sync), Status(health), is_behind=is_behind, added=has_added)


def is_behind(body: ApplicationBody) -> bool:
    """Whether Git says another revision than the one that was applied last."""
    return bool(body.wanted) and body.wanted != body.revision


def row_of(body: ApplicationBody, state: State, now: datetime) -> Row:
    """The row of an application on a page that is made now."""
    commit = body.commit
    return Row(
        name=body.application,
        link=application_address(body.application),
        target=body.target,
        state=state,
        sync=body.sync,
        health=body.health,
        sentence=sentence(body, state),
        drift=drifts(body, state),
        revision=shortest(body.revision),
        subject=commit.subject if commit else "",
        author=commit.author if commit else "",
        seen=moment(commit.seen, now) if commit else None,
        wanted=shortest(body.wanted) if is_behind(body) else "",
        since=moment(body.since, now),
        told=moment(body.at, now) if is_old(body, now) else None,
        parts=_parts(body),
        problems=(*body.problems, *body.notes),
    )


def is_old(body: ApplicationBody, now: datetime) -> bool:
    """Whether its word is older than what is shown without saying so (INV-38)."""
    return (now - body.at).total_seconds() > OLD_S


def shortest(revision: str) -> str:
    """A revision without the name it was found by, as short as people say it.

    >>> shortest("main@9f31c2e0aa"), shortest("9f31c2e0aa-dirty"), shortest("working tree"), shortest("")
    ('9f31c2e', '9f31c2e-dirty', 'working tree', '')
    """
    commit, dash, rest = revision.rpartition("@")[2].partition("-")
    return f"{commit if ' ' in commit else commit[:COMMIT_CHARACTERS]}{dash}{rest}"


def tick_of(body: ApplicationBody, state: State) -> Tick:
    """The tick of an application on the line."""
    said = f": {found}" if (found := sentence(body, state)) else ""
    title = f"{body.application}, {state.word}{said}"
    return Tick(name=body.application, title=title, state=state, link=application_address(body.application))


def sentence(body: ApplicationBody, state: State) -> str:
    """What is wrong, in one sentence; empty where nothing is."""
    match state:
        case State.TRUE:
            return ""
        case State.ADDED:
            many = "objects hold" if body.added > 1 else "object holds"
            return f"{body.added} {many} fields that others added"
        case State.DEGRADED | State.MISSING:
            said = (body.health_message, body.message)
        case State.ROLLING_OUT | State.UNKNOWN:
            said = (body.message, body.health_message)
        case State.OUT_OF_SYNC:
            said = (body.message, f"Git says {shortest(body.wanted)}")
        case State.BLOCKED | State.PARTLY | State.OVERRULED | State.DRIFTED | State.WAITING | State.HELD:
            said = (body.message, body.problems[0].summary if body.problems else "")
        case _:
            assert_never(state)
    return _one_line(next(filter(None, said), "nothing more is known"))


def drifts(body: ApplicationBody, state: State) -> str:
    """What differs from what was left, where the state does not say that already."""
    told = []
    if body.drifted and state is not State.DRIFTED:
        told.append(f"{body.drifted} object{'s' if body.drifted > 1 else ''} drifted")
    if body.added and state is not State.ADDED:
        told.append(f"{body.added} with fields that others added")
    return ", ".join(told)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SENTENCE_CHARACTERS_MAX else f"{line[:SENTENCE_CHARACTERS_MAX]}…"


def _parts(body: ApplicationBody) -> tuple[Part, ...]:
    parts = [
        Part(word=one.status, text=_one_line(f"{one.ref}: {one.message or one.reason}"))
        for one in body.unhealthy[:NAMED_MAX]
    ]
    if (rest := len(body.unhealthy) - NAMED_MAX) > 0:
        parts.append(Part(word="and", text=f"{rest} more that are not healthy"))
    for hold in body.holds:
        until = f", until {hold.until:%Y-%m-%d %H:%M} UTC" if hold.until else ""
        parts.append(Part(word="Held", text=_one_line(f"by {hold.who}: {hold.why or 'no reason given'}{until}")))
    return tuple(parts)
