"""In which order files become visible."""

from trueline.target.site.order import rank


def test_nothing_is_seen_before_what_it_names() -> None:
    paths = [
        "index.html",
        "sitemap.xml",
        "docs/index.html",
        "feed.xml",
        "a.HTML",
        "m.1.css",
        "search/index.json",
        "x.svg",
    ]
    ordered = sorted(paths, key=rank)
    assert ordered[:3] == ["m.1.css", "search/index.json", "x.svg"]
    assert ordered[3:5] == ["a.HTML", "docs/index.html"]
    assert ordered[5:] == ["feed.xml", "sitemap.xml", "index.html"]
