"""The long-lived reader of a repository's objects outlives its child."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from trueline.runtime.process import Child, Command, SystemProcesses
from trueline.source.git_object import GitObject
from trueline.source.object_reader import ObjectReader, ReaderFailed


class Ending(SystemProcesses):
    """The first children end before they answer."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    async def start(self, command: Command) -> Child:
        """Another program, while there are some left."""
        self._left -= 1
        return await super().start(replace(command, argv=("true",)) if self._left >= 0 else command)


@pytest.fixture
def blob(tmp_path: Path) -> tuple[Command, str]:
    """How to read a repository with one blob, and the blob's id."""
    git = ("git", "-C", str(tmp_path))
    subprocess.run([*git, "init", "-q", "--bare"], check=True)
    made = subprocess.run([*git, "hash-object", "-w", "--stdin"], input=b"a", check=True, capture_output=True)
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    return Command(argv=(*git, "cat-file", "--batch"), environment=variables), made.stdout.decode().strip()


async def test_a_child_that_ended_is_followed_by_another(blob: tuple[Command, str]) -> None:
    command, name = blob
    processes = Ending(1)
    reader = ObjectReader(processes, command)
    for _ in range(2):
        assert await reader.read([name], size_bytes_max=10) == [GitObject(name, "blob", 1, b"a")]
    await reader.close()
    assert processes.started == 2


async def test_two_that_end_at_once_are_enough(blob: tuple[Command, str]) -> None:
    command, name = blob
    processes = Ending(9)
    reader = ObjectReader(processes, command)
    with pytest.raises(ReaderFailed, match="cat-file"):
        await reader.read([name], size_bytes_max=10)
    assert processes.started == 2
