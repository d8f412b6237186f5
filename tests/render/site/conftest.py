"""The pools that read Markdown and YAML, once for a module."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.render.site.case import Bench
from trueline.render.site.worker import MODULE
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.runtime.worker_process import arguments_of

pytest.importorskip("comrak", reason="the extra `site` is not installed: NOT RUN")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[ProcessToolbox]:
    program, clock = Path(sys.executable), SystemClock()
    async with ProcessToolbox(path=program, arguments=arguments_of(MODULE), clock=clock, timeout_s=60) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yaml() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest.fixture
def bench(worker: ProcessToolbox, yaml: ProcessToolbox, tmp_path: Path) -> Bench:
    return Bench(worker=worker, toolbox=yaml, place=tmp_path / "blobs")
