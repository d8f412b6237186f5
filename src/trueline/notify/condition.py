"""How an application stands → what holds of it. Pure; words in, answers out.

An answer has three values. What is under way, or not known, is neither there nor over: a message that says "over" would
be wrong as often as right. INV-04: unknown is not absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, TypeAlias

from trueline.health.status import Status
from trueline.notify.event import Event


class Undecided(Enum):
    """Neither there nor over."""

    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What holds: why, for people, and at which revision. While `cause` is the same, nothing about it is news."""

    cause: str
    line: str
    revision: str = ""


Answer: TypeAlias = Holding | Undecided | None
"""`None`: it is over, or never was."""

WORKING: Final = frozenset({"Syncing"})
"""Words of sync that say that something is under way."""

_SYNC: Final[Mapping[Event, str]] = {
    Event.BLOCKED: "Blocked",
    Event.FAILED: "Partly",
    Event.OVERRULED: "Overruled",
    Event.WAITING: "Waiting",
    Event.HELD: "Held",
}
_HEALTH: Final[Mapping[Event, Status]] = {Event.DEGRADED: Status.DEGRADED, Event.MISSING: Status.MISSING}
_SETTLED_HEALTH: Final = frozenset({Status.HEALTHY, Status.SUSPENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One application as it stands. `is_known`: it was looked at since the start. `sync` is a word of `Sync`.

    `problem` is the code of what stops it, `drifts` what drifted and is left as it is, one line each; `plan` the digest
    of the plan that is asked about. `since`: so long sync and health have these words.
    """

    application: str
    labels: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    sync: str = ""
    health: Status = Status.UNKNOWN
    message: str = ""
    health_message: str = ""
    revision: str = ""
    wanted: str = ""
    problem: str = ""
    plan: str = ""
    drifts: Sequence[str] = ()
    since: datetime
    is_known: bool = True


def answer(  # noqa: PLR0911 - one for each sort of event
    sight: Sight, event: Event, now: datetime, stalled_s: int
) -> Answer:
    """Whether something holds of an application."""
    if not sight.is_known:
        return Undecided.UNDECIDED
    if event in _SYNC:
        return _of_sync(sight, event)
    if event in _HEALTH:
        return _of_health(sight, _HEALTH[event])
    match event:
        case Event.DRIFTED | Event.OUT_OF_SYNC:
            return _of_difference(sight, event)
        case Event.UNKNOWN:
            return _of_unknown(sight)
        case Event.STALLED:
            return _of_time(sight, now, stalled_s)
        case _:
            return None


def _of_sync(sight: Sight, event: Event) -> Answer:
    if sight.sync == _SYNC[event]:
        detail = sight.plan if event is Event.WAITING else sight.problem
        revision = sight.wanted if event in {Event.BLOCKED, Event.WAITING} else sight.revision
        cause = "" if event in {Event.HELD, Event.OVERRULED} else f"{revision} {detail}"
        return Holding(cause=cause, line=sight.message, revision=revision)
    return Undecided.UNDECIDED if sight.sync in WORKING or _is_unknown(sight) else None


def _of_health(sight: Sight, status: Status) -> Answer:
    """While something rolls out, or is bad in another way, it is not healthy again."""
    if sight.health is status:
        return Holding(cause=status.value, line=sight.health_message, revision=sight.revision)
    return None if sight.health in _SETTLED_HEALTH or _is_worse(sight.health, status) else Undecided.UNDECIDED


def _is_worse(health: Status, status: Status) -> bool:
    """What was missing and is degraded now is there; what was degraded and is missing is told as that."""
    return {health, status} == {Status.DEGRADED, Status.MISSING}


def _of_difference(sight: Sight, event: Event) -> Answer:
    if sight.sync in WORKING or _is_unknown(sight):
        return Undecided.UNDECIDED
    is_drifted = bool(sight.drifts)
    if sight.sync != "OutOfSync" or is_drifted is not (event is Event.DRIFTED):
        return None
    line = "; ".join(sight.drifts) if is_drifted else sight.message
    return Holding(cause=line if is_drifted else sight.wanted, line=line, revision=sight.revision)


def _of_unknown(sight: Sight) -> Answer:
    if sight.sync == "Unknown":
        return Holding(cause="sync", line=sight.message, revision=sight.revision)
    if sight.sync == "Synced" and sight.health is Status.UNKNOWN:
        return Holding(
            cause="health", line=sight.health_message or "its health cannot be told", revision=sight.revision
        )
    return None


def _of_time(sight: Sight, now: datetime, stalled_s: int) -> Answer:
    is_working = sight.sync in WORKING or (sight.sync == "Synced" and sight.health is Status.PROGRESSING)
    if not is_working:
        return None
    if (now - sight.since).total_seconds() < stalled_s:
        return Undecided.UNDECIDED
    line = sight.message if sight.sync in WORKING else sight.health_message
    return Holding(cause=sight.wanted, line=line or "it goes on, and does not get on", revision=sight.wanted)


def _is_unknown(sight: Sight) -> bool:
    return sight.sync in {"Unknown", ""}
