"""`up`: the whole loop for a fleet repository, until it is ended or, with `--once`, until all is settled."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from trueline.cli.option import ADOPT, AGE_KEY, KUBECONFIG, Duration, output_option
from trueline.cli.provider import NO_OFFER, Offer, provider_options
from trueline.server.hook.forge import Forge

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
    public_url: str = ""
    hook_secrets: tuple[tuple[Forge, Path], ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    offer: Offer = NO_OFFER


def _hook_secrets(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[tuple[Forge, Path], ...]:
    found: dict[Forge, Path] = {}
    for value in values:
        name, equals, path = value.partition("=")
        forge = next((one for one in Forge if one.value == name), None)
        if forge is None or not equals or not path or forge in found:
            known = ", ".join(one.value for one in Forge)
            raise click.BadParameter(f"{value!r} is not FORGE=FILE, once for each of {known}", context, parameter)
        found[forge] = Path(path).absolute()
    return tuple(found.items())


def _public_url(context: click.Context, parameter: click.Parameter, value: str) -> str:
    parts = urlsplit(value)
    is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}
    if value and (not is_address or parts.query or parts.fragment or parts.username):
        raise click.BadParameter(f"{value!r} is not https://HOST or https://HOST:PORT", context, parameter)
    return value.rstrip("/")


def _networks(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    from trueline.server.access.proxy import read_network  # noqa: PLC0415 - `--help` shall not pay for it

    for text in value:
        try:
            read_network(text)
        except ValueError as error:
            raise click.BadParameter(f"{error}: write a network, such as 10.0.0.0/8", context, parameter) from None
    return value


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
@click.option("--public-url", default="", metavar="URL", callback=_public_url, help="Where a proxy serves --listen.")
@click.option(
    "--hook-secret",
    "hook_secrets",
    multiple=True,
    metavar="FORGE=FILE",
    callback=_hook_secrets,
    help="Take webhooks of a forge (github, gitlab, gitea, bitbucket, generic) that are signed with a secret of FILE.",
)
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="CIDR",
    callback=_networks,
    help="A network whose proxies say for whom they ask; as often as needed.",
)
@provider_options
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
    public_url: str,
    hook_secrets: tuple[tuple[Forge, Path], ...],
    trusted_proxies: tuple[str, ...],
    output: str,
    **offer: Any,
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
        public_url=public_url,
        hook_secrets=hook_secrets,
        trusted_proxies=trusted_proxies,
        offer=Offer(**offer),
    )
    try:
        return run(serve(wanted, dict(os.environ)))
    except KeyboardInterrupt:
        if is_once:  # it was to tell how everything stands, and cannot
            raise
        return 0
