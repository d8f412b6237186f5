"""The person of the command line's tests."""

from pathlib import Path

import pytest

from tests.cli.person import Person, somebody


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return somebody(tmp_path)
