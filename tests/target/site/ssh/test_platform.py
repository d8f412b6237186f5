"""A directory of a real host: published, changed, healed, rolled back, removed; and what is not ours stays as it is."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.debian import program
from testbed.sshd import Account
from tests.target.site.ssh.ssh_bench import Bench, Crash, benched
from trueline.model.digest import Digest
from trueline.target.answer import Refusal
from trueline.target.site.platform import Kept, Order, PlatformRefused

PAGES: dict[str, str | bytes] = {"index.html": "home", "docs/a.html": "a", "docs/deep/b.html": "b"}
HOSTILE: dict[str, str | bytes] = {
    " begins with a space.html": "1",
    "-rf": "2",
    "--help/--version.html": "3",
    'it\'s "quoted".html': "4",
    "$(touch pwned) `touch pwned`; touch pwned": "5",
    "back\\slash\\.html": "6",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}/\N{SNOWMAN}.html": "7",
    "a*b?[c]/{d,e}.html": "8",
    "#~!&|<>.html": "9",
}


def busybox_programs(folder: Path) -> Path:
    """What a small host has, and nothing else."""
    folder.mkdir()
    busybox = program("busybox", "busybox")
    for name in ("sh", "xargs", "sha256sum", "cp", "mv", "mkdir", "sync", "find", "printf"):
        (folder / name).symlink_to(busybox)
    return folder


def few_programs(folder: Path) -> Path:
    """A shell, but nothing that hashes."""
    folder.mkdir()
    for name in ("sh", "xargs", "cp", "mkdir"):
        (folder / name).symlink_to(program(name, "coreutils"))
    return folder


ACCOUNTS = ("shell", "busybox", "few", "files")


def account(kind: str, folder: Path) -> Account:
    """One kind of a host."""
    match kind:
        case "busybox":
            return Account(programs=busybox_programs(folder / "programs"))
        case "few":
            return Account(programs=few_programs(folder / "programs"))
        case "files":
            return Account(only_files=True)
        case _:
            return Account()


@pytest.fixture(params=ACCOUNTS)
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with benched(tmp_path, account(request.param, tmp_path)) as made:
        yield made


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Bench]:
    """One kind is enough where the kind makes no difference."""
    async with benched(tmp_path) as made:
        yield made


# ---- every kind of host -----------------------------------------------------------------------------------------


async def test_a_site_is_published_and_told_as_it_is(bench: Bench) -> None:
    assert bench.platform.order is Order.ATOMIC
    assert (await bench.platform.look()).published is None
    after = await bench.go(PAGES)
    assert bench.served() == PAGES
    assert str(bench.path.readlink()) == f".www.trueline/releases/{after.release}"
    look = await bench.platform.look()
    assert look.published == after
    assert look.files == dict(after.holdings())
    assert (look.pointer, look.strangers) == ("", ())


async def test_what_is_live_already_is_not_written(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.restart()
    await bench.go(PAGES)
    assert bench.host.written == []


async def test_one_changed_page_is_one_upload(bench: Bench) -> None:
    first = await bench.go(PAGES)
    stamp = bench.live("docs/a.html").stat().st_mtime_ns
    os.utime(bench.live("docs/deep/b.html"), ns=(10**18, 10**18))
    bench.restart()
    changed = {**PAGES, "index.html": "new", "moved/b.html": "b"}
    del changed["docs/deep/b.html"]
    await bench.go(changed)
    assert bench.served() == changed
    assert bench.host.written.count("upload") == 1
    for kept in ("docs/a.html", "moved/b.html"):  # never one file under two names: who writes into one writes into both
        assert bench.live(kept).stat().st_nlink == 1
    assert bench.live("docs/a.html").stat().st_mtime_ns // 10**9 == stamp // 10**9, "browsers keep what they have"
    assert (bench.state / "releases" / first.release / "docs/deep/b.html").read_text() == "b"


async def test_hostile_names_are_names(bench: Bench) -> None:
    await bench.go(HOSTILE)
    bench.restart()
    await bench.go({**HOSTILE, "index.html": "home"})
    assert bench.served() == {**HOSTILE, "index.html": "home"}
    assert bench.host.written.count("upload") == 1
    look = await bench.platform.look()
    assert (look.pointer, look.strangers) == ("", ())
    assert look.published is not None
    assert look.files == dict(look.published.holdings())
    assert [path.name for path in bench.folder.rglob("pwned")] == []
    await bench.platform.remove(look.published)
    assert bench.everything() == {}


async def test_what_is_tampered_with_is_seen_and_put_back(bench: Bench) -> None:
    after = await bench.go({**PAGES, "c.html": "c", "d.html": "d"})
    size = bench.live("index.html").stat()
    bench.live("index.html").write_text("hack")  # as long as what it was
    os.utime(bench.live("index.html"), ns=(size.st_atime_ns, size.st_mtime_ns))
    bench.live("docs/a.html").unlink()
    bench.live("c.html").unlink()
    bench.live("c.html").symlink_to("/etc/passwd")
    bench.live("d.html").chmod(0o600)
    look = await bench.platform.look()
    wrong = {path for path, digest in after.holdings() if look.files.get(path) != digest}
    assert wrong == {"index.html", "docs/a.html", "c.html", "d.html"}
    assert "docs/a.html" not in look.files
    await bench.platform.put_back(after, wrong)
    assert bench.served() == {**PAGES, "c.html": "c", "d.html": "d"}
    assert not bench.live("c.html").is_symlink()
    assert (await bench.platform.look()).files == dict(after.holdings())


async def test_what_was_tampered_with_does_not_reach_the_next_release(bench: Bench) -> None:
    await bench.go(PAGES)
    before = await bench.platform.look()
    bench.live("docs/a.html").write_text("x")  # after the look: only what is copied tells
    after = bench.release({**PAGES, "index.html": "new"})
    await bench.platform.publish(before, after)
    assert bench.served() == {**PAGES, "index.html": "new"}


async def test_back_is_one_rename_after_a_check_of_the_bytes(bench: Bench) -> None:
    first = await bench.go(PAGES)
    await bench.go({**PAGES, "index.html": "new"}, made_s=2.0)
    bench.restart()
    await bench.go(PAGES, made_s=3.0)
    assert bench.served() == PAGES
    assert bench.host.written.count("upload") == 0
    assert bench.host.written.count("copy") == 0
    await bench.go({**PAGES, "index.html": "new"}, made_s=4.0)
    (bench.state / "releases" / first.release / "docs/a.html").write_text("x")
    bench.restart()
    await bench.go(PAGES, made_s=5.0)
    assert bench.served() == PAGES


async def test_a_removal_takes_what_is_ours_and_leaves_the_rest(bench: Bench) -> None:
    (bench.folder / "other").write_text("theirs")
    await bench.go(PAGES)
    after = await bench.go({**PAGES, "index.html": "new"})
    bench.live("docs/theirs.txt").write_text("theirs")
    assert (await bench.platform.look()).strangers == ("docs/theirs.txt",)
    await bench.platform.remove(after)
    left = bench.everything()
    assert left.pop("other") == "theirs"
    assert list(left.values()) == ["theirs"]
    assert next(iter(left)).startswith(".www.trueline/aside/")
    assert (await bench.platform.look()).published is None
    await bench.platform.remove(after)  # twice is as good as once


# ---- whose it is ------------------------------------------------------------------------------------------------


async def test_a_removal_without_strangers_leaves_nothing(shell: Bench) -> None:
    after = await shell.go(PAGES)
    await shell.platform.remove(after)
    assert shell.everything() == {}
    assert not shell.state.exists()


@pytest.mark.parametrize("what", ["directory", "file", "link", "dangling"])
async def test_what_is_not_ours_is_refused_and_untouched(shell: Bench, what: str) -> None:
    match what:
        case "directory":
            shell.path.mkdir()
            (shell.path / "theirs").write_text("theirs")
        case "file":
            shell.path.write_text("theirs")
        case "link":
            (shell.folder / "elsewhere").mkdir()
            shell.path.symlink_to("elsewhere")
        case _:
            shell.path.symlink_to("/nowhere")
    before, names = shell.everything(), sorted(shell.folder.iterdir())
    look, after = await shell.platform.look(), shell.release(PAGES)
    for act in (shell.platform.try_publish, shell.platform.publish):
        with pytest.raises(PlatformRefused, match="move it away") as refused:
            await act(look, after)
        assert refused.value.refusal is Refusal.DENIED
    assert (shell.everything(), sorted(shell.folder.iterdir())) == (before, names)


async def test_an_empty_directory_is_replaced(shell: Bench) -> None:
    shell.path.mkdir()
    await shell.go(PAGES)
    assert shell.path.is_symlink()
    assert shell.served() == PAGES


async def test_a_directory_in_the_place_of_our_link_is_refused(shell: Bench) -> None:
    after = await shell.go(PAGES)
    shell.path.unlink()
    shell.path.mkdir()
    (shell.path / "theirs").write_text("theirs")
    look = await shell.platform.look()
    assert look.pointer == "a directory or file that is not ours"
    with pytest.raises(PlatformRefused, match="move it away"):
        await shell.platform.publish(look, after)
    await shell.platform.remove(after)
    assert shell.everything() == {"www/theirs": "theirs"}


async def test_a_link_that_was_turned_is_turned_back(shell: Bench) -> None:
    after = await shell.go(PAGES)
    for text in ("/etc", f".www.trueline/releases/{'0' * 64}"):
        shell.path.unlink()
        shell.path.symlink_to(text)
        look = await shell.platform.look()
        assert look.pointer
        shell.restart()
        await shell.platform.publish(look, after)
        assert shell.served() == PAGES
        assert "upload" not in shell.host.written


async def test_a_publication_that_another_began_is_not_taken_over(shell: Bench) -> None:
    shell.restart(fails_at=10)
    with pytest.raises(Crash):
        await shell.go(PAGES, mark="here.first")
    shell.restart()
    with pytest.raises(PlatformRefused, match=r"here\.first has begun to publish there") as refused:
        await shell.go(PAGES, mark="there.first")
    assert refused.value.refusal is Refusal.DENIED
    await shell.go(PAGES, mark="here.second")
    assert shell.served() == PAGES


async def test_a_site_moves_to_another_mark(shell: Bench) -> None:
    await shell.go(PAGES, mark="here.first")
    after = await shell.go(PAGES, mark="here.second")
    assert (await shell.platform.look()).published == after
    assert "here.second" in (shell.state / "owner").read_text()


async def test_what_a_trueline_on_the_host_publishes_is_not_ours(shell: Bench) -> None:
    shell.state.mkdir()
    (shell.state / "owner").write_text('{"lineage":"x","mark":"there.site"}')
    (shell.state / "live").write_text("{}")
    with pytest.raises(PlatformRefused, match="a Trueline on that host"):
        await shell.platform.look()


async def test_a_state_that_cannot_be_read_is_told_and_nothing_is_done(shell: Bench) -> None:
    after = await shell.go(PAGES)
    look = await shell.platform.look()
    kept = (shell.state / "published").read_bytes()
    (shell.state / "published").write_bytes(b"garbage")
    for act in (shell.platform.look(), shell.platform.publish(look, after), shell.platform.remove(after)):
        with pytest.raises(PlatformRefused, match="cannot be read"):
            await act
    assert shell.served() == PAGES
    (shell.state / "published").unlink()
    (shell.state / "owner").unlink()
    with pytest.raises(PlatformRefused, match="nothing says whose"):
        await shell.platform.look()
    await shell.platform.remove(after)
    assert shell.served() == PAGES
    (shell.state / "published").write_bytes(kept)
    assert (await shell.platform.look()).published == after


async def test_somebody_elses_release_in_between_is_stale(shell: Bench) -> None:
    first = await shell.go(PAGES)
    before = await shell.platform.look()
    await shell.go({**PAGES, "index.html": "theirs"})
    with pytest.raises(PlatformRefused) as refused:
        await shell.platform.publish(before, shell.release({"index.html": "ours"}))
    assert refused.value.refusal is Refusal.STALE
    with pytest.raises(PlatformRefused) as refused:
        await shell.platform.put_back(first, ["index.html"])
    assert refused.value.refusal is Refusal.STALE
    assert shell.served()["index.html"] == "theirs"


# ---- strangers and links ----------------------------------------------------------------------------------------


async def test_no_link_in_a_tree_leads_a_write_out_of_it(bench: Bench) -> None:
    after = await bench.go(PAGES)
    outside = bench.folder / "outside"
    outside.mkdir()
    (outside / "a.html").write_text("theirs")
    shutil.rmtree(bench.live("docs"))
    bench.live("docs").symlink_to(outside)
    look = await bench.platform.look()
    assert set(look.files) == {"index.html"}
    assert "docs" in look.pointer
    await bench.platform.put_back(after, ["docs/a.html", "docs/deep/b.html"])
    assert bench.served() == PAGES
    assert not bench.live("docs").is_symlink()
    bench.live("docs/deep/b.html").unlink()
    bench.live("docs/deep").rmdir()
    bench.live("docs/deep").symlink_to(outside)
    await bench.platform.remove(after)
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"a.html": "theirs"}


async def test_strangers_are_told_and_kept(bench: Bench) -> None:
    after = await bench.go(PAGES)
    bench.live("line\nbreak").write_text("theirs")
    (bench.live("docs") / os.fsdecode(b"\xff\xfe")).mkdir()
    bench.live("docs/more/and").mkdir(parents=True)
    bench.live("docs/more/and/more").write_text("theirs")
    look = await bench.platform.look()
    assert sorted(look.strangers) == ["docs/\\xff\\xfe", "docs/more", "line\nbreak"]
    bench.live("index.html").unlink()
    bench.live("index.html").mkdir()
    (bench.live("index.html") / "theirs").write_text("theirs")
    await bench.platform.put_back(after, ["index.html"])
    assert bench.live("index.html").read_text() == "home"
    assert [path.read_text() for path in (bench.state / "aside").rglob("theirs")] == ["theirs"]
    assert (await bench.platform.look()).strangers == look.strangers


async def test_a_tree_that_is_gone_is_made_again_whole(bench: Bench) -> None:
    after = await bench.go(PAGES)
    shutil.rmtree(bench.state / "releases" / after.release)
    look = await bench.platform.look()
    assert (look.files, look.pointer) == ({}, "the directory of the release is gone")
    await bench.platform.put_back(after, ["index.html"])
    assert bench.served() == PAGES


async def test_folders_that_readers_cannot_enter_are_told_and_opened(bench: Bench) -> None:
    after = await bench.go(PAGES)
    bench.live("docs").chmod(0o700)
    look = await bench.platform.look()
    assert "docs" in look.pointer
    await bench.platform.publish(look, after)
    assert (await bench.platform.look()).pointer == ""
    assert bench.live("docs").stat().st_mode & 0o777 == 0o755


async def test_a_narrow_mask_of_the_account_closes_nothing(bench: Bench) -> None:
    bench.sshd.account = replace(bench.sshd.account, mask="077")
    await bench.sshd.stop()
    await bench.sshd.start()
    await bench.go(PAGES)
    for path in (bench.state, *bench.live("").rglob("*")):
        assert path.stat().st_mode & 0o444 == 0o444


# ---- releases ---------------------------------------------------------------------------------------------------


async def test_five_releases_are_kept(shell: Bench) -> None:
    made = []
    for number in range(7):
        after = await shell.go({**PAGES, "index.html": f"{number}"}, made_s=float(number))
        os.utime(shell.state / "manifests" / after.release, (number, number))
        made.append(str(after.release))
    assert shell.releases() == sorted(made[-5:])
    assert sorted(path.name for path in (shell.state / "manifests").iterdir()) == sorted(made[-5:])


async def test_an_old_release_with_strangers_is_set_aside(shell: Bench) -> None:
    await shell.go({**PAGES, "index.html": "first"})
    shell.live("theirs").write_text("theirs")
    for number in range(6):
        await shell.go({**PAGES, "index.html": f"{number}"}, made_s=float(number))
    assert [path.read_text() for path in (shell.state / "aside").rglob("*") if path.is_file()] == ["theirs"]


async def test_old_assets_stay_and_go(shell: Bench) -> None:
    blob = Digest(str(shell.blobs.put(b"old")))
    kept = {"assets/old.css": Kept(blob, 1.0)}
    after = await shell.go(PAGES, kept=kept)
    assert shell.served() == {**PAGES, "assets/old.css": "old"}
    assert (await shell.platform.look()).files["assets/old.css"] == blob
    await shell.go(PAGES, made_s=2.0)
    assert shell.served() == PAGES
    assert shell.releases() == [after.release]


async def test_a_publication_that_was_cut_goes_on_where_it_stopped(bench: Bench) -> None:
    many: dict[str, str | bytes] = {f"p{number:03}.html": f"page {number}" for number in range(300)}
    sent = 0

    def cut(name: str, _: object) -> None:
        nonlocal sent
        sent += name == "upload"
        if sent > 200:
            bench.sshd.cut()

    bench.host.before = cut
    with pytest.raises(PlatformRefused) as refused:
        await bench.go(many)
    assert refused.value.refusal is Refusal.BUSY
    assert not bench.path.exists()
    arrived = {path.name for path in (bench.state / "releases").glob("*.new/*") if path.read_text() == many[path.name]}
    assert len(arrived) > 100
    bench.restart()
    other = {**many, "p000.html": "changed meanwhile"}
    await bench.go(other)
    assert bench.served() == other
    assert bench.host.written.count("upload") == len({*many, "p000.html"} - (arrived - {"p000.html"}))
    assert len(bench.releases()) == 1


async def test_an_attempt_that_was_cut_leaves_nothing_of_it_in_another_release(shell: Bench) -> None:
    shell.host.before = lambda name, _: shell.sshd.cut() if name == "settle" else None
    with pytest.raises(PlatformRefused):
        await shell.go({**PAGES, "leaves/again.html": "gone"})
    shell.restart()
    after = await shell.go(PAGES)
    assert shell.served() == PAGES
    assert (shell.releases(), (await shell.platform.look()).strangers) == ([after.release], ())
    assert not (shell.state / "aside").exists()


# ---- bytes ------------------------------------------------------------------------------------------------------


async def test_a_spoiled_blob_is_never_published(shell: Bench) -> None:
    await shell.go(PAGES)
    after = shell.release({**PAGES, "index.html": "new"})
    place = shell.blobs.place(Digest(after.body.files["index.html"]))
    place.write_bytes(b"spoiled")
    before = await shell.platform.look()
    with pytest.raises(PlatformRefused, match="were changed") as refused:
        await shell.platform.publish(before, after)
    assert refused.value.refusal is Refusal.BUSY
    assert shell.served() == PAGES


async def test_a_lost_blob_is_told_before_anything_is_done(shell: Bench) -> None:
    after = shell.release(PAGES)
    shell.blobs.place(Digest(after.body.files["docs/a.html"])).unlink()
    with pytest.raises(PlatformRefused, match=r"docs/a\.html are not kept any more"):
        await shell.platform.try_publish(await shell.platform.look(), after)
    assert shell.host.written == []


async def test_large_and_binary_files_arrive(bench: Bench) -> None:
    data = os.urandom(3 << 20)
    after = await bench.go({**PAGES, "large.bin": data, "empty": b""})
    assert bench.live("large.bin").read_bytes() == data
    assert bench.live("empty").read_bytes() == b""
    assert (await bench.platform.look()).files == dict(after.holdings())


# ---- where PATH is ----------------------------------------------------------------------------------------------


async def test_a_path_below_a_link_is_refused_with_the_path_to_write(shell: Bench) -> None:
    (shell.folder / "real").mkdir()
    (shell.folder / "link").symlink_to("real")
    shell.path = shell.folder / "link" / "www"
    shell.restart()
    with pytest.raises(PlatformRefused, match=f"write {shell.folder}/real/www as `path`") as refused:
        await shell.platform.look()
    assert refused.value.refusal is Refusal.DENIED
    assert list((shell.folder / "real").iterdir()) == []


async def test_a_parent_that_is_not_there_is_never_made(shell: Bench) -> None:
    shell.path = shell.folder / "mount" / "www"
    shell.restart()
    with pytest.raises(PlatformRefused, match="mount is not there"):
        await shell.platform.look()
    assert not shell.path.parent.exists()
    shell.path.parent.write_text("a file")
    with pytest.raises(PlatformRefused, match="is no directory"):
        await shell.platform.look()
