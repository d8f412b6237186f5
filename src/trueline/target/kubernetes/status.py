"""An answer that is not what was asked for, as a value: what the server says, of which kind it is, by whose fault.

Never raises for an expected refusal, and never shows anything of a Secret's data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

import msgspec

from trueline.runtime.http import Response
from trueline.target.kubernetes.wire import PartialObject, Status, StatusCause, decode_object, decode_status

MESSAGE_CHARACTERS_MAX = 4_000
_WITHHELD = "the server's message is withheld, for it may hold data of the Secret"


class RefusalKind(Enum):
    """Why there is no object in the answer. `Blame` says what follows from it."""

    CONFLICT = "conflict"  # other managers own fields of the body
    STALE = "stale"  # the resource version, the UID or a precondition no longer holds
    NOT_FOUND = "not found"
    ALREADY_EXISTS = "already exists"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"  # our rights do not allow it
    ADMISSION = "admission"  # quota, policy, webhook: allowed, yet not so
    INVALID = "invalid"
    TOO_LARGE = "too large"
    UNSUPPORTED = "unsupported"  # the method or the media type
    EXPIRED = "expired"  # the version or the continue token is too old
    TERMINATING = "terminating"  # the namespace is going
    TOO_MANY = "too many requests"
    UNAVAILABLE = "unavailable"
    UNREACHABLE = "unreachable"  # no answer: a write may have been done
    UNREADABLE = "unreadable"  # HTML where JSON belongs: not the API server


class Blame(Enum):
    """Who can do something about it."""

    USER = "user"
    TARGET = "target"
    PASSING = "passing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConflict:
    """One field that another manager owns; `field` is as the server writes it: `.spec.replicas`."""

    manager: str
    field: str
    api_version: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What our rights lack, as the server says it."""

    user: str
    verb: str
    resource: str
    group: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that was not granted. `http_status` 0: there was no answer."""

    kind: RefusalKind
    http_status: int
    reason: str
    message: str
    causes: tuple[StatusCause, ...] = ()
    retry_after_s: float | None = None
    conflicts: tuple[FieldConflict, ...] = ()
    denial: Denial | None = None

    @property
    def blame(self) -> Blame:
        """By whose fault: the user's, the target's, nobody's for long, or it cannot be known."""
        match self.kind:
            case RefusalKind.INVALID | RefusalKind.TOO_LARGE:
                return Blame.USER
            case (
                RefusalKind.CONFLICT
                | RefusalKind.NOT_FOUND
                | RefusalKind.ALREADY_EXISTS
                | RefusalKind.UNAUTHENTICATED
                | RefusalKind.FORBIDDEN
                | RefusalKind.ADMISSION
                | RefusalKind.UNSUPPORTED
            ):
                return Blame.TARGET
            case (
                RefusalKind.STALE
                | RefusalKind.EXPIRED
                | RefusalKind.TERMINATING
                | RefusalKind.TOO_MANY
                | RefusalKind.UNAVAILABLE
                | RefusalKind.UNREACHABLE
            ):
                return Blame.PASSING
            case RefusalKind.UNREADABLE:
                return Blame.UNKNOWN
            case _:
                assert_never(self.kind)

    @property
    def is_retriable(self) -> bool:
        """The same request may be answered otherwise in a moment."""
        return self.kind in {RefusalKind.TOO_MANY, RefusalKind.UNAVAILABLE, RefusalKind.UNREACHABLE}

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ok:
    """A request that was granted; `body` is what the server answered."""

    body: bytes
    is_created: bool = False

    def metadata(self) -> PartialObject:
        """The answer as far as its metadata.

        Raises:
            msgspec.DecodeError: it is not an object.

        """
        return decode_object(self.body)


Answer = Ok | Refusal


def read_answer(response: Response, *, masked: bool = False) -> Answer:
    """What an answer means. A granted request whose body is not JSON, or is a failure, is a refusal too."""
    if response.status in {200, 201, 202}:
        if _is_object(response.body):
            return Ok(body=response.body, is_created=response.status == 201)
        if response.body[:1] != b"{":
            return _unreadable(response)
    return read_refusal(response, masked=masked)


def read_refusal(response: Response, *, masked: bool = False) -> Refusal:
    """A refusal from an answer that holds no object."""
    try:
        status = decode_status(response.body)
    except msgspec.DecodeError:
        return _unreadable(response)
    return refuse(status, response.status, response.headers, masked=masked)


def unreachable(reason: str) -> Refusal:
    """There was no answer."""
    return Refusal(kind=RefusalKind.UNREACHABLE, http_status=0, reason="", message=reason)


def refuse(status: Status, http_status: int, headers: Mapping[str, str] | None = None, *, masked: bool) -> Refusal:
    """A refusal from the server's own words."""
    code = status.code or http_status
    causes = tuple((status.details and status.details.causes) or ())
    conflicts = tuple(_conflict(cause) for cause in causes if cause.reason == "FieldManagerConflict")
    denial = _denial(status.message)
    kind = _kind(code, status, has_conflicts=bool(conflicts), is_denied=denial is not None)
    withheld = masked and kind not in _HARMLESS
    return Refusal(
        kind=kind,
        http_status=code,
        reason=status.reason,
        message=_masked(status.message) if withheld else status.message[:MESSAGE_CHARACTERS_MAX],
        causes=tuple(StatusCause(c.reason, _WITHHELD, c.field) for c in causes) if withheld else causes,
        retry_after_s=_retry_after_s(status, headers or {}),
        conflicts=conflicts,
        denial=denial,
    )


_HARMLESS = frozenset(
    {
        RefusalKind.CONFLICT,
        RefusalKind.STALE,
        RefusalKind.NOT_FOUND,
        RefusalKind.ALREADY_EXISTS,
        RefusalKind.FORBIDDEN,
        RefusalKind.EXPIRED,
        RefusalKind.TERMINATING,
        RefusalKind.TOO_MANY,
    }
)

_SCHEMA = re.compile(
    r"^(failed to (create|update) typed|failed to convert|failed to prune)"
    r"|unknown field|unable to convert unstructured|field not declared in schema|error decoding from json"
    r"|cannot unmarshal|strict decoding error|illegal base64|duplicate entries for key|quantities must match"
)
_ADMISSION = re.compile(
    r'admission webhook "[^"]*" denied|exceeded quota|violates PodSecurity|ValidatingAdmissionPolicy|denied request'
)
_QUOTA = re.compile(r"exceeded quota: [-\w.]{1,253}, requested: [-\w./=,: ]{1,500}")
"""Names and amounts, never data: of a Secret nothing else is told (INV-25)."""
_TOO_LARGE = re.compile(r"etcdserver: request is too large|code = ResourceExhausted .*message larger than max")
"""What no dry run finds, for only etcd says it; as 500, though it will never pass (INV-31)."""
_DENIAL = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)'
)
_CONFLICT = re.compile(
    r'^conflict with "(?P<manager>(?:[^"\\]|\\.)*)"'
    r'(?: with subresource "(?P<subresource>[^"]*)")?(?: using (?P<version>\S+))?'
)
_TYPED_FIELD = re.compile(
    r"(?:^|\s)(?P<field>\.[^\s:]+): (?P<what>expected \w+|field not declared in schema|duplicate entries)"
)


def _kind(code: int, status: Status, *, has_conflicts: bool, is_denied: bool) -> RefusalKind:
    """By the server's reason where it gives one, else by the HTTP status; D6: many a 500 is a schema error."""
    message = status.message
    if has_conflicts:
        return RefusalKind.CONFLICT
    if is_denied:
        return RefusalKind.FORBIDDEN
    if _ADMISSION.search(message):
        return RefusalKind.ADMISSION
    causes = (status.details and status.details.causes) or ()
    if any(cause.reason == "NamespaceTerminating" for cause in causes):
        return RefusalKind.TERMINATING
    if code == 500:
        return _of_500(status)
    return _BY_REASON.get(status.reason) or _by_code(code, message)


def _of_500(status: Status) -> RefusalKind:
    if _TOO_LARGE.search(status.message):
        return RefusalKind.TOO_LARGE
    is_schema = status.reason != "InternalError" and _SCHEMA.search(status.message)
    return RefusalKind.INVALID if is_schema else RefusalKind.UNAVAILABLE


_BY_REASON = {
    "Conflict": RefusalKind.STALE,
    "NotFound": RefusalKind.NOT_FOUND,
    "AlreadyExists": RefusalKind.ALREADY_EXISTS,
    "Unauthorized": RefusalKind.UNAUTHENTICATED,
    "Forbidden": RefusalKind.ADMISSION,
    "Invalid": RefusalKind.INVALID,
    "RequestEntityTooLarge": RefusalKind.TOO_LARGE,
    "MethodNotAllowed": RefusalKind.UNSUPPORTED,
    "NotAcceptable": RefusalKind.UNSUPPORTED,
    "UnsupportedMediaType": RefusalKind.UNSUPPORTED,
    "Gone": RefusalKind.EXPIRED,
    "Expired": RefusalKind.EXPIRED,
    "TooManyRequests": RefusalKind.TOO_MANY,
    "ServerTimeout": RefusalKind.UNAVAILABLE,
    "Timeout": RefusalKind.UNAVAILABLE,
    "ServiceUnavailable": RefusalKind.UNAVAILABLE,
    "InternalError": RefusalKind.UNAVAILABLE,
    "StoreReadError": RefusalKind.UNAVAILABLE,
}

_BY_CODE = {
    400: RefusalKind.INVALID,
    401: RefusalKind.UNAUTHENTICATED,
    403: RefusalKind.ADMISSION,
    404: RefusalKind.NOT_FOUND,
    405: RefusalKind.UNSUPPORTED,
    406: RefusalKind.UNSUPPORTED,
    408: RefusalKind.UNAVAILABLE,
    409: RefusalKind.STALE,
    410: RefusalKind.EXPIRED,
    413: RefusalKind.TOO_LARGE,
    415: RefusalKind.UNSUPPORTED,
    422: RefusalKind.INVALID,
    429: RefusalKind.TOO_MANY,
}


def _by_code(code: int, message: str) -> RefusalKind:
    if code == 404 and not message:
        return RefusalKind.UNREADABLE
    return _BY_CODE.get(code) or (RefusalKind.UNAVAILABLE if code >= 500 else RefusalKind.UNREADABLE)


def _is_object(body: bytes) -> bool:
    """A server that says 200 and answers with a failure is not believed."""
    if body[:1] != b"{":
        return False
    if b'"Failure"' not in body[:512]:
        return True
    try:
        status = decode_status(body)
    except msgspec.DecodeError:
        return True
    return not (status.kind == "Status" and status.status == "Failure")


def _unreadable(response: Response) -> Refusal:
    """Not the API server's words: what stands between us and it. A busy one still counts as passing."""
    match response.status:
        case 429:
            kind = RefusalKind.TOO_MANY
        case 502 | 503 | 504:
            kind = RefusalKind.UNAVAILABLE
        case 401:
            kind = RefusalKind.UNAUTHENTICATED
        case _:
            kind = RefusalKind.UNREADABLE
    what = response.headers.get("content-type", "").split(";")[0] or "no type"
    message = f"HTTP {response.status} with {what} where the API server's JSON belongs"
    return Refusal(
        kind=kind,
        http_status=response.status,
        reason="",
        message=message,
        retry_after_s=_header_s(response.headers.get("retry-after", "")),
    )


def _conflict(cause: StatusCause) -> FieldConflict:
    match = _CONFLICT.match(cause.message)
    if match is None:
        return FieldConflict(manager=cause.message, field=cause.field)
    return FieldConflict(
        manager=match["manager"].replace('\\"', '"'),
        field=cause.field,
        api_version=(match["version"] or "").rstrip(":"),
        subresource=match["subresource"] or "",
    )


def _denial(message: str) -> Denial | None:
    match = _DENIAL.search(message)
    return match and Denial(**{name: value or "" for name, value in match.groupdict().items()})


def _masked(message: str) -> str:
    fields = [f"{match['field']}: {match['what']}" for match in _TYPED_FIELD.finditer(message)]
    return "; ".join([_WITHHELD, *_QUOTA.findall(message)[:1], *fields])


def _retry_after_s(status: Status, headers: Mapping[str, str]) -> float | None:
    asked = _header_s(headers.get("retry-after", ""))
    if asked is None and status.details is not None and status.details.retryAfterSeconds > 0:
        return float(status.details.retryAfterSeconds)
    return asked


def _header_s(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None
