"""`preview`: a site as it would be, in a browser, beside what the last commit makes of it."""

import os
from dataclasses import dataclass

import click

LISTEN_DEFAULT = "127.0.0.1:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. `drafts` is `None` where the site's own declaration is to say."""

    path: str
    application: str
    listen: str
    drafts: bool | None
    is_check: bool


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False), default=".")
@click.option("--app", "application", default="", metavar="N", help="This application, where several are sites.")
@click.option("--listen", default=LISTEN_DEFAULT, metavar="A", help="HOST:PORT; otherwise a free port of this machine.")
@click.option("--drafts/--no-drafts", default=None, help="Show drafts or not, whatever the site declares.")
@click.option("--check", "is_check", is_flag=True, help="Build once, say what changed, and end.")
def preview(
    path: str,
    application: str,
    listen: str,
    drafts: bool | None,  # noqa: FBT001 - a flag
    is_check: bool,  # noqa: FBT001 - a flag
) -> int:
    """Show the site of PATH as it would be, and again after each save, until Ctrl-C.

    PATH is a folder of Markdown or a fleet repository, as it stands. `/-/changes` lists what differs from the last
    commit, and shows each page before and after.
    """
    from trueline.cli.previewing import preview_site  # noqa: PLC0415 - `--help` shall not pay for the engine
    from trueline.cli.run import run  # noqa: PLC0415

    wanted = Wanted(path=path, application=application, listen=listen, drafts=drafts, is_check=is_check)
    try:
        return run(preview_site(wanted, dict(os.environ)))
    except KeyboardInterrupt:
        if is_check:
            raise
        return 0
