"""The pool that reads HTML, once for a module, and a renderer for each test."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.render.generated.case import Bench
from trueline.render.generated.worker import MODULE
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.runtime.worker_process import arguments_of


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(MODULE), clock=SystemClock()) as pool:
        yield pool


@pytest.fixture
def bench(worker: ProcessToolbox, tmp_path: Path) -> Bench:
    return Bench(worker=worker, place=tmp_path)
