"""What a directory gives a server: the right bytes or none, whatever is done to the files; one release at a time."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.target.directory.site_bench import Bench
from trueline.model.digest import digest_bytes
from trueline.target.directory.serve import PIECE_BYTES, LiveRelease
from trueline.target.directory.state import Manifest
from trueline.target.site.server.condition import Span
from trueline.target.site.server.live import BytesGone

LARGE = "".join(f"{number:07}\n" for number in range(PIECE_BYTES * 3 // 8 + 5))
PAGES = {"index.html": "<p>home", "docs/large.txt": LARGE, "assets/old.css": "old"}
TAMPERED = LARGE.replace("0", "9")


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    bench = Bench(folder=tmp_path)
    await bench.go(PAGES)
    return bench


def opened() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def taken(live: LiveRelease | None, path: str, meanwhile: Callable[[], object] = lambda: None) -> str:
    """A file's text; something happens after its first piece."""
    assert live is not None
    async with live.opened(path, live.release.files[path]) as content:
        pieces: list[bytes] = []
        async for piece in content.pieces(Span(0, content.size_bytes)):
            if not pieces:
                meanwhile()
            pieces.append(piece)
        return b"".join(pieces).decode()


def _in_place(file: Path) -> None:
    with file.open("r+") as opened:
        opened.write(TAMPERED)


def _in_place_with_its_old_time(file: Path) -> None:
    before = file.stat()
    _in_place(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replaced(file: Path) -> None:
    other = file.with_suffix(".other")
    other.write_text(TAMPERED)
    other.replace(file)


def _link(file: Path) -> None:
    other = file.parents[3] / "secret"
    other.write_text(TAMPERED)
    file.unlink()
    file.symlink_to(other)


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder_is_a_link(file: Path) -> None:
    elsewhere = file.parents[3] / "elsewhere"
    file.parent.rename(elsewhere)
    (elsewhere / file.name).write_text(TAMPERED)
    file.parent.symlink_to(elsewhere)


def _no_release(file: Path) -> None:
    file.parents[1].rename(file.parents[3] / "away")


WAYS = [
    _in_place,
    _in_place_with_its_old_time,
    _replaced,
    _link,
    _pipe,
    _folder_is_a_link,
    _no_release,
    Path.unlink,
    lambda file: file.write_text(""),
    lambda file: os.truncate(file, 10),
]


@pytest.mark.parametrize("way", WAYS)
async def test_a_tampered_file_is_never_given(bench: Bench, way: Callable[[Path], object]) -> None:
    file = bench.live("docs/large.txt")
    with bench.target.served.hold() as before:
        way(file)
        assert await taken(before, "docs/large.txt") == LARGE
    with bench.target.served.hold() as live:
        assert await taken(live, "docs/large.txt") == LARGE
        assert await taken(live, "index.html") == "<p>home"


@pytest.mark.parametrize("way", WAYS)
async def test_nor_one_that_is_tampered_with_while_it_is_sent(bench: Bench, way: Callable[[Path], object]) -> None:
    file = bench.live("docs/large.txt")
    with bench.target.served.hold() as live:
        assert await taken(live, "docs/large.txt", lambda: way(file)) == LARGE


@pytest.mark.parametrize("is_gone", [True, False])
async def test_without_the_right_bytes_there_are_none(bench: Bench, *, is_gone: bool) -> None:
    blob = bench.blobs.place(digest_bytes(LARGE.encode()))
    if is_gone:
        blob.unlink()
    else:
        blob.write_text(TAMPERED)
    with bench.target.served.hold() as live:
        assert await taken(live, "docs/large.txt") == LARGE
        _in_place(bench.live("docs/large.txt"))
        with pytest.raises(BytesGone):
            await taken(live, "docs/large.txt")


async def test_a_healed_file_is_read_from_its_place_again(bench: Bench) -> None:
    _in_place(bench.live("docs/large.txt"))
    await bench.go(PAGES)
    bench.blobs.place(digest_bytes(LARGE.encode())).unlink()
    with bench.target.served.hold() as live:
        assert await taken(live, "docs/large.txt") == LARGE


async def test_who_holds_a_release_keeps_it(bench: Bench) -> None:
    with bench.target.served.hold() as before:
        for number in range(7):  # more than are kept
            await bench.go({"index.html": f"<p>{number}", "docs/large.txt": LARGE + str(number)})
        assert await taken(before, "docs/large.txt") == LARGE
        with bench.target.served.hold() as after:
            assert await taken(after, "index.html") == "<p>6"
    with bench.target.served.hold() as now:
        assert now is after
        assert now is not None
        assert "assets/old.css" in now.release.immutable
        assert await taken(now, "assets/old.css") == "old"


async def test_no_folder_stays_open(bench: Bench) -> None:
    await bench.go({"index.html": "warm"})
    with bench.target.served.hold():
        pass
    count = opened()
    for number in range(5):
        await bench.go({"index.html": str(number)})
        with bench.target.served.hold() as live, bench.target.served.hold() as again:
            assert live is again
            assert await taken(live, "index.html") == str(number)
    assert opened() == count
    bench.target.served.close()
    assert opened() == count - 1


async def test_what_was_live_is_served_after_a_restart_and_without_its_state(bench: Bench) -> None:
    bench.restart()
    with bench.target.served.hold() as live:
        assert await taken(live, "index.html") == "<p>home"
        assert live is not None
        assert live.release.sizes[digest_bytes(LARGE.encode())] == len(LARGE)
    (bench.state / "live").write_text("rubbish")
    with bench.target.served.hold() as live:
        assert await taken(live, "index.html") == "<p>home"
    bench.state.rename(bench.folder / "away")
    with bench.target.served.hold() as live:
        assert await taken(live, "docs/large.txt") == LARGE


async def test_before_the_first_release_there_is_nothing(tmp_path: Path) -> None:
    with Bench(folder=tmp_path).target.served.hold() as live:
        assert live is None


async def test_the_manifest_of_an_older_version_is_read(bench: Bench) -> None:
    for file in (bench.state / "manifests").iterdir():
        text = file.read_text()
        for part in (',"headers":[]', ',"not_found":""', ',"redirects":[]'):
            assert part in text
            text = text.replace(part, "")
        file.write_text(text)
    bench.restart()
    with bench.target.served.hold() as live:
        assert await taken(live, "index.html") == "<p>home"
    assert not (await bench.go(PAGES)).outcomes
    assert {"redirects", "headers", "not_found"} <= set(Manifest.__struct_fields__)
