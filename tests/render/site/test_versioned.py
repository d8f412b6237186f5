"""Several versions as one site: folders, addresses, what is made again when one of them changes, and what stops it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from tests.render.site.case import Bench, tree
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.render.options import NavigationEntry, Site, Versions
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.site.file import RELEASE_KIND
from trueline.render.site.version import SiteVersion, choose
from trueline.render.site.versioned import VersionedSite

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAIN, V1, V2 = "refs/heads/main", "refs/tags/v1.0", "refs/tags/v2.0"
URL = "https://docs.example.com"
DECLARED = Site(title="Docs", url=URL, versions=Versions(branches=("main", "release-*"), tags=("v*",)))
OLD = {"index.md": "# Home\n\n[guide](guide.md)\n", "guide.md": "# Guide\n\nOne.\n", "old.md": "# Old\n\nGone since.\n"}
NEW = {
    "index.md": "# Home\n\nTwo. [guide](guide.md)\n",
    "guide.md": "# Guide\n\nTwo.\n",
    "new.md": "# New\n\nA word.\n",
}


@dataclass
class Shelf:
    """A site of versions under test."""

    bench: Bench

    def __post_init__(self) -> None:
        self.site = VersionedSite(self.bench.renderer, cache=self.bench.cache, blobs=self.bench.blobs)

    async def render(
        self, refs: Mapping[str, Mapping[str, str]], declared: Site = DECLARED, own: str = MAIN
    ) -> Rendered:
        """Resources of files by ref; the source stands at `own`."""
        assert declared.versions is not None
        choice = choose(declared.versions, list(refs), own)
        assert not choice.errors
        versions = tuple(
            SiteVersion(
                version=one, commit=f"of {one.ref}", identity=digest_value(refs[one.ref]), files=tree(refs[one.ref])
            )
            for one in choice.versions
        )
        request = RenderRequest(application="docs", path="", options=declared, commit=f"of {own}", versions=versions)
        return await self.site.render(request, tree(refs[own]))

    async def files(self, refs: Mapping[str, Mapping[str, str]], declared: Site = DECLARED) -> dict[str, str]:
        """What is published, by path."""
        published = self.bench.published(await self.render(refs, declared))
        return {path: data.decode(errors="replace") for path, data in published.items()}

    def counts(self) -> tuple[int, int, int]:
        """Versions rendered, pages read, pages made."""
        return (self.site.versions_rendered, *self.bench.counts())


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


async def test_names_are_safe_and_pages_keep_their_letters(shelf: Shelf) -> None:
    declared = replace(DECLARED, versions=Versions(branches=("main", "feature/**")))
    odd = "refs/heads/feature/größe & <b>"
    found = await shelf.files({MAIN: NEW, odd: NEW}, declared)
    assert "feature-größe-b/guide/index.html" in found
    assert "feature/größe &amp; &lt;b&gt;" in found["feature-größe-b/guide/index.html"]
    assert canonical(found["feature-größe-b/guide/index.html"]) == "/latest/guide/"
    assert '<a href="feature-gr%C3%B6%C3%9Fe-b/">' in found["versions.html"]
