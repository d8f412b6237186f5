"""Whether a value has the form it should: every fault of a document at once, each with its path.

It accepts what msgspec accepts for the same form, and what the form's class variables say besides; it converts nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from msgspec import inspect

from trueline.declare.finding import (
    CONTRADICTION,
    MISSING,
    NOT_SUPPORTED,
    REFUSED_VALUE,
    UNKNOWN_FIELD,
    WRONG_TYPE,
    Finding,
    one_of,
    shown,
    suggestion,
)
from trueline.declare.form import Form, SecretForm
from trueline.model.fault import UserError
from trueline.model.pointer import Path, text
from trueline.runtime.secret import SecretReference

_NAMES: Final[Mapping[type[Any], str]] = {
    type(None): "nothing",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a mapping",
}
_ACCEPTED: Final[Mapping[type[inspect.Type], tuple[type[Any], ...]]] = {
    inspect.StrType: (str,),
    inspect.LiteralType: (str,),
    inspect.BoolType: (bool,),
    inspect.IntType: (int,),
    inspect.FloatType: (int, float),
    inspect.VarTupleType: (list,),
    inspect.DictType: (dict,),
    inspect.StructType: (dict,),
}


def find_faults(value: object, form: type[Form]) -> Iterator[Finding]:
    """Everything that is wrong with a value that should have the form."""
    return _walk(value, _type_of(form), (), {})


@cache
def _type_of(form: type[Form]) -> inspect.Type:
    return inspect.type_info(form)


def _walk(  # noqa: C901, PLR0912 - one case for each type of a form
    value: object, kind: inspect.Type, at: Path, extra: Mapping[str, Any]
) -> Iterator[Finding]:
    match kind:
        case inspect.AnyType():
            return
        case inspect.Metadata():
            yield from _walk(value, kind.type, at, kind.extra or {})
        case inspect.StructType() if kind.cls is SecretForm:
            yield from _secret(value, at)
        case inspect.UnionType():
            fitting = [one for one in kind.types if _fits(value, one)]
            yield from _walk(value, fitting[0], at, extra) if fitting else [_wrong_type(value, kind, at)]
        case _ if not _fits(value, kind):
            yield _wrong_type(value, kind, at)
        case inspect.StructType() if isinstance(value, dict):
            yield from _struct(value, kind, at)
        case inspect.VarTupleType() if isinstance(value, list):
            yield from _length(value, kind, at)
            for index, item in enumerate(value):
                yield from _walk(item, kind.item_type, (*at, index), {})
        case inspect.DictType() if isinstance(value, dict):
            for key, item in value.items():
                yield from _walk(item, kind.value_type, (*at, key), {})
        case inspect.LiteralType() if isinstance(value, str):
            yield from _literal(value, kind, at, extra)
        case inspect.StrType() if isinstance(value, str):
            yield from _text(value, kind, at, extra)
        case inspect.IntType() if isinstance(value, int):
            yield from _number(value, kind, at)


def _fits(value: object, kind: inspect.Type) -> bool:
    """Whether a value has the type of JSON; a truth value is no number."""
    if isinstance(kind, inspect.Metadata):
        return _fits(value, kind.type)
    accepted = _ACCEPTED.get(type(kind), ())
    return type(value) in accepted


def _struct(value: Mapping[str, Any], kind: inspect.StructType, at: Path) -> Iterator[Finding]:
    fields = {field.encode_name: field for field in kind.fields}
    form = kind.cls
    assert issubclass(form, Form)
    for key, item in value.items():
        if key in fields:
            yield from _walk(item, fields[key].type, (*at, key), {})
        else:
            detail = f"`{_shown_path(at, key)}`{suggestion(key, fields)}"
            yield UNKNOWN_FIELD.at((*at, key), detail, _one_of(fields, form) if fields else "remove it")
    for name, field in fields.items():
        if field.required and name not in value:
            yield MISSING.at(at, f"`{text((*at, name))}`", "add the field")
    yield from _between(value, form, at)


def _between(value: Mapping[str, Any], form: type[Form], at: Path) -> Iterator[Finding]:
    """What a form says of its fields together."""
    for one, other in form.EXCLUDES:
        if one in value and other in value:
            detail = f"`{text((*at, one))}` and `{text((*at, other))}`"
            yield CONTRADICTION.at((*at, other), detail, "remove one of the two")
    for one, other in form.NEEDS:
        if one in value and other not in value and not _is_excluded(one, value, form):
            detail = f"`{text((*at, one))}` without `{text((*at, other))}`"
            yield CONTRADICTION.at((*at, one), detail, f"add `{other}`, or remove `{one}`")
    if form.SOME_OF and not any(name in value for name in form.SOME_OF):
        yield MISSING.at(at, f"`{text(at)}` says none of what it has to", _one_of(form.SOME_OF, form))
    for name in sorted(form.LATER & value.keys()):
        yield NOT_SUPPORTED.at((*at, name), f"`{text((*at, name))}`", "remove it, or use a version that supports it")


def _one_of(names: Iterable[str], form: type[Form]) -> str:
    return one_of(name for name in names if name not in form.LATER)


def _is_excluded(name: str, value: Mapping[str, Any], form: type[Form]) -> bool:
    """Whether the field is already reported as one too many."""
    return any(name in pair and all(other in value for other in pair) for pair in form.EXCLUDES)


def _secret(value: object, at: Path) -> Iterator[Finding]:
    try:
        SecretReference.parse(value)
    except UserError as error:
        for one in error.diagnostics:
            yield Finding(
                code=one.code, summary=one.summary, detail=f"`{text(at)}`: {one.detail}", remedy=one.remedy, at=at
            )


def _length(value: list[Any], kind: inspect.VarTupleType, at: Path) -> Iterator[Finding]:
    if kind.min_length is not None and len(value) < kind.min_length:
        yield REFUSED_VALUE.at(at, f"`{text(at)}` has {len(value)} items", f"write at least {kind.min_length}")
    if kind.max_length is not None and len(value) > kind.max_length:
        yield REFUSED_VALUE.at(at, f"`{text(at)}` has {len(value)} items", f"write at most {kind.max_length}")


def _number(value: int, kind: inspect.IntType, at: Path) -> Iterator[Finding]:
    if kind.ge is not None and value < kind.ge:
        yield REFUSED_VALUE.at(at, f"`{text(at)}` is {value}", f"write at least {kind.ge}")
    if kind.le is not None and value > kind.le:
        yield REFUSED_VALUE.at(at, f"`{text(at)}` is {value}", f"write at most {kind.le}")


def _literal(value: str, kind: inspect.LiteralType, at: Path, extra: Mapping[str, Any]) -> Iterator[Finding]:
    later = extra.get("later")
    allowed = [str(one) for one in kind.values if one != later]
    if value == later:
        yield NOT_SUPPORTED.at(at, f"`{text(at)}: {value}`", one_of(allowed))
    elif value not in allowed:
        yield REFUSED_VALUE.at(at, f"`{text(at)}` is {shown(value)}{suggestion(value, allowed)}", one_of(allowed))


def _text(value: str, kind: inspect.StrType, at: Path, extra: Mapping[str, Any]) -> Iterator[Finding]:
    what = extra.get("what", "another text")
    if kind.max_length is not None and len(value) > kind.max_length:
        yield REFUSED_VALUE.at(at, f"`{text(at)}` has {len(value)} characters", f"write at most {kind.max_length}")
    elif (kind.min_length is not None and len(value) < kind.min_length) or (
        kind.pattern is not None and not re.search(kind.pattern, value)
    ):
        yield REFUSED_VALUE.at(at, f"`{text(at)}` is {shown(value)}", f"write {what}")
    elif (check := extra.get("check")) and (finding := check(at, value)):
        yield finding


def _wrong_type(value: object, kind: inspect.Type, at: Path) -> Finding:
    """Types alone are named: what stands in a wrong place may be a secret."""
    wanted = _wanted(kind)
    remedy = f"write {wanted}"
    if value is None:
        remedy = f"write {wanted}, or remove the field"
    elif "a text" in wanted and isinstance(value, bool | int | float):
        remedy = "put it into quotes"
    where = f"`{text(at)}`" if at else "the document"
    return WRONG_TYPE.at(at, f"{where} is {_NAMES.get(type(value), 'of a foreign type')}, not {wanted}", remedy)


def _wanted(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _wanted(kind.type)
        case inspect.UnionType():
            return " or ".join(dict.fromkeys(_wanted(one) for one in kind.types))
        case _:
            return _NAMES[_ACCEPTED[type(kind)][0]]


def _shown_path(at: Path, key: str) -> str:
    return text((*at, key[:80]))
