"""Real passes over a directory: published once, healed alone, gone back, and converged from a crash anywhere."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.target.directory.site_bench import Bench, CountingDisk, Crash, file_ref
from trueline.drift.drift import DriftKind
from trueline.loop.status import Sync
from trueline.plan.change import Action
from trueline.render.site.file import RELEASE_REF
from trueline.target.directory.publish import Retention

PAGES = {"index.html": "<p>home", "docs/a.html": "<p>a", "docs/b.html": "<p>b", "assets/m.1.css": "p {}"}
CHANGED = {**PAGES, "docs/a.html": "<p>a, changed"}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path)


async def test_a_site_is_published_and_the_second_pass_writes_nothing(bench: Bench) -> None:
    made = await bench.go(PAGES)
    assert (made.sync, bench.served()) == (Sync.SYNCED, PAGES)
    assert bench.disk is not None
    before = bench.disk.count
    again = await bench.go(PAGES)
    assert (again.sync, again.review.plan.is_empty, bench.disk.count - before) == (Sync.SYNCED, True, 0)
    bench.restart()
    again = await bench.go(PAGES)
    assert again.review.plan.is_empty
    assert bench.disk.count == 0


async def test_to_apply_the_same_release_again_writes_nothing(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.store.execute("DELETE FROM entry")  # a lost data directory: everything is applied again
    assert bench.disk is not None
    before = bench.disk.count
    made = await bench.go(PAGES)
    assert {change.action for change in made.review.plan.changes} == {Action.UPDATE}
    assert (made.sync, bench.disk.count - before) == (Sync.SYNCED, 0)


async def test_one_changed_page_is_one_copy(bench: Bench) -> None:
    await bench.go(PAGES)
    first = {path: bench.live(path).stat().st_ino for path in PAGES}
    assert bench.disk is not None
    bench.disk.done.clear()
    made = await bench.go(CHANGED)
    assert {c.ref for c in made.review.plan.writes} == {file_ref("docs/a.html"), RELEASE_REF}
    assert bench.disk.done.count("link") == 3
    assert bench.disk.done.count("create") == 3  # the page, the manifest, what is live
    assert {path for path in PAGES if bench.live(path).stat().st_ino != first[path]} == {"docs/a.html"}
    assert bench.served() == CHANGED


async def test_a_page_that_leaves_is_pruned_after_the_switch(bench: Bench) -> None:
    await bench.go(PAGES)
    fewer = {path: text for path, text in PAGES.items() if path != "docs/b.html"}
    made = await bench.go(fewer)
    assert [(c.ref.name, c.action) for c in made.review.plan.writes if c.action is Action.PRUNE] == [
        ("docs/b.html", Action.PRUNE)
    ]
    assert (made.sync, bench.served()) == (Sync.SYNCED, fewer)
    assert (await bench.go(fewer)).review.plan.is_empty


def _truncate(file: Path) -> None:
    file.write_text("")


def _tamper_keeping_size_and_time(file: Path) -> None:
    found = file.stat()
    file.write_text("<p>b".replace("b", "x"))
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


def _delete(file: Path) -> None:
    file.unlink()


def _link_elsewhere(file: Path) -> None:
    file.unlink()
    file.symlink_to("/etc/hostname")


def _make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "theirs").write_text("precious")


def _hide(file: Path) -> None:
    file.chmod(0o600)


def _delete_folder(file: Path) -> None:
    for one in file.parent.iterdir():
        one.unlink()
    file.parent.rmdir()


def _link_folder(file: Path) -> None:
    elsewhere = file.parents[1].parent.parent.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.html").write_text("outside")
    _delete_folder(file)
    file.parent.symlink_to(elsewhere)


TAMPERINGS = [
    _truncate,
    _tamper_keeping_size_and_time,
    _delete,
    _link_elsewhere,
    _make_folder,
    _hide,
    _delete_folder,
    _link_folder,
]


@pytest.mark.parametrize("tamper", TAMPERINGS)
async def test_what_was_tampered_with_is_put_back(bench: Bench, tamper: Callable[[Path], None]) -> None:
    await bench.go(PAGES)
    release = bench.path.readlink()
    tamper(bench.live("docs/b.html"))
    made = await bench.go(PAGES)
    assert (made.sync, bench.served(), bench.path.readlink()) == (Sync.SYNCED, PAGES, release)
    assert file_ref("docs/b.html") in {drift.ref for drift in made.drifts}
    assert {drift.kind for drift in made.drifts} <= {DriftKind.CHANGED, DriftKind.DELETED}
    assert bench.live("docs/b.html").stat().st_mode & 0o777 == 0o644
    assert (await bench.go(PAGES)).review.plan.is_empty
    elsewhere = bench.folder / "elsewhere" / "b.html"
    assert not elsewhere.exists() or elsewhere.read_text() == "outside"
    theirs = [file.read_text() for file in (bench.state).rglob("theirs")]
    assert theirs == (["precious"] if tamper is _make_folder else [])


async def test_a_published_file_is_older_than_any_write_to_it(bench: Bench) -> None:
    """So that a write in the same tick of the clock that keeps the size gives it another time."""
    await bench.go(PAGES)
    assert {bench.live(path).stat().st_mtime for path in PAGES} == {bench.clock.now().timestamp() - 1}


async def test_folders_that_were_closed_are_opened(bench: Bench) -> None:
    await bench.go(PAGES)
    for path in ("docs", ""):
        bench.live(path).chmod(0o700)
        made = await bench.go(PAGES)
        assert [(drift.ref, drift.fields) for drift in made.drifts] == [(RELEASE_REF, (f"tree/{path}",))]
        assert bench.live(path).stat().st_mode & 0o777 == 0o755
        assert (await bench.go(PAGES)).review.plan.is_empty


async def test_a_file_in_the_place_of_a_folder_is_set_aside(bench: Bench) -> None:
    await bench.go(PAGES)
    _delete_folder(bench.live("docs/b.html"))
    bench.live("docs").write_text("precious")
    await bench.go(PAGES)
    assert bench.served() == PAGES
    assert [file.read_text() for file in (bench.state / "aside").iterdir()] == ["precious"]


async def test_one_sighted_file_is_one_small_pass(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.live("docs/b.html").write_text("tampered")
    assert bench.disk is not None
    bench.disk.done.clear()
    made = await bench.go(PAGES, focus=[file_ref("docs/b.html")])
    assert [(c.ref, c.action) for c in made.review.plan.changes] == [(file_ref("docs/b.html"), Action.HEAL)]
    assert bench.disk.done.count("create") == 1
    assert bench.served() == PAGES


async def test_a_pointer_that_was_moved_or_removed_leads_back(bench: Bench) -> None:
    await bench.go(PAGES)
    for text in ("/etc", ""):
        bench.path.unlink()
        if text:
            bench.path.symlink_to(text)
        made = await bench.go(PAGES)
        assert (made.sync, bench.served()) == (Sync.SYNCED, PAGES)
        assert [(drift.ref, drift.fields) for drift in made.drifts] == [(RELEASE_REF, ("pointer",))]


async def test_a_release_that_was_removed_whole_is_made_again(bench: Bench) -> None:
    await bench.go(PAGES)
    for file in PAGES:
        bench.live(file).unlink()
    root = bench.live("")
    for folder in ("docs", "assets", ""):
        (root / folder).rmdir()
    await bench.go(PAGES)
    assert bench.served() == PAGES
    assert (await bench.go(PAGES)).review.plan.is_empty


async def test_going_back_is_the_pointer_and_what_was_tampered_with_is_repaired_first(bench: Bench) -> None:
    await bench.go(PAGES)
    first = bench.live("")
    await bench.go(CHANGED)
    assert bench.live("") != first
    (first / "docs/a.html").write_text("tampered, and not shared")
    bench.live("index.html").write_text("tampered, and shared")
    assert (first / "index.html").read_text() == "tampered, and shared"
    assert bench.disk is not None
    bench.disk.done.clear()
    await bench.go(PAGES)
    assert (bench.live(""), bench.served()) == (first, PAGES)
    assert "make_folder" not in bench.disk.done
    assert (await bench.go(PAGES)).review.plan.is_empty


async def test_a_stranger_in_the_release_is_told_once_and_stays(bench: Bench) -> None:
    await bench.go(PAGES)
    stranger = bench.live("docs/theirs.txt")
    stranger.write_text("precious")
    made = await bench.go(PAGES)
    assert [(d.ref, d.kind, d.fields) for d in made.drifts] == [(RELEASE_REF, DriftKind.ADDED, ("docs/theirs.txt",))]
    again = await bench.go(PAGES)
    assert (again.drifts, again.review.plan.is_empty, stranger.read_text()) == ((), True, "precious")


@pytest.mark.parametrize("is_declared", [False, True])
async def test_old_assets_stay_for_their_time(bench: Bench, is_declared: bool) -> None:
    bench.retention = Retention(keep_s=60.0 if is_declared else 3600.0)
    bench.keep_s = 3600 if is_declared else 0
    bench.restart()
    await bench.go(PAGES)
    second = {**PAGES, "assets/m.2.css": "p { x }"}
    del second["assets/m.1.css"]
    await bench.go(second)
    assert bench.served() == {**second, "assets/m.1.css": "p {}"}
    assert (await bench.go(second)).review.plan.is_empty
    bench.clock.pass_s(1800)
    await bench.go({**second, "index.html": "third"})
    assert "assets/m.1.css" in bench.served()
    bench.clock.pass_s(1900)
    await bench.go({**second, "index.html": "fourth"})
    assert bench.served() == {**second, "index.html": "fourth"}
    await bench.go(second)
    assert bench.served() == second
    assert (await bench.go(second)).review.plan.is_empty


async def test_an_old_asset_that_was_tampered_with_is_put_back(bench: Bench) -> None:
    await bench.go(PAGES)
    second = {path: text for path, text in PAGES.items() if path != "assets/m.1.css"}
    await bench.go(second)
    bench.live("assets/m.1.css").write_text("tampered")
    made = await bench.go(second)
    assert [(drift.ref, drift.fields) for drift in made.drifts] == [(RELEASE_REF, ("tree/assets/m.1.css",))]
    assert bench.served() == PAGES
    assert (await bench.go(second)).review.plan.is_empty


async def test_so_many_releases_are_kept(bench: Bench) -> None:
    bench.retention = Retention(releases=3)
    bench.restart()
    for number in range(6):
        bench.clock.pass_s(10)
        await bench.go({**PAGES, "index.html": f"home {number}"})
    assert len(bench.releases()) == 3
    bench.restart()
    assert (await bench.go({**PAGES, "index.html": "home 5"})).review.plan.is_empty
    assert bench.target.needed() >= {bench.blobs.put(text.encode()) for text in PAGES.values() if "home" not in text}


async def test_after_a_release_went_nothing_is_read_again(bench: Bench) -> None:
    bench.retention = Retention(releases=1)
    bench.restart()
    await bench.go(PAGES)
    bench.clock.pass_s(10)
    await bench.go(CHANGED)
    for path in CHANGED:
        found = bench.live(path).stat()
        assert bench.target._looker._stamps.blob(found) is not None, path  # noqa: SLF001 - what it knows without reading


async def _with_a_surplus(bench: Bench) -> Path:
    """Two releases are kept and there are two; the tree of the older one is what the next one begins with."""
    bench.retention = Retention(releases=2)
    bench.restart()
    await bench.go(PAGES)
    old = bench.live("")
    bench.clock.pass_s(10)
    await bench.go({**PAGES, "docs/gone.html": "<p>gone"})
    bench.clock.pass_s(10)
    return old


async def test_a_release_begins_with_the_tree_of_one_that_leaves(bench: Bench) -> None:
    old = await _with_a_surplus(bench)
    inode = _inode(old)
    assert bench.disk is not None
    bench.disk.done.clear()
    await bench.go(CHANGED)
    assert bench.served() == CHANGED
    assert _inode(bench.live("")) == inode
    done = bench.disk.done
    assert [done.count(name) for name in ("make_folder", "remove_folder", "link", "create")] == [0, 0, 0, 3]
    assert len(bench.releases()) == 2
    assert (await bench.go(CHANGED)).review.plan.is_empty


async def test_what_was_changed_since_an_old_tree_is_linked_from_the_live_one(bench: Bench) -> None:
    await _with_a_surplus(bench)
    second = {**PAGES, "index.html": "<p>home, changed"}
    await bench.go(second)
    bench.clock.pass_s(10)
    await bench.go(second | {"docs/b.html": "<p>b, changed"})
    bench.clock.pass_s(10)
    inode = _inode(bench.live("index.html"))
    assert bench.disk is not None
    bench.disk.done.clear()
    third = second | {"docs/b.html": "<p>b, changed", "docs/a.html": "<p>a, changed"}
    await bench.go(third)
    assert [bench.disk.done.count(name) for name in ("link", "create")] == [1, 3]  # b; a, the manifest, what is live
    assert (bench.served(), _inode(bench.live("index.html"))) == (third, inode)
    assert (await bench.go(third)).review.plan.is_empty


def _inode(folder: Path) -> int:
    return folder.stat().st_ino


def _add(old: Path) -> None:
    (old / "docs/theirs.html").write_text("precious")


@pytest.mark.parametrize("harm", [_tamper_keeping_size_and_time, _truncate, _hide, _make_folder, _link_folder])
async def test_what_was_done_to_an_old_release_never_becomes_live(bench: Bench, harm: Callable[[Path], None]) -> None:
    old = await _with_a_surplus(bench)
    harm(old / "docs/b.html")
    await bench.go(CHANGED)
    assert bench.served() == CHANGED
    assert (await bench.go(CHANGED)).review.plan.is_empty


async def test_what_others_put_into_an_old_release_is_neither_published_nor_lost(bench: Bench) -> None:
    old = await _with_a_surplus(bench)
    _add(old)
    await bench.go(CHANGED)
    assert bench.served() == CHANGED
    assert [file.read_text() for file in bench.state.rglob("theirs.html")] == ["precious"]


async def test_a_crash_while_an_old_tree_is_taken_converges(tmp_path: Path) -> None:
    third = {**CHANGED, "new.html": "new"}
    for at in range(1, 60):
        folder = tmp_path / f"at-{at}"
        folder.mkdir()
        bench = Bench(folder=folder)
        await _with_a_surplus(bench)
        before = bench.served()
        disk = CountingDisk(at, Crash())
        bench.restart(disk)
        try:
            await bench.go(third)
        except* Crash:
            pass
        assert bench.served() in (before, third), at
        bench.restart()
        await bench.go(third)
        assert (await bench.go(third)).review.plan.is_empty, at
        assert (bench.served(), len(bench.releases()) <= 2) == (third, True), at
        assert [name for name in bench.releases() if name.endswith(".new")] == [], at
        assert not (bench.state / "aside").exists(), at
        if disk.count < at:
            return
    raise AssertionError("it never came to its end")


# ---- crashes and full disks ----------------------------------------------------------------------------------------


async def _operations(tmp_path: Path) -> int:
    bench = Bench(folder=tmp_path)
    await bench.go(PAGES)
    disk = CountingDisk()
    bench.retention = Retention(releases=1)
    bench.restart(disk)
    bench.clock.pass_s(10)
    await bench.go({**CHANGED, "new.html": "new"})
    return disk.count


async def test_a_crash_at_any_operation_converges(tmp_path: Path) -> None:
    counting = tmp_path / "counting"
    counting.mkdir()
    total = await _operations(counting)
    assert total > 30
    for at in range(1, total + 1):
        folder = tmp_path / f"at-{at}"
        folder.mkdir()
        await _crash_in_the_second_release(folder, at)


async def _crash_in_the_second_release(folder: Path, at: int) -> None:
    second = {**CHANGED, "new.html": "new"}
    bench = Bench(folder=folder)
    await bench.go(PAGES)
    bench.retention = Retention(releases=1)
    bench.restart(CountingDisk(at, Crash()))
    bench.clock.pass_s(10)
    try:
        await bench.go(second)
    except* Crash:
        pass
    assert bench.served() in (PAGES, second), f"a mix after operation {at}"
    bench.restart()
    made = await bench.go(second)
    assert made.drifts == (), f"a crash at {at} looks like drift: {made.drifts}"
    assert (made.sync, bench.served()) == (Sync.SYNCED, second), at
    assert (await bench.go(second)).review.plan.is_empty, at
    leftover = list(filter(lambda name: name.endswith(".new"), bench.releases()))
    assert leftover == [], at


async def test_a_crash_at_any_operation_of_the_first_release_converges(tmp_path: Path) -> None:
    for at in range(1, 200):
        folder = tmp_path / f"at-{at}"
        folder.mkdir()
        bench = Bench(folder=folder)
        disk = CountingDisk(at, Crash())
        bench.restart(disk)
        try:
            await bench.go(PAGES)
        except* Crash:
            pass
        if disk.count < at:
            return
        assert not bench.path.exists() or bench.served() == PAGES
        bench.restart()
        made = await bench.go(PAGES)
        assert (made.sync, made.drifts, bench.served()) == (Sync.SYNCED, (), PAGES), at
        assert (await bench.go(PAGES)).review.plan.is_empty, at
    raise AssertionError("it never ends")


async def test_a_crash_at_any_operation_of_a_removal_converges(tmp_path: Path) -> None:
    for at in range(1, 300):
        folder = tmp_path / f"at-{at}"
        folder.mkdir()
        bench = Bench(folder=folder)
        await bench.go(PAGES)
        await bench.go(CHANGED)
        disk = CountingDisk(at, Crash())
        bench.restart(disk)
        try:
            await bench.go({}, is_removal=True)
        except* Crash:
            pass
        if disk.count < at:
            return
        bench.restart()
        made = await bench.go({}, is_removal=True)
        assert made.sync is Sync.SYNCED, (at, made.message)
        assert bench.ledger.count("site", "www") == 0, at
        assert not bench.path.is_symlink()
        assert not list(bench.state.rglob("*.html")), at
    raise AssertionError("it never ends")


async def test_a_full_disk_leaves_what_was_live(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    for at in range(1, await _operations(_folder(tmp_path, "counting")) + 1):
        bench = Bench(folder=_folder(tmp_path, f"at-{at}"))
        await bench.go(PAGES)
        bench.restart(CountingDisk(at, full, stays_dead=False))
        bench.clock.pass_s(10)
        made = await bench.go(CHANGED)
        assert bench.served() in (PAGES, CHANGED), at
        assert bench.served() == CHANGED or "the disk is full" in made.message, (at, made.message)
        bench.restart()
        made = await bench.go(CHANGED)
        assert (made.sync, bench.served()) == (Sync.SYNCED, CHANGED), at


def _folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made
