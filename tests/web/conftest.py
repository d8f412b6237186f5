"""One gallery and one browser for all tests of a run: they take seconds to make, and a test leaves nothing in them."""

from collections.abc import Iterator

import pytest

from testbed.browser import Browser, browser
from tests.web.host import OPTIONS, Host, built, gallery, serving

pytest.importorskip("comrak", reason="the extra `site` is not installed: NOT RUN")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return built(gallery(), OPTIONS, tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="session")
def served(files: dict[str, bytes]) -> Iterator[Host]:
    with serving(files) as host:
        yield host


@pytest.fixture
def host(served: Host) -> Host:
    served.asked.clear()
    served.late_s.clear()
    return served


@pytest.fixture(scope="session")
def window() -> Iterator[Browser]:
    with browser() as started:
        yield started
