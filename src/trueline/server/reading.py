"""What is asked, read as its type: every key that is wrong is told, not the first alone.

A query is text, a body is JSON: in a query a number is written as it is, and a list as the same key several times.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_origin

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError

TEXT_CHARACTERS_MAX = 1_000
KEYS_MAX = 50
KEY_CHARACTERS_MAX = 100

Asked = TypeVar("Asked", bound=msgspec.Struct)


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The query or the body of a request; a subclass says its keys."""


class Nothing(Question, frozen=True, kw_only=True):
    """No key is taken."""


def read_body(kind: type[Asked], body: Mapping[str, Any]) -> Asked:
    """The body of a request.

    Raises:
        UserError: TL0720, with one diagnostic for each key that is missing, unknown or no value of its type.
    """
    return _read(kind, body, strict=True)


def read_query(kind: type[Asked], query: Sequence[tuple[str, str]]) -> Asked:
    """The query of a request, as pairs in their order.

    Raises:
        UserError: TL0720, with one diagnostic for each key that is unknown or no value of its type.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {}
    for key, value in query:
        if key in fields and get_origin(fields[key].type) is tuple:
            given.setdefault(key, []).append(value)
        else:
            given[key] = value
    return _read(kind, given, strict=False)


def _read(kind: type[Asked], given: Mapping[str, Any], *, strict: bool) -> Asked:
    if problems := list(_problems(kind, given, strict=strict)):
        raise UserError(problems[:KEYS_MAX])
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:  # what holds between several keys
        raise UserError([malformed(str(error))]) from None


def _problems(kind: type[msgspec.Struct], given: Mapping[str, Any], *, strict: bool) -> Iterator[Diagnostic]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in sorted(given.keys() - fields.keys()):
        near = get_close_matches(key, fields, 1)
        said = f"; `{near[0]}` is near" if near else ""
        yield malformed(f"`{key[:KEY_CHARACTERS_MAX]}` is not taken{said}")
    for key, field in fields.items():
        if key not in given:
            if field.required:
                yield malformed(f"`{key}` is missing")
            continue
        value = given[key]
        if isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX:
            yield malformed(f"`{key}` has more than {TEXT_CHARACTERS_MAX} characters")
            continue
        try:
            msgspec.convert(value, field.type, strict=strict)
        except msgspec.ValidationError as error:
            yield malformed(f"`{key}`: {error}")


def malformed(detail: str) -> Diagnostic:
    """What is asked cannot be read."""
    return Diagnostic(
        code="TL0720",
        summary="the request cannot be read",
        detail=detail,
        remedy="see /api/v1/openapi.json",
    )
