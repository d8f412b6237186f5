"""Seeds without end: `python -m tests.testing.simulation.seeds --minutes 30 --seed 1` plays one after the other.

It prints what is broken, goes on, and leaves its figures beside what was built.
"""

import argparse
import resource
import sys
from collections.abc import Collection, Iterator
from itertools import count

from tests.reliability.figure import write_figures
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import find_toolbox
from trueline.testing.simulation.run import Verdict, simulate
from trueline.testing.simulation.toolbox import SynchronousToolbox

SECONDS_PER_HOUR = 3600


def main() -> int:
    """Play; 1 where something is broken."""
    asked, before_s = _parser().parse_args(), _cpu_s()
    verdicts = list(_played(asked))
    cpu_s = (_cpu_s() - before_s) / max(len(verdicts), 1)
    broken = [verdict for verdict in verdicts if verdict.broken]
    hours = sum(verdict.at_s for verdict in verdicts) / SECONDS_PER_HOUR
    if asked.until_broken is None and not asked.digests:
        told = f"{len(verdicts)} seeds, {hours:.0f} simulated hours, {len(broken)} broken, {cpu_s:.2f} CPU-s each"
        sys.stderr.write(f"{told}\n")
        write_figures("simulation", _figures(verdicts, hours, cpu_s))
    return 1 if broken else 0


def _played(asked: argparse.Namespace) -> Iterator[Verdict]:
    clock = SystemClock()
    end_s = clock.monotonic_s() + 60 * asked.minutes if asked.minutes else float("inf")
    with SynchronousToolbox(find_toolbox().path) as toolbox:
        for seed in count(asked.seed):
            if clock.monotonic_s() > end_s or (asked.count and seed >= asked.seed + asked.count):
                return
            verdict = simulate(seed, toolbox)
            yield verdict
            if asked.digests:
                sys.stdout.write(f"{verdict.digest}\n")
            if verdict.broken:
                sys.stdout.write(f"{verdict}\n")
                sys.stdout.flush()
                if asked.until_broken is not None and _is_wanted(verdict, asked.until_broken):
                    return


def _cpu_s() -> float:
    """What this process and its toolboxes, once they have ended, have taken of a processor."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _is_wanted(verdict: Verdict, names: Collection[str]) -> bool:
    return not names or verdict.broken.split(" ")[0] in names


def _figures(verdicts: list[Verdict], hours: float, cpu_s: float) -> dict[str, object]:
    return {
        "seeds": len(verdicts),
        "simulated_hours": round(hours, 1),
        "failed": sum(bool(verdict.broken) for verdict in verdicts),
        "cpu_s_each": round(cpu_s, 2),
        "effects": sum(verdict.effects for verdict in verdicts),
        "deaths": sum(verdict.deaths for verdict in verdicts),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="play seeds of the simulator")
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--count", type=int, default=0, help="how many; 0: until the time is over")
    parser.add_argument("--minutes", type=float, default=0.0, help="for how long; 0: without end")
    parser.add_argument("--digests", action="store_true", help="print the digest of each log, and keep no figures")
    parser.add_argument(
        "--until-broken", nargs="*", metavar="INV", help="end with the first one that breaks one of these; or any"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
