"""What every test run says at its end, and which tests share a worker.

A run without the real inputs must not look like one with them.
"""

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
"""A machine that is busy fails no test: how long an example takes is nothing that a test may judge."""

TOGETHER: Final = (
    "tests/cluster/",
    "tests/chaos/",
    "tests/web/",
    "tests/canary/test_canary.py",
    "tests/cli/test_bad_surroundings.py",
)
"""What has a costly part for all of it: one worker makes it once. Whatever else goes where there is time."""

pytest_plugins = ("tests.canary.session",)
NOT_RUN = "real inputs: NOT RUN"
_IS_MISSING = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.getreports("skipped")
    terminalreporter.config.stash[_IS_MISSING] = any(NOT_RUN in str(report.longrepr) for report in skipped)


def pytest_unconfigure(config: pytest.Config) -> None:
    """After pytest's own last line, so that this one is the last."""
    if config.stash.get(_IS_MISSING, False):
        config.get_terminal_writer().line(NOT_RUN)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """By place: xdist 3.8 writes the marks of groups into node ids, where pytest 9.2 no longer looks."""
    if config.getoption("dist") != "loadgroup":
        return None
    # Only where tests are spread; it has no types.
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # noqa: PLC0415

    class ByPlace(LoadScopeScheduling):  # type: ignore[misc]
        """One piece of work is a place, or a single test."""

        def _split_scope(self, nodeid: str) -> str:
            return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)

    return ByPlace(config, log)
