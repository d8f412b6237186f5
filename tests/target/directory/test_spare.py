"""The spare tree: made while nothing happens, begun with by the next release, and never in anybody's way."""

import errno
from pathlib import Path

import pytest

from tests.target.directory.site_bench import Bench, CountingDisk, Crash
from trueline.loop.status import Sync
from trueline.target.directory.publish import Retention

PAGES = {"index.html": "<p>home", "docs/a.html": "<p>a", "docs/deep/b.html": "<p>b", "assets/m.css": "p {}"}
SECOND = {**PAGES, "index.html": "<p>home, second"}
OPERATIONS_MAX = 60


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path)


def _spare(bench: Bench) -> Path:
    return bench.state / "releases" / "spare"


def _done(bench: Bench) -> list[str]:
    assert bench.disk is not None
    return bench.disk.done


async def _prepared(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.clock.pass_s(10)
    await bench.target.prepare()


async def test_a_release_begins_with_the_spare_tree(bench: Bench) -> None:
    await _prepared(bench)
    inode = _spare(bench).stat().st_ino
    _done(bench).clear()
    await bench.go(SECOND)
    assert bench.served() == SECOND
    assert bench.live("").stat().st_ino == inode
    assert [_done(bench).count(name) for name in ("make_folder", "remove_folder", "link", "create")] == [0, 0, 0, 3]
    assert (len(bench.releases()), _spare(bench).exists()) == (2, False)
    assert (await bench.go(SECOND)).review.plan.is_empty
    await bench.go(PAGES)
    assert bench.served() == PAGES


async def test_it_is_made_of_names_alone_and_once(bench: Bench) -> None:
    await bench.go(PAGES)
    lived = (bench.state / "live").read_bytes()
    _done(bench).clear()
    await bench.target.prepare()
    assert [_done(bench).count(name) for name in ("make_folder", "link", "create", "sync", "sync_all")] == [
        4,
        len(PAGES),
        1,  # the manifest
        0,
        1,
    ]
    assert (bench.state / "live").read_bytes() == lived, "no turn was taken for it: another may have published"
    for is_new_process in (False, True):
        if is_new_process:
            bench.restart()
        _done(bench).clear()
        await bench.target.prepare()
        assert _done(bench) == []
    assert (await bench.go(PAGES)).review.plan.is_empty


async def test_it_is_tried_once_a_release(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.restart(CountingDisk(fails_at=1, error=OSError(errno.ENOSPC, "No space left on device")))
    await bench.target.prepare()
    count = _done(bench)[:]
    await bench.target.prepare()
    assert (_done(bench), _spare(bench).exists()) == (count, False)
    bench.restart()
    bench.clock.pass_s(10)
    await bench.go(SECOND)
    await bench.target.prepare()
    assert _spare(bench).exists()


async def test_none_is_made_where_a_release_leaves_for_the_next_one(bench: Bench) -> None:
    bench.retention = Retention(releases=2)
    bench.restart()
    await _prepared(bench)
    await bench.go(SECOND)
    bench.clock.pass_s(10)
    _done(bench).clear()
    await bench.target.prepare()
    assert _done(bench) == []


async def test_one_is_made_where_the_release_that_leaves_holds_little(bench: Bench) -> None:
    bench.retention = Retention(releases=2)
    bench.restart()
    await bench.go({"index.html": "<p>soon here"})
    bench.clock.pass_s(10)
    await bench.go(PAGES)
    bench.clock.pass_s(10)
    await bench.target.prepare()
    _done(bench).clear()
    await bench.go(SECOND)
    assert (bench.served(), len(bench.releases()), _done(bench).count("make_folder")) == (SECOND, 2, 0)


async def test_none_is_made_for_another_installation_or_where_nothing_is_live(bench: Bench) -> None:
    """INV-01: what carries another family's mark is not ours to write to."""
    await bench.target.prepare()
    await bench.go(PAGES)
    theirs = CountingDisk()
    bench.installation = "there"
    bench.restart(theirs)
    await bench.target.prepare()
    assert theirs.done == []


async def test_a_release_that_another_process_makes_is_left_alone(bench: Bench) -> None:
    await bench.go(PAGES)
    half = bench.state / "releases" / ("f" * 64 + ".new")
    (half / "docs").mkdir(parents=True)
    await bench.target.prepare()
    assert (half / "docs").is_dir()
    assert _spare(bench).is_dir()


async def test_what_was_tampered_with_is_not_named_again(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.live("docs/a.html").write_text("tampered")
    await bench.target.prepare()
    assert not (_spare(bench) / "docs/a.html").exists()
    assert (_spare(bench) / "docs/deep/b.html").stat().st_nlink == 2
    await bench.go(SECOND)
    assert bench.served() == SECOND


async def test_what_was_tampered_with_since_is_not_taken_over(bench: Bench) -> None:
    await _prepared(bench)
    bench.live("docs/a.html").write_text("tampered")  # one inode, two names
    await bench.go(SECOND)
    assert bench.served() == SECOND
    assert {path.read_text() for path in (bench.state / "releases").rglob("a.html")} == {PAGES["docs/a.html"]}


async def test_what_somebody_put_into_it_is_kept_aside(bench: Bench) -> None:
    await _prepared(bench)
    (_spare(bench) / "docs" / "theirs").write_text("precious")
    await bench.go(SECOND)
    assert bench.served() == SECOND
    assert not _spare(bench).exists()
    assert [path.read_text() for path in (bench.state / "aside").rglob("theirs")] == ["precious"]


async def test_what_stands_in_its_place_is_kept_aside_and_a_new_one_is_made(bench: Bench) -> None:
    await _prepared(bench)
    _spare(bench).rename(bench.folder / "taken")
    _spare(bench).write_text("precious")
    await bench.go(SECOND)
    assert bench.served() == SECOND
    assert [path.read_text() for path in (bench.state / "aside").iterdir()] == ["precious"]
    await bench.target.prepare()
    assert _spare(bench).is_dir()


async def test_a_removal_takes_it_along(bench: Bench) -> None:
    await _prepared(bench)
    made = await bench.go({}, is_removal=True)
    assert made.sync is Sync.SYNCED
    assert [path.name for path in bench.folder.iterdir()] == ["data"]


@pytest.mark.parametrize("error", [Crash(), OSError(errno.ENOSPC, "No space left on device")], ids=["crash", "full"])
async def test_whatever_fails_the_next_release_is_whole_and_a_removal_leaves_nothing(
    tmp_path: Path, error: Exception
) -> None:
    is_crash = isinstance(error, Crash)
    for at in range(1, OPERATIONS_MAX):
        bench = Bench(folder=tmp_path / str(at))
        bench.folder.mkdir()
        await bench.go(PAGES)
        disk = CountingDisk(fails_at=at, error=error, stays_dead=is_crash)
        bench.restart(disk)
        try:
            await bench.target.prepare()
        except Crash:
            assert is_crash
        assert bench.served() == PAGES
        if not is_crash:  # a name that could not be given is no fault: the release gives it
            assert "spare.new" not in bench.releases(), at
            assert (bench.state / "manifests" / "spare").exists() is _spare(bench).exists(), at
        bench.restart()
        bench.clock.pass_s(10)
        await bench.go(SECOND)
        assert bench.served() == SECOND
        await bench.target.prepare()
        await bench.go({}, is_removal=True)
        assert [path.name for path in bench.folder.iterdir()] == ["data"], at
        if not disk.has_failed:
            break
    else:
        pytest.fail("it never came to its end")
