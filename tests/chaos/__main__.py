"""`python -m tests.chaos --minutes 30 --seed 7`: rounds without end on real parts; the figures as JSON.

Prints a line for each round, and ends with 1 at the first one that shows what must not be: its world is kept.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.storm import ChaosFailed, Round, one_round
from tests.chaos.world import NotConverged, world
from tests.reliability.figure import write_figures
from trueline.runtime.clock import SystemClock

CONVERGED_FIRST_S_MAX = 180.0
SILENT_EACH = 4
"""Each so many rounds, connections that fell silent are left so."""


@dataclass(slots=True, kw_only=True)
class Figures:
    """What docs/reliability.md tells of the last chaos."""

    seed: int
    rounds: int = 0
    kills: int = 0
    commits: int = 0
    writes: int = 0
    deletes: int = 0
    seconds: float = 0.0
    objects_wrongly_deleted: int = 0
    converged_s_max: float = 0.0
    end_s_max: float = 0.0

    def add(self, made: Round) -> None:
        """One more round."""
        self.rounds += 1
        self.kills += made.kills
        self.commits += made.commits
        self.writes += made.writes
        self.deletes += made.deletes
        self.converged_s_max = round(max(self.converged_s_max, made.converged_s), 1)
        self.end_s_max = round(max(self.end_s_max, made.end_s_max), 1)

    def write(self) -> None:
        """For `make reliability`, in `build/reliability/chaos.json`."""
        write_figures("chaos", asdict(self))


async def chaos(*, minutes: float, seed: int, storm_s: float, rounds_max: int) -> int:
    """Rounds until the time is over; the exit code."""
    clock, folder = SystemClock(), Path(tempfile.mkdtemp(prefix="trueline-chaos-"))
    figures = Figures(seed=seed)
    began_s = clock.monotonic_s()
    code = 0
    async with world(folder, seed=seed) as made:
        made.engine.start()
        await made.converged(CONVERGED_FIRST_S_MAX)
        while clock.monotonic_s() - began_s < minutes * 60 and figures.rounds < rounds_max and not code:
            number = seed + figures.rounds
            leaves_silence = figures.rounds % SILENT_EACH == SILENT_EACH - 1
            try:
                done = await one_round(made, seed=number, seconds=storm_s, leaves_silence=leaves_silence)
                figures.add(done)
                _say(_line(figures.rounds, done))
            except (ChaosFailed, NotConverged) as failed:
                _say(f"round {figures.rounds + 1} (seed {number}) FAILED: {failed}")
                code = 1
            for wrong in made.judge.wrongs:
                _say(f"WRONG {wrong.fault.value}: {wrong.key} at {wrong.revision} {wrong.detail}")
                code = 1
        figures.seconds = round(clock.monotonic_s() - began_s, 1)
        figures.objects_wrongly_deleted = sum(wrong.is_delete for wrong in made.judge.wrongs)
        figures.write()
    if code:
        _say(f"what the engine said is kept in {folder}")
    else:
        shutil.rmtree(folder)
    _say(f"{figures.rounds} rounds, {figures.objects_wrongly_deleted} objects wrongly deleted")
    return code


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the answer of a program


def _line(number: int, made: Round) -> str:
    acts = ", ".join(f"{count} {name}" for name, count in sorted(made.acts.items()))
    return (
        f"round {number} (seed {made.seed}): {acts}; {made.harmed} connections harmed, {made.writes} writes,"
        f" {made.deletes} deletes; as Git says after {made.converged_s:.1f} s; {len(made.wrongs)} wrong"
    )


def main() -> None:
    """Reads the options."""
    options = argparse.ArgumentParser(prog="tests.chaos")
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--storm", type=float, default=30.0, help="how many seconds each storm lasts")
    options.add_argument("--rounds", type=int, default=1_000_000, help="at most so many")
    given = options.parse_args()
    sys.exit(asyncio.run(chaos(minutes=given.minutes, seed=given.seed, storm_s=given.storm, rounds_max=given.rounds)))


if __name__ == "__main__":
    main()
