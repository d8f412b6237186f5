"""The JSON schema of our kinds, for editors; made from the forms that the reader reads, so they cannot differ."""

from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect

from trueline.declare.form import Form
from trueline.declare.kind import KINDS


def json_schema() -> dict[str, Any]:
    """One schema (draft 2020-12) for any document of ours; what this version does not support is left out."""
    references, definitions = msgspec.json.schema_components(tuple(KINDS.values()), ref_template="#/$defs/{name}")
    for form in _forms(Form):
        if form.__name__ in definitions:
            _tell(definitions[form.__name__], form)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trueline declarations",
        "oneOf": list(references),
        "$defs": dict(sorted(definitions.items())),
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    return plain


def _forms(form: type[Form]) -> Iterator[type[Form]]:
    for below in form.__subclasses__():
        yield below
        yield from _forms(below)


def _tell(definition: dict[str, Any], form: type[Form]) -> None:
    """What a form says in its class variables, in the words of JSON schema."""
    rules = [{"not": {"required": list(pair)}} for pair in form.EXCLUDES if not form.LATER.intersection(pair)]
    if rules:
        definition["allOf"] = rules
    if form.NEEDS:
        needs: dict[str, list[str]] = {}
        for one, other in form.NEEDS:
            needs.setdefault(one, []).append(other)
        definition["dependentRequired"] = needs
    if form.SOME_OF:
        definition["anyOf"] = [{"required": [name]} for name in form.SOME_OF if name not in form.LATER]
    for name in form.LATER:
        definition["properties"].pop(name)
    for name, later in _later_values(form):
        definition["properties"][name]["enum"].remove(later)


def _later_values(form: type[Form]) -> Iterator[tuple[str, str]]:
    known = msgspec.inspect.type_info(form)
    assert isinstance(known, msgspec.inspect.StructType)
    for field in known.fields:
        if isinstance(field.type, msgspec.inspect.Metadata) and "later" in (field.type.extra or {}):
            yield field.encode_name, (field.type.extra or {})["later"]
