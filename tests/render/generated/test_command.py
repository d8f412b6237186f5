"""A command builds a site: what it leaves is published, what it must not do is told, and nothing is published then."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.render.generated.case import COMMAND, Bench, release_of, told
from tests.render.site.case import tree
from trueline.model.fault import UserError
from trueline.render.generated.source import Source
from trueline.runtime.toolbox_process import ProcessToolbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN"),
]
PAGE = '<!doctype html><html lang="en"><title>x</title><h1 id="top-of-it">x</h1>'
PYTHON = """
import os, pathlib, string
out = pathlib.Path("_site")
for source in sorted(pathlib.Path("pages").glob("*.txt")):
    page = out / source.stem / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>" + source.read_text() + os.environ["COLOUR"] + "</h1>")
"""


async def test_a_few_lines_of_shell_build_a_site(bench: Bench) -> None:
    script = "mkdir -p _site/a; cp page _site/index.html; echo y > _site/a/b.css; touch _site/.hidden"
    rendered = await bench.render(tree({"build.sh": script, "page": PAGE}))
    assert bench.published(rendered) == {"index.html": PAGE.encode(), "a/b.css": b"y\n"}
    assert [one.position.stage for one in rendered.resources] == [0, 0, 1]
    assert rendered.notes == ()


async def test_python_builds_one_beneath_the_path_alone(bench: Bench) -> None:
    files = {
        "site/make.py": PYTHON,
        "site/pages/one.txt": "1",
        "site/pages/two.txt": "2",
        "secret.txt": "correct-horse",
    }
    options = replace(COMMAND, command=(sys.executable, "make.py"), variables={"COLOUR": "blue"})
    found = await bench.built(files, options, "site")
    assert found == {"one/index.html": b"<h1>1blue</h1>", "two/index.html": b"<h1>2blue</h1>"}
    script = "mkdir _site; cp ../secret.txt _site/"
    assert (await bench.refused({**files, "site/build.sh": script}, path="site"))[0].startswith("TL1607 site exit")


async def test_rules_at_the_root_of_the_output_are_those_of_the_release(bench: Bench) -> None:
    script = "mkdir _site; cp page _site/index.html; cp page _site/404.html; cp r _site/_redirects; cp h _site/_headers"
    files = {"page": PAGE, "r": "/old /index.html 308\n", "h": "/*\n  X-A: b\n", "build.sh": script}
    release = release_of(await bench.render(tree(files)))
    assert release["redirects"] == [{"source": "/old", "leads_to": "/index.html", "status": 308, "is_forced": False}]
    assert release["headers"] == [{"pattern": "/*", "headers": [["X-A", "b"]]}]
    assert release["not_found"] == "404.html"
    assert set(release["files"]) == {"index.html", "404.html", "old/index.html"}  # type: ignore[call-overload]
    assert await bench.refused({**files, "r": "no rule at all\n"}) == [
        "TL1520 _site/_redirects:1 it has other parts than two addresses and a status: no rule at all"
    ]


async def test_a_name_that_holds_its_digest_is_immutable(bench: Bench) -> None:
    script = """
mkdir _site; cd _site; printf abc > x.css
cp x.css app.$(sha256sum x.css | cut -c1-10).css; cp x.css app.$(md5sum x.css | cut -c1-8).js
cp x.css app.0123456789.css
"""
    rendered = await bench.render(tree({"build.sh": script}))
    found = {one.ref.name for one in rendered.resources if b'"is_immutable":true' in rendered.body(one)}
    assert found == {"app.ba7816bf8f.css", "app.90015098.js"}


async def test_it_is_built_twice_at_first_sight_and_once_after_it(bench: Bench) -> None:
    script = "mkdir _site; cp page _site/index.html; date +%s%N > _site/time.txt; cat page > _site/same.txt"
    files = {"build.sh": script, "page": PAGE}
    assert told(await bench.render(tree(files))) == ["TL1615 None time.txt"]
    assert bench.builder.builds == 2
    assert told(await bench.render(tree({**files, "page": PAGE + "y"}))) == []
    assert bench.builder.builds == 3
    await bench.render(tree(files), replace(COMMAND, command=("bash", "-e", "build.sh")))
    assert bench.builder.builds == 5


async def test_the_time_of_a_build_is_no_time_of_ours(bench: Bench) -> None:
    script = "mkdir _site; echo $SOURCE_DATE_EPOCH $(stat -c %Y build.sh) > _site/x"
    assert await bench.script(script) == {"x": b"315532800 315532800\n"}
    options = replace(COMMAND, variables={"SOURCE_DATE_EPOCH": "7"})
    assert await bench.script(script, options) == {"x": b"7 315532800\n"}


@pytest.mark.parametrize(
    ("script", "code", "detail"),
    [
        ("echo out of cheese >&2; exit 3", "TL1607", "exit code 3: out of cheese"),
        ("kill -SEGV $$", "TL1607", "signal 11: it printed nothing"),
        ("printf '\\033[31mred\\033[0m\\a'; exit 1", "TL1607", "exit code 1: red"),
        ("while :; do :; done", "TL1608", "more than 1 s"),
        ("cat /dev/zero | tr '\\0' x", "TL1608", "it prints more than 16777216 bytes"),
        ("mkdir _site; cat /etc/passwd > _site/x", "TL1607", "/etc/passwd"),
        ("mkdir _site; cp $KEY _site/x", "TL1607", "id_ed25519"),
        ("mkdir _site; echo x > ../x", "TL1607", "../x"),
        ("mkdir _site; echo x > /usr/x", "TL1607", "/usr/x"),
        (
            "mkdir _site; python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 1))'",
            "TL1607",
            "not permitted",
        ),
        ("mkdir _site; ln -s /etc _site/l; echo x > _site/x", "TL1614", "_site/l: a link"),
        ("mkdir _site; mkfifo _site/p; echo x > _site/x", "TL1614", "_site/p: a pipe"),
        ("mkdir _site; mknod _site/d c 1 3", "TL1607", "mknod"),
        ("mkdir _site; echo x > _site/\"$(printf 'a\\nb')\"", "TL1614", "control characters"),
        ("mkdir _site; echo x > _site/\"$(printf 'a\\377')\"", "TL1614", "not UTF-8"),
        ("mkdir _site; echo x > '_site/a\\b'", "TL1614", "backslash"),
        ("mkdir _site; echo x > _site/A; echo y > _site/a", "TL1614", "/a"),
        ("echo x > _site", "TL1609", "the folder _site is not there"),
        ("mkdir _site _site/empty", "TL1609", "the folder _site is empty"),
        ("mkdir _site; python3 -c 'x = b\"x\" * (1 << 30)'", "TL1607", "MemoryError"),
    ],
)
async def test_what_a_program_must_not_do_is_told(
    bench: Bench, script: str, code: str, detail: str, tmp_path: Path
) -> None:
    (tmp_path / "id_ed25519").write_text("correct-horse")
    options = replace(
        COMMAND,
        timeout_s=1 if "while" in script else 60,
        memory_bytes_max=256 << 20,
        variables={"KEY": str(tmp_path / "id_ed25519")},
    )
    found = await bench.refused({"build.sh": script}, options)
    assert len(found) == 1
    assert found[0].startswith(code)
    assert detail in found[0]
    assert "correct-horse" not in found[0]


async def test_a_program_that_is_not_there_is_named(bench: Bench) -> None:
    found = await bench.refused({"x": ""}, replace(COMMAND, command=("no-such-generator", "build")))
    assert found == ["TL1606 None no-such-generator: no such program"]


async def test_a_source_that_is_too_large_is_told_before_anything_runs(bench: Bench) -> None:
    deep = "/".join("d" * 80)
    assert [one[:6] for one in await bench.refused({f"{deep}/x": ""})] == ["TL1617"]
    assert [one[:6] for one in await bench.refused({"n" * 300: ""})] == ["TL1617"]
    assert [one[:6] for one in await bench.refused({"/".join(["n" * 250] * 9): ""})] == ["TL1617"]
    source = Source(tree({"a": "x" * 60, "b": "x" * 60}), "", bytes_max=100)
    source.paths = ["a", "b"]
    with pytest.raises(UserError, match="TL1617"):
        assert [path async for path, _ in source.stream()] == ["never so far"]
    assert bench.builder.builds == 0


async def test_links_anchors_ids_and_images_of_a_built_page_are_checked(bench: Bench) -> None:
    page = """<title>x</title>
<a href="absent.html">1</a> <a href="/a/#here">2</a> <a href="a/#there">3</a>
<a href="https://elsewhere.example/absent">4</a> <a href="/old/thing">5</a> <a href="#top">6</a>
<p id="x"></p><p id="x"></p>
<img src="pic.png"><img src="a/pic.png" alt=""><script src="mailto:x"></script>
<script>if (a < b) document.write("<a href='never'>")</script><!-- <a href="nor this"> -->
"""
    files = {
        "i": page,
        "a": '<a href="../">up</a><a href="..">up</a><a href="">self</a><p id="here"><a href="../absent.html">',
        "build.sh": "mkdir -p _site/a; cp i _site/index.html; cp a _site/a/index.html; echo p > _site/a/pic.png;"
        " echo '/old/* /a/' > _site/_redirects",
    }
    rendered = await bench.render(tree(files))
    assert set(told(rendered)) == {
        "TL1610 _site/a/index.html:1 ../absent.html (and on 1 more page)",
        "TL1610 _site/index.html:5 pic.png",
        "TL1613 _site/index.html:5 pic.png",
        "TL1611 _site/index.html:2 #there on a/index.html",
        "TL1612 _site/index.html:4 #x",
    }
    found = await bench.refused(files, replace(COMMAND, broken_links="error"))
    assert {one[:6] for one in found} == {"TL1610", "TL1611"}


async def test_only_pages_that_changed_are_read_again(bench: Bench) -> None:
    script = "mkdir _site; cp *.html _site"
    files = {"build.sh": script, "a.html": PAGE, "b.html": PAGE + "b", "c.html": PAGE + "c"}
    await bench.render(tree(files))
    assert bench.renderer.pages_read == 3
    await bench.render(tree({**files, "b.html": PAGE + "<p>new"}))
    assert bench.renderer.pages_read == 4


async def test_the_address_of_the_site_says_where_its_root_is(bench: Bench) -> None:
    page = '<a href="/docs/b.html">1</a><a href="/other/x">2</a><a href="https://s.example/docs/gone">3</a>'
    files = {"build.sh": "mkdir _site; cp *.html _site", "a.html": page, "b.html": "x"}
    rendered = await bench.render(tree(files), replace(COMMAND, url="https://s.example/docs/"))
    assert told(rendered) == ["TL1610 _site/a.html:1 https://s.example/docs/gone"]


async def test_without_namespaces_it_is_the_same_site(worker: ProcessToolbox, bench: Bench, tmp_path: Path) -> None:
    plain = Bench(worker=worker, place=tmp_path / "plain", is_plain=True)
    script = "mkdir _site; cp page _site/index.html; pwd > $TMPDIR/x"
    files = {"build.sh": script, "page": PAGE}
    assert release_of(await plain.render(tree(files))) == release_of(await bench.render(tree(files)))
    assert await plain.refused({"build.sh": "mkdir _site; cat /etc/passwd > _site/x"})
