"""Who wrote each line of a file: from the history that is here, as far as it goes; else it is nobody's."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.source.git_remote import Reader, Remote, reading
from trueline.model.known import Known, Unknown
from trueline.source.authorship import LINES_MAX, LineCommit, parse_authorship
from trueline.source.git_command import Bounds

FIRST, SECOND = "a" * 40, "b" * 40
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _told(commit: str, line: int, count: int, *said: str) -> str:
    return "\n".join((f"{commit} 1 {line} {count}", *said, "filename a.yaml", ""))


async def _lines(reader: Reader, commit: str, path: str = "apps/a.yaml") -> dict[int, tuple[str, bool]]:
    found = await reader.repository.authorship(commit, path)
    assert isinstance(found, Known), found
    return {line: (one.commit, one.is_oldest) for line, one in found.value.items()}


async def test_inv_38_each_line_has_the_commit_that_wrote_it(tmp_path: Path) -> None:
    """INV-38: what came before the first look is told as that commit or an older one, never as that commit alone."""
    remote = Remote(tmp_path / "remote")
    remote.commit({"apps/a.yaml": "a: 1\nb: 1\nc: 1\n"}, "older than the first look")
    first = remote.commit({"apps/a.yaml": "a: 1\nb: 2\nc: 1\n"}, "first")
    async with reading(f"file://{remote.path}", tmp_path) as reader:
        assert (await reader.source("main").poll()).commit == first
        assert await _lines(reader, first) == {1: (first, True), 2: (first, True), 3: (first, True)}
        second = remote.commit({"apps/a.yaml": "a: 1\nb: 3\nc: 1\n"}, "raise <b>b</b>", "--author=Eve <eve@x>")
        third = remote.commit({"apps/other.yaml": "x: 1\n"}, "elsewhere")
        assert (await reader.source("main").poll()).commit == third
        assert await _lines(reader, third) == {1: (first, True), 2: (second, False), 3: (first, True)}
        told = await reader.repository.authorship(third, "apps/a.yaml")
        assert isinstance(told, Known)
        assert told.value[2] == LineCommit(
            commit=second, author="Eve", subject="raise <b>b</b>", at=AT, is_oldest=False
        )


async def test_what_was_asked_once_is_not_asked_again_and_so_many_files_are_kept(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1\n", "b": "1\n", "c": "1\n"})
    async with reading(str(remote.path), tmp_path, bounds=Bounds(authorship_files_max=2)) as reader:
        await reader.source("main").poll()
        started = reader.processes.started
        for path, asked in (("a", 1), ("a", 1), ("b", 2), ("a", 2), ("c", 3), ("a", 3), ("b", 4)):
            await _lines(reader, commit, path)
            assert reader.processes.started - started == asked, path


@pytest.mark.parametrize("path", ["none.yaml", "--contents=/etc/passwd", "../a", ""])
async def test_a_file_that_is_not_there_has_no_authors(tmp_path: Path, path: str) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1\n"})
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.source("main").poll()
        assert isinstance(await reader.repository.authorship(commit, path), Unknown)


async def test_a_history_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit(dict.fromkeys("abcdefgh", "1\n"))
    async with reading(str(remote.path), tmp_path, bounds=Bounds(authorship_timeout_s=0.000_1)) as reader:
        await reader.source("main").poll()
        told = [await reader.repository.authorship(commit, path) for path in "abcdefgh"]
        assert Unknown in map(type, told), "where the loop is late, a child may have ended before anybody looks"


def test_what_is_said_of_a_commit_once_holds_for_all_its_lines() -> None:
    said = ("author Ada", "author-time 1767323045", "summary one \u202e two")
    told = _told(FIRST, 1, 2, *said) + _told(SECOND, 3, 1, "author Bo", "author-time 0") + _told(FIRST, 4, LINES_MAX)
    found = parse_authorship(told.encode(), {SECOND})
    assert [found[line].author for line in (1, 2, 3, 4)] == ["Ada", "Ada", "Bo", "Ada"]
    assert (found[2], found[3].is_oldest) == (found[4], True)
    assert (found[1].at, len(found)) == (AT, LINES_MAX), "no more lines than a bound"


@pytest.mark.parametrize("told", ["fatal: no such path", f"{FIRST} 1 x 2\nfilename a\n", "a b c d e\n"])
def test_what_git_does_not_say_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_authorship(told.encode(), ())
