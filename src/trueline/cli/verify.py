"""`verify`: whether the journal is as it was written, and the store what it tells."""

import os
from pathlib import Path

import click

from trueline.cli.answer import say, say_json, tell
from trueline.cli.option import output_option, place_options


@click.command()
@place_options
@output_option("text", "json")
def verify(data_dir: Path | None, repo: str, output: str) -> int:
    """Check every record of the journal, and holds, approvals and deployments against them.

    Exit 0 where the chain is whole, 1 where a byte was changed, cut or moved, or the store says something else.
    """
    from trueline.cli.checking import check, is_anchored  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.place import find_place  # noqa: PLC0415

    place = find_place(data_dir, repo, os.environ)
    count, breaches = check(place)
    if output == "json":
        rows = [{"sequence": b.sequence, "damage": b.damage.value, "detail": b.detail} for b in breaches]
        say_json({"records": count, "breaches": rows})
    if not is_anchored(place):
        tell("no anchor stands beside the journal: whether its end was cut cannot be seen")
    for breach in breaches:
        tell(str(breach.diagnostic))
    if output != "json" and not breaches:
        say(f"{count} records, the chain is whole")
    return 1 if breaches else 0
