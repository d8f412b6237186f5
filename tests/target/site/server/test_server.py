"""The built-in server over a directory, asked over HTTP: whole releases, right bytes, and each compressed once."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.target.directory.site_bench import Bench
from trueline.runtime.http_listener import HttpListener
from trueline.runtime.task_group import TaskGroup
from trueline.target.site.server.server import SHELVED_BYTES_MAX, SiteServer
from trueline.target.site.server.shelf import Shelf

LARGE = "".join(f"{number:07}\n" for number in range(SHELVED_BYTES_MAX // 4))
PAGES = {"index.html": "<p>home" * 100, "404.html": "nowhere", "large.bin": LARGE, "guide/index.html": "<p>guide"}
READERS, RELEASES = 4, 12


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path)


@pytest.fixture
def server(bench: Bench) -> SiteServer:
    return SiteServer(bench.target.served, bench.clock)


@pytest.fixture
async def url(server: SiteServer) -> AsyncIterator[str]:
    listener = HttpListener(server.answer)
    yield await listener.open("127.0.0.1", 0)
    await listener.close()


@pytest.fixture
async def client(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(url, auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as client:
        yield client


async def test_before_the_first_release_a_reader_is_told_to_come_back(client: aiohttp.ClientSession) -> None:
    async with client.get("/") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


async def test_a_site_is_served(bench: Bench, server: SiteServer, client: aiohttp.ClientSession) -> None:
    await bench.go(PAGES)
    async with client.get("/") as answer:
        assert (answer.status, await answer.text()) == (200, PAGES["index.html"])
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Length"] == str(len(PAGES["index.html"]))
        assert answer.headers["Server"] == "trueline"
        tag = answer.headers["ETag"]
    async with client.get("/", headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert "Content-Type" not in answer.headers
    async with client.get("/guide", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (308, "/guide/")
    async with client.get("/none") as answer:
        assert (answer.status, await answer.text()) == (404, "nowhere")
    async with client.post("/", data=b"x" * 100_000) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert server.counts == {200: 1, 304: 1, 308: 1, 404: 1, 405: 1}


async def test_a_head_says_what_a_get_would(bench: Bench, client: aiohttp.ClientSession) -> None:
    await bench.go(PAGES)
    for path in ("/", "/large.bin", "/none", "/guide"):
        for accepted in ("gzip", "identity"):
            asked = {"Accept-Encoding": accepted}
            async with client.get(path, headers=asked, allow_redirects=False) as answer:
                got = {name: value for name, value in answer.headers.items() if name != "Date"}
                assert len(await answer.read()) == int(got["Content-Length"])
            async with client.head(path, headers=asked, allow_redirects=False) as answer:
                assert {name: value for name, value in answer.headers.items() if name != "Date"} == got
                assert await answer.read() == b""


async def test_a_large_file_comes_in_pieces_and_by_ranges(bench: Bench, client: aiohttp.ClientSession) -> None:
    await bench.go(PAGES)
    async with client.get("/large.bin") as answer:
        assert await answer.text() == LARGE
        tag = answer.headers["ETag"]
    found = ""
    while len(found) < len(LARGE):
        asked = {"Range": f"bytes={len(found)}-{len(found) + 333_332}", "If-Range": tag}
        async with client.get("/large.bin", headers=asked) as answer:
            assert answer.status == 206
            found += await answer.text()
    assert found == LARGE
    async with client.get("/index.html", headers={"Range": "bytes=-4"}) as answer:
        assert (answer.status, await answer.text()) == (206, "home")


async def test_what_is_compressed_is_compressed_once(
    bench: Bench, server: SiteServer, client: aiohttp.ClientSession
) -> None:
    await bench.go(PAGES)
    shelf = server.shelf

    async def ask() -> bytes:
        async with client.get("/", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            return await answer.read()

    async with TaskGroup() as group:
        tasks = [group.create_task(ask()) for _ in range(10)]
    assert {gzip.decompress(task.result()).decode() for task in tasks} == {PAGES["index.html"]}
    assert len({task.result() for task in tasks}) == 1
    assert shelf.made == 1
    await bench.go({**PAGES, "other.html": "other"})
    await ask()
    assert shelf.made == 1


async def test_the_shelf_has_a_bound(bench: Bench) -> None:
    shelf = Shelf(1_000)
    blobs = [bench.blobs.put(str(number).encode()) for number in range(20)]

    async def hundred() -> bytes:
        return b"x" * 100

    async def large() -> bytes:
        return b"x" * 900

    for blob in blobs:
        assert await shelf.take((blob, ""), hundred) == b"x" * 100
        assert shelf.size_bytes <= 1_000
    assert shelf.get((blobs[0], "")) is None
    assert shelf.get((blobs[-1], "")) == b"x" * 100
    assert len(await shelf.take((blobs[0], "gzip"), large)) == 900
    assert shelf.size_bytes == 1_000


async def test_a_failed_making_is_no_answer_for_the_next_one(bench: Bench) -> None:
    shelf, blob = Shelf(), bench.blobs.put(b"x")

    async def fails() -> bytes:
        raise OSError

    async def works() -> bytes:
        return b"x"

    with pytest.raises(OSError):  # noqa: PT011 - whatever it is
        await shelf.take((blob, ""), fails)
    assert await shelf.take((blob, ""), works) == b"x"


async def test_a_reader_never_sees_half_a_release_nor_a_tampered_file(
    bench: Bench, client: aiohttp.ClientSession
) -> None:
    """Each answer is one release's, whole; releases come in their order; and what is written into files is not seen."""
    seen: list[int] = []
    done = asyncio.Event()

    async def publish() -> None:
        for number in range(2, RELEASES):
            await bench.go(_numbered(number))
            await asyncio.sleep(0.02)
        done.set()

    await bench.go(_numbered(1))
    async with TaskGroup() as group:
        for _ in range(READERS):
            for name in ("index.html", "large.bin"):
                group.create_task(_read(client, name, seen, done))
        group.create_task(_tamper(bench, done))
        group.create_task(publish())
    assert len(set(seen)) > RELEASES // 3


def _numbered(number: int) -> dict[str, str]:
    return {"index.html": f"{number:04}" * 50, "large.bin": f"{number:04}" * 100_000, "404.html": "no"}


async def _read(client: aiohttp.ClientSession, name: str, seen: list[int], done: asyncio.Event) -> None:
    last = 0
    while not done.is_set():
        async with client.get(f"/{name}") as answer:
            assert answer.status == 200
            text = await answer.text()
        number = int(text[:4])
        assert text == _numbered(number)[name]
        assert number >= last
        last = number
        seen.append(number)


async def _tamper(bench: Bench, done: asyncio.Event) -> None:
    while not done.is_set():
        for name in ("index.html", "large.bin"):
            with suppress(OSError):
                bench.live(name).write_text("9999" * 50_000)
        await asyncio.sleep(0)


async def test_without_the_right_bytes_a_reader_is_told_to_come_back(
    bench: Bench, client: aiohttp.ClientSession
) -> None:
    await bench.go(PAGES)
    for name in ("index.html", "large.bin"):
        bench.live(name).write_text("tampered")
        bench.blobs.place(bench.blobs.put(PAGES[name].encode())).unlink()
        async with client.get(f"/{name}") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (503, "no-store")
            assert "tampered" not in await answer.text()
