"""A folder without declarations as one application."""

import pytest

from trueline.declare.application import ClusterTarget, SourceSpec
from trueline.declare.folder import folder_application, name_of


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("guestbook", "guestbook"),
        ("a/b_c.d/", "b-c-d"),
        ("", "application"),
        ("ÄÖ", "application"),
        ("x" * 80, "x" * 63),
    ],
)
def test_names(folder: str, name: str) -> None:
    assert name_of(folder) == name


def test_the_application_of_a_folder() -> None:
    made = folder_application("/srv/fleet", path="apps", cluster="kind", namespace="shop", commit="c")
    assert (made.name, made.sources) == ("fleet", (SourceSpec(path="apps"),))
    assert made.target == ClusterTarget(cluster="kind", namespace="shop")
    assert (made.render, str(made.origin)) == (None, "apps")
