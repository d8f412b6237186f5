"""`verify`: whether the journal is as it was written, the store what it tells, and who signed what proven again."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trueline.cli.answer import say, say_json, tell
from trueline.cli.option import output_option, place_options

if TYPE_CHECKING:
    from trueline.cli.line import ServerLine


@click.command()
@place_options
@output_option("text", "json")
def verify(data_dir: Path | None, repo: str, output: str) -> int:
    """Check every record of the journal, and holds, approvals and deployments against them.

    Who signed a revision is proven again, from the objects and keys that are kept; no repository is asked.

    Exit 0 where the chain is whole and all of it proven; 1 where a byte was changed, cut or moved, the store says
    something else, or a signature is not proven.
    """
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it

    place = find_place(data_dir, repo, os.environ)
    if place.server is not None:
        return _there(place.server, output)
    from trueline.cli.checking import check, is_anchored  # noqa: PLC0415 - a server does it itself

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
        _say_whole(checked.records, checked.proven, checked.unkept)
    return 1 if breaches else 0


def _there(server: "ServerLine", output: str) -> int:
    """A server checks its own journal now, and writes down that it did."""
    from trueline.cli.call import call  # noqa: PLC0415 - one of the two ways

    checked = call(server, "POST", "/api/v1/journal/verify")
    if output == "json":
        say_json(checked)
    elif checked["whole"]:
        _say_whole(checked["records"], checked["proven"], checked["unkept"])
    else:
        tell(f"the journal is not as it was written: {checked['breaches']} breaches in {checked['records']} records")
        for one in checked["told"]:
            tell(one)
    return 0 if checked["whole"] else 1


def _say_whole(records: int, proven: int, unkept: int) -> None:
    say(f"{records} records, the chain is whole")
    if proven:
        say(f"{proven} signed revisions, each proven again")
    if unkept:
        say(f"{unkept} older signed revisions: nothing is kept any more that could prove them")
