"""`status`: how every application stands, from the running `up` or as it was written down last."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import tell
from trueline.cli.option import output_option, place_options

PAUSE_S = 1.0


@click.command()
@place_options
@click.option("--watch", is_flag=True, help="Go on, and answer again whenever something changes.")
@output_option("text", "json")
def status(data_dir: Path | None, repo: str, watch: bool, output: str) -> int:  # noqa: FBT001 - a flag
    """Show sync and health of each application: exit 0 where all are True and Git is followed, 2 otherwise."""
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.standing import answer_code, say_statuses  # noqa: PLC0415

    place = find_place(data_dir, repo, os.environ)
    found, is_followed = statuses_of(place)
    say_statuses(found, output)
    while watch:
        time.sleep(PAUSE_S)
        before, (found, is_followed) = found, statuses_of(find_place(place.path, "", os.environ))
        if _words(before) != _words(found):
            if sys.stdout.isatty():
                click.clear()
            say_statuses(found, output)
    return answer_code(found) if is_followed else 2


def statuses_of(place: Any) -> tuple[list[dict[str, Any]], bool]:
    """The statuses, and whether Git is followed: the fleet's own problems are told on stderr."""
    if place.owner is not None:
        from trueline.cli.call import call  # noqa: PLC0415 - one of the two ways

        found = call(place.socket, "GET", "/api/v1/applications")
        for problem in found["problems"]:
            tell(f"{problem['code']} {problem['summary']}\n  {problem['detail']}\n  remedy: {problem['remedy']}")
        statuses: list[dict[str, Any]] = found["applications"]
        return statuses, not found["problems"]
    from trueline.cli.archive import archive  # noqa: PLC0415 - the other one

    with archive(place.path) as tables:
        known = tables.register.statuses()
    tell("nothing runs here now: this is how things stood when it ended")
    return known, True


def _words(statuses: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    keys = ("application", "sync", "health", "message", "healthMessage", "revision", "wanted")
    return [tuple(status[key] for key in keys) for status in statuses]
