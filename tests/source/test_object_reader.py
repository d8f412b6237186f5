"""The long-lived reader of a repository's objects outlives its child, and gives it up where there are too many."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from trueline.runtime.process import Child, Command, SystemProcesses
from trueline.runtime.task_group import each
from trueline.source.git_object import GitObject
from trueline.source.object_reader import ObjectReader, ReaderFailed, Readers


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


class Counting(SystemProcesses):
    """How many children there are now, and were at most."""

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.most = 0

    async def start(self, command: Command) -> Child:
        """One more, until it is closed."""
        child, close = await super().start(command), None
        self.alive += 1
        self.most = max(self.most, self.alive)
        close = child.close

        async def closed() -> None:
            self.alive -= 1
            await close()

        child.close = closed  # type: ignore[method-assign]
        return child


async def test_of_many_repositories_the_longest_unused_give_their_children_up(blob: tuple[Command, str]) -> None:
    command, name = blob
    processes, readers = Counting(), Readers(most=3)
    many = [ObjectReader(processes, command, readers) for _ in range(5)]

    async def ask(number: int) -> None:
        assert await many[number].read([name], size_bytes_max=10) == [GitObject(name, "blob", 1, b"a")]

    for number in (0, 1, 2, 0, 3, 0, 4, 0):
        await ask(number)
    assert (processes.most, processes.started) == (3, 5)  # the one that is asked again and again was never ended
    await ask(1)
    assert processes.started == 6
    await each((0, 1, 2, 3, 4) * 20, ask, 10)
    assert processes.most <= 5  # nobody is ended who is being answered
    for number in (0, 1, 2, 3, 4):
        await ask(number)
    assert processes.alive == 3
    for one in many:
        await one.close()
    assert processes.alive == 0
