"""`history` and `rollback`: what was deployed when, and how to go back."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from trueline.cli.answer import say_json, say_table
from trueline.cli.option import output_option, place_options


@click.command()
@click.argument("application", metavar="APP")
@place_options
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@output_option("text", "json")
def history(application: str, data_dir: Path | None, repo: str, limit: int, output: str) -> int:
    """Show the deployments of an application, newest first."""
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it

    found = _deployments(find_place(data_dir, repo, os.environ), application, limit)
    if output == "json":
        say_json(found)
    else:
        head = ("NUMBER", "REVISION", "RESULT", "BY", "BEGAN", "ENDED")
        say_table(head, [_row(deployment) for deployment in found])
    return 0


@click.command()
@click.argument("application", metavar="APP")
@click.argument("revision", default="")
@place_options
@output_option("text", "json")
def rollback(application: str, revision: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Put back the last good deployment before this one, or REVISION (a commit, or a number of `history`).

    It works while Git is away. What Git says now is held; the hold ends when Git says something else.
    """
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.question import act  # noqa: PLC0415

    place = find_place(data_dir, repo, os.environ)
    return act(place, "rollback", application, {"revision": revision}, output, _line)


def _line(answer: Mapping[str, Any]) -> str:
    held = f"; {answer['held']} is held until Git says something else" if answer["held"] else ""
    return f"goes back to {answer['revision']}{held}"


def _deployments(place: Any, application: str, limit: int) -> list[dict[str, Any]]:
    if place.line is not None:
        from trueline.cli.call import call  # noqa: PLC0415 - one of the two ways

        path = "/api/v1/applications/{name}/history"
        found = call(place.line, "GET", path, name=application, query={"limit": str(limit)})
        deployments: list[dict[str, Any]] = found["deployments"]
        return deployments
    from trueline.cli.archive import archive  # noqa: PLC0415 - the other one
    from trueline.loop.control import no_application  # noqa: PLC0415
    from trueline.server.shape import deployment_body  # noqa: PLC0415

    with archive(place.path) as tables:
        known = tables.history.history(application, limit)
        names = {status["application"]: None for status in tables.register.statuses()}
    if not known and application not in names:
        raise no_application(application, names)
    return [msgspec.to_builtins(deployment_body(deployment)) for deployment in known]


def _row(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    revision = deployment["revision"]
    return (
        str(deployment["number"]),
        revision if " " in revision else revision[:10],
        deployment["result"],
        deployment["by"],
        deployment["began"][:19],
        (deployment["ended"] or "-")[:19],
    )
