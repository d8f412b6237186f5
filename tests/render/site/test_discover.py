"""Links among a site's files: what they lead to is published once, and nothing that lies outside."""

from tests.source.test_tree import tree
from trueline.render.site.discover import discover

PAGES = {"docs/index.md": "# A", "docs/guide/a.md": "# B"}


def told(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(path, finding.code) for path, finding in discover(tree(PAGES | files), "docs").findings]


def test_a_link_within_the_repository_is_followed() -> None:
    found = discover(
        tree(PAGES | {"docs/again": "-> guide", "docs/b.md": "-> ../other/b.md", "other/b.md": "# C"}), "docs"
    )
    assert not found.findings
    assert [page.address for page in found.pages] == ["", "again/a/", "b/", "guide/a/"]


def test_a_link_that_leads_out_or_nowhere_is_told() -> None:
    links = {"docs/out.txt": "-> /etc/passwd", "docs/up.md": "-> ../../x.md", "docs/gone.md": "-> nothing.md"}
    assert told(links) == [(path, "TL1912") for path in sorted(links)]


def test_a_link_to_a_folder_that_it_is_in_is_told_once() -> None:
    assert told({"docs/loop": "-> ."}) == [("docs/loop", "TL1912")]
    assert told({"docs/guide/loop": "-> .."}) == [("docs/guide/loop", "TL1912")]
    assert told({"docs/top": "-> .."}) == [("docs/top/docs", "TL1912")]
    two = {"docs/guide/there": "-> ../other", "docs/other/back": "-> ../guide"}
    assert told(two) == [("docs/guide/there/back", "TL1912"), ("docs/other/back/there", "TL1912")]
