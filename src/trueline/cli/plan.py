"""`plan`: what would change. Nothing is written, neither to a target nor to the data directory."""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from trueline.cli.option import AGE_KEY, KUBECONFIG, output_option


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a plan is made of, as it is typed for `plan` and `apply`."""

    path: str
    below: str
    revision: str
    kubeconfig: Path | None
    data_directory: Path | None
    namespace: str
    cluster: str
    adopted_installation: str = ""


@click.command()
@click.argument("path")
@click.option("--path", "below", default="", metavar="P", help="Read declarations only below this folder of PATH.")
@click.option("--revision", default="", metavar="R", help="A branch, tag or commit instead of the files as they stand.")
@KUBECONFIG
@AGE_KEY
@click.option("--data-dir", "data_directory", type=click.Path(path_type=Path), envvar="TRUELINE_DATA_DIR")
@click.option("-n", "--namespace", default="", help="For a folder without declarations.")
@click.option("--cluster", default="", help="The cluster of applications that name none.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the plan to a file for `apply`.")
@output_option("text", "json", "markdown")
def plan(  # noqa: PLR0917 - one for each option
    path: str,
    below: str,
    revision: str,
    kubeconfig: Path | None,
    data_directory: Path | None,
    namespace: str,
    cluster: str,
    save: Path | None,
    output: str,
) -> int:
    """Show what would change: exit 0 nothing, 2 something, 1 an error."""
    from trueline.cli.planning import show_plan  # noqa: PLC0415 - `--help` shall not pay for the engine
    from trueline.cli.run import run  # noqa: PLC0415

    subject = Subject(
        path=path,
        below=below,
        revision=revision,
        kubeconfig=kubeconfig,
        data_directory=data_directory,
        namespace=namespace,
        cluster=cluster,
    )
    return run(show_plan(subject, save, output, dict(os.environ)))
