"""`diff` and `drift`: what differs, of one application or of all. Values of secrets were masked at the target."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import say, say_json, tell
from trueline.cli.option import output_option, place_options

SOME = 2
_QUIET = frozenset({"keep", "forget"})


@click.command()
@click.argument("application", default="")
@place_options
@output_option("text", "json")
def diff(application: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Compare what is declared with what is live: exit 0 where nothing differs, 2 where something does."""
    found = _ask("diff", application, data_dir, repo)
    if output == "json":
        say_json(found)
    else:
        for one in found:
            for line in _diff_lines(one):
                say(line)
    _tell_unknown(found)
    if any(one["unknown"] for one in found):
        return 1
    return SOME if any(_differing(one) for one in found) else 0


@click.command()
@click.argument("application", default="")
@place_options
@output_option("text", "json")
def drift(application: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Show what was changed behind Git's back, and by whom: exit 0 where nothing was, 2 where something was."""
    found = _ask("drift", application, data_dir, repo)
    if output == "json":
        say_json(found)
    else:
        for one in found:
            for row in one["drifts"]:
                fields = f": {', '.join(row['fields'])}" if row["fields"] else ""
                managers = f" by {', '.join(row['managers'])}" if row["managers"] else ""
                say(f"{one['application']}: {row['ref']} {row['drift']}{managers}{fields}")
    _tell_unknown(found)
    if any(one["unknown"] for one in found):
        return 1
    return SOME if any(one["drifts"] for one in found) else 0


def _ask(verb: str, application: str, data_dir: Path | None, repo: str) -> list[dict[str, Any]]:
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.question import look, names  # noqa: PLC0415

    place = find_place(data_dir, repo, os.environ)
    return [look(place, verb, name) for name in ([application] if application else names(place))]


def _differing(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [c for c in one["changes"] if c["action"] not in _QUIET and c.get("trial") != "same"]


def _diff_lines(one: Mapping[str, Any]) -> Iterator[str]:
    for change in _differing(one):
        where = f" ({change['origin']})" if change["origin"] else ""
        yield f"{one['application']}: {change['sign']} {change['ref']}{where}  {change['reason']}"
        for field in change.get("fields", ()):
            yield f"    {field['path']}"
            if field["before"]:
                yield f"      - {field['before']}"
            if field["after"]:
                yield f"      + {field['after']}"
        for conflict in change.get("conflicts", ()):
            yield f"    {conflict['path']} is held by {conflict['manager']}"


def _tell_unknown(found: list[dict[str, Any]]) -> None:
    for one in found:
        for row in one["unknown"]:
            tell(f"{one['application']}: {row['ref']} is unknown: {row['reason']}")
