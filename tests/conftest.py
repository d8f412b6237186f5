"""What every test run says at its end. A run without the real inputs must not look like one with them."""

import pytest

NOT_RUN = "real inputs: NOT RUN"
_IS_MISSING = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.getreports("skipped")
    terminalreporter.config.stash[_IS_MISSING] = any(NOT_RUN in str(report.longrepr) for report in skipped)


def pytest_unconfigure(config: pytest.Config) -> None:
    """After pytest's own last line, so that this one is the last."""
    if config.stash.get(_IS_MISSING, False):
        config.get_terminal_writer().line(NOT_RUN)
