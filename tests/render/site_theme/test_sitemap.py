"""All pages stand in the sitemap; a site too large for one file has an index."""

from xml.etree import ElementTree as ET

from trueline.render.site.sitemap import PAGES_MAX, ROBOTS, SITEMAP, sitemap

NAMES = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def locations(data: bytes) -> list[str]:
    return [one.text or "" for one in ET.fromstring(data).iter(f"{NAMES}loc")]  # noqa: S314 - our own bytes


def test_pages_have_whole_addresses_and_their_days() -> None:
    files = sitemap("https://docs.example/a", [("z/?x&y", ""), ("größe/", "2026-03-01")])
    assert locations(files[SITEMAP]) == ["https://docs.example/a/gr%C3%B6%C3%9Fe/", "https://docs.example/a/z/?x&y"]
    assert files[SITEMAP].count(b"<lastmod>2026-03-01</lastmod>") == 1
    assert files[ROBOTS].decode().splitlines()[-1] == "Sitemap: https://docs.example/a/sitemap.xml"
    assert files == sitemap("https://docs.example/a/", [("größe/", "2026-03-01"), ("z/?x&y", "")])


def test_a_large_site_has_parts() -> None:
    files = sitemap("https://docs.example", [(f"{number}/", "") for number in range(2 * PAGES_MAX + 1)])
    assert locations(files[SITEMAP]) == [f"https://docs.example/sitemap-{number}.xml" for number in (1, 2, 3)]
    assert [len(locations(files[f"sitemap-{number}.xml"])) for number in (1, 2, 3)] == [PAGES_MAX, PAGES_MAX, 1]
