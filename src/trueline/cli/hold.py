"""`hold`, `resume` and `approve`: what a person decides. Where nothing runs it is written down for the next `up`."""

import os
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import say, say_json
from trueline.cli.option import Duration, output_option, place_options

FLEET = "(fleet)"
"""The fleet repository in the place of an application; the same as in `loop.chronicle`, which is slow to import."""
_COMMIT = re.compile(r"|[0-9a-f]{40}|[0-9a-f]{64}")


class Until(click.ParamType[str]):
    """A time with its zone, or a duration from now, as ISO text."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The time as text."""
        from trueline.runtime.clock import SystemClock  # noqa: PLC0415 - `--help` shall not pay for it

        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            seconds = Duration().convert(value, param, ctx)
            return (SystemClock().now() + timedelta(seconds=seconds)).isoformat(timespec="seconds")
        return found.astimezone().isoformat()


@click.command()
@click.argument("application", metavar="APP")
@click.option("--why", required=True, help="What people read who wonder.")
@click.option("--until", type=Until(), default=None, metavar="TIME", help="2026-07-01T12:00+00:00, or 2h.")
@place_options
@output_option("text", "json")
def hold(  # noqa: PLR0917 - one for each option
    application: str, why: str, until: str | None, data_dir: Path | None, repo: str, output: str
) -> int:
    """Apply nothing to an application, and heal nothing of it, until it is resumed."""
    return _decide("hold", application, {"why": why, **({"until": until} if until else {})}, data_dir, repo, output)


@click.command()
@click.argument("application", metavar="APP")
@place_options
@output_option("text", "json")
def resume(application: str, data_dir: Path | None, repo: str, output: str) -> int:
    """End every hold of an application, a rollback's too: what Git says is applied again."""
    return _decide("resume", application, {}, data_dir, repo, output)


@click.command()
@click.argument("application", metavar="[APP]", default="")
@click.argument("plan", default="")
@click.option(
    "--revision", default="", help="Agree to a commit of the fleet that is older, rewritten or declares nothing."
)
@place_options
@output_option("text", "json")
def approve(  # noqa: PLR0917 - what was typed
    application: str, plan: str, revision: str, data_dir: Path | None, repo: str, output: str
) -> int:
    """Agree to the plan that waits; PLAN (its digest, or the beginning) makes sure which one that is."""
    if bool(application) is bool(revision):
        raise click.UsageError("name either an application or a --revision")
    if not _COMMIT.fullmatch(revision):
        raise click.BadParameter("a full commit id is 40 or 64 small hexadecimal digits", param_hint="--revision")
    return _decide("approve", application or FLEET, {"plan": plan or revision}, data_dir, repo, output)


def _decide(  # noqa: PLR0917 - what was typed
    verb: str, application: str, body: Mapping[str, str], data_dir: Path | None, repo: str, output: str
) -> int:
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it

    place = find_place(data_dir, repo, os.environ)
    if place.line is not None:
        from trueline.cli.call import call  # noqa: PLC0415 - one of the two ways

        answer = call(place.line, "POST", f"/api/v1/applications/{{name}}/{verb}", name=application, body=body)
    else:
        from trueline.cli.decision import decide  # noqa: PLC0415 - the other one

        answer = decide(place, verb, application, body)
    if output == "json":
        say_json(answer)
    else:
        say(f"{application}: {_line(verb, answer)}")
    return 0


def _line(verb: str, answer: Mapping[str, Any]) -> str:
    match verb:
        case "hold":
            return f"held until {answer['until'] or 'it is resumed'}"
        case "resume":
            count = len(answer["resumed"])
            return f"{count} hold{'' if count == 1 else 's'} ended"
        case _:
            return f"plan {answer['plan'][:12]} approved by {answer['who']}"
