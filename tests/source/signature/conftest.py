"""Keys for the tests of this folder: made once."""

from collections.abc import Iterator

import pytest

from tests.source.signing import Keys, made_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    with made_keys(tmp_path_factory.mktemp("keys")) as made:
        yield made
