"""The options by which `up` is told of a provider of identities, as they are written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from trueline.cli.option import Duration

Command = TypeVar("Command", bound=Callable[..., Any])
HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What was written; without an issuer there is no provider."""

    issuer: str = ""
    client: str = ""
    secret_file: Path | None = None
    scopes: str = "openid email groups"
    name_claim: str = "email"
    groups_claim: str = "groups"
    lasts_s: float = 8 * HOUR_S


NO_OFFER = Offer()

_OPTIONS = (
    click.option("--oidc-issuer", "issuer", default="", metavar="URL", help="Who knows people, by OpenID Connect."),
    click.option("--oidc-client", "client", default="", metavar="ID", help="What we are called there."),
    click.option(
        "--oidc-secret-file",
        "secret_file",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="F",
        help="The client's secret; else TRUELINE_OIDC_SECRET.",
    ),
    click.option("--oidc-scopes", "scopes", default=NO_OFFER.scopes, show_default=True, help="What is asked for."),
    click.option("--oidc-name", "name_claim", default=NO_OFFER.name_claim, show_default=True, metavar="CLAIM"),
    click.option("--oidc-groups", "groups_claim", default=NO_OFFER.groups_claim, show_default=True, metavar="CLAIM"),
    click.option(
        "--oidc-session",
        "lasts_s",
        type=Duration(),
        default="8h",
        show_default=True,
        help="How long what it says of somebody counts.",
    ),
)


def provider_options(command: Command) -> Command:
    """`--oidc-issuer` and what belongs to it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
