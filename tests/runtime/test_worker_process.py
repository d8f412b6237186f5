"""A worker in Python that was taken over can do nothing but waste its own question, and the next one is answered."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox import ToolboxFailed, ToolboxRefused
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.runtime.worker_process import arguments_of

ROOT = Path(__file__).parents[2]
ARGUMENTS = arguments_of("tests.runtime.hostile_worker", str(ROOT / "src"), str(ROOT))

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN"),
]


def pool(timeout_s: float = 30.0) -> ProcessToolbox:
    return ProcessToolbox(path=Path(sys.executable), arguments=ARGUMENTS, clock=SystemClock(), timeout_s=timeout_s)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[ProcessToolbox]:
    async with pool() as started:
        yield started


async def ask(worker: ProcessToolbox, operation: str, argument: str) -> str:
    return str(json.loads(await worker.ask(operation, argument)))


async def test_it_answers_what_it_is_asked_and_is_used_again() -> None:
    async with pool() as worker:
        assert [await ask(worker, "echo", text) for text in ("ä", "", "b" * 100_000)] == ["ä", "", "b" * 100_000]
        assert worker.starts == 1


async def test_it_says_how_it_is_confined(worker: ProcessToolbox) -> None:
    await ask(worker, "echo", "x")
    assert worker.confinement is not None
    assert worker.confinement.limits
    assert worker.confinement.seccomp or worker.confinement.landlock


@pytest.mark.parametrize(
    ("operation", "said"),
    [("read", "Permission"), ("write", "Permission"), ("connect", "Permission"), ("send", "Permission"), ("run", "")],
)
async def test_it_reaches_nothing(worker: ProcessToolbox, operation: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("secret")
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    argument = {"connect": f"127.0.0.1:{port}", "run": "/bin/true"}.get(operation, str(tmp_path / "file"))
    async with server:
        with pytest.raises(ToolboxFailed, match=f"(?s)^bug.*{said or 'not permitted'}|not permitted"):
            await ask(worker, operation, argument)
    assert (tmp_path / "file").read_text() == "secret"
    assert await ask(worker, "echo", "next") == "next"


@pytest.mark.parametrize(("operation", "argument"), [("allocate", str(3 << 30)), ("descend", "x")])
async def test_it_has_limits(worker: ProcessToolbox, operation: str, argument: str) -> None:
    with pytest.raises(ToolboxFailed, match=r"^limit: "):
        await ask(worker, operation, argument)
    assert await ask(worker, "echo", "next") == "next"


async def test_a_refusal_has_its_place_and_does_not_end_the_worker() -> None:
    async with pool() as worker:
        with pytest.raises(ToolboxRefused) as refused:
            await ask(worker, "refuse", "no such thing")
        assert [(one.text, one.path, one.line) for one in refused.value.complaints] == [("no such thing", "page.md", 3)]
        assert await ask(worker, "echo", "next") == "next"
        assert worker.starts == 1


async def test_a_question_without_end_is_ended() -> None:
    async with pool(timeout_s=10) as worker:
        with pytest.raises(ToolboxFailed, match="no answer to repeat within 10 s"):
            await ask(worker, "repeat", "x")
        assert await ask(worker, "echo", "next") == "next"


async def test_an_operation_that_is_not_there_is_our_bug(worker: ProcessToolbox) -> None:
    with pytest.raises(ToolboxFailed, match="bug: there is no operation 'absent'"):
        await ask(worker, "absent", "x")
