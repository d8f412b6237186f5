"""`status`: how applications stand, from the running `up` or as it was written down last; with `--watch`, live."""

import os
import time
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import tell
from trueline.cli.option import output_option, place_options

PAUSE_S = 1.0


@click.command()
@click.argument("application", default="", metavar="[APPLICATION]")
@place_options
@click.option("--watch", is_flag=True, help="Go on, live, until Ctrl-C; with the objects of what rolls out.")
@output_option("text", "json")
def status(application: str, data_dir: Path | None, repo: str, watch: bool, output: str) -> int:  # noqa: FBT001 - a flag
    """Show sync and health of each application: exit 0 where all are True and Git is followed, 2 otherwise.

    With APPLICATION, of that one alone.
    """
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.standing import answer_code, say_statuses  # noqa: PLC0415

    place = find_place(data_dir, repo, os.environ)
    if place.line is None or not watch:
        found, is_followed = statuses_of(place)
        found = _named(found, application)
        say_statuses(found, output)
        if not watch:
            return answer_code(found) if is_followed else 2
    try:
        while place.line is None:
            time.sleep(PAUSE_S)
            place = find_place(place.path, "", os.environ)
    except KeyboardInterrupt:
        return 2
    return _watched(place, application, output)


def _watched(place: Any, application: str, output: str) -> int:
    from trueline.cli.watching import watch as go_on  # noqa: PLC0415 - only who watches needs a terminal's table
    from trueline.runtime.clock import SystemClock  # noqa: PLC0415

    if application:
        from trueline.cli.call import call  # noqa: PLC0415 - a name that is wrong is told now, with those that are there

        call(place.line, "GET", "/api/v1/applications/{name}", name=application)
    return go_on(place.line, application, output, SystemClock())


def _named(statuses: list[dict[str, Any]], application: str) -> list[dict[str, Any]]:
    """All of them, or the one of that name.

    Raises:
        UserError: TL0710, there is none.
    """
    found = [one for one in statuses if application in {"", one["application"]}]
    if application and not found:
        from trueline.loop.control import no_application  # noqa: PLC0415 - only where a name is wrong

        raise no_application(application, {one["application"]: None for one in statuses})
    return found


def statuses_of(place: Any) -> tuple[list[dict[str, Any]], bool]:
    """The statuses, and whether Git is followed: the fleet's own problems and notes are told on stderr."""
    if place.line is not None:
        from trueline.cli.call import all_applications  # noqa: PLC0415 - one of the two ways

        found = all_applications(place.line)
        for problem in found["problems"]:
            tell(f"{problem['code']} {problem['summary']}\n  {problem['detail']}\n  remedy: {problem['remedy']}")
        for note in found["notes"]:
            tell(f"note: {note['code']} {note['summary']}: {note['detail']}")
        statuses: list[dict[str, Any]] = found["applications"]
        return statuses, not found["problems"]
    from trueline.cli.archive import archive  # noqa: PLC0415 - the other one

    with archive(place.path) as tables:
        known = tables.register.statuses()
    tell("nothing runs here now: this is how things stood when it ended")
    return known, True
