"""A folder under somebody who saves: noticed by the kernel, or seen by a look."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from trueline.runtime.clock import SystemClock
from trueline.runtime.folder_watch import FolderWatch

PATIENCE_S = 20.0
CALM_S = 0.3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs" / "a.md").write_text("a")
    return tmp_path


async def changed(watch: FolderWatch) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await watch.wait_changed()


def _replace(folder: Path) -> None:
    (folder / "docs" / "b").write_text("b")
    (folder / "docs" / "b").replace(folder / "docs" / "a.md")


@pytest.mark.parametrize("notices", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "docs" / "a.md").write_text("b2"),
        lambda folder: (folder / "docs" / "a.md").unlink(),
        lambda folder: (folder / "docs" / "deep" / "new.md").write_text("new"),
        lambda folder: (folder / "docs").rename(folder / "other"),
        _replace,
    ],
)
async def test_a_change_is_seen(folder: Path, change: Callable[[Path], object], *, notices: bool) -> None:
    with FolderWatch(folder, SystemClock(), notices=notices) as watch:
        change(folder)
        await changed(watch)


@pytest.mark.parametrize("notices", [True, False])
async def test_a_folder_that_came_is_watched_too(folder: Path, *, notices: bool) -> None:
    with FolderWatch(folder, SystemClock(), notices=notices) as watch:
        (folder / "new" / "deeper").mkdir(parents=True)
        await changed(watch)
        (folder / "new" / "deeper" / "b.md").write_text("b")
        await changed(watch)


async def test_what_git_does_is_no_change(folder: Path) -> None:
    with FolderWatch(folder, SystemClock()) as watch:
        (folder / ".git" / "index").write_text("x")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(CALM_S):
                await watch.wait_changed()
        (folder / "c.md").write_text("c")
        await changed(watch)


async def test_many_writes_are_one_change(folder: Path) -> None:
    with FolderWatch(folder, SystemClock()) as watch:
        for number in range(200):
            (folder / "docs" / f"{number}.md").write_text("x")
        await changed(watch)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(CALM_S):
                await watch.wait_changed()
