"""`python -m tests.testing.simulation.effects --pairs all`: every effect of every scenario fails, singly and in pairs.

Prints a line for each scenario, and ends with 1 where something was wrong. The figures go to build/reliability.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b

from tests.reliability.figure import write_figures
from tests.testing.simulation.catalogue.every import SCENARIOS
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import find_toolbox
from trueline.testing.simulation.effect import Failure, Moment, Strike
from trueline.testing.simulation.rehearsal import Rehearsal, Run
from trueline.testing.simulation.toolbox import SynchronousToolbox

OF_OTHERS = 6
"""Of the failures that are no deaths, `make test` plays one of so many, always the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """So many runs of a scenario, and what was wrong in them."""

    scenario: str
    singles: int = 0
    pairs: int = 0
    wrong: tuple[str, ...] = ()


@cache
def shared_toolbox() -> SynchronousToolbox:
    """One for all rehearsals of a process; it ends with it."""
    return SynchronousToolbox(find_toolbox().path)


@cache
def rehearsal(name: str) -> Rehearsal:
    """The rehearsal of a scenario."""
    return Rehearsal(next(one for one in SCENARIOS if one.name == name), shared_toolbox())


def chosen(one: Rehearsal) -> Iterator[Strike]:
    """What `make test` plays: every death that leaves something new, and of the others what a digest says.

    A death before an effect leaves what a death after the effect before leaves, unless that one is still under way.
    """
    for strike in one.strikes():
        digest = blake2b(f"{one.scenario.name} {strike}".encode(), digest_size=4).digest()
        if strike.failure is not Failure.DEATH:
            if int.from_bytes(digest, "big") % OF_OTHERS == 0:
                yield strike
        elif one.moments[strike.after] in _AFTER or (strike.after and one.moments[strike.after - 1] not in _AFTER):
            yield strike


_AFTER = frozenset({Moment.SENT, Moment.COMMITTED})


def singles(name: str, *, is_whole: bool) -> Played:
    """Every effect of a scenario fails once; with `is_whole` in every way."""
    one = rehearsal(name)
    wrong, count = [*one.wrong()], 0
    for strike in one.strikes() if is_whole else chosen(one):
        count += 1
        wrong += _wrong(one, one.play(strike), strike)
    return Played(scenario=name, singles=count, wrong=tuple(wrong))


def pairs(name: str, after: int) -> Played:
    """The machine dies at an effect, and again at every effect of what follows."""
    one, first = rehearsal(name), Strike(after=after, failure=Failure.DEATH)
    wrong, count = list[str](), 0
    for second, run in one.second_deaths(first):
        count += 1
        wrong += _wrong(one, run, first, second)
    return Played(scenario=name, pairs=count, wrong=tuple(wrong))


def drawn_pair(rng: random.Random) -> Played:
    """A scenario is drawn, an effect at which the machine dies, and one of what follows."""
    one = rehearsal(rng.choice([scenario.name for scenario in SCENARIOS]))
    first = Strike(after=rng.randrange(len(one.moments)), failure=Failure.DEATH)
    follows = len(one.play(first).moments) - first.after - 1
    second = Strike(after=rng.randrange(follows), failure=Failure.DEATH)
    wrong = _wrong(one, one.play(first, second), first, second)
    return Played(scenario=one.scenario.name, pairs=1, wrong=tuple(wrong))


def _wrong(one: Rehearsal, run: Run, *strikes: Strike) -> Iterator[str]:
    named = f"{one.scenario.name}, {', then '.join(map(str, strikes))}"
    yield from (f"{named}: {fault}" for fault in one.faults(run))
    if run.strikes_left:
        yield f"{named}: it was not struck"


@dataclass(slots=True, kw_only=True)
class Figures:
    """What docs/reliability.md tells of the last effects that failed."""

    seed: int
    pairs_are_all: bool
    scenarios: int = 0
    singles: int = 0
    pairs: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, played: Played) -> None:
        """Some more."""
        self.singles += played.singles
        self.pairs += played.pairs
        self.failed += len(played.wrong)
        for line in played.wrong:
            _say(f"WRONG {line}")

    def write(self) -> None:
        """For `make reliability`."""
        names = ("seed", "scenarios", "singles", "pairs", "pairs_are_all", "failed")
        write_figures("effects", {name: getattr(self, name) for name in names})


def soak(names: Sequence[str], *, pairs_wanted: int | None, seed: int, minutes: float, jobs: int) -> int:
    """All singles in every way, then pairs, all or so many, until the time is over; the exit code."""
    clock = SystemClock()
    end_s = clock.monotonic_s() + minutes * 60
    figures = Figures(seed=seed, pairs_are_all=pairs_wanted is None)
    with ProcessPoolExecutor(jobs) as pool:
        for played in pool.map(_whole, names):
            figures.add(played)
            figures.scenarios += 1
            _say(f"{played.scenario}: {played.singles} single failures, {len(played.wrong)} wrong")
        firsts = [(name, after) for name in names for after in range(len(rehearsal(name).moments))]
        random.Random(seed).shuffle(firsts)
        for start in range(0, len(firsts), 4 * jobs):
            if clock.monotonic_s() > end_s or (pairs_wanted is not None and figures.pairs >= pairs_wanted):
                figures.pairs_are_all = False
                break
            for played in pool.map(_pairs, firsts[start : start + 4 * jobs]):
                figures.add(played)
    figures.write()
    _say(f"{figures.scenarios} scenarios, {figures.singles} single, {figures.pairs} pairs, {figures.failed} wrong")
    return 1 if figures.failed else 0


def _whole(name: str) -> Played:
    return singles(name, is_whole=True)


def _pairs(first: tuple[str, int]) -> Played:
    return pairs(*first)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the answer of a program


def main() -> None:
    """Reads the options."""
    options = argparse.ArgumentParser(prog="tests.testing.simulation.effects")
    options.add_argument("--pairs", default="all", help="`all`, or at least so many")
    options.add_argument("--minutes", type=float, default=1e6, help="no more pairs after so long")
    options.add_argument("--seed", type=int, default=1, help="the order of the pairs")
    options.add_argument("--jobs", type=int, default=1, help="so many processes")
    options.add_argument("--only", nargs="*", default=[], help="these scenarios")
    given = options.parse_args()
    names = [one.name for one in SCENARIOS if not given.only or one.name in given.only]
    wanted = None if given.pairs == "all" else int(given.pairs)
    sys.exit(soak(names, pairs_wanted=wanted, seed=given.seed, minutes=given.minutes, jobs=given.jobs))


if __name__ == "__main__":
    main()
