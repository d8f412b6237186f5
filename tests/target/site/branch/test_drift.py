"""What somebody else pushes to the branch: told, healed on top of it, and never at the cost of what is his."""

import json
from pathlib import Path

import pytest

from testbed.repository import Repository
from tests.target.site.branch.branch_bench import CHANGED, FOREIGN, PAGES, Bench, digests, on_disk, over_http
from trueline.model.digest import digest_bytes
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused

THEIRS = {path: text.strip().encode() for path, text in FOREIGN.items()}


async def test_a_page_that_somebody_changed_is_told_and_put_back_on_top_of_his_commit(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        live = await bench.publish(PAGES)
        theirs = await bench.push({**FOREIGN, "docs/a.html": "tampered", "docs/b.html": None})
        bench.processes.commands.clear()
        look = await bench.looked()
        assert bench.processes.words == ["ls-remote", "fetch", "ls-tree", "fetch"]
        left = {path: data for path, data in PAGES.items() if path != "docs/b.html"}
        assert look.files == {**digests(left), "docs/a.html": digest_bytes(b"tampered")}
        assert (look.published, look.pointer, look.version) == (live, "", theirs)
        bench.processes.commands.clear()
        await bench.platform.put_back(live, ["docs/a.html", "docs/b.html"])
        assert bench.processes.words == ["ls-remote", "fast-import", "push"]
        assert await bench.served() == {**PAGES, **THEIRS}
        assert (await bench.history())[:2] == ["handbook: 2 files put back", "by hand"]
        assert (await bench.looked()).files == digests(PAGES)


async def test_only_the_bytes_of_what_differs_are_fetched(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        live = await bench.publish(PAGES)
        large = bytes(range(256)) * 4096
        await bench.push({"large.bin": large, "docs/a.html": "tampered"})
        bench.lose_copy()
        bench.restart()
        await bench.looked()
        objects = bench.folder / "data/site.git/objects"
        size = sum(file.stat().st_size for file in objects.rglob("*") if file.is_file())
        assert size < len(large) // 100, "a file of somebody else was fetched"
        await bench.platform.put_back(live, ["docs/a.html"])
        assert (await bench.served())["large.bin"][:10] == large.decode("utf-8", "replace").encode()[:10]
        await bench.push({"docs/b.html": "tampered"})
        await bench.platform.put_back(live, ["docs/b.html"])
        await bench.publish(CHANGED)
        assert {path: data for path, data in (await bench.served()).items() if path != "large.bin"} == CHANGED


async def test_a_page_is_put_back_and_the_others_are_left_alone(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    live = await bench.publish(PAGES)
    await bench.push({"docs/a.html": "tampered", "docs/b.html": "tampered too"})
    await bench.platform.put_back(live, ["docs/a.html", "nobody/knows.html"])
    assert await bench.served() == {**PAGES, "docs/b.html": b"tampered too"}
    tip = await bench.tip()
    await bench.platform.put_back(live, ["docs/a.html"])
    assert await bench.tip() == tip


@pytest.mark.parametrize("how", ["link", "folder"])
async def test_a_page_that_became_something_else_is_not_there(tmp_path: Path, how: str) -> None:
    bench = on_disk(tmp_path)
    live = await bench.publish(PAGES)
    clone = await bench.somebody()
    (clone.path / "index.html").unlink()
    if how == "link":
        (clone.path / "index.html").symlink_to("docs/a.html")
    else:
        clone.write({"index.html/precious.txt": "theirs"})
    await clone.commit("by hand")
    await clone.push("pages:pages")
    look = await bench.looked()
    assert set(look.files) == PAGES.keys() - {"index.html"}
    if how == "link":
        await bench.platform.put_back(live, ["index.html"])
        assert await bench.served() == PAGES
    else:
        with pytest.raises(PlatformRefused, match=r"index\.html/precious\.txt, which is not ours"):
            await bench.platform.put_back(live, ["index.html"])
        assert (await bench.served())["index.html/precious.txt"] == b"theirs"


async def test_a_branch_that_was_taken_back_shows_its_older_release(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        first = await bench.publish(PAGES)
        old = await bench.tip()
        second = await bench.publish(CHANGED)
        await Repository(bench.bare).git("update-ref", "refs/heads/pages", old)
        look = await bench.looked()
        assert (look.published, look.version) == (first, old)
        await bench.platform.publish(look, second)
        assert await bench.served() == CHANGED
        assert len(await bench.history()) == 2


async def test_a_branch_with_another_history_is_healed_on_top_of_it(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        live = await bench.publish(PAGES)
        clone = await bench.somebody()
        await clone.git("checkout", "--quiet", "--orphan", "other")
        await clone.git("rm", "-r", "--quiet", "--cached", "docs")
        await clone.git("commit", "--quiet", "--message", "rewritten")
        await clone.push("other:pages", force=True)
        look = await bench.looked()
        assert (look.published, set(look.files)) == (live, {"index.html", "assets/m.1.css"})
        await bench.platform.publish(look, live)
        assert await bench.served() == PAGES
        assert (await bench.history())[1:] == ["rewritten"]


async def test_a_branch_without_what_says_what_is_ours_holds_nothing_of_ours(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    live = await bench.publish(PAGES)
    await bench.push({".trueline.json": None, "docs/a.html": "by hand"})
    look = await bench.looked()
    assert (look.published, look.files) == (None, {})
    with pytest.raises(PlatformRefused, match=r"stands docs/a\.html, which is not ours"):
        await bench.platform.publish(look, live)
    await bench.push({"docs/a.html": PAGES["docs/a.html"]})
    await bench.platform.publish(await bench.looked(), live)
    assert (await bench.looked()).published == live


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_deleted_branch_comes_back_whole(tmp_path: Path, *, restarted: bool) -> None:
    async with over_http(tmp_path) as (bench, _):
        live = await bench.publish(PAGES)
        await Repository(bench.bare).git("update-ref", "-d", "refs/heads/pages")
        if restarted:
            bench.restart()
        look = await bench.looked()
        assert (look.published, look.files, look.pointer) == (live, {}, "the branch pages is gone")
        await bench.platform.put_back(live, ["docs/a.html"])  # half a release is never live
        assert await bench.served() == PAGES
        assert (await bench.looked()).pointer == ""


async def test_a_deleted_branch_stays_away_after_a_removal(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    live = await bench.publish(PAGES)
    await Repository(bench.bare).git("update-ref", "-d", "refs/heads/pages")
    await bench.platform.remove(live)
    assert await Repository(bench.bare).git("for-each-ref") == ""
    assert (await bench.looked()).published is None


@pytest.mark.parametrize("text", ["not JSON", "{}", '{"published": {"lineage": "x"}}', "[" * 100_000])
async def test_a_broken_state_is_drift_where_it_is_known_and_refused_where_it_is_not(tmp_path: Path, text: str) -> None:
    bench = on_disk(tmp_path)
    live = await bench.publish(PAGES)
    await bench.push({".trueline.json": text, "docs/a.html": "tampered"})
    look = await bench.looked()
    assert look.published == live
    assert look.pointer == ".trueline.json was changed, and cannot be read"
    assert look.files["docs/a.html"] == digest_bytes(b"tampered")
    stranger = Bench(folder=tmp_path / "other", url=bench.url, bare=bench.bare)
    with pytest.raises(PlatformRefused, match=r"\.trueline\.json cannot be read") as caught:
        await stranger.looked()
    assert caught.value.refusal is Refusal.DENIED
    await bench.platform.publish(look, live)
    assert await bench.served() == PAGES
    assert (await stranger.looked()).published == live


@pytest.mark.parametrize("path", ["../x", ".git/config", "/etc/passwd", ""])
async def test_a_state_that_claims_what_it_cannot_own_is_not_believed(tmp_path: Path, path: str) -> None:
    bench = on_disk(tmp_path)
    await bench.publish(PAGES)
    state = json.loads((await bench.standing())[".trueline.json"])
    state["published"]["kept"] = {path: ["a" * 64, 1.0]}
    state["extras"] = [path]
    await bench.push({".trueline.json": json.dumps(state)})
    assert (await bench.looked()).pointer == ".trueline.json was changed, and cannot be read"


async def test_no_secret_and_no_path_of_this_machine_stands_in_the_state(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish(PAGES)
    state = (await bench.standing())[".trueline.json"].decode()
    assert str(tmp_path) not in state
    assert set(json.loads(state)) == {"about", "extras", "format", "published"}


async def test_a_removal_of_another_release_is_stale(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    first = await bench.publish(PAGES)
    await bench.publish(CHANGED)
    for step in (bench.platform.remove(first), bench.platform.put_back(first, ["docs/a.html"])):
        with pytest.raises(PlatformRefused) as caught:
            await step
        assert caught.value.refusal is Refusal.STALE
    assert await bench.served() == CHANGED
