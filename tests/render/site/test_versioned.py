"""Several versions as one site: folders, addresses, what is made again when one of them changes, and what stops it."""

import json
from dataclasses import replace

import pytest

from tests.render.site.case import Bench
from tests.render.site.shelf import DECLARED, MAIN, NEW, OLD, URL, V1, V2, Shelf
from trueline.model.fault import UserError
from trueline.render.options import NavigationEntry, Versions
from trueline.render.resource import Rendered
from trueline.render.site.file import RELEASE_KIND

pytestmark = pytest.mark.asyncio(loop_scope="module")


def release_of(rendered: Rendered) -> dict[str, object]:
    (one,) = (one for one in rendered.resources if one.ref.kind == RELEASE_KIND)
    found: dict[str, object] = json.loads(rendered.body(one))
    return found


def redirects_of(rendered: Rendered) -> dict[str, tuple[str, int]]:
    rules = release_of(rendered)["redirects"]
    assert isinstance(rules, list)
    return {one["source"]: (one["leads_to"], one["status"]) for one in rules}


def canonical(page: str) -> str:
    return page.split('rel="canonical" href="')[1].split('"', maxsplit=1)[0].removeprefix(URL)


@pytest.fixture
def shelf(bench: Bench) -> Shelf:
    return Shelf(bench)


async def test_each_version_has_its_folder_and_the_root_leads_to_the_default(shelf: Shelf) -> None:
    rendered = await shelf.render({MAIN: NEW, V1: OLD})
    found = {path: data.decode(errors="replace") for path, data in shelf.bench.published(rendered).items()}
    folders = {path.split("/")[0] for path in found if "/" in path}
    assert folders == {"main", "latest", "v1.0", "stable"}
    assert found["stable/guide/index.html"] == found["v1.0/guide/index.html"]
    assert "One." in found["stable/guide/index.html"]
    assert "Two." in found["latest/guide/index.html"]
    assert 'content="0; url=stable/"' in found["index.html"]
    assert redirects_of(rendered) == {"/": ("/stable/", 302)}
    assert {path for path in found if "/" not in path} == {
        "404.html", "index.html", "robots.txt", "sitemap.xml", "versions.html", "versions.json",
    }  # fmt: skip
    assert json.loads(found["versions.json"]) == {
        "default": "stable",
        "versions": [
            {"name": "main", "folder": "main", "aliases": ["latest"], "standing": "development"},
            {"name": "v1.0", "folder": "v1.0", "aliases": ["stable"], "standing": "stable"},
        ],
    }
    assert '<a href="v1.0/">v1.0</a>, <a href="stable/">stable</a>' in found["versions.html"]
    assert 'data-menu="../../versions.json"' in found["v1.0/guide/index.html"]
    assert 'href="/stable/assets/theme/style.' in found["404.html"]
    assert "v1.0/assets/search/index.json" in found


async def test_origins_have_the_commit_of_their_version(shelf: Shelf) -> None:
    rendered = await shelf.render({MAIN: NEW, V1: OLD})
    at = {one.ref.name: one.origin for one in rendered.resources}
    assert (at["v1.0/old/index.html"].path, at["v1.0/old/index.html"].commit) == ("old.md", f"of {V1}")
    assert at["main/new/index.html"].commit == f"of {MAIN}"


async def test_canonical_addresses_and_the_sitemap_are_those_of_the_default(shelf: Shelf) -> None:
    found = await shelf.files({MAIN: NEW, V1: OLD, "refs/tags/v0.9": OLD})
    assert canonical(found["v0.9/guide/index.html"]) == "/stable/guide/"
    assert canonical(found["main/guide/index.html"]) == "/stable/guide/"
    assert canonical(found["main/new/index.html"]) == "/latest/new/"
    assert canonical(found["v1.0/old/index.html"]) == "/stable/old/"
    listed = [part.split("<")[0].removeprefix(URL) for part in found["sitemap.xml"].split("<loc>")[1:]]
    assert listed == ["/stable/", "/stable/guide/", "/stable/old/"]
    assert f"Sitemap: {URL}/sitemap.xml" in found["robots.txt"]


async def test_without_an_address_nothing_is_canonical(shelf: Shelf) -> None:
    found = await shelf.files({MAIN: NEW, V1: OLD}, replace(DECLARED, url=""))
    assert "canonical" not in found["v1.0/guide/index.html"]
    assert 'href="/stable/assets/theme/style.' in found["404.html"]


async def test_a_new_tag_costs_its_own_pages_and_the_menu(shelf: Shelf) -> None:
    tags = {f"refs/tags/v1.{number}": OLD | {"guide.md": f"# Guide\n\n{number}\n"} for number in range(4)}
    before = await shelf.files({MAIN: NEW, **tags})
    versions, _, made = shelf.counts()
    assert (versions, made) == (5, 5 * 3)
    fresh = {"refs/tags/v1.4": OLD | {"guide.md": "# Guide\n\n4\n"}}
    after = await shelf.files({MAIN: NEW, **tags, **fresh})
    assert shelf.counts()[0] - versions == 2  # the one that is stable no more is at home in another folder
    assert shelf.counts()[2] - made == 3
    changed = {path for path in before if after.get(path) != before[path] and not path.startswith("stable/")}
    assert changed == {"404.html", "versions.json", "versions.html", "v1.3/404.html"}
    counts = shelf.counts()
    assert await shelf.files({MAIN: NEW, **tags, **fresh}) == after
    assert shelf.counts() == counts


async def test_a_branch_that_moved_is_made_alone(shelf: Shelf) -> None:
    refs = {MAIN: NEW, V1: OLD, "refs/heads/release-1": OLD}
    await shelf.files(refs)
    versions, read, made = shelf.counts()
    await shelf.files(refs | {"refs/heads/release-1": OLD | {"guide.md": "# Guide\n\nMended.\n"}})
    assert shelf.counts() == (versions + 1, read + 1, made + 1)


async def test_a_page_that_the_default_version_gets_changes_its_likes_alone(shelf: Shelf) -> None:
    declared = replace(DECLARED, versions=Versions(branches=("main",), tags=("v*",), default="latest"))
    refs = {MAIN: NEW, V1: OLD, V2: NEW}
    await shelf.files(refs, declared)
    versions, _, made = shelf.counts()
    found = await shelf.files(refs | {MAIN: NEW | {"old.md": "# Old\n\nBack.\n"}}, declared)
    assert shelf.counts()[0] - versions == 2  # v2.0 has no such page
    assert canonical(found["v1.0/old/index.html"]) == "/latest/old/"
    assert made < shelf.counts()[2]


async def test_a_broken_link_in_a_tag_is_told_once_and_stops_nothing(shelf: Shelf) -> None:
    broken = OLD | {"index.md": "# Home\n\n[a](gone.md)\n[b](lost.md)\n"}
    rendered = await shelf.render({MAIN: NEW, V1: broken})
    assert [(note.code, note.detail) for note in rendered.notes] == [
        ("TL1538", "v1.0: 2, the first: a link leads nowhere (index.md:3): gone.md")
    ]
    origin = rendered.notes[0].origin
    assert origin is not None
    assert (str(origin), origin.commit) == ("index.md:3", f"of {V1}")
    with pytest.raises(UserError) as caught:
        await shelf.render({MAIN: NEW, V1: OLD, "refs/heads/release-1": broken})
    assert [(one.code, one.detail, str(one.origin)) for one in caught.value.diagnostics] == [
        ("TL1510", "release-1: gone.md", "index.md:3"),
        ("TL1510", "release-1: lost.md", "index.md:4"),
    ]


async def test_a_version_that_does_not_build_stops_all_or_is_left_out(shelf: Shelf) -> None:
    broken = OLD | {"guide.md": "---\na: [\n---\n# Guide\n"}
    refs = {MAIN: NEW, V1: broken, V2: NEW}
    with pytest.raises(UserError) as caught:
        await shelf.render(refs)
    (told,) = caught.value.diagnostics
    assert (told.code, told.detail.partition(":")[0]) == ("TL1503", "v1.0")
    assert told.origin is not None
    assert (told.origin.path, told.origin.commit) == ("guide.md", f"of {V1}")
    declared = replace(DECLARED, versions=Versions(branches=("main",), tags=("v*",), broken_tags="skip"))
    rendered = await shelf.render(refs, declared)
    assert [note.code for note in rendered.notes] == ["TL1537"]
    assert not any(path.startswith("v1.0/") for path in shelf.bench.published(rendered))
    with pytest.raises(UserError):  # what readers are led to is never left out
        await shelf.render({MAIN: NEW, V1: OLD, V2: broken}, declared)
    declared = replace(DECLARED, versions=Versions(tags=("v*",), default="latest", broken_tags="skip"))
    with pytest.raises(UserError):  # /stable/ would be gone
        await shelf.render({MAIN: NEW, V1: OLD, V2: broken}, declared)
    declared = replace(DECLARED, versions=Versions(branches=("main", "release-*"), tags=("v*",), broken_tags="skip"))
    with pytest.raises(UserError):  # a branch can be mended
        await shelf.render({MAIN: NEW, "refs/heads/release-1": broken, V2: NEW}, declared)


async def test_the_navigation_is_that_of_the_newest_files(shelf: Shelf) -> None:
    entries = (NavigationEntry(title="Guide", path="guide.md"), NavigationEntry(title="New", path="new.md"))
    declared = replace(DECLARED, navigation=entries)
    rendered = await shelf.render({MAIN: NEW, V1: OLD}, declared)
    assert rendered.notes == ()
    found = shelf.bench.published(rendered)
    assert b">New<" in found["main/guide/index.html"]
    assert b">New<" not in found["v1.0/guide/index.html"]
    with pytest.raises(UserError) as caught:
        await shelf.render({MAIN: OLD, V1: OLD}, declared)
    assert [one.code for one in caught.value.diagnostics] == ["TL1519"]


async def test_redirects_and_headers_hold_below_each_version(shelf: Shelf) -> None:
    rules = "/before /guide/ 301\n/away https://example.com/\n/v0.9/* /:splat\n/guide/* /guide/:splat\n"
    headers = "/guide/*\n  X-Robots-Tag: noindex\n"
    rendered = await shelf.render({MAIN: NEW | {"_redirects": rules, "_headers": headers}, V1: OLD})
    found = redirects_of(rendered)
    assert found["/latest/before"] == ("/latest/guide/", 301)
    assert found["/main/away"] == ("https://example.com/", 301)
    assert found["/before"] == ("/stable/guide/", 301)
    assert found["/v0.9/*"] == ("/stable/:splat", 301)
    assert found["/guide/*"] == ("/stable/guide/:splat", 301)
    assert "/latest/guide/*" not in found  # it would lead to itself
    body = release_of(rendered)
    assert body["headers"] == [
        {"pattern": f"/{folder}/guide/*", "headers": [["X-Robots-Tag", "noindex"]]} for folder in ("main", "latest")
    ]
    published = shelf.bench.published(rendered)
    assert b'url=../stable/guide/"' in published["before/index.html"]
    stubs = body["stubs"]
    assert isinstance(stubs, list)
    assert {"index.html", "before/index.html", "main/before/index.html"} <= set(stubs)


async def test_a_rule_for_every_address_does_not_catch_the_versions_themselves(shelf: Shelf) -> None:
    rules = "/* /:splat 302\n/stable/lost/ /stable/guide/\n/gone /v0.8/guide/\n/away/* https://example.com/:splat\n"
    rendered = await shelf.render({MAIN: NEW | {"_redirects": rules}, V1: OLD, "refs/tags/v0.8": OLD})
    found = {
        source: rule
        for source, rule in redirects_of(rendered).items()
        if source.count("/") < 3 or source == "/stable/lost/"
    }
    assert found == {
        "/": ("/stable/", 302),
        "/latest/gone": ("/latest/v0.8/guide/", 301),
        "/main/gone": ("/main/v0.8/guide/", 301),
        "/guide/": ("/stable/guide/", 302),
        "/old/": ("/stable/old/", 302),
        "/stable/lost/": ("/stable/guide/", 301),
        "/gone": ("/v0.8/guide/", 301),
        "/away/*": ("https://example.com/:splat", 301),
    }
    published = shelf.bench.published(rendered)
    assert b'url=../stable/guide/"' in published["guide/index.html"]


async def test_names_are_safe_and_pages_keep_their_letters(shelf: Shelf) -> None:
    declared = replace(DECLARED, versions=Versions(branches=("main", "feature/**")))
    odd = "refs/heads/feature/größe & <b>"
    found = await shelf.files({MAIN: NEW, odd: NEW}, declared)
    assert "feature-größe-b/guide/index.html" in found
    assert "feature/größe &amp; &lt;b&gt;" in found["feature-größe-b/guide/index.html"]
    assert canonical(found["feature-größe-b/guide/index.html"]) == "/latest/guide/"
    assert '<a href="feature-gr%C3%B6%C3%9Fe-b/">' in found["versions.html"]
