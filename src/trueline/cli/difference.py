"""`diff` and `drift`: what differs, of one application or of all. Values of secrets were masked at the target."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trueline.cli.answer import say, say_json, tell
from trueline.cli.option import output_option, place_options

if TYPE_CHECKING:
    from trueline.cli.question import Looked

SOME = 2
_QUIET = frozenset({"keep", "forget"})


@click.command()
@click.argument("application", default="")
@place_options
@output_option("text", "json")
def diff(application: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Compare what is declared with what is live: exit 0 where nothing differs, 2 where something does."""
    asked = _ask("diff", application, data_dir, repo)
    found = asked.answers
    if output == "json":
        say_json(list(found))
    else:
        for one in found:
            for line in _diff_lines(one):
                say(line)
    if _tell_failed(asked):
        return 1
    return SOME if any(_differing(one) for one in found) else 0


@click.command()
@click.argument("application", default="")
@place_options
@output_option("text", "json")
def drift(application: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Show what was changed behind Git's back, and by whom: exit 0 where nothing was, 2 where something was."""
    asked = _ask("drift", application, data_dir, repo)
    found = asked.answers
    if output == "json":
        say_json(list(found))
    else:
        for one in found:
            for row in one["drifts"]:
                fields = f": {', '.join(row['fields'])}" if row["fields"] else ""
                managers = f" by {', '.join(row['managers'])}" if row["managers"] else ""
                say(f"{one['application']}: {row['ref']} {row['drift']}{managers}{fields}")
    if _tell_failed(asked):
        return 1
    return SOME if any(one["drifts"] for one in found) else 0


def _ask(verb: str, application: str, data_dir: Path | None, repo: str) -> "Looked":
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.question import look  # noqa: PLC0415

    return look(find_place(data_dir, repo, os.environ), verb, application)


def _differing(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [c for c in one["changes"] if c["action"] not in _QUIET and c.get("trial") != "same"]


def _diff_lines(one: Mapping[str, Any]) -> Iterator[str]:
    for change in _differing(one):
        where = f" ({change['origin']})" if change["origin"] else ""
        yield f"{one['application']}: {change['sign']} {change['ref']}{where}  {change['reason']}"
        fields = () if change["action"] == "create" else change.get("fields", ())
        for field in fields:
            yield f"    {field['path']}"
            if field["before"]:
                yield f"      - {field['before']}"
            if field["after"]:
                yield f"      + {field['after']}"
        for conflict in change.get("conflicts", ()):
            yield f"    {conflict['path']} is held by {conflict['manager']}"
        for addition in change.get("goes", ()):
            yield f"    {addition['path']} goes: {addition['manager']} added it"


def _tell_failed(asked: "Looked") -> bool:
    """Say what could not be told, of whole applications and of single resources; whether there is any."""
    unknown = [(one["application"], row) for one in asked.answers for row in one["unknown"]]
    problems = [(one["application"], row) for one in asked.answers for row in one.get("problems", ())]
    for name, row in unknown:
        tell(f"{name}: {row['ref']} is unknown: {row['reason']}")
    for name, row in problems:
        origin = f" ({row['origin']})" if row["origin"] else ""
        tell(f"{name}: {row['code']} {row['summary']}{origin}\n  {row['detail']}\n  remedy: {row['remedy']}")
    for diagnostic in dict.fromkeys(d for fault in asked.faults for d in fault.diagnostics):
        tell(str(diagnostic))
    return bool(unknown or problems or asked.faults)
