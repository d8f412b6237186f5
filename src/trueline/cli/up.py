"""`up`: the whole loop for a fleet repository, until it is ended or, with `--once`, until all is settled."""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from trueline.cli.option import ADOPT, AGE_KEY, KUBECONFIG, Duration, output_option

LISTEN_DEFAULT = "127.0.0.1:8600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for."""

    repository: str
    path: str
    revision: str
    kubeconfig: Path | None
    listen: str
    data_directory: Path | None
    interval_s: float
    is_once: bool
    timeout_s: float
    namespace: str
    cluster: str
    output: str
    adopted_installation: str = ""
    trust: Path | None = None


@click.command()
@click.argument("repository", metavar="REPO")
@click.option("--path", default="", metavar="P", help="Read declarations only below this folder.")
@click.option("--revision", default="", metavar="R", help="A branch, tag, semver range or commit.")
@KUBECONFIG
@AGE_KEY
@click.option("--listen", default=LISTEN_DEFAULT, show_default=True, metavar="A", help="HOST:PORT, or none.")
@click.option("--data-dir", "data_directory", type=click.Path(path_type=Path), envvar="TRUELINE_DATA_DIR")
@click.option("--interval", "interval_s", type=Duration(), default="30s", show_default=True, help="Between two looks.")
@click.option("--once", "is_once", is_flag=True, help="Return when all is settled.")
@click.option(
    "--timeout", "timeout_s", type=Duration(), default="15m", show_default=True, help="How long --once waits."
)
@click.option("-n", "--namespace", default="", help="For a repository without declarations.")
@click.option("--cluster", default="", help="The cluster of applications that name none.")
@ADOPT
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="F",
    help="Public keys, one of which has to have signed the first revision.",
)
@output_option("text", "json")
def up(  # noqa: PLR0917 - one for each option
    repository: str,
    path: str,
    revision: str,
    kubeconfig: Path | None,
    listen: str,
    data_directory: Path | None,
    interval_s: float,
    is_once: bool,  # noqa: FBT001 - a flag
    timeout_s: float,
    namespace: str,
    cluster: str,
    adopted_installation: str,
    trust: Path | None,
    output: str,
) -> int:
    """Hold what runs to what the fleet repository REPO says.

    Finds the applications, plans, tries and applies them, heals drift, and goes on until it is ended: by Ctrl-C or a
    SIGTERM, with exit code 0.
    """
    from trueline.cli.place import resolved  # noqa: PLC0415 - `--help` shall not pay for the engine
    from trueline.cli.run import run  # noqa: PLC0415
    from trueline.cli.serving import serve  # noqa: PLC0415

    wanted = Wanted(
        repository=resolved(repository),
        path=path,
        revision=revision,
        kubeconfig=kubeconfig,
        listen=listen,
        data_directory=data_directory.absolute() if data_directory else None,
        interval_s=interval_s,
        is_once=is_once,
        timeout_s=timeout_s,
        namespace=namespace,
        cluster=cluster,
        output=output,
        adopted_installation=adopted_installation,
        trust=trust,
    )
    try:
        return run(serve(wanted, dict(os.environ)))
    except KeyboardInterrupt:
        if is_once:  # it was to tell how everything stands, and cannot
            raise
        return 0
