"""Who somebody is by what the provider signed of them, and nobody where anything is missing or odd. Pure (INV-11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trueline.server.access.identity import is_name
from trueline.server.access.oidc import refusal
from trueline.server.access.oidc.registration import EMAIL, Registration

SUBJECT_CHARACTERS_MAX: Final = 255
"""As OpenID Connect Core 1.0 says."""
GROUPS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A person as a provider knows them; `name` is unique there, as `subject` is, and may be another's later on."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]


def wanted(registration: Registration) -> frozenset[str]:
    """The claims that we need of somebody."""
    return frozenset({registration.name_claim, registration.groups_claim} - {""})


def claimed(claims: Mapping[str, Any], registration: Registration) -> Claimed:
    """Who it is.

    Raises:
        Refusal: TL2210, TL2211, TL2212.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip() or len(subject) > SUBJECT_CHARACTERS_MAX:
        raise refusal.nameless("its `sub` is missing or empty")
    name = claims.get(registration.name_claim)
    if not isinstance(name, str) or not is_name(name):
        raise refusal.nameless(f"its `{registration.name_claim}` is missing, empty, or no name")
    if registration.name_claim == EMAIL and claims.get("email_verified") is not True:
        raise refusal.unverified()
    return Claimed(
        issuer=registration.issuer, subject=subject, name=name, groups=_groups(claims, registration.groups_claim)
    )


def _groups(claims: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Of the groups those that a Project can name; an odd one gives nothing."""
    if not key:
        return ()
    told = claims.get(key)
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise refusal.groupless(f"its `{key}` is missing, or no list of names")
    if len(told) > GROUPS_MAX:
        raise refusal.groupless(f"its `{key}` has more than {GROUPS_MAX}")
    found = tuple(sorted({one for one in told if is_name(one)}))
    if not found:
        nameless = f"none of its `{key}` can stand in a Project: letters, digits and `._@+/-`"
        raise refusal.groupless(nameless if told else f"its `{key}` is empty")
    return found
