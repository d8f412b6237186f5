"""The one word for how an application stands, with its shape, its tone and its side of the line. Pure.

Sync and health are two words; people look for one. What runs badly comes before what Git waits for, and what nobody
can tell is never called True (INV-38). Colour never stands alone: each state has a shape of its own, and its word
beside it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

from trueline.health.status import Status
from trueline.loop.status import Sync


class Side(Enum):
    """Where on the line a state stands."""

    ON = "on"
    ABOVE = "above"
    """Git is newer than what runs, or is not followed."""
    BELOW = "below"
    """What runs differs from what was left there, fails, or cannot be told."""


class State(Enum):
    """The states, from what needs a look first to what needs none; the value is what an address says."""

    DEGRADED = "degraded"
    MISSING = "missing"
    BLOCKED = "blocked"
    PARTLY = "partly"
    UNKNOWN = "unknown"
    OVERRULED = "overruled"
    DRIFTED = "drifted"
    WAITING = "waiting"
    OUT_OF_SYNC = "out-of-sync"
    HELD = "held"
    ROLLING_OUT = "rolling-out"
    ADDED = "added"
    TRUE = "true"

    __hash__ = object.__hash__  # each is one object; `Enum` would hash its name, for each application of each page

    @property
    def rank(self) -> int:
        """0 needs a look before all others."""
        return _RANKS[self]

    @property
    def is_true(self) -> bool:
        """Synced and healthy; what others added beside it does not change that."""
        return self in {State.TRUE, State.ADDED}

    @property
    def word(self) -> str:
        """As people read it."""
        return _LOOKS[self].word

    @property
    def tone(self) -> str:
        """The class that gives it its colour."""
        return _LOOKS[self].tone

    @property
    def side(self) -> Side:
        """Its side of the line."""
        return _LOOKS[self].side

    @property
    def steps(self) -> int:
        """How far from the line: 0 on it, 3 the farthest."""
        return _LOOKS[self].steps

    @property
    def shape(self) -> str:
        """The path of its sign in a square of 12, filled by the even-odd rule; no two states have the same."""
        return _LOOKS[self].shape


def state_of(sync: Sync, health: Status, *, is_behind: bool = False, added: int = 0) -> State:
    """The state of an application.

    `is_behind`: Git says another revision than the one that was applied last. `added`: objects that hold what others
    put there. Where Git has nothing newer and something differs all the same, it has drifted.

    >>> state_of(Sync.OUT_OF_SYNC, Status.HEALTHY, is_behind=True).word
    'Out of sync'
    >>> state_of(Sync.OUT_OF_SYNC, Status.HEALTHY).word
    'Drifted'
    """
    if sync is not Sync.UNKNOWN and health is Status.DEGRADED:
        return State.DEGRADED
    if sync is Sync.SYNCED:
        return _synced(health, added)
    if sync is Sync.OUT_OF_SYNC and is_behind:
        return State.OUT_OF_SYNC
    if health is Status.MISSING and sync in _STANDING:
        return State.MISSING
    return _unsynced(sync)


_STANDING: Final = frozenset({Sync.HELD, Sync.OVERRULED, Sync.OUT_OF_SYNC})
"""Nothing is under way: what is missing stays so."""


def _unsynced(sync: Sync) -> State:
    match sync:
        case Sync.UNKNOWN | Sync.SYNCED:
            state = State.UNKNOWN
        case Sync.BLOCKED:
            state = State.BLOCKED
        case Sync.PARTLY:
            state = State.PARTLY
        case Sync.SYNCING:
            state = State.ROLLING_OUT
        case Sync.WAITING:
            state = State.WAITING
        case Sync.HELD:
            state = State.HELD
        case Sync.OVERRULED:
            state = State.OVERRULED
        case Sync.OUT_OF_SYNC:
            state = State.DRIFTED
        case _:
            assert_never(sync)
    return state


def _synced(health: Status, added: int) -> State:
    match health:
        case Status.HEALTHY | Status.SUSPENDED:
            return State.ADDED if added else State.TRUE
        case Status.PROGRESSING:
            return State.ROLLING_OUT
        case Status.MISSING:
            return State.MISSING
        case Status.DEGRADED:
            return State.DEGRADED
        case Status.UNKNOWN:
            return State.UNKNOWN
        case _:
            assert_never(health)


_RANKS: Final = {state: rank for rank, state in enumerate(State)}

_DISC: Final = "M6 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6z"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    word: str
    tone: str
    side: Side
    steps: int
    shape: str


def _on(word: str, tone: str, shape: str) -> _Look:
    return _Look(word=word, tone=tone, side=Side.ON, steps=0, shape=shape)


def _above(word: str, tone: str, steps: int, shape: str) -> _Look:
    return _Look(word=word, tone=tone, side=Side.ABOVE, steps=steps, shape=shape)


def _below(word: str, tone: str, steps: int, shape: str) -> _Look:
    return _Look(word=word, tone=tone, side=Side.BELOW, steps=steps, shape=shape)


_ASKED: Final = (
    "M2.6 4.4C2.6 2.3 4 1 6 1s3.4 1.2 3.4 3c0 2.4-2.6 2.4-2.6 4.2H5.2c0-2.5 2.4-2.7 2.4-4.2 0-.9-.6-1.4-1.6-1.4"
    "s-1.6.6-1.6 1.8zM5.1 9.4h1.8v1.8H5.1z"
)
_LOOKS: Final[dict[State, _Look]] = {
    State.DEGRADED: _below("Degraded", "degraded", 3, "M1.5 1.5h9v9h-9z"),
    State.MISSING: _below("Missing", "degraded", 3, "M1.5 1.5h9v9h-9zM3.3 3.3v5.4h5.4V3.3z"),
    State.BLOCKED: _above("Blocked", "degraded", 3, f"{_DISC}M3 5v2h6V5z"),
    State.PARTLY: _below("Partly", "degraded", 2, f"{_DISC}M6 3v6a3 3 0 0 0 0-6z"),
    State.UNKNOWN: _below("Unknown", "unknown", 2, _ASKED),
    State.OVERRULED: _below("Overruled", "drift", 1, "M.8 1.2h10.4L6 10.8zM3.6 2.9L6 7.4l2.4-4.5z"),
    State.DRIFTED: _below("Drifted", "drift", 1, "M6 1.2l5.2 9.6H.8z"),
    State.WAITING: _above("Waiting for approval", "waiting", 2, "M6 .6L11.4 6 6 11.4.6 6zM6 3.2L3.2 6 6 8.8 8.8 6z"),
    State.OUT_OF_SYNC: _above("Out of sync", "moving", 1, "M6 1l5 5.2H7.6V11H4.4V6.2H1z"),
    State.HELD: _above("Held", "held", 2, "M2 1.5h2.6v9H2zM7.4 1.5H10v9H7.4z"),
    State.ROLLING_OUT: _above("Rolling out", "moving", 1, "M6 1.2V3a3 3 0 1 1-3 3H1.2A4.8 4.8 0 1 0 6 1.2z"),
    State.ADDED: _on("Added", "drift", "M4.8 1.2h2.4v3.6h3.6v2.4H7.2v3.6H4.8V7.2H1.2V4.8h3.6z"),
    State.TRUE: _on("True", "true", _DISC),
}
