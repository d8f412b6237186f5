"""What is asked of the fleet: an address says it, an empty form asks for all, and what is not known is refused."""

import pytest

from trueline.model.fault import UserError
from trueline.server.page.question import FleetQuestion, has_label
from trueline.server.reading import read_query


def test_an_empty_form_asks_for_everything() -> None:
    empty = [(key, "") for key in ("find", "state", "target", "label", "group", "view")]
    assert read_query(FleetQuestion, empty) == FleetQuestion()
    assert not FleetQuestion().is_filtered


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("state", "wrong"),
        ("group", "colour"),
        ("view", "tree"),
        ("page", "0"),
        ("page", "x"),
        ("stat", "true"),
        ("find", "x" * 1_001),
    ],
)
def test_what_is_not_known_is_refused(key: str, value: str) -> None:
    with pytest.raises(UserError) as caught:
        read_query(FleetQuestion, [(key, value)])
    assert caught.value.diagnostics[0].code == "TL0720"


def test_another_value_asks_for_the_first_page_of_it() -> None:
    asked = FleetQuestion(find="a&b", state="true", page=3, view="matrix")
    assert asked.but(page="4") == "/?find=a%26b&state=true&view=matrix&page=4"
    assert asked.but(state="") == "/?find=a%26b&view=matrix"


def test_an_address_is_one_whatever_stands_in_it() -> None:
    assert FleetQuestion(find="a\ud800 ü#&?").but() == "/?find=a%3F+%C3%BC%23%26%3F"


def test_a_label_is_a_key_or_a_key_with_its_value() -> None:
    labels = {"team": "web", "empty": ""}
    wanted = ("team", "team=web", "team=", "empty=", "none")
    assert [has_label(labels, one) for one in wanted] == [True, True, False, True, False]
