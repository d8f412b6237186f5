"""Templates: what cannot hold is known before it is used, and what is put in is never read again."""

from hypothesis import given, strategies as st

from trueline.notify.template import NAMES, TEXT_CHARACTERS_MAX, fill, find_unknown


@given(st.text(alphabet="{}ab "), st.dictionaries(st.sampled_from(NAMES), st.text(alphabet="{}xy")))
def test_whatever_is_written_it_can_be_filled(template: str, values: dict[str, str]) -> None:
    assert isinstance(fill(template, values), str)
    assert all(name for name in find_unknown(template) if name != "")


@given(st.text(), st.sampled_from(NAMES))
def test_what_is_put_in_is_no_template(value: str, name: str) -> None:
    assert list(find_unknown(f"<{{{name}}}>")) == []
    assert fill(f"<{{{name}}}>", {name: value}) == f"<{value}>"[:TEXT_CHARACTERS_MAX]


def test_a_text_has_a_bound() -> None:
    """INV-31."""
    assert len(fill("{lines}" * 100, {"lines": "x" * 1_000})) == TEXT_CHARACTERS_MAX
