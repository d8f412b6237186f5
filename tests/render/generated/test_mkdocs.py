"""A documentation project of MkDocs: what MkDocs says of it is told with file and line, and nothing else is read."""

import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest

from tests.render.generated.case import MKDOCS, Bench, told
from tests.render.site.case import tree
from trueline.runtime.toolbox_process import ProcessToolbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN"),
    pytest.mark.skipif(find_spec("mkdocs") is None, reason="MkDocs is not installed: NOT RUN"),
]
CONFIGURATION = "site_name: Handbook\nplugins: []\nnav:\n- Home: index.md\n- second.md\n"
HOME = "# Handbook\n\n[Second](second.md#part)\n"
SECOND = "# Second\n\n## Part\n\nText.\n"
ANCHOR = (
    "TL1604 docs/index.md:6 a link 'second.md#absent', but the doc 'second.md' does not contain an anchor '#absent'."
)
PROJECT = {"mkdocs.yml": CONFIGURATION, "docs/index.md": HOME, "docs/second.md": SECOND}


async def test_a_project_is_built(bench: Bench) -> None:
    rendered = await bench.render(tree(PROJECT), MKDOCS)
    found = bench.published(rendered)
    assert b'<a href="second/#part">' in found["index.html"]
    assert {"second/index.html", "404.html", "sitemap.xml", "sitemap.xml.gz"} <= found.keys()
    assert told(rendered) == []
    assert bench.builder.builds == 2


async def test_the_same_project_is_the_same_site_elsewhere(bench: Bench) -> None:
    first = await bench.built(PROJECT, MKDOCS)
    moved = {f"deep/er/{path}": text for path, text in PROJECT.items()}
    assert await bench.built(moved, MKDOCS, "deep/er") == first
    assert await bench.built(moved, replace(MKDOCS, mkdocs="er/mkdocs.yml"), "deep") == first


async def test_what_mkdocs_finds_has_its_file_and_line_and_is_told_once(bench: Bench) -> None:
    project = {
        "mkdocs.yml": CONFIGURATION + "- gone.md\n",
        "docs/index.md": HOME + "\n[a](absent.md)\n[b](second.md#absent)\n\n![](pic.png) [a](absent.md)\n",
        "docs/second.md": SECOND,
        "docs/unlisted.md": "# Not in the navigation\n",
    }
    notes = told(await bench.render(tree(project), MKDOCS))
    assert notes == [
        "TL1604 docs/index.md:5 a link 'absent.md', but the target is not found among documentation files.",
        ANCHOR,
        "TL1604 docs/index.md:8 a link 'absent.md', but the target is not found among documentation files.",
        "TL1604 docs/index.md:8 a link 'pic.png', but the target is not found among documentation files.",
        "TL1605 mkdocs.yml:6 gone.md",
    ]
    strict = {**project, "mkdocs.yml": CONFIGURATION + "- gone.md\nstrict: true\n"}
    assert [one.partition(" a link")[0] for one in await bench.refused(strict, MKDOCS)] == [
        "TL1604 docs/index.md:5",
        "TL1604 docs/index.md:8",
        "TL1604 docs/index.md:8",
        "TL1605 mkdocs.yml:6 gone.md",
    ]
    found = await bench.refused(project, replace(MKDOCS, broken_links="error"))
    assert {one[:6] for one in found} == {"TL1604"}
    assert len(found) == 4


async def test_every_plugin_that_is_missing_is_told_at_once(bench: Bench) -> None:
    """MkDocs itself stops at the first; whoever installs one after the other would wait for a build each time."""
    configuration = "site_name: X\ntheme: {name: mkdocs}\nplugins:\n- search\n- redirects\n- minify: {}\n- glightbox\n"
    assert await bench.refused({**PROJECT, "mkdocs.yml": configuration}, MKDOCS) == [
        "TL1602 mkdocs.yml:5 the plug-in redirects: package mkdocs-redirects",
        "TL1602 mkdocs.yml:6 the plug-in minify: package mkdocs-minify-plugin",
        "TL1602 mkdocs.yml:7 the plug-in glightbox: package mkdocs-glightbox",
    ]


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ("plugins:\n- search\n- redirects\n", "TL1602 mkdocs.yml:4 the plug-in redirects: package mkdocs-redirects"),
        ("plugins:\n- minify: {}\n", "TL1602 mkdocs.yml:3 the plug-in minify: package mkdocs-minify-plugin"),
        ("theme:\n  name: gitbook\n", "TL1602 mkdocs.yml:3 the theme gitbook: package mkdocs-gitbook"),
        (
            "markdown_extensions:\n- toc\n- nosuch.thing\n",
            "TL1602 mkdocs.yml:4 the Markdown extension nosuch.thing: package nosuch",
        ),
        (
            "theme:\n  name: mkdocs\n  custom_dir: overrides\n",
            "TL1601 mkdocs.yml:4 `theme`: The path set in custom_dir ('overrides') does not exist.",
        ),
        (
            "docs_dir: nowhere\n",
            "TL1601 mkdocs.yml:2 `docs_dir`: The path 'nowhere' isn't an existing directory.",
        ),
        (
            "strict: true\ncolour: blue\n",
            "TL1601 mkdocs.yml:3 `colour`: Unrecognised configuration name: colour",
        ),
    ],
)
async def test_a_configuration_that_is_wrong_has_its_line(bench: Bench, configuration: str, expected: str) -> None:
    project = {**PROJECT, "mkdocs.yml": f"site_name: Handbook\n{configuration}"}
    assert await bench.refused(project, MKDOCS) == [expected]


async def test_a_configuration_that_does_not_parse_has_its_line(bench: Bench) -> None:
    found = await bench.refused({**PROJECT, "mkdocs.yml": "site_name: X\nnav: [a\nplugins: }\n"}, MKDOCS)
    assert len(found) == 1
    assert found[0].startswith("TL1601 mkdocs.yml:3 ")


async def test_what_is_not_there_is_told_before_anything_runs(bench: Bench, worker: ProcessToolbox) -> None:
    assert await bench.refused(PROJECT, replace(MKDOCS, mkdocs="other.yml")) == [
        "TL1601 other.yml there is no other.yml"
    ]
    without = Bench(worker=worker, place=bench.place / "without", mkdocs="")
    assert await without.refused(PROJECT, MKDOCS) == ["TL1600 mkdocs.yml it is asked for by mkdocs.yml"]
    assert bench.builder.builds == without.builder.builds == 0


@pytest.mark.parametrize(
    ("hook", "code", "detail"),
    [
        ("open('/etc/passwd').read()", "TL1607", "/etc/passwd"),
        ("import socket; socket.create_connection(('127.0.0.1', 1))", "TL1607", "PermissionError"),
        ("open('/usr/x', 'w')", "TL1607", "/usr/x"),
        ("raise SystemExit(4)", "TL1607", "exit code 4"),
        ("import os; os._exit(0)", "TL1607", "it left no report"),
        ("import os; os.symlink('/etc', config.site_dir + '/l')", "TL1614", "site/l: a link"),
        ("while True: pass", "TL1608", "more than 3 s"),
    ],
)
async def test_a_hook_of_the_project_has_no_more_rights(bench: Bench, hook: str, code: str, detail: str) -> None:
    project = {
        **PROJECT,
        "mkdocs.yml": CONFIGURATION + "hooks: [hook.py]\n",
        "hook.py": f"def on_post_build(config):\n    {hook}\n",
    }
    found = await bench.refused(project, replace(MKDOCS, timeout_s=3 if "while" in hook else 60))
    assert len(found) == 1
    assert found[0].startswith(code)
    assert detail in found[0]


async def test_a_report_that_a_project_forges_is_only_shown(bench: Bench) -> None:
    report = "pathlib.Path(config.site_dir, '../report.json')"
    begin = "import atexit, pathlib\ndef on_post_build(config):\n    atexit.register(lambda: "
    project = {**PROJECT, "mkdocs.yml": CONFIGURATION + "hooks: [hook.py]\n"}
    for text in ("no JSON", '{"built": 7}', "[]"):
        project["hook.py"] = f"{begin}{report}.write_text({text!r}))\n"
        found = await bench.refused(project, MKDOCS)
        assert [one[:6] for one in found] == ["TL1607"]
