"""`apply`: a working tree, a saved plan, or one application that waits to be asked."""

import os
from pathlib import Path

import click

from trueline.cli.main import SERVER
from trueline.cli.option import ADOPT, AGE_KEY, KUBECONFIG, Duration, is_address, output_option
from trueline.cli.plan import Subject


@click.command()
@click.argument("what", metavar="PATH|PLANFILE|APP")
@click.option("--path", "below", default="", metavar="P", help="Read declarations only below this folder of PATH.")
@click.option("--revision", default="", metavar="R", help="A branch, tag or commit instead of the files as they stand.")
@KUBECONFIG
@AGE_KEY
@click.option("--data-dir", "data_directory", type=click.Path(path_type=Path), envvar="TRUELINE_DATA_DIR")
@click.option("--repo", default="", metavar="REPO", help="For an application: the repository whose `up` is meant.")
@click.option("-n", "--namespace", default="", help="For a folder without declarations.")
@click.option("--cluster", default="", help="The cluster of applications that name none.")
@click.option("--timeout", "timeout_s", type=Duration(), default="15m", show_default=True, help="How long to wait.")
@ADOPT
@output_option("text", "json")
def apply(  # noqa: PLR0917 - one for each option
    what: str,
    below: str,
    revision: str,
    kubeconfig: Path | None,
    data_directory: Path | None,
    repo: str,
    namespace: str,
    cluster: str,
    timeout_s: float,
    adopted_installation: str,
    output: str,
) -> int:
    """Apply, and wait until it is settled.

    A folder is applied as it stands. A plan that `trueline plan --save` wrote is applied only if planning again gives
    the same plan. A name that is no path is an application: it is synced by the `up` that keeps it.
    """
    environment = dict(os.environ)
    if not Path(what).exists() and not is_address(what) and "/" not in what:
        return _sync(what, data_directory, repo, timeout_s, output)
    if os.environ.get(SERVER):
        raise click.UsageError(f"{what!r} is no application: a folder or a plan is applied from this machine alone")
    from trueline.cli.applying import apply_plan, apply_tree  # noqa: PLC0415 - `--help` shall not pay for the engine
    from trueline.cli.run import run  # noqa: PLC0415

    if Path(what).is_file():
        return run(apply_plan(Path(what), timeout_s, output, environment))
    subject = Subject(
        path=what,
        below=below,
        revision=revision,
        kubeconfig=kubeconfig,
        data_directory=data_directory,
        namespace=namespace,
        cluster=cluster,
        adopted_installation=adopted_installation,
    )
    return run(apply_tree(subject, timeout_s, output, environment))


def _sync(name: str, data_directory: Path | None, repo: str, timeout_s: float, output: str) -> int:
    from trueline.cli.answer import say_json  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.place import find_place  # noqa: PLC0415
    from trueline.cli.question import sync  # noqa: PLC0415
    from trueline.cli.standing import answer_code, say_statuses  # noqa: PLC0415

    status = sync(find_place(data_directory, repo, os.environ), name, timeout_s)
    if output == "json":
        say_json(status)
    else:
        say_statuses([status], output)
    return 1 if answer_code([status]) else 0
