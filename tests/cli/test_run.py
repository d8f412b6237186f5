"""What a command's loop tells of that nobody caught."""

import asyncio
import logging
import resource
import subprocess
import sys

import pytest
import uvloop

from trueline.cli.run import OPEN_FILES, run


async def _late() -> RuntimeError:
    """What uvloop raises where something is written to a transport that is closed."""
    listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1")
    async with listener:
        _, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        writer.transport.abort()
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="the handler is closed") as caught:
            writer.transport.write(b"late")
    return caught.value


async def _tells(text: str, *, has_protocol: bool = True) -> None:
    """The late writing is told in the way in which uvloop's TLS does it; any other failure too."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, uvloop.Loop)
    error = RuntimeError(text) if text else await _late()
    told = {"message": "Fatal error on SSL protocol", "exception": error}
    loop.call_exception_handler(told | ({"protocol": None} if has_protocol else {}))


def test_an_answer_to_a_closed_tls_connection_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    """Seen in chaos: an end in the midst of answers left a traceback."""
    with caplog.at_level(logging.DEBUG):
        run(_tells(""))
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


@pytest.mark.parametrize(("text", "has_protocol"), [("a bug", True), ("", False)])
def test_any_other_fault_is_told(text: str, has_protocol: bool, caplog: pytest.LogCaptureFixture) -> None:
    run(_tells(text, has_protocol=has_protocol))
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]


LIMITED = """
import resource
from trueline.cli.run import run
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
async def limit(): return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print(run(limit()))
"""


def test_a_command_may_open_as_many_files_as_the_machine_allows() -> None:
    said = subprocess.run([sys.executable, "-c", LIMITED], check=True, capture_output=True, text=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert int(said.stdout) == (OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES))
