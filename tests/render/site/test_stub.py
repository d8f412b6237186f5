"""Pages in the place of redirects: where they stand, where they lead, and where there must be none."""

import re

import pytest

from tests.render.site.case import Bench, tree
from trueline.model.fault import UserError
from trueline.render.options import Site
from trueline.render.site.file import Redirect
from trueline.render.site.stub import stubs

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = {
    "a folder": ("/old", "/new/", {"old/index.html": "../new/"}),
    "a file": ("/old.html", "/new/", {"old.html": "new/"}),
    "deep, with a query and an anchor": ("/a/b", "/c/?x=1&y#z", {"a/b/index.html": "../../c/?x=1&amp;y#z"}),
    "home": ("/old", "/", {"old/index.html": "../"}),
    "away": ("/old", "https://x.example/?a=1&b", {"old/index.html": "https://x.example/?a=1&amp;b"}),
    "a pattern": ("/old/*", "/new/", {}),
    "a name": ("/old/:id", "/new/", {}),
    "a page that is there": ("/taken", "/new/", {}),
    "below a file": ("/file.txt/x", "/new/", {}),
    "a folder that is there": ("/taken.d", "/new/", {}),
    "out of the site": ("/../etc/x", "/new/", {}),
    "encoded, out of the site": ("/%2e%2e/x", "/new/", {}),
    "the root": ("/", "/new/", {}),
    "hostile letters": ("/o'ld", "/a'b;c", {"o'ld/index.html": "../a&#x27;b;c"}),
}
TAKEN = {"index.html", "taken/index.html", "file.txt", "taken.d/x.html"}


async def test_who_is_led_on_reads_letters_not_their_codes() -> None:
    leads_to = "/%C3%9Cber%20uns/%3Cb%3E"
    [(_, data)] = stubs([Redirect(source="/old", leads_to=leads_to)], TAKEN)
    assert f'<a href="..{leads_to}">/Über uns/&lt;b&gt;</a>' in data.decode()


@pytest.mark.parametrize("case", CASES)
async def test_a_stub_stands_for_an_exact_address(case: str) -> None:
    source, leads_to, expected = CASES[case]
    made = dict(stubs([Redirect(source=source, leads_to=leads_to)], TAKEN))
    assert {path: re.findall(r'<a href="([^"]*)"', data.decode()) for path, data in made.items()} == {
        path: [to] for path, to in expected.items()
    }
    for path, data in made.items():
        assert f'content="0; url={expected[path]}"' in data.decode()


async def test_stubs_never_stand_in_each_other_s_way() -> None:
    rules = [Redirect(source=one, leads_to="/") for one in ("/a", "/a/", "/a/index.html", "/a/index.html/b", "/b/c")]
    assert [path for path, _ in stubs([*rules, Redirect(source="/b", leads_to="/", status=200)], TAKEN)] == [
        "a/index.html",
        "b/c/index.html",
    ]


async def test_a_page_s_earlier_addresses_lead_to_it(bench: Bench) -> None:
    files = {
        "index.md": "# Home",
        "new.md": "---\naliases: [old/place, /older/]\n---\n# New",
        "_redirects": "/oldest /new/ 302\n",
    }
    published = await bench.files(files)
    assert {path for path, data in published.items() if b'http-equiv="refresh"' in data} == {
        "old/place/index.html",
        "older/index.html",
        "oldest/index.html",
    }


@pytest.mark.parametrize("aliases", ["[a b]", "[1]", "[/x*]", "{a: b}", "[/]", '["../x?y"]'])
async def test_an_alias_that_is_no_address_is_told(bench: Bench, aliases: str) -> None:
    rendered = await bench.render(tree({"index.md": f"---\naliases: {aliases}\n---\n# Home"}))
    assert [(one.code, str(one.origin)) for one in rendered.notes] == [("TL1525", "index.md:1")]
    assert not any(b'http-equiv="refresh"' in data for data in bench.published(rendered).values())


async def test_two_pages_with_one_alias_are_told(bench: Bench) -> None:
    page = "---\naliases: [old]\n---\n# A"
    rendered = await bench.render(tree({"index.md": "# Home", "a.md": page, "b.md": page}))
    assert [(one.code, one.detail) for one in rendered.notes] == [("TL1521", "/old leads to /a/ already")]


async def test_an_image_over_the_limit_stops_the_site(bench: Bench) -> None:
    files: dict[str, str | bytes] = {"index.md": "# Home\n\n![A dot](dot.png)", "dot.png": bytes(2048)}
    with pytest.raises(UserError) as error:
        await bench.files(files, Site(image_bytes_max=2047))
    assert [(one.code, one.detail) for one in error.value.diagnostics] == [
        ("TL1541", "/dot.png: 2048 bytes, allowed are 2047")
    ]
    assert "dot.png" in await bench.files(files, Site(image_bytes_max=2048))
