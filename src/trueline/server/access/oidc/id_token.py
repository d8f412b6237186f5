"""An id token and everything that it is checked for (OpenID Connect Core 1.0, 3.1.3.7). Pure, but for joserfc's own.

INV-11: what is not there counts as wrong. The algorithm is one of our list and of the provider's, never what the token
says alone; the key is one of the provider's, and a public one.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha384, sha512
from hmac import compare_digest
from math import isfinite
from typing import Any, Final

from trueline.server.access.oidc import refusal

SKEW_S: Final = 60.0
"""So much may the provider's clock differ from ours."""
AGE_S_MAX: Final = 600.0
"""It was made for this sign-in, which took no longer."""
TOKEN_CHARACTERS_MAX: Final = 64 << 10
KEYS_MAX: Final = 100
RSA_BITS_MIN: Final = 2048
_PUBLIC: Final = frozenset({"RSA", "EC", "OKP"})
_TYPES: Final = frozenset({"", "JWT"})
_HASHES: Final = {"256": sha256, "384": sha384, "512": sha512}


class UnknownKeyError(Exception):
    """No key of the provider, as we know them, has the name that the token says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an id token has to say. `algorithms` are what the provider signs by, of those that we take."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Collection[str]
    now: datetime


def public_keys(value: object) -> tuple[Mapping[str, Any], ...]:
    """The keys of a key set that can have signed; private ones, secrets and those for something else are left out.

    Raises:
        Refusal: TL2201, it is no key set.
    """
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or len(keys) > KEYS_MAX:
        raise refusal.odd("its `jwks_uri` leads to no set of keys, or to too many")
    return tuple(one for one in keys if isinstance(one, dict) and _can_sign(one))


def verified(token: str, keys: Collection[Mapping[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of an id token.

    Raises:
        UnknownKeyError: it may be signed by a newer key than those.
        Refusal: TL2206 to TL2209.
    """
    claims = _signed(token, keys, expected.algorithms)
    _check_parties(claims, expected)
    _check_times(claims, expected.now.timestamp())
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(errors="replace"), expected.nonce.encode()):
        raise refusal.exchanged()
    return claims


def check_access(claims: Mapping[str, Any], token: str, access: str) -> None:
    """Whether an access token came with an id token whose claims these are, where they say so (`at_hash`).

    Raises:
        Refusal: TL2206.
    """
    from joserfc import jws  # noqa: PLC0415 - as below

    told = claims.get("at_hash")
    make = _HASHES.get(str(jws.extract_compact(token.encode()).headers()["alg"])[-3:])
    if told is None or make is None:
        return
    digest = make(access.encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not isinstance(told, str) or not compare_digest(told.encode(errors="replace"), half):
        raise refusal.unsigned("its `at_hash` is not that of the access token")


def _can_sign(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in _PUBLIC and key.get("use", "sig") == "sig" and "d" not in key


def _signed(token: str, keys: Collection[Mapping[str, Any]], algorithms: Collection[str]) -> dict[str, Any]:
    from joserfc import errors, jws  # noqa: PLC0415 - only where somebody comes in by a provider

    if len(token) > TOKEN_CHARACTERS_MAX:
        raise refusal.unsigned(f"it has more than {TOKEN_CHARACTERS_MAX} characters")
    registry = jws.JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (errors.JoseError, ValueError, TypeError, RecursionError):
        raise refusal.unsigned("it is no signed token") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise refusal.unsigned(f"it is signed by {refusal.shown(str(algorithm))}, which is not taken")
    if str(header.get("typ", "")).upper() not in _TYPES:
        raise refusal.unsigned(f"it is a {refusal.shown(str(header.get('typ')))}, and no identity")
    key = _key(keys, kid, algorithm)
    try:
        found = jws.deserialize_compact(token.encode(), key, algorithms=[algorithm], registry=registry)
    except (errors.JoseError, ValueError, TypeError):
        raise refusal.unsigned("no key of the provider has made it") from None
    return _object(found.payload)


def _key(keys: Collection[Mapping[str, Any]], kid: object, algorithm: str) -> Any:
    """The key that the token names; without a name the only one."""
    from joserfc import errors  # noqa: PLC0415 - as above
    from joserfc.jwk import import_key  # noqa: PLC0415 - as above

    found = [one for one in keys if one.get("alg", algorithm) == algorithm and (kid is None or one.get("kid") == kid)]
    if not found:
        raise UnknownKeyError
    if len(found) > 1:
        raise refusal.unsigned("several keys of the provider could have made it")
    if _is_weak(found[0]):
        raise refusal.unsigned(f"the provider's key has fewer than {RSA_BITS_MIN} bits")
    try:
        return import_key(dict(found[0]))
    except (errors.JoseError, ValueError, TypeError, KeyError):
        raise refusal.unsigned("the provider's key is none") from None


def _is_weak(key: Mapping[str, Any]) -> bool:
    """Whether an RSA key is too short; what is no number at all is no key, which is told later."""
    modulus = key.get("n")
    if key.get("kty") != "RSA" or not isinstance(modulus, str):
        return False
    try:
        data = urlsafe_b64decode(modulus.encode() + b"==")
    except (ValueError, UnicodeEncodeError):
        return False
    return int.from_bytes(data, "big").bit_length() < RSA_BITS_MIN


def _object(payload: bytes | None) -> dict[str, Any]:
    import json  # noqa: PLC0415 - as joserfc reads it

    try:
        claims = json.loads(payload or b"")
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise refusal.unsigned("what is signed is no JSON object")
    return claims


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise refusal.misaddressed(f"it is of {refusal.shown(str(claims.get('iss')))}")
    told = claims.get("aud")
    audience = told if isinstance(told, list) else [told]
    if expected.client_id not in audience:
        raise refusal.misaddressed("its audience is another program")
    party = claims.get("azp")
    if (len(audience) > 1 or party is not None) and party != expected.client_id:
        raise refusal.misaddressed("it was made for another program")


def _check_times(claims: Mapping[str, Any], now_s: float) -> None:
    until_s, since_s = _seconds(claims, "exp"), _seconds(claims, "iat")
    if not now_s < until_s + SKEW_S:
        raise refusal.untimely(f"it was over {now_s - until_s:.0f} s ago")
    if not since_s - SKEW_S <= now_s <= since_s + AGE_S_MAX + SKEW_S:
        raise refusal.untimely(f"it was made {now_s - since_s:.0f} s ago")
    if "nbf" in claims and not _seconds(claims, "nbf") - SKEW_S <= now_s:
        raise refusal.untimely("it counts later on")


def _seconds(claims: Mapping[str, Any], key: str) -> float:
    found = claims.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
        raise refusal.untimely(f"its `{key}` is no time")
    return float(found)
