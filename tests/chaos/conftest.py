"""Chaos needs a control plane of its own: it kills it. Whatever asks for one gets the marker `cluster`."""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_REAL = frozenset({"test_round.py", "test_end.py", "test_full_disk.py", "test_data_directory.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE) and item.path.name in _REAL:
            item.add_marker(pytest.mark.cluster)
