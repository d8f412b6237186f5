"""What a preview answers: pages that follow the builds, frames, and nothing that runs by somebody's words."""

import asyncio
import json
from pathlib import Path

import pytest

from trueline.model.diagnostic import Diagnostic
from trueline.render.site.file import HeaderRule, Redirect
from trueline.render.site.served import ServedRelease
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.http_listener import Asked, Reply
from trueline.runtime.task_group import TaskGroup
from trueline.server.preview.build import Build
from trueline.server.preview.site import PreviewSite
from trueline.server.preview.stream import LISTENERS_MAX

EVIL = "</title><script>alert(1)</script>"
STRICT = HeaderRule(
    pattern="/*",
    headers=(("X-Frame-Options", "DENY"), ("Content-Security-Policy", "default-src 'self'"), ("X-Own", "1")),
)
PAGE = "<!doctype html><main><p>{}</p></main></body></html>"


class Desk:
    """A preview, and builds for it."""

    def __init__(self, folder: Path) -> None:
        self.blobs = BlobDirectory(folder)
        self.site = PreviewSite(self.blobs, SystemClock())

    def build(self, files: dict[str, str]) -> Build:
        """A build of these files."""
        blobs = {path: self.blobs.put(text.encode()) for path, text in files.items()}
        redirects = [Redirect(source="/moved", leads_to="/", status=301)]
        release = ServedRelease.of(blobs, sizes={}, redirects=redirects, headers=[STRICT])
        return Build(name=EVIL, files=blobs, release=release)

    async def ask(self, target: str, **headers: str) -> Reply:
        """The reply to a request of this machine."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.site.answer(Asked(method="GET", target=target, headers={"host": "localhost", **named}))

    async def text(self, target: str) -> str:
        """Its text."""
        return (await self.ask(target)).body.decode()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def problem() -> Diagnostic:
    return Diagnostic(code="TL1510", summary="a link leads nowhere", detail=EVIL, remedy="correct it")


async def test_a_page_is_whole_with_the_tag_at_its_end(desk: Desk) -> None:
    files = {"index.html": PAGE.format("</body> in words"), "a.txt": "plain </body>", "b.html": "no end"}
    desk.site.show(desk.build(files), None, "nothing")
    page = await desk.text("/")
    assert page.startswith(files["index.html"].removesuffix("</body></html>"))
    assert page.count("<script") == 1
    assert page.endswith("</script></body></html>")
    assert await desk.text("/a.txt") == "plain </body>"
    assert (await desk.text("/b.html")).startswith("no end<script")


async def test_nothing_is_kept_by_a_browser(desk: Desk) -> None:
    desk.site.show(desk.build({"index.html": PAGE}), None, "nothing")
    for target in ("/", "/-/changes", "/-/preview.js", "/-/none", "/none", "/moved", "/%00"):
        headers = dict((await desk.ask(target, if_none_match="*", range="bytes=0-1")).headers)
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "ETag" not in headers
    assert (await desk.ask("/", if_none_match="*")).status == 200


async def test_a_frame_of_ours_shows_what_a_site_forbids_to_frame(desk: Desk) -> None:
    desk.site.show(desk.build({"index.html": PAGE}), None, "nothing")
    alone = dict((await desk.ask("/")).headers)
    framed = dict((await desk.ask("/", sec_fetch_dest="iframe")).headers)
    assert alone["X-Frame-Options"] == "DENY"
    assert {"X-Frame-Options", "Content-Security-Policy"}.isdisjoint(framed)
    assert framed["X-Own"] == "1"


async def test_no_words_of_others_run(desk: Desk) -> None:
    name = "<img src=x onerror=alert(1)>.html"
    files = {name: PAGE.format("&lt;script&gt;"), "index.html": PAGE}
    before = desk.build({name: PAGE.format("old")})
    desk.site.show(desk.build(files), before)
    desk.site.show(Build.failed(EVIL, [problem()]), before)
    compared = await desk.text("/-/compare/%3Cimg%20src=x%20onerror=alert(1)%3E.html")
    for page in (await desk.text("/-/changes"), compared):
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page
    assert "<ins>&lt;script&gt;</ins>" in compared


async def test_what_is_not_there_is_told(desk: Desk) -> None:
    assert (await desk.ask("/")).status == 503
    assert (await desk.ask("/-/before/")).status == 404
    assert (await desk.ask("/-/compare/x")).status == 404
    desk.site.show(Build.failed("now", [problem()]), None)
    assert "TL1510" in await desk.text("/any/thing")
    desk.site.show(desk.build({"index.html": PAGE}), None, "nothing")
    assert (await desk.ask("/-/compare/none")).status == 404
    assert (await desk.ask("/-/compare/%2e%2e/x")).status == 404
    assert (await desk.ask("/-/before/")).status == 404
    reply = await desk.site.answer(Asked(method="POST", target="/", headers={"host": "localhost"}))
    assert (reply.status, dict(reply.headers)["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil", "evil@localhost", "1.2.3.4"]
)
async def test_another_name_is_turned_away(desk: Desk, host: str) -> None:
    desk.site.show(desk.build({"index.html": PAGE}), None)
    assert (await desk.ask("/", host=host)).status == 421
    opened = PreviewSite(desk.blobs, SystemClock(), is_open=True)
    opened.show(desk.build({"index.html": PAGE}), None)
    assert (await opened.answer(Asked(method="GET", target="/", headers={"host": host}))).status == 200


async def test_every_page_is_told_of_each_build_and_no_more_than_a_bound_listen(desk: Desk) -> None:
    first = await desk.ask("/-/events")
    assert first.pieces is not None
    stream = aiter(first.pieces)
    assert await anext(stream) == b": still here\n\n"

    async def next_one() -> bytes:
        return await anext(stream)

    async with TaskGroup() as group:
        told = group.create_task(next_one())
        await asyncio.sleep(0)
        desk.site.show(desk.build({"index.html": PAGE}), None)
    assert json.loads(told.result().partition(b"data: ")[2]) == {"number": 1, "problems": []}
    others = [await desk.ask("/-/events") for _ in range(LISTENERS_MAX - 1)]
    assert {one.status for one in others} == {200}
    assert (await desk.ask("/-/events")).status == 503
    await first.pieces.aclose()
    assert (await desk.ask("/-/events")).status == 200
