"""`python -m benchmarks` runs all, `python -m benchmarks p1 p2` some; the tables are in `docs/performance.md`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvloop

from benchmarks import children, found, images, p1, p1b, p2, p3, p4, p5, p7, page, restart, start
from benchmarks.figure import Figure
from benchmarks.machine import describe, load

BENCHMARKS: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "p1": p1.measure,
    "p1b": p1b.measure,
    "p2": p2.measure,
    "p3": p3.measure,
    "p4": p4.measure,
    "p5": p5.measure,
    "p7": p7.measure,
    "page": page.measure,
    "found": found.measure,
    "restart": restart.measure,
    "help": start.measure,
    "children": children.measure,
    "images": images.measure,
}


async def run(names: list[str]) -> None:
    """Run them one after the other and print each as it ends."""
    print(describe())
    for name in names:
        before = load()
        for figure in await BENCHMARKS[name]():
            print(figure.line())
        print(f"  command: python -m benchmarks {name} · {before} before, {load()} after", flush=True)


def main() -> int:
    """The command line."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"no such benchmark: {', '.join(unknown)}; there is {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 64
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
