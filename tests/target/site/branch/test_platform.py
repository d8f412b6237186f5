"""Releases as commits over Git's own HTTP: what is published, what is asked for it, what of others stays."""

from pathlib import Path

import pytest

from testbed.repository import Repository
from tests.target.site.branch.branch_bench import CHANGED, FOREIGN, PAGES, Bench, digests, on_disk, over_http
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused


async def test_the_first_release_makes_the_branch_of_an_empty_repository(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        before = await bench.looked()
        assert (before.published, before.files, before.pointer, before.version) == (None, {}, "", "")
        after = await bench.publish(PAGES)
        assert await bench.served() == PAGES
        look = await bench.looked()
        assert (look.published, look.files, look.pointer) == (after, digests(PAGES), "")
        assert look.version == await bench.tip()
        subject, author, when = (await bench.history("%s|%an <%ae>|%at"))[0].split("|")
        assert subject == f"handbook: release {after.release[:12]}"
        assert author == "Trueline <trueline@trueline.invalid>"
        assert int(when) == int(bench.clock.now().timestamp())
        assert f"Trueline-Release: {after.release}" in await bench.history("%b")


async def test_the_same_again_asks_nothing_and_writes_nothing(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, server):
        after = await bench.publish(PAGES)
        tip, asked = await bench.tip(), server.count()
        bench.processes.commands.clear()
        await bench.platform.publish(await bench.looked(), after)
        assert bench.processes.words == ["ls-remote"]
        assert server.count() - asked == 2  # what the server speaks, and where the branch stands
        assert await bench.tip() == tip


async def test_one_changed_page_is_one_commit_of_one_page(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        bench.processes.commands.clear()
        await bench.publish(CHANGED)
        assert bench.processes.words == ["ls-remote", "fast-import", "push"]
        changed = await Repository(bench.bare).git("diff", "--name-only", "pages~1", "pages")
        assert changed.split() == [".trueline.json", "docs/a.html"]
        assert await bench.served() == CHANGED
        assert len(await bench.history()) == 2


async def test_a_new_process_needs_no_fetch_and_a_lost_copy_one(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        after = await bench.publish(PAGES)
        first = await bench.looked()
        bench.restart()
        assert await bench.looked() == first
        assert bench.processes.words == ["ls-remote", "ls-tree"]
        bench.lose_copy()
        bench.restart()
        look = await bench.looked()
        assert (look.published, look.files) == (after, digests(PAGES))
        # the trees, then the one file that says what is ours; no page
        assert bench.processes.words == ["ls-remote", "init", "fetch", "ls-tree", "fetch"]
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED


async def test_a_copy_that_is_lost_while_the_process_runs_is_brought_again(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        bench.lose_copy()
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED
        assert len(await bench.history()) == 2


async def test_what_others_have_on_the_branch_stays(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.push(FOREIGN)
        theirs = {path: text.strip().encode() for path, text in FOREIGN.items()}
        look = await bench.looked()
        assert look.strangers == tuple(sorted(FOREIGN))
        await bench.publish(PAGES)
        await bench.publish({"index.html": b"<p>home"})
        assert await bench.served() == {**theirs, "index.html": b"<p>home"}
        assert (await bench.looked()).strangers == tuple(sorted(FOREIGN))
        assert await bench.history() == [(await bench.history())[0], (await bench.history())[1], "by hand"]
        live = (await bench.looked()).published
        assert live is not None
        await bench.platform.remove(live)
        assert await bench.standing() == theirs
        after = await bench.looked()
        assert (after.published, after.files, after.strangers) == (None, {}, tuple(sorted(FOREIGN)))


@pytest.mark.parametrize(
    ("theirs", "named"),
    [
        ({"docs/a.html": "by hand"}, "docs/a.html"),
        ({"docs": "a file where a folder belongs"}, "docs"),
        ({"index.html/deep/x": "a folder where a file belongs"}, "index.html/deep/x"),
    ],
)
async def test_a_stranger_in_the_way_is_named_and_nothing_is_written(
    tmp_path: Path, theirs: dict[str, str], named: str
) -> None:
    bench = on_disk(tmp_path)
    commit = await bench.push(theirs)
    for step in (bench.platform.try_publish, bench.platform.publish):
        with pytest.raises(PlatformRefused) as caught:
            await step(await bench.looked(), bench.release(PAGES))
        assert caught.value.refusal is Refusal.DENIED
        assert f"stands {named}, which is not ours" in caught.value.message
    assert await bench.tip() == commit


async def test_a_stranger_with_the_same_bytes_is_no_hindrance(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.push({"docs/a.html": PAGES["docs/a.html"]})
    await bench.publish(PAGES)
    assert (await bench.looked()).files == digests(PAGES)
    await bench.publish({"index.html": b"<p>home"})
    assert set(await bench.served()) == {"index.html"}


async def test_a_folder_of_the_branch_is_all_that_is_looked_at(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    bench.below = "public"
    bench.restart()
    await bench.push({"index.html": "by hand", "public/theirs.txt": "x"})
    await bench.publish(PAGES)
    look = await bench.looked()
    assert (look.files, look.strangers) == (digests(PAGES), ("theirs.txt",))
    served = await bench.served()
    assert {path for path in served if not path.startswith("public/")} == {"index.html"}
    assert served["public/index.html"] == PAGES["index.html"]
    assert "public/.trueline.json" in await bench.standing()


async def test_two_sites_share_a_branch_in_folders_of_their_own(tmp_path: Path) -> None:
    one, other = on_disk(tmp_path), None
    other = Bench(folder=tmp_path / "other", url=one.url, bare=one.bare, below="manual")
    await one.publish(PAGES)
    await other.publish({"index.html": b"manual"})
    await one.publish(CHANGED)
    assert await one.served() == {**CHANGED, "manual/index.html": b"manual"}
    live = (await other.looked()).published
    assert live is not None
    await other.platform.remove(live)
    assert await one.served() == CHANGED


async def test_pages_that_jekyll_would_leave_out_bring_the_file_that_stops_it(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish({**PAGES, "_static/a.css": b"p {}"})
    assert (await bench.served())[".nojekyll"] == b""
    await bench.push({".nojekyll": None})
    look = await bench.looked()
    assert look.pointer == ".nojekyll is gone"
    assert look.published is not None
    await bench.platform.publish(look, look.published)
    assert ".nojekyll" in await bench.served()
    await bench.publish(PAGES)
    assert await bench.served() == PAGES


async def test_a_no_jekyll_of_somebody_else_stays_his(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.push({".nojekyll": "mine"})
    await bench.publish({"_a.html": b"a"})
    live = await bench.publish({"b.html": b"b"})
    await bench.platform.remove(live)
    assert await bench.standing() == {".nojekyll": b"mine"}


async def test_a_release_is_not_sent_where_its_bytes_are_not_kept(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish(PAGES)
    tip = await bench.tip()
    after = bench.release(CHANGED)
    bench.blobs.place(after.blob("docs/a.html") or after.release).unlink()
    for step in (bench.platform.try_publish, bench.platform.publish):
        with pytest.raises(PlatformRefused, match=r"docs/a\.html are not kept any more") as caught:
            await step(await bench.looked(), after)
        assert caught.value.refusal is Refusal.BUSY
    assert await bench.tip() == tip


async def test_bytes_that_are_not_what_their_digest_says_are_not_sent(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    after = bench.release(PAGES)
    bench.blobs.place(after.blob("docs/a.html") or after.release).write_bytes(b"tampered")
    with pytest.raises(PlatformRefused, match="not kept any more"):
        await bench.platform.publish(await bench.looked(), after)
    assert await Repository(bench.bare).git("for-each-ref") == ""


async def test_a_name_that_git_takes_nowhere_is_refused(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    with pytest.raises(PlatformRefused, match=r"a/\.GIT/x") as caught:
        await bench.platform.try_publish(await bench.looked(), bench.release({"a/.GIT/x": b"x"}))
    assert caught.value.refusal is Refusal.INVALID


async def test_names_with_spaces_quotes_and_letters_beyond_ascii(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    pages = {'a "b" \\ c.html': b"1", "überall/ß 1.html": b"2", '"first.html': b"3", "a\u0301.html": b"4"}
    await bench.publish(pages)
    assert await bench.served() == pages
    bench.restart()
    assert (await bench.looked()).files == digests(pages)


async def test_three_thousand_files_are_one_process_and_one_push(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        pages = {f"p{n // 100}/{n}.html": b"<p>%d" % n for n in range(3000)}
        after = bench.release(pages)
        before = await bench.looked()
        bench.processes.commands.clear()
        await bench.platform.publish(before, after)
        assert bench.processes.words == ["init", "fast-import", "push"]
        bench.restart()
        assert (await bench.looked()).files == digests(pages)
        assert bench.processes.words == ["ls-remote", "ls-tree"]


async def test_a_page_becomes_a_folder_and_a_folder_a_page(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish({"a": b"1", "b/c": b"2"})
    await bench.publish({"a/x": b"3", "b": b"4"})
    assert await bench.served() == {"a/x": b"3", "b": b"4"}


async def test_rollback_is_a_new_commit_with_the_older_tree(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish(PAGES)
    first = await bench.tip()
    await bench.publish(CHANGED)
    await bench.publish(PAGES)
    assert await bench.served() == PAGES
    git = Repository(bench.bare)
    assert await git.git("rev-parse", "pages^{tree}") == await git.git("rev-parse", f"{first}^{{tree}}")
    assert len(await bench.history()) == 3


async def test_a_repository_of_sha256_objects(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await Repository(bench.bare.parent).git("init", "--quiet", "--bare", "--object-format=sha256", "new.git")
        bench.url = bench.url.replace("site.git", "new.git")
        bench.bare = bench.bare.with_name("new.git")
        await Repository(bench.bare).git("config", "http.receivepack", "true")
        bench.restart()
        await bench.publish(PAGES)
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED
        bench.restart()
        assert (await bench.looked()).files == digests(CHANGED)


async def test_the_copy_is_made_anew_before_it_grows_without_end(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish(PAGES)
    packs = bench.folder / "data/site.git/objects/pack"
    (old,) = packs.glob("*.pack")
    for number in range(101):
        old.with_name(f"pack-{number:040d}.pack").write_bytes(b"")
    look = await bench.looked()
    assert look.files == digests(PAGES)
    assert len(list(packs.glob("*.pack"))) < 5
    await bench.publish(CHANGED)
    assert await bench.served() == CHANGED
