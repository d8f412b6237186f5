"""In which order the files of a site become visible where there is no pointer: nothing before what it names."""

_LISTS = (".xml", ".txt")
_PAGES = (".html", ".htm")


def rank(path: str) -> tuple[int, str]:
    """What sorts paths: assets, pages, lists of pages, and the entry page last; what leaves goes the other way round.

    >>> sorted(["index.html", "a/index.html", "sitemap.xml", "assets/m.1.css"], key=rank)
    ['assets/m.1.css', 'a/index.html', 'sitemap.xml', 'index.html']
    """
    return step(path), path


def step(path: str) -> int:
    """Files of one step may become visible in any order."""
    name = path.lower()
    if name == "index.html":
        return 3
    if name.endswith(_PAGES):
        return 1
    return 2 if name.endswith(_LISTS) and "/" not in name else 0
