"""What is typed: durations, and which data directory is meant."""

from pathlib import Path

import click
import pytest

from trueline.cli.answer import table
from trueline.cli.option import Duration, is_address
from trueline.cli.place import Purpose, find_place
from trueline.model.fault import UserError
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import DataDirectory, default_path


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30.0), ("5m", 300.0), ("1h30m", 5400.0), ("250ms", 0.25), ("1.5m", 90.0)]
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "1h 2m", "-5s", "5w", "1e9s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)


def _make(path: Path) -> Path:
    with DataDirectory.claim(path, SystemClock()):
        return path


def test_the_only_data_directory_is_meant(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    path = _make(default_path("https://example.com/fleet", environment))
    assert find_place(None, "", environment).path == path
    assert find_place(None, "https://example.com/fleet", environment).path == path


def test_where_several_are_there_they_are_listed_with_their_repositories(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    for repository in ("https://example.com/one", "https://example.com/two"):
        Purpose(repository=repository).write(_make(default_path(repository, environment)))
    with pytest.raises(UserError) as caught:
        find_place(None, "", environment)
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.code == "TL0808"
    assert "https://example.com/one" in diagnostic.detail
    assert "https://example.com/two" in diagnostic.detail


def test_a_directory_that_is_none_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        find_place(tmp_path / "nothing", "", {})
    assert not (tmp_path / "nothing").exists()


def test_a_purpose_is_read_back_and_a_broken_one_is_none(tmp_path: Path) -> None:
    purpose = Purpose(repository="https://example.com/one", path="fleet")
    purpose.write(tmp_path)
    assert Purpose.read(tmp_path) == purpose
    (tmp_path / "purpose.json").write_text('{"repository": 1, "strange": true}')
    assert Purpose.read(tmp_path) is None


def test_columns_are_as_wide_as_they_must_be() -> None:
    assert table(("A", "B"), [("long", "x"), ("s", "y")]) == ["A     B", "long  x", "s     y"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://git.example.com/a.git", True),
        ("file:///srv/a", True),
        ("git@git.example.com:team/a.git", True),
        ("apps/shop", False),
        ("shop", False),
        ("a/b@c:d", False),
    ],
)
def test_an_address_is_told_from_a_folder(text: str, *, expected: bool) -> None:
    assert is_address(text) is expected
