"""What a provider says of itself (OpenID Connect Discovery 1.0, RFC 9207), read and checked. Pure."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from trueline.server.access.oidc import refusal
from trueline.server.access.oidc.registration import is_loopback, is_safe_address

WELL_KNOWN: Final = "/.well-known/openid-configuration"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""By a public key, each of them: never `none`, nor one whose key would be our secret, or everybody's."""
METHODS: Final = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """`is_named`: the way back names the provider (RFC 9207). `ending` is where one signs out there; may be empty."""

    issuer: str
    authorization: str
    token: str
    keys: str
    person: str
    ending: str
    algorithms: tuple[str, ...]
    method: str
    is_named: bool


def read_metadata(data: bytes, issuer: str) -> Metadata:
    """The description of a provider; of what it offers, what we use.

    Raises:
        Refusal: TL2201.
    """
    try:
        told = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise refusal.odd("it is no JSON object")
    if told.get("issuer") != issuer:
        raise refusal.odd(
            f"it calls itself {refusal.shown(str(told.get('issuer')))}, and {refusal.shown(issuer)} was asked"
        )
    if "S256" not in _texts(told, "code_challenge_methods_supported", ("S256",)):
        raise refusal.odd("it takes no proof of the code by S256")
    algorithms = _texts(told, "id_token_signing_alg_values_supported", ("RS256",))
    taken = tuple(one for one in ALGORITHMS if one in algorithms)
    if not taken:
        raise refusal.odd(f"it signs by none of {', '.join(ALGORITHMS)}")
    methods = _texts(told, "token_endpoint_auth_methods_supported", METHODS[:1])
    return Metadata(
        issuer=issuer,
        authorization=_address(told, "authorization_endpoint", issuer),
        token=_address(told, "token_endpoint", issuer),
        keys=_address(told, "jwks_uri", issuer),
        person=_address(told, "userinfo_endpoint", issuer, is_needed=False),
        ending=_address(told, "end_session_endpoint", issuer, is_needed=False),
        algorithms=taken,
        method=next((one for one in METHODS if one in methods), METHODS[0]),
        is_named=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(told: dict[str, Any], key: str, issuer: str, *, is_needed: bool = True) -> str:
    """An address of the provider: a provider elsewhere does not send us to this machine."""
    found = told.get(key, "")
    if not found and not is_needed:
        return ""
    may_be_plain = is_loopback(urlsplit(issuer).hostname or "")
    if not isinstance(found, str) or not is_safe_address(found, may_be_plain=may_be_plain):
        raise refusal.odd(f"its `{key}` is {refusal.shown(str(found))}")
    return found


def _texts(told: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = told.get(key)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else default
