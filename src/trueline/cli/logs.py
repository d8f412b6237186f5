"""`logs`: what the pods of an application's workloads write, each line with its pod."""

import os
from pathlib import Path

import click

from trueline.cli.option import place_options


@click.command()
@click.argument("application", metavar="APP")
@click.argument("ref", default="", metavar="[REF]")
@click.option("--container", default="", metavar="NAME", help="Only containers that are called so.")
@click.option("--tail", type=click.IntRange(0, 10_000), default=50, show_default=True, help="Lines of each container.")
@click.option("--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("--previous", is_flag=True, help="The container before its last restart.")
@place_options
def logs(  # noqa: PLR0917 - what is asked
    application: str,
    ref: str,
    container: str,
    tail: int,
    follow: bool,  # noqa: FBT001 - a flag
    previous: bool,  # noqa: FBT001 - a flag
    data_dir: Path | None,
    repo: str,
) -> int:
    """Print the logs of an application's pods, or of those of one object (KIND/NAMESPACE/NAME)."""
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for the engine
    from trueline.cli.reading import Reading, print_logs  # noqa: PLC0415

    reading = Reading(
        application=application, ref=ref, container=container, tail=tail, follow=follow, previous=previous
    )
    return print_logs(find_place(data_dir, repo, os.environ), reading)
