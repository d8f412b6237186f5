"""Fights: another manager changes a field back each time that we heal it (INV-16). Found, named and backed off.

In memory only: a restart begins to count anew, which costs three heals and never correctness.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from trueline.drift.drift import Drift, DriftKind
from trueline.model.ref import Ref
from trueline.runtime.clock import Clock

HEALS_MAX = 3
WINDOW_S = 600.0
PAUSE_FIRST_S = 10.0
PAUSE_MAX_S = 600.0
FIGHTS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fight:
    """One field that two managers write in turn. `heals` counts since it began; nothing is healed for `pause_s`."""

    application: str
    ref: Ref
    field: str
    manager: str
    heals: int
    pause_s: float

    @property
    def message(self) -> str:
        """What people are told."""
        return f"fights with {self.manager or 'an unknown manager'} over {self.field}"


@dataclass(slots=True)
class _Round:
    """The heals of one field. `heals` counts those of one fight, and is 0 where there is none."""

    at_s: deque[float] = field(default_factory=lambda: deque(maxlen=HEALS_MAX))
    heals: int = 0


class Fights:
    """What was healed lately, by application, object and field."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rounds: dict[tuple[str, Ref, str], _Round] = {}
        self._resting: dict[tuple[str, Ref], tuple[float, Fight]] = {}

    def note(self, application: str, drifts: Collection[Drift]) -> tuple[Fight, ...]:
        """These were healed now; the answer is what has become a fight by that, or goes on as one."""
        return tuple(self._noted(application, drifts))

    def resting(self, application: str) -> Mapping[Ref, str]:
        """What is not healed at the moment, with the sentence that says why."""
        now_s = self._clock.monotonic_s()
        over = [key for key, (until_s, _) in self._resting.items() if until_s <= now_s]
        for key in over:
            del self._resting[key]
        return {ref: fight.message for (name, ref), (_, fight) in self._resting.items() if name == application}

    def forget(self, application: str) -> None:
        """The application is gone."""
        self._rounds = {key: value for key, value in self._rounds.items() if key[0] != application}
        self._resting = {key: value for key, value in self._resting.items() if key[0] != application}

    def _noted(self, application: str, drifts: Collection[Drift]) -> Iterator[Fight]:
        for drift in drifts:
            if drift.kind is not DriftKind.CHANGED and not drift.goes:
                continue
            for path in drift.fields:
                fight = self._heal(application, drift, path)
                if fight is not None:
                    self._resting[application, drift.ref] = (self._clock.monotonic_s() + fight.pause_s, fight)
                    yield fight

    def _heal(self, application: str, drift: Drift, path: str) -> Fight | None:
        now_s, key = self._clock.monotonic_s(), (application, drift.ref, path)
        fought = self._rounds.pop(key, None) or _Round()
        self._rounds[key] = fought
        if len(self._rounds) > FIGHTS_MAX:
            del self._rounds[next(iter(self._rounds))]
        if fought.at_s and now_s - fought.at_s[-1] > WINDOW_S + _pause_s(fought.heals):
            fought.heals = 0
        fought.at_s.append(now_s)
        is_begun = len(fought.at_s) == HEALS_MAX and now_s - fought.at_s[0] <= WINDOW_S
        if not fought.heals and not is_begun:
            return None
        fought.heals = fought.heals + 1 if fought.heals else HEALS_MAX
        return Fight(
            application=application,
            ref=drift.ref,
            field=path,
            manager=", ".join(drift.managers),
            heals=fought.heals,
            pause_s=_pause_s(fought.heals),
        )


def _pause_s(heals: int) -> float:
    grown_s: float = PAUSE_FIRST_S * 2.0 ** min(max(heals - HEALS_MAX, 0), 16)
    return min(PAUSE_MAX_S, grown_s)
