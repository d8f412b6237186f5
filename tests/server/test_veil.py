"""What is known to be a secret is masked in text of others, however programs write it."""

import base64
import json
from urllib.parse import quote

import pytest

from trueline.server.veil import MASK, SHORTEST, Veil, secrets_in

VALUE = 'correct-horse "battery" é/&'
PEM = "-----BEGIN KEY-----\nMIICorrectHorse\nBatteryStaple9\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        json.dumps(VALUE)[1:-1],
        json.dumps(VALUE, ensure_ascii=False)[1:-1],
        quote(VALUE, safe=""),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode().rstrip("="),
    ],
)
def test_a_value_is_masked_in_the_ways_in_which_programs_write_it(written: str) -> None:
    """INV-25."""
    said = Veil([VALUE.encode()]).over(f"user=ada secret={written} and more")
    assert MASK in said
    assert "correct" not in said
    assert written not in said
    assert said.startswith("user=ada secret=")


def test_each_line_of_a_value_is_masked() -> None:
    """INV-25: a key goes into a log line by line."""
    veil = Veil([PEM.encode()])
    assert [veil.over(line) for line in PEM.splitlines()] == [MASK] * 4


def test_the_longest_value_is_masked_first_and_short_ones_are_left() -> None:
    veil = Veil([b"horses", b"horses-and-more", b"a" * (SHORTEST - 1), b"", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9"])
    assert veil.over("horses-and-more horses aaaaa") == f"{MASK} {MASK} aaaaa"
    assert Veil([]).over("all of it") == "all of it"


def test_the_values_of_a_secret_and_of_nothing_else() -> None:
    data = {"a": base64.b64encode(b"correct").decode(), "b": "no base64!", "c": None}
    assert list(secrets_in({"kind": "Secret", "data": data})) == [b"correct"]
    assert list(secrets_in({"kind": "ConfigMap", "data": {"a": "Y29ycmVjdA=="}})) == []
    assert list(secrets_in([])) == []
