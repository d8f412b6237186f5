"""`rotate`: which encrypted files and keys are old, to whom they are encrypted, and where they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from trueline.cli.answer import say, say_json, say_table, tell
from trueline.cli.option import Duration, output_option

SOME = 2
_SHOWN_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for."""

    path: str
    below: str
    revision: str
    older_s: float


@click.command()
@click.argument("path", default=".")
@click.option("--path", "below", default="", metavar="P", help="Look only below this folder of PATH.")
@click.option("--revision", default="", metavar="R", help="A branch, tag or commit instead of the files as they stand.")
@click.option("--older-than", "older_s", type=Duration(), default="90d", show_default=True, help="What is old.")
@output_option("text", "json")
def rotate(path: str, below: str, revision: str, older_s: float, output: str) -> int:
    """List the encrypted files of PATH, a fleet repository or a folder. No private key is needed.

    Exit 0 where nothing is old and nothing that should be encrypted stands in clear, 2 where something is, 1 where a
    file cannot be read.
    """
    from trueline.cli.run import run  # noqa: PLC0415 - `--help` shall not pay for the engine

    return run(_rotate(Request(path=path, below=below, revision=revision, older_s=older_s), output))


async def _rotate(request: Request, output: str) -> int:
    from trueline.cli.rotating import survey  # noqa: PLC0415 - the engine is imported where it is used
    from trueline.cli.scratch import scratch  # noqa: PLC0415

    with scratch(None) as directory:
        found = await survey(request, directory)
    if output == "json":
        say_json(found.document)
    else:
        _say(found.document)
    for one in (*found.clear, *found.problems):
        tell(str(one))
    if found.problems:
        return 1
    return SOME if found.clear or any(one["old"] for one in found.document["files"]) else 0


def _say(document: Mapping[str, Any]) -> None:
    files, keys = document["files"], document["recipients"]
    if not files:
        say("no encrypted files")
        return
    rows = [
        (
            one["path"],
            "unknown" if one["ageDays"] is None else f"{one['ageDays']}d{' old' if one['old'] else ''}",
            _few(one["recipients"]),
            _few(one["usedBy"]) or "nothing",
        )
        for one in files
    ]
    say_table(("FILE", "AGE", "ENCRYPTED TO", "USED BY"), rows)
    say("")
    say_table(
        ("KEY", "FILES", "SINCE"), [(one["recipient"], str(one["files"]), one["since"] or "unknown") for one in keys]
    )


def _few(names: list[str]) -> str:
    more = len(names) - _SHOWN_MAX
    return ", ".join(names[:_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")
