"""Sites for the cases: pages that name what they show, so that a mix can be told."""

from collections.abc import Iterator, Mapping

Site = Mapping[str, str]

FIRST: Site = {
    "index.html": "<link href=/assets/m.1.css><a href=/docs/a.html><a href=/docs/b.html>home 1",
    "docs/a.html": "<link href=/assets/m.1.css><img src=/pictures/one.svg>a 1",
    "docs/b.html": "<link href=/assets/m.1.css>b 1",
    "pictures/one.svg": "<svg/>",
    "assets/m.1.css": "p { color: red }",
    "assets/data.1.js": "let data = 1",
    "sitemap.xml": "/docs/a.html /docs/b.html",
}
"""A site. What stands below `assets/` is immutable."""

SECOND: Site = {
    "index.html": "<link href=/assets/m.2.css><a href=/docs/a.html><a href=/docs/c.html>home 2",
    "docs/a.html": "<link href=/assets/m.2.css><img src=/pictures/two.svg>a 2",
    "docs/c.html": "<link href=/assets/m.2.css>c 2",
    "pictures/two.svg": "<svg></svg>",
    "assets/m.2.css": "p { color: blue }",
    "assets/data.1.js": "let data = 1",
    "sitemap.xml": "/docs/a.html /docs/c.html",
}
"""The same site later: pages changed, added and gone, and so did what they show."""

ONE_CHANGED: Site = {**FIRST, "docs/b.html": "<link href=/assets/m.1.css>b 2"}


def is_immutable(path: str) -> bool:
    """Whether a name holds its content, by this suite's rule."""
    return path.startswith("assets/")


def as_bytes(site: Site) -> dict[str, bytes]:
    """What a reader finds of it."""
    return {path: text.encode() for path, text in site.items()}


def named_by(page: bytes) -> Iterator[str]:
    """The paths that a page names: all that follows `href=/` or `src=/`."""
    for part in page.decode().split("<"):
        _, is_there, rest = part.partition("=/")
        if is_there:
            yield rest.partition(">")[0]
