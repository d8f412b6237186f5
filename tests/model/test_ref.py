"""A ref is written and read the same way, whatever its name holds."""

import pytest
from hypothesis import given, strategies as st

from trueline.model.ref import Ref

WRITTEN = [
    (Ref("Namespace", "", "shop"), "Namespace/shop"),
    (Ref("Deployment.apps", "shop", "web"), "Deployment.apps/shop/web"),
    (Ref("File", "", "guide/first/index.html"), "File/guide/first/index.html"),
]


@pytest.mark.parametrize(("ref", "text"), WRITTEN)
def test_it_comes_back(ref: Ref, text: str) -> None:
    assert str(ref) == text
    assert Ref.parse(text) == ref


@pytest.mark.parametrize("wrong", ["", "Pod", "/web", "Pod/", "Pod//web", "/shop/web", "Pod/shop/", "File/a//b"])
def test_what_is_no_ref_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not KIND/NAME"):
        Ref.parse(wrong)


parts = st.text(st.characters(exclude_characters="/"), min_size=1)


@given(parts, parts, parts)
def test_any_name_comes_back(kind: str, namespace: str, name: str) -> None:
    assert Ref.parse(str(Ref(kind, namespace, name))) == Ref(kind, namespace, name)
