"""`status --watch`: a table that is live on a terminal, and one line for each change elsewhere, until Ctrl-C."""

import json
import queue
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.live import Live

from trueline.cli.answer import say
from trueline.cli.frame import frame
from trueline.cli.hearing import Cut, Heard, Hearing, Listed
from trueline.cli.line import Line
from trueline.cli.standing import answer_code, message_of, revision_of
from trueline.cli.watched import Watched
from trueline.record.line import one_line
from trueline.runtime.clock import Clock

FRAME_S: Final = 0.5
HEARD_MAX: Final = 10_000

Show = Callable[[Watched, tuple[str, ...], Heard | None], None]


def watch(line: Line, name: str, output: str, clock: Clock, *, console: Console | None = None) -> int:
    """Watch one application or, without a name, all, until Ctrl-C; the answer is the exit code of `status`.

    Raises:
        Fault: who asks may not hear, or never could be heard.
    """
    heard: queue.Queue[Heard] = queue.Queue(maxsize=HEARD_MAX)
    hearing, watched = Hearing(line, heard.put), Watched(only=name)
    hearing.begin()
    try:
        with _shown(output, console or Console(), clock) as show:
            _go_on(watched, heard, hearing, show, clock)
    except KeyboardInterrupt:
        pass
    finally:
        hearing.end()
    if watched.fault is not None:
        raise watched.fault
    is_known = watched.is_listed and watched.cut_at is None and not watched.problems
    return answer_code(watched.ordered) if is_known and (watched.statuses or not name) else 2


def _go_on(watched: Watched, heard: "queue.Queue[Heard]", hearing: Hearing, show: Show, clock: Clock) -> None:
    while watched.fault is None:
        try:
            one: Heard | None = heard.get(timeout=FRAME_S)
        except queue.Empty:
            one = None
        is_known = isinstance(one, Cut) and watched.cut_at is not None
        changed = watched.hear(one, clock.now()) if one is not None else ()
        hearing.wanted = watched.unsettled
        show(watched, changed, None if is_known else one)


@contextmanager
def _shown(output: str, console: Console, clock: Clock) -> Iterator[Show]:
    if output == "json":
        yield _tell_json
    elif not console.is_terminal:
        yield lambda watched, changed, heard: _tell_lines(watched, changed, heard, clock.now())
    else:
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
            last_s = -FRAME_S

            def show(watched: Watched, changed: tuple[str, ...], heard: Heard | None) -> None:
                """A frame at once for what is news, and now and then for the ages; a flood is one frame."""
                nonlocal last_s
                if heard is None or changed or clock.monotonic_s() - last_s >= FRAME_S:
                    last_s = clock.monotonic_s()
                    room = console.size
                    live.update(frame(watched, clock.now(), room.height - 1, room.width), refresh=True)

            yield show


def _tell_json(watched: Watched, changed: tuple[str, ...], _: Heard | None) -> None:
    """An object a line: how it stands; of one that is gone, its name alone."""
    for name in changed:
        say(json.dumps(watched.statuses.get(name, {"application": name, "gone": True}), ensure_ascii=False))
    sys.stdout.flush()


def _tell_lines(watched: Watched, changed: tuple[str, ...], heard: Heard | None, now: datetime) -> None:
    at = f"{now.astimezone():%H:%M:%S}"
    if isinstance(heard, Cut):
        print(f"{at} not live: {one_line(heard.reason)}", file=sys.stderr, flush=True)  # noqa: T201 - progress, not the answer
    if isinstance(heard, Listed):
        for problem in watched.problems:
            print(f"{at} {one_line(problem['code'] + ' ' + problem['summary'])}", file=sys.stderr, flush=True)  # noqa: T201
    for name in changed:
        status = watched.statuses.get(name)
        if status is None:
            say(f"{at} {one_line(name)} is gone")
        else:
            words = (name, status["sync"], status["health"], revision_of(status), message_of(status))
            say(f"{at} {one_line(' '.join(words))}")
    sys.stdout.flush()
