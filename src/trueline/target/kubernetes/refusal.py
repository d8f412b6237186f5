"""A refusal of the API server in the words that every target uses. Nothing of a Secret's data is in its message."""

import re
from typing import Any, assert_never

from trueline.model import field_path
from trueline.target import answer
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Refusal, RefusalKind

_IMMUTABLE = re.compile(
    r"immutable|may not change|cannot change roleRef|can ?not be (?:changed|updated|unset)"
    r"|updates to .{0,400} (?:is|are) forbidden|field can not be modified|may not be changed",
    re.DOTALL,
)
_NAMESPACE = re.compile(r'namespaces "[^"]*" not found')
_UNKNOWN_KIND = "the server could not find the requested resource"


def refused(refusal: Refusal, resource_type: ResourceType, verb: str, body: Any = None) -> answer.Refused:
    """What the server said, by what follows from it; conflicts with their paths as the body spells them."""
    kind = _kind(refusal, resource_type)
    message = refusal.message
    if kind is answer.Refusal.FORBIDDEN:
        message = f"may not {verb} {resource_type.kind_name}: {message}"
    return answer.Refused(
        refusal=kind,
        message=message or refusal.reason or refusal.kind.value,
        conflicts=tuple(
            sorted(
                {
                    answer.FieldConflict(manager=one.manager, path=field_path.of_server(one.field, body))
                    for one in refusal.conflicts
                }
            )
        ),
        retry_after_s=refusal.retry_after_s,
    )


def no_kind(message: str) -> answer.Refused:
    """The server has no such type."""
    return answer.Refused(refusal=answer.Refusal.NO_KIND, message=message)


def stale(message: str) -> answer.Refused:
    """The object is not the one that was planned for."""
    return answer.Refused(refusal=answer.Refusal.STALE, message=message)


def busy(message: str) -> answer.Refused:
    """There is no answer now."""
    return answer.Refused(refusal=answer.Refusal.BUSY, message=message)


def _kind(refusal: Refusal, resource_type: ResourceType) -> answer.Refusal:  # noqa: PLR0911 - one for each kind
    match refusal.kind:
        case RefusalKind.CONFLICT:
            return answer.Refusal.CONFLICT
        case RefusalKind.STALE | RefusalKind.ALREADY_EXISTS:
            return answer.Refusal.STALE
        case RefusalKind.NOT_FOUND:
            return _missing(refusal, resource_type)
        case RefusalKind.UNAUTHENTICATED | RefusalKind.FORBIDDEN:
            return answer.Refusal.FORBIDDEN
        case RefusalKind.ADMISSION:
            return _denied(refusal)
        case RefusalKind.INVALID:
            return _invalid(refusal)
        case RefusalKind.TOO_LARGE | RefusalKind.UNSUPPORTED:
            return answer.Refusal.INVALID
        case (
            RefusalKind.EXPIRED
            | RefusalKind.TERMINATING
            | RefusalKind.TOO_MANY
            | RefusalKind.UNAVAILABLE
            | RefusalKind.UNREACHABLE
            | RefusalKind.UNREADABLE
        ):
            return answer.Refusal.BUSY
        case _:
            assert_never(refusal.kind)


def _missing(refusal: Refusal, resource_type: ResourceType) -> answer.Refusal:
    if _UNKNOWN_KIND in refusal.message:
        return answer.Refusal.NO_KIND
    if resource_type.kind_name != "Namespace" and _NAMESPACE.search(refusal.message):
        return answer.Refusal.NO_NAMESPACE
    return answer.Refusal.GONE


def _denied(refusal: Refusal) -> answer.Refusal:
    """A webhook that does not answer is answered for with 500: it may pass."""
    return answer.Refusal.DENIED if refusal.http_status < 500 else answer.Refusal.BUSY


def _invalid(refusal: Refusal) -> answer.Refusal:
    if any(cause.field == "metadata.uid" for cause in refusal.causes):
        return answer.Refusal.STALE
    said = (refusal.message, *(cause.message for cause in refusal.causes))
    return answer.Refusal.IMMUTABLE if any(map(_IMMUTABLE.search, said)) else answer.Refusal.INVALID
