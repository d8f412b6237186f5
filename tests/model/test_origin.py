"""Where something was declared is a value: it has an order, and nobody changes it."""

import pytest

from trueline.model.origin import Origin


def test_it_is_a_value_with_an_order() -> None:
    later, earlier = Origin(path="b.yaml", line=1), Origin(path="a.yaml", line=9)
    assert sorted([later, earlier]) == [earlier, later]
    with pytest.raises(AttributeError):
        later.line = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Origin("a.yaml")  # type: ignore[call-arg]
