"""A site as a whole: where files are published, what links become, what is told, and what is made again."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.render.site.case import Bench, Files, tree
from trueline.model.fault import Transient, UserError
from trueline.render.options import NavigationEntry, Site
from trueline.render.resource import Rendered
from trueline.render.site.file import RELEASE_REF, SiteFile
from trueline.render.site.image.markup import ROOT_MARK
from trueline.render.site.image.stage import ImageRequest, PictureResult, Read
from trueline.render.site.parsed import Finding
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import NO_FILES, Toolbox, ToolboxFailed
from trueline.runtime.toolbox_process import ProcessToolbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[3]
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0"/></svg>'
PIXEL = bytes.fromhex("89504e470d0a1a0a")
SMALL: Files = {
    "index.md": "# Home\n\n[Setup](guide/setup.md#first) ![A dot](dot.png)\n",
    "guide/README.md": "---\norder: 2\n---\n# Guide\n\n[back](../index.md) [self](#guide) [file](../data.csv)\n",
    "guide/setup.md": "# Set up\n\n## First\n\n[guide](README.md) [home](/) [served](../setup/) [away](https://x.example)\n",
    "about us.md": "---\ntitle: About <us>\norder: 1\ndate: 2024-05-06\n---\n[ü](größe.md)\n",
    "größe.md": "# Größe\n",
    "data.csv": "a,b\n",
    "dot.png": PIXEL,
    "_redirects": "/old /guide/ 301\n",
    "_headers": "/*\n  X-Frame-Options: DENY\n",
    ".hidden": "x",
}


def body_links(html: bytes) -> list[str]:
    main = html.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return re.findall(r'<(?:a|img) (?:href|src)="([^"]*)"', main)


def release(rendered: Rendered) -> dict[str, object]:
    last = rendered.resources[-1]
    assert last.ref == RELEASE_REF
    return dict(json.loads(rendered.body(last)))


async def refused(bench: Bench, files: Files, options: Site | None = None) -> list[str]:
    with pytest.raises(UserError) as error:
        await bench.files(files, options)
    return [f"{one.code} {one.origin} {one.detail}" for one in error.value.diagnostics]


async def test_files_are_published_under_addresses_that_stay(bench: Bench) -> None:
    files = await bench.files(SMALL, Site(url="https://docs.example/v1"))
    named = [re.sub(r"\.[0-9a-f]{12,}\.", ".*.", path) for path in files]
    assert [path for path in named if not path.startswith("assets/search/")] == [
        "404.html",
        "about us/index.html",
        "assets/theme/icon.*.svg",
        "assets/theme/search.*.js",
        "assets/theme/style.*.css",
        "assets/theme/theme.*.js",
        "data.csv",
        "dot.png",
        "feed.xml",
        "größe/index.html",
        "guide/index.html",
        "guide/setup/index.html",
        "index.html",
        "old/index.html",
        "robots.txt",
        "sitemap.xml",
    ]
    assert "assets/search/index.json" in files
    assert b"https://docs.example/v1/gr%C3%B6%C3%9Fe/" in files["sitemap.xml"]
    assert b"About &lt;us&gt;" in files["about us/index.html"]


async def test_links_are_relative_to_the_page(bench: Bench) -> None:
    files = await bench.files(SMALL)
    assert body_links(files["index.html"])[:2] == ["guide/setup/#first", "dot.png"]
    setup = files["guide/setup/index.html"].decode()
    for text, address in {"guide": "../../guide/", "home": "../../", "served": "../../guide/setup/"}.items():
        assert f'<a href="{address}">{text}</a>' in setup
    assert '<a href="https://x.example">away</a>' in setup
    assert '<a href="#guide">self</a>' in files["guide/index.html"].decode()
    assert '<a href="../data.csv">file</a>' in files["guide/index.html"].decode()
    assert '<a href="../gr%C3%B6%C3%9Fe/">ü</a>' in files["about us/index.html"].decode()


async def test_the_release_names_all_of_it(bench: Bench) -> None:
    rendered = await bench.render(tree(SMALL))
    body = release(rendered)
    assert body["files"] == {
        path: json.loads(rendered.body(one))["blob"] for one in rendered.resources[:-1] if (path := one.ref.name)
    }
    assert body["redirects"] == [{"source": "/old", "leads_to": "/guide/", "status": 301, "is_forced": False}]
    assert body["headers"] == [{"pattern": "/*", "headers": [["X-Frame-Options", "DENY"]]}]
    assert body["not_found"] == "404.html"
    origins = {one.ref.name: str(one.origin) for one in rendered.resources}
    assert origins["guide/setup/index.html"] == "guide/setup.md"
    assert origins["data.csv"] == "data.csv"
    assert [one.ref.name for one in rendered.resources[:-1]] == sorted(body["files"])


async def test_navigation_is_found_from_folders(bench: Bench) -> None:
    files = await bench.files(SMALL)
    menu = re.findall(
        r'<a [^>]*href="([^"]*)"[^>]*>', files["index.html"].decode().split("<nav", 1)[1].split("</nav>")[0]
    )
    assert [one for one in menu if not one.startswith("#")] == [
        "./",
        "about%20us/",
        "guide/",
        "guide/setup/",
        "gr%C3%B6%C3%9Fe/",
    ]


async def test_a_declared_navigation_holds(bench: Bench) -> None:
    entries = (
        NavigationEntry(title="Start", path="guide/setup.md"),
        NavigationEntry(title="More", items=(NavigationEntry(title="", path="index.md"),)),
        NavigationEntry(title="Code", address="https://code.example"),
    )
    files = await bench.files(SMALL, Site(navigation=entries))
    html = files["guide/setup/index.html"].decode()
    assert re.findall(r'<a [^>]*rel="next"[^>]*href="([^"]*)"', html) == ["../../"]
    assert '"https://code.example"' in html
    wrong = Site(
        navigation=(
            NavigationEntry(title="x", path="guide/setpu.md"),
            NavigationEntry(title="y", address="javascript:x"),
        )
    )
    assert await refused(bench, dict(SMALL), wrong) == [
        "TL1519 None guide/setpu.md; there is guide/setup.md",
        "TL1519 None javascript:x",
    ]


async def test_a_folder_named_docs_is_taken_where_the_rest_is_about_the_repository(bench: Bench) -> None:
    files = await bench.files({"app/README.md": "x", "app/docs/index.md": "# In docs", "app/src/a.py": "x"}, path="app")
    assert b"In docs" in files["index.html"]
    assert "src/a.py" not in files
    files = await bench.files({"README.md": "# Root", "guide.md": "x", "docs/index.md": "# In docs"})
    assert b"Root" in files["index.html"]
    assert "docs/index.html" in files


BAD: dict[str, tuple[Files, list[str]]] = {
    "front matter": ({"a.md": "---\ntitle: [\n---\n"}, ["TL1503 a.md:2"]),
    "front matter that is a list": ({"a.md": "---\n- a\n---\n"}, ["TL1503 a.md:2"]),
    "a key twice": ({"a.md": "---\na: 1\nb: 1\na: 2\n---\n"}, ["TL1503 a.md:4"]),
    "front matter without an end": ({"a.md": "---\ndraft: true\n\n# Secret plan\n"}, ["TL1503 a.md:1"]),
    "front matter below the first line": ({"a.md": "\n---\ndraft: true\n---\n# Secret plan\n"}, ["TL1503 a.md:1"]),
    "front matter in TOML": ({"a.md": "+++\ndraft = true\n+++\n# Secret plan\n"}, ["TL1503 a.md:1"]),
    "no UTF-8": ({"a.md": b"a\nb \xff"}, ["TL1502 a.md:2"]),
    "no page": ({}, ["TL1501 None"]),
    "two indexes": ({"g/index.md": "", "g/README.md": ""}, ["TL1508 g/index.md"]),
    "page and folder": ({"g.md": "", "g/index.md": ""}, ["TL1508 g/index.md"]),
    "page and file": ({"g.md": "", "g/index.html": "x"}, ["TL1508 g/index.html"]),
    "file beneath a file": ({"a.md": "", "g.md": "", "g": "x"}, ["TL1508 g.md"]),
    "case": ({"A.md": "", "a.md": ""}, ["TL1509 a.md"]),
    "forms of a letter": ({"\u00e9.md": "", "e\u0301.md": ""}, ["TL1508 é.md"]),
    "name": ({"a.md": "", "b\x07.txt": "x"}, ["TL1524 b\x07.txt"]),
    "link": ({"a.md": "\n[x](b.md)"}, ["TL1510 a.md:2"]),
    "link out of the site": ({"a.md": "[x](../../b.md)"}, ["TL1510 a.md:1"]),
    "link to a draft": ({"a.md": "[x](b.md)", "b.md": "---\ndraft: true\n---\n"}, ["TL1510 a.md:1"]),
    "anchor": ({"a.md": "# A\n\n[x](#b) [y](c.md#d)", "c.md": ""}, ["TL1511 a.md:3", "TL1511 a.md:3"]),
    "image": ({"a.md": "\n\n![x](b.png)"}, ["TL1512 a.md:3"]),
    "redirect": (
        {"a.md": "", "_redirects": "# c\n/a\n/b /c 999\nx /y\n/d javascript:x\n"},
        [f"TL1520 _redirects:{line}" for line in (2, 3, 4, 5)],
    ),
    "redirects in a circle": ({"a.md": "", "_redirects": "/x /b\n/b /c#x\n/c /x\n/d /x\n"}, ["TL1522 _redirects:1"]),
    "a redirect to nowhere": ({"a.md": "", "_redirects": "/old /a/\n/older /b/\n"}, ["TL1911 _redirects:2"]),
    "redirects in a circle of slashes": ({"a.md": "", "_redirects": "/b /c/\n/c /b/\n"}, ["TL1522 _redirects:1"]),
    "header": (
        {"a.md": "", "_headers": "  X: y\n/a\n  nothing\n  A b: c\n"},
        [f"TL1523 _headers:{line}" for line in (1, 3, 4)],
    ),
    "quotes": ({"a.md": "\n" + ">" * 50_000}, ["TL1505 a.md:2"]),
    "all of it": (
        {"a.md": "[x](b.md)", "c.md": "---\n[\n---\n", "d.md": b"\xff"},
        ["TL1510 a.md:1", "TL1503 c.md:2", "TL1502 d.md:1"],
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_told_with_its_place(bench: Bench, name: str) -> None:
    files, told = BAD[name]
    assert [" ".join(one.split(" ")[:2]) for one in await refused(bench, dict(files))] == told


async def test_hints_name_what_is_there(bench: Bench) -> None:
    files: Files = {
        "guide/a.md": "[x](instal.md) [y](../faq.md#how-to) ![z](../img/logo.jpg)",
        "guide/install.md": "",
        "faq.md": "# FAQ\n## How too\n",
        "img/logo.png": "x",
    }
    assert [one.split(" ", 2)[2] for one in await refused(bench, files)] == [
        "instal.md; there is install.md",
        "#how-to on faq.md; there is #how-too",
        "../img/logo.jpg; there is ../img/logo.png",
    ]


async def test_what_only_warns_does_not_stop(bench: Bench) -> None:
    text = "![](a.png) [x](b.md)\n\n<br>\n\n{!c.md!}\n"
    rendered = await bench.render(tree({"index.md": text, "a.png": PIXEL}), Site(broken_links="warn"))
    assert [f"{one.code} {one.origin}" for one in rendered.notes] == [
        "TL1510 index.md:1",
        "TL1513 index.md:1",
        "TL1515 index.md:3",
        "TL1518 index.md:5",
    ]


async def test_a_page_is_made_anew_in_another_language_and_one_without_words_is_told(bench: Bench) -> None:
    files: Files = {"index.md": "# A\n\n> [!NOTE]\n> x\n"}
    await bench.files(files)
    german = (await bench.files(files, Site(language="de")))["index.html"]
    assert bench.counts() == (1, 2)
    assert b'<html lang="de"' in german
    assert b">Hinweis</p>" in german
    rendered = await bench.render(tree(files), Site(language="eo"))
    assert [f"{one.code} {one.origin} {one.detail[:13]}" for one in rendered.notes] == ["TL1549 None eo; there are"]
    assert b'<html lang="eo"' in bench.published(rendered)["index.html"]


async def test_a_site_has_its_own_icon_or_the_themes(bench: Bench) -> None:
    icon = re.compile(r'<link rel="icon" href="([^"]*)">')
    files: Files = {"index.md": "# A", "g/b.md": "# B", "g/favicon.svg": DRAWING}
    assert icon.findall((await bench.files(files))["index.html"].decode())[0].startswith("assets/theme/icon.")
    files |= {"favicon.ico": b"x", "favicon.png": PIXEL}
    assert icon.findall((await bench.files(files))["g/b/index.html"].decode()) == ["../../favicon.png"]


async def test_ids_of_other_generators_are_understood(bench: Bench) -> None:
    files = await bench.files({"index.md": "# A & b\n\n[x](#a-b)\n"})
    assert b'<a href="#a--b">x</a>' in files["index.html"]


async def test_a_page_over_the_limit_is_told(bench: Bench) -> None:
    options = Site(page_bytes_max=20_000)
    told = await refused(bench, {"index.md": "word " * 5_000, "small.md": "word"}, options)
    assert [one.split(" as it is")[0][:19] for one in told] == ["TL1504 index.md 2" + told[0][17:19]]


async def test_drafts_are_shown_only_where_it_is_asked_for(bench: Bench) -> None:
    files: Files = {"index.md": "# A", "b.md": "---\ndraft: true\n---\n# Secret plan"}
    assert not [path for path, data in (await bench.files(files)).items() if b"Secret plan" in data]
    assert "b/index.html" in await bench.files(files, Site(drafts=True))


HOSTILE = {
    "a script": (DRAWING.replace("<path", "<script>alert(1)</script><path"), "TL1556"),
    "an event handler": (DRAWING.replace("<path", "<path onload='x()'"), "TL1556"),
    "what cannot be read": (DRAWING.replace("</svg>", ""), "TL1555"),
    "an entity": ("<!DOCTYPE svg [<!ENTITY x 'y'>]>" + DRAWING, "TL1555"),
    "too much of it": (DRAWING.replace("M0", "M0" * (3 << 20)), "TL1550"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_drawing_that_no_page_shows_does_no_more_than_draw(bench: Bench, case: str) -> None:
    """A browser that is led to the file runs what stands in it, as a page of the site."""
    drawing, code = HOSTILE[case]
    files: Files = {"index.md": "# A\n\n[plan](Plan.SVG)\n", "Plan.SVG": drawing}
    for _ in range(2):
        assert [one[:15] for one in await refused(bench, files)] == [f"{code} Plan.SVG"], "also the next time"
    trusted = await bench.files(files, Site(allow_html=True))
    assert trusted["Plan.SVG"] == drawing.encode()
    assert [one[:15] for one in await refused(bench, files)] == [f"{code} Plan.SVG"], "whoever allowed it before"


async def test_a_drawing_that_only_draws_is_published_as_it_is(bench: Bench) -> None:
    files: Files = {"index.md": "# A", "plan.svg": DRAWING, "photo.svg": b"\x89PNG\r\n\x1a\n"}
    made = await bench.files(files)
    assert (made["plan.svg"], made["photo.svg"]) == (DRAWING.encode(), files["photo.svg"])


async def test_an_image_that_is_copied_tells_nothing_of_its_camera(bench: Bench) -> None:
    camera = b"\xff\xe1\x00\x10Exif\0\0at home!"
    photo = b"\xff\xd8" + camera + b"\xff\xd9"
    files = await bench.files(
        {"index.md": "# A\n\n[large](b.jpg)", "b.jpg": photo, "lies/c.JPG": photo, "d.bin": photo}
    )
    assert files["b.jpg"] == files["lies/c.JPG"] == b"\xff\xd8\xff\xd9"
    assert files["d.bin"] == photo


@pytest.mark.parametrize("value", ['"yes"', "1", "[true]", "{a: b}", '"false"'])
async def test_a_draft_that_is_said_wrong_is_not_published(bench: Bench, value: str) -> None:
    rendered = await bench.render(tree({"index.md": "# A", "b.md": f"---\ndraft: {value}\n---\n# Secret plan"}))
    assert not [path for path, data in bench.published(rendered).items() if b"Secret plan" in data]
    assert [f"{one.code} {one.origin}" for one in rendered.notes] == ["TL1525 b.md:1"]


@pytest.mark.parametrize("value", ["false", "", "null"])
async def test_what_is_no_draft_is_published(bench: Bench, value: str) -> None:
    rendered = await bench.render(tree({"index.md": "# A", "b.md": f"---\ndraft: {value}\n---\n# Plan"}))
    assert "b/index.html" in bench.published(rendered)
    assert not rendered.notes


async def test_the_page_for_no_page_works_from_any_address(bench: Bench) -> None:
    files = await bench.files(SMALL, Site(url="https://docs.example/v1/"))
    html = files["404.html"].decode()
    assert not [one for one in re.findall(r'(?:href|src)="([^"]*)"', html) if not one.startswith(("/", "#", "https:"))]
    files = await bench.files({"index.md": "# A", "404.md": "# Lost\n\n[home](index.md)\n"})
    assert b"Lost" in files["404.html"]
    assert b'<a href="/">home</a>' in files["404.html"]


async def test_a_changed_page_costs_itself(bench: Bench) -> None:
    files: Files = {f"{name}.md": f"# Page {name}\n\n[next](b.md)\n" for name in "abcdefgh"}
    await bench.files(files)
    assert bench.counts() == (8, 8)
    await bench.files(files)
    assert bench.counts() == (8, 8)
    before = await bench.files(files)
    files["c.md"] = "# Page c\n\nOther text.\n"
    after = await bench.files(files)
    assert bench.counts() == (9, 9)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path for path in changed if not path.startswith("assets/search/")} == {"c/index.html"}
    files["c.md"] = "# Renamed\n\nOther text.\n"
    await bench.files(files)
    assert bench.counts() == (10, 17)  # its title stands in the navigation of all
    await bench.files(files, Site(title="Other"))
    assert bench.counts() == (10, 25)


async def test_a_page_is_made_again_when_what_it_links_to_moves(bench: Bench) -> None:
    files: Files = {"a.md": "# A\n\n[x](b.md#x-y)\n", "b.md": "# B\n## X & y\n", "c.md": "# C\n"}
    assert b'<a href="../b/#x--y">x</a>' in (await bench.files(files))["a/index.html"]
    files["b.md"] = "# B\n## X y\n"
    assert b'<a href="../b/#x-y">x</a>' in (await bench.files(files))["a/index.html"]
    assert bench.counts() == (4, 5)  # b was read again, and with it a was made; c was not touched
    files["b/index.md"] = files.pop("b.md")
    files["a.md"] = "# A\n\n[x](b/index.md)\n"
    assert b'<a href="../b/">x</a>' in (await bench.files(files))["a/index.html"]


async def test_what_the_cache_forgot_is_made_again(bench: Bench) -> None:
    before = await bench.files(SMALL)
    for key in [key for key in bench.cache if key.startswith(("site/page/", "site/html/"))]:
        del bench.cache[key]
    assert await bench.files(SMALL) == before
    for file in [file for file in bench.place.rglob("*") if file.is_file()]:
        file.unlink()
    assert await bench.files(SMALL) == before


MAKE = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:4]
from tests.render.site.case import Bench, tree
from tests.render.site.test_site import SMALL
from trueline.render.options import Site
from trueline.render.site.worker import MODULE
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.runtime.worker_process import arguments_of

async def main():
    worker = ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(MODULE), clock=SystemClock())
    async with worker, ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as toolbox:
        bench = Bench(worker=worker, toolbox=toolbox, place=Path(sys.argv[1]))
        rendered = await bench.render(tree(dict(reversed(SMALL.items()))), Site(url="https://docs.example"))
        print(rendered.resources[-1].digest)

asyncio.run(main())
"""


async def test_the_same_files_are_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    digests = set()
    for seed in "12":
        command = [sys.executable, "-c", MAKE, str(tmp_path / seed), str(ROOT / "src"), str(ROOT)]
        digests.add(
            await asyncio.to_thread(
                subprocess.check_output, command, env={**os.environ, "PYTHONHASHSEED": seed}, text=True
            )
        )
    assert len(digests) == 1


class Fragile:
    """A worker that ends where a page says so."""

    def __init__(self, worker: Toolbox) -> None:
        self._worker = worker

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """See `Toolbox`."""
        if any("for ever" in page["text"] for page in arguments["pages"]):
            raise ToolboxFailed("no answer to markdown within 60 s")
        return await self._worker.ask(operation, arguments, files)


async def test_a_page_that_nobody_can_read_is_told_and_the_others_are_read(
    worker: ProcessToolbox, yaml: ProcessToolbox, tmp_path: Path
) -> None:
    bench = Bench(worker=Fragile(worker), toolbox=yaml, place=tmp_path)
    files: Files = {"a.md": "[x](absent.md)", "b.md": "for ever", "c.md": ""}
    assert [" ".join(one.split(" ")[:2]) for one in await refused(bench, files)] == ["TL1510 a.md:1", "TL1507 b.md"]
    files |= {"a.md": "x", "b.md": "x"}
    await bench.files(files)
    assert bench.counts() == (5, 3)


class NoWorker:
    """A pool that cannot start a worker."""

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """See `Toolbox`."""
        raise ToolboxFailed("the worker did not start: exit code 1")


async def test_without_a_worker_it_is_tried_again(yaml: ProcessToolbox, tmp_path: Path) -> None:
    with pytest.raises(Transient, match="TL0313"):
        await Bench(worker=NoWorker(), toolbox=yaml, place=tmp_path).files(SMALL)


async def test_an_image_is_published_only_as_it_was_made(
    worker: ProcessToolbox, yaml: ProcessToolbox, tmp_path: Path
) -> None:
    made = SiteFile(path="assets/img/a.1.webp", blob="", size_bytes=1, media="image/webp", is_immutable=True)

    class Painter:
        """Answers each image with one file, and notes what it was asked."""

        def __init__(self) -> None:
            self.asked: list[ImageRequest] = []
            self.encodes = 0

        async def pictures(self, requests: Sequence[ImageRequest], read: Read) -> Sequence[PictureResult]:
            self.asked += requests
            file = msgspec.structs.replace(made, blob=bench.blobs.put(b"made"))
            html = f'<img src="{ROOT_MARK}assets/img/a.1.webp">'
            finding = Finding("TL1552", "the content is GIF", requests[0].line)
            return [PictureResult(html=html, files=(file,), findings=(finding,)) for _ in requests]

    painter = Painter()
    bench = Bench(worker=worker, toolbox=yaml, place=tmp_path, images=painter)
    files: Files = {
        "index.md": "![one](a.png)\n\n![two](b.png) ![far](https://x.example/c.png) [file](b.png)",
        "g/x.md": "![](../a.png)",
        "a.png": b"a",
        "b.png": b"b",
        "unused.png": b"c",
    }
    rendered = await bench.render(tree(files))
    published = bench.published(rendered)
    assert {path for path in published if path.endswith((".png", ".webp"))} == {
        "assets/img/a.1.webp",
        "b.png",
        "unused.png",
    }
    assert b'<img src="assets/img/a.1.webp">' in published["index.html"]
    assert b'<img src="../../assets/img/a.1.webp">' in published["g/x/index.html"]
    assert b'<img src="https://x.example/c.png" alt="far" loading="lazy" decoding="async">' in published["index.html"]
    assert {(one.path, one.alt, one.is_first, one.line) for one in painter.asked} == {
        ("a.png", "one", True, 1),
        ("b.png", "two", False, 3),
        ("a.png", "", True, 1),
    }
    assert {f"{one.code} {one.origin}" for one in rendered.notes} >= {"TL1552 g/x.md:1", "TL1513 g/x.md:1"}


async def test_the_confined_worker_has_its_lexers_at_hand(bench: Bench) -> None:
    code = {
        "php": "<?php echo strlen('x');",
        "swift": "let a = 1",
        "tsx": "const a = 1",
        "sql": "select 1",
        "lua": "x()",
    }
    files: Files = {f"{name}.md": f"```{name}\n{text}\n```\n" for name, text in code.items()}
    published = await bench.files(files)
    assert [name for name in code if b'<span class="' not in published[f"{name}/index.html"].split(b"<pre")[1]] == []
