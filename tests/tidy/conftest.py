"""These tests parse all sources, and Python 3.11 loses count where garbage is collected while it parses."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def _no_garbage() -> None:
    """What earlier tests of other folders left, an unfinished task with its last words too, is collected before."""
    gc.collect()
