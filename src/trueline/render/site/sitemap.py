"""The sitemap (sitemaps.org 0.9) and the robots file that names it, for a site whose address is known."""

from collections.abc import Iterable, Mapping, Sequence

from trueline.render.site.theme.escape import address as address_text, text

SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
PAGES_MAX = 20_000
"""Of one file. The protocol allows 50,000 and 50 MB; this many stay below both with addresses of 2,000 letters."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(url: str, addresses: Iterable[tuple[str, str]], place: str = "") -> Mapping[str, bytes]:
    """`sitemap.xml` and `robots.txt` by path; of a large site `sitemap.xml` is an index, its parts stand beside it.

    `url` is the site's absolute address; each of `addresses` is one relative to the root, and its ISO day or `""`.
    `place` is the absolute address under which the files will stand, where that is another one.
    """
    root = url.rstrip("/") + "/"
    place = f"{(place or url).rstrip('/')}/"
    robots = {ROBOTS: f"User-agent: *\nAllow: /\n\nSitemap: {place}{SITEMAP}\n".encode()}
    rows = [_row(root, address, day) for address, day in sorted(addresses)]
    if len(rows) <= PAGES_MAX:
        return {SITEMAP: _pages(rows), **robots}
    starts = range(0, len(rows), PAGES_MAX)
    parts = {f"sitemap-{n}.xml": _pages(rows[start : start + PAGES_MAX]) for n, start in enumerate(starts, 1)}
    named = "".join(f"<sitemap><loc>{address_text(place + name)}</loc></sitemap>\n" for name in parts)
    listing = f'{_HEAD}<sitemapindex xmlns="{_SCHEMA}">\n{named}</sitemapindex>\n'
    return {SITEMAP: listing.encode(), **parts, **robots}


def _pages(rows: Sequence[str]) -> bytes:
    return f'{_HEAD}<urlset xmlns="{_SCHEMA}">\n{"".join(rows)}</urlset>\n'.encode()


def _row(root: str, address: str, day: str) -> str:
    changed = f"<lastmod>{text(day)}</lastmod>" if day else ""
    return f"<url><loc>{address_text(root + address)}</loc>{changed}</url>\n"
