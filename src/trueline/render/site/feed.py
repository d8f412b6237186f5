"""The newest dated pages as an Atom feed (RFC 4287). No clock: what is dated says when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from trueline.render.site.front import authors_of
from trueline.render.site.parsed import ParsedPage
from trueline.render.site.theme.escape import address as address_text, text

FEED = "feed.xml"
"""The path of the feed, from the site's root."""

ENTRIES_MAX = 20
_AUTHORS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A dated page. `address` is relative to the site's root; `moment` is of UTC where nothing else was said."""

    address: str
    title: str
    moment: datetime
    summary: str = ""
    authors: Sequence[str] = ()


def feed_entry(address: str, page: ParsedPage) -> FeedEntry | None:
    """The entry of a page, `None` where its front matter has no `date` that can be read."""
    moment = read_moment(page.front.get("date"))
    if moment is None:
        return None
    authors = authors_of(page.front)[:_AUTHORS_MAX]
    return FeedEntry(address=address, title=page.title, moment=moment, summary=page.description, authors=authors)


def read_moment(value: object) -> datetime | None:
    """A day or moment of front matter, as YAML gives it or as text of ISO 8601; `None` where it is neither.

    >>> read_moment("2026-03-01").isoformat()
    '2026-03-01T00:00:00+00:00'
    """
    moment = _moment(value)
    offset = moment.utcoffset() if moment else None
    if moment is None or (offset and offset.seconds % 60):
        return None
    return moment if offset is not None else moment.replace(tzinfo=UTC)


def feed(url: str, title: str, entries: Iterable[FeedEntry], language: str = "en") -> Mapping[str, bytes]:
    """`{FEED: bytes}` with the newest entries; nothing where none is dated. `url` is the site's absolute address."""
    newest = sorted(sorted(entries, key=lambda entry: entry.address), key=lambda entry: entry.moment, reverse=True)
    if not newest:
        return {}
    root = url.rstrip("/") + "/"
    lines = (
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{text(language)}">',
        f"<title>{text(title)}</title>",
        f"<id>{address_text(root)}</id>",
        f'<link href="{address_text(root)}"/>',
        f'<link rel="self" type="application/atom+xml" href="{address_text(root + FEED)}"/>',
        f"<updated>{_stamp(newest[0].moment)}</updated>",
        f"<author><name>{text(title)}</name></author>",
        *(_entry(root, entry) for entry in newest[:ENTRIES_MAX]),
        "</feed>",
    )
    return {FEED: "".join(f"{line}\n" for line in lines).encode()}


def _entry(root: str, entry: FeedEntry) -> str:
    where = address_text(root + entry.address)
    authors = "".join(f"<author><name>{text(name)}</name></author>" for name in entry.authors)
    summary = f"<summary>{text(entry.summary)}</summary>" if entry.summary else ""
    return (
        f'<entry><title>{text(entry.title)}</title><id>{where}</id><link href="{where}"/>'
        f"<updated>{_stamp(entry.moment)}</updated>{authors}{summary}</entry>"
    )


def _moment(value: object) -> datetime | None:
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str():
            try:
                return datetime.fromisoformat(value.strip())
            except ValueError:
                return None
        case _:
            return None


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
