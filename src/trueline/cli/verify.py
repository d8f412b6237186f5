"""`verify`: whether the journal is as it was written, the store what it tells, and who signed what proven again."""

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

    Who signed a revision is proven again, from the objects and keys that are kept; no repository is asked.

    Exit 0 where the chain is whole and all of it proven; 1 where a byte was changed, cut or moved, the store says
    something else, or a signature is not proven.
    """
    from trueline.cli.checking import check, is_anchored  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.place import find_place  # noqa: PLC0415

    place = find_place(data_dir, repo, os.environ)
    checked = check(place)
    breaches = checked.breaches
    if output == "json":
        rows = [{"sequence": b.sequence, "damage": b.damage.value, "detail": b.detail} for b in breaches]
        counts = {"records": checked.records, "proven": checked.proven, "unkept": checked.unkept}
        say_json({**counts, "breaches": rows})
    if not is_anchored(place):
        tell("no anchor stands beside the journal: whether its end was cut cannot be seen")
    for breach in breaches:
        tell(str(breach.diagnostic))
    if output != "json" and not breaches:
        say(f"{checked.records} records, the chain is whole")
        if checked.proven:
            say(f"{checked.proven} signed revisions, each proven again")
        if checked.unkept:
            say(f"{checked.unkept} older signed revisions: nothing is kept any more that could prove them")
    return 1 if breaches else 0
