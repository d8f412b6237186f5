"""The forms: reader, conversion and JSON schema agree, and whatever stands in a document is told, never raised."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from trueline.declare.conformity import find_faults
from trueline.declare.form import Form
from trueline.declare.kind import KINDS
from trueline.declare.native import NativeDialect
from trueline.declare.schema import json_schema
from trueline.runtime.files import FileTree, MemoryTree
from trueline.runtime.toolbox import NO_FILES

BY_FORM = {"TL0204", "TL0205", "TL0206"}
"""What msgspec refuses too; the other codes are what a form says beyond its types."""


def _forms(form: type[Form] = Form) -> list[type[Form]]:
    return [one for below in form.__subclasses__() for one in (below, *_forms(below))]


WORDS = sorted(
    {field.encode_name for form in _forms() for field in msgspec.structs.fields(form)}
    | {"Application", "Source", "Target", "trueline.dev/v1", "auto", "heal", "shop", "../x", "/abs", "main", "$x/y"}
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
)
ANYTHING = st.recursive(
    SCALARS | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), below),
    max_leaves=12,
)


TEXTS = st.sampled_from(["shop", "main", "apps/shop", "ConfigMap/a/b", "../x", "https://example.com/x"])


def nearly(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly follow a schema, and now and then do not."""
    return st.integers(0, 14).flatmap(lambda dice: _following(schema, definitions) if dice else ANYTHING)


def _following(  # noqa: PLR0911 - one for each word of a schema
    schema: dict[str, Any], definitions: dict[str, Any]
) -> st.SearchStrategy[Any]:
    match schema:
        case {"$ref": str(name)}:
            return nearly(definitions[name.rpartition("/")[2]], definitions)
        case {"enum": list(values)}:
            return st.sampled_from(values)
        case {"properties": dict(properties), "required": required}:
            fields = {name: nearly(below, definitions) for name, below in properties.items()}
            optional = {name: below for name, below in fields.items() if name not in required}
            return st.fixed_dictionaries({name: fields[name] for name in required}, optional=optional)
        case {"anyOf": list(options)}:
            return st.sampled_from(options).flatmap(lambda option: nearly(option, definitions))
        case {"type": "object"}:
            return st.fixed_dictionaries({"key": nearly(schema.get("additionalProperties", {}), definitions)})
        case {"type": "array", "items": items}:
            return st.lists(nearly(items, definitions), max_size=2)
        case _:
            return _SIMPLE.get(schema.get("type", ""), TEXTS)


_SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(0, 9),
    "number": st.floats(0, 9),
}
SCHEMA = json_schema()


@given(st.data(), st.sampled_from(sorted(KINDS)))
def test_reader_and_conversion_agree(data: st.DataObject, kind: str) -> None:
    value = data.draw(nearly({"$ref": f"#/$defs/{KINDS[kind].__name__}"}, SCHEMA["$defs"]))
    found = list(find_faults(value, KINDS[kind]))
    try:
        msgspec.convert(value, KINDS[kind])
        is_converted = True
    except msgspec.ValidationError:
        is_converted = False
    if not found:
        assert is_converted, value
    if not is_converted:
        assert found, value
    if {one.code for one in found} & BY_FORM and not any("none of what" in one.detail for one in found):
        assert not is_converted, (value, found)


class Parrot:
    """A toolbox that says what it was given, for texts that are JSON."""

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """Every text is one document."""
        assert files is NO_FILES
        if operation == "positions":
            return b'{"documents": []}'
        documents = [
            {"path": one["path"], "index": 0, "line": 1, "value": json.loads(one["text"])} for one in arguments["texts"]
        ]
        return json.dumps({"documents": documents}).encode()


@given(spec=ANYTHING, metadata=ANYTHING, kind=st.sampled_from([*KINDS, "Policy"]) | ANYTHING, other=ANYTHING)
async def test_anything_is_told_and_never_raised(spec: object, metadata: object, kind: object, other: object) -> None:
    documents = {
        "a.yaml": {"apiVersion": "trueline.dev/v1", "kind": kind, "metadata": metadata, "spec": spec},
        "b.yaml": {"apiVersion": "trueline.dev/v1", "kind": "Application", "metadata": {"name": "shop"}, "spec": spec},
        "c.yaml": {"apiVersion": "trueline.dev/v1", "kind": "Application", "spec": other, "x": other},
    }
    tree = MemoryTree({name: json.dumps(document).encode() for name, document in documents.items()})
    declared = await NativeDialect(Parrot()).read(tree, "", "c")
    told = [*declared.diagnostics, *declared.notes]
    assert declared.is_fleet
    assert all(one.origin is not None and one.detail and one.remedy for one in told)
    for name in {one.name for one in declared.applications}:
        assert sum(one.name == name for one in declared.applications) == 1


def _properties(form: type[Form]) -> dict[str, bool]:
    fields = msgspec.structs.fields(form)
    return {field.encode_name: field.required for field in fields if field.encode_name not in form.LATER}


@pytest.mark.parametrize("form", _forms(), ids=lambda form: form.__name__)
def test_the_schema_has_every_field_of_a_form(form: type[Form]) -> None:
    definition = SCHEMA["$defs"][form.__name__]
    expected = _properties(form)
    assert set(definition["properties"]) == set(expected)
    assert set(definition["required"]) == {name for name, is_required in expected.items() if is_required}
    assert definition["additionalProperties"] is False
    excluded = {tuple(rule["not"]["required"]) for rule in definition.get("allOf", ())}
    assert excluded == {pair for pair in form.EXCLUDES if not form.LATER.intersection(pair)}
    some = {rule["required"][0] for rule in definition.get("anyOf", ())}
    assert some == set(form.SOME_OF) - form.LATER
    names = {field.encode_name for field in msgspec.structs.fields(form)}
    assert {name for pair in (*form.EXCLUDES, *form.NEEDS) for name in pair} | {*form.SOME_OF} | form.LATER <= names


def test_the_schema_is_json_and_names_the_kinds() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    kinds = [SCHEMA["$defs"][one["$ref"].rpartition("/")[2]]["properties"]["kind"]["enum"] for one in SCHEMA["oneOf"]]
    assert sorted(kind for (kind,) in kinds) == sorted(KINDS)
    assert SCHEMA["$defs"]["SyncForm"]["properties"]["drift"]["enum"] == ["heal", "ignore", "warn"]
    assert SCHEMA["$defs"]["SecretPlaceForm"]["anyOf"] == [
        {"required": ["env"]},
        {"required": ["file"]},
        {"required": ["sops"]},
        {"required": ["kubernetes"]},
    ]
