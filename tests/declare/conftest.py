"""The toolbox, for the tests of declarations."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import build_toolbox
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox


@pytest.fixture(scope="session")
def program() -> Path:
    return build_toolbox.build(build_toolbox.ROOT)


@pytest.fixture
async def toolbox(program: Path) -> AsyncIterator[Toolbox]:
    async with ProcessToolbox(path=program, clock=SystemClock(), workers_max=1) as running:
        yield running
