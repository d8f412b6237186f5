"""What a command line says of a provider, read and checked before anything listens."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from trueline.cli.provider import Offer
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.runtime.clock import Clock
from trueline.runtime.http import Endpoint
from trueline.server.access.oidc.provider import ANSWER_BYTES_MAX, Provider
from trueline.server.access.oidc.registration import LASTS_MAX, LASTS_MIN, Registration, is_loopback, is_safe_address

SECRET: Final = "TRUELINE_OIDC_SECRET"  # noqa: S105 - the name of a variable
"""The variable that holds the client's secret, where no file does; a command line shows what it holds to everybody."""
SECRET_BYTES_MAX: Final = 4_096
CONNECTIONS_MAX: Final = 4


def registration_of(
    offer: Offer, environment: Mapping[str, str], *, listen: str, public_url: str
) -> Registration | None:
    """How we are known at the provider; `None` where there is none.

    Raises:
        UserError: TL2214, what was said does not hold.
    """
    if not offer.issuer and not offer.client:
        return None
    if not offer.issuer or not offer.client:
        raise _unmade("--oidc-issuer and --oidc-client belong together")
    if urlsplit(offer.issuer).query or not is_safe_address(offer.issuer, may_be_plain=True):
        raise _unmade("--oidc-issuer is no https:// address; http:// is for this machine alone")
    if not LASTS_MIN.total_seconds() <= offer.lasts_s <= LASTS_MAX.total_seconds():
        raise _unmade("--oidc-session is from 5m to 7d")
    scopes = tuple(offer.scopes.split())
    if "openid" not in scopes:
        raise _unmade("--oidc-scopes has no `openid`")
    if not offer.name_claim:
        raise _unmade("--oidc-name is empty")
    host = listen.rpartition(":")[0].strip("[]")
    if not public_url.startswith("https://") and not (listen != "none" and is_loopback(host)):
        raise _unmade(
            "the provider leads back to https:// or to this machine, and neither is listened on: --public-url"
        )
    return Registration(
        issuer=offer.issuer,
        client_id=offer.client,
        client_secret=_secret(offer.secret_file, environment),
        scopes=scopes,
        name_claim=offer.name_claim,
        groups_claim=offer.groups_claim,
        lasts=timedelta(seconds=offer.lasts_s),
    )


def _secret(file: Path | None, environment: Mapping[str, str]) -> Masked | None:
    """INV-25: by a file or a variable, never as an argument, which every process of the machine can read."""
    if file is None:
        found = environment.get(SECRET, "")
        return Masked(found) if found else None
    try:
        with file.open("rb") as opened:
            found = opened.read(SECRET_BYTES_MAX + 1).decode().strip()
    except (OSError, UnicodeDecodeError):
        raise _unmade(f"--oidc-secret-file {file} cannot be read as text") from None
    if not found or len(found) > SECRET_BYTES_MAX:
        raise _unmade(f"--oidc-secret-file {file} holds no secret")
    return Masked(found)


def _unmade(detail: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL2214",
                summary="nobody can sign in by the provider that was named",
                detail=detail,
                remedy="see the guide on signing in: docs/guides/sign-in.md",
            )
        ]
    )


def without_secret(environment: Mapping[str, str]) -> dict[str, str]:
    """INV-25: the variables that a declaration may name a secret by; the client's own is none of these."""
    return {name: value for name, value in environment.items() if name != SECRET}


def provider_of(registration: Registration, clock: Clock) -> Provider:
    """The provider, asked over HTTP; nothing is asked before somebody comes."""
    from trueline.runtime.http_aiohttp import AiohttpTransport  # noqa: PLC0415 - only where there is one

    def opened(origin: str) -> AiohttpTransport:
        endpoint = Endpoint(url=origin)
        return AiohttpTransport(endpoint, connections_max=CONNECTIONS_MAX, body_bytes_max=ANSWER_BYTES_MAX)

    return Provider(registration, opened, clock)
