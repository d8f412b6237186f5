"""The newest dated pages stand in the feed, the same bytes from the same pages."""

from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from trueline.render.site.feed import ENTRIES_MAX, FEED, FeedEntry, feed, feed_entry, read_moment
from trueline.render.site.parsed import ParsedPage

ATOM = "{http://www.w3.org/2005/Atom}"


def entry(address: str, when: object, title: str = "T") -> FeedEntry:
    found = feed_entry(
        address, ParsedPage(title=title, html="", front={"date": when, "author": "Ana"}, description="D")
    )
    assert found is not None
    return found


def test_the_newest_come_first_with_whole_addresses() -> None:
    entries = [entry(f"post/{day}/", f"2026-03-{day:02}", "<T> & \x00") for day in range(1, 29)]
    data = feed("https://docs.example/blog", "Site & <more>", entries)[FEED]
    assert data == feed("https://docs.example/blog/", "Site & <more>", reversed(entries))[FEED]
    root = ET.fromstring(data)  # noqa: S314 - our own bytes
    links = [link.attrib["href"] for one in root.iter(f"{ATOM}entry") for link in one.iter(f"{ATOM}link")]
    assert links == [f"https://docs.example/blog/post/{day}/" for day in range(28, 28 - ENTRIES_MAX, -1)]
    assert root.findtext(f"{ATOM}updated") == "2026-03-28T00:00:00Z"
    assert root.findtext(f"{ATOM}title") == "Site & <more>"
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == "<T> & \ufffd"
    assert root.findtext(f"{ATOM}entry/{ATOM}author/{ATOM}name") == "Ana"
    assert root.findtext(f"{ATOM}entry/{ATOM}summary") == "D"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        (date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:00:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        (datetime(2026, 3, 1, 8, tzinfo=UTC).replace(tzinfo=None), datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("soon", None),
        ("2026-03-01T10:00:00+02:00:30", None),
        (20260301, None),
        (None, None),
    ],
)
def test_a_date_is_read_as_it_is_written(value: object, moment: datetime | None) -> None:
    assert read_moment(value) == moment


def test_pages_of_one_day_have_an_order_and_pages_without_are_left_out() -> None:
    same = [entry("b/", "2026-03-01"), entry("a/", "2026-03-01"), entry("c/", "0001-01-01T00:00+14:00")]
    data = feed("https://docs.example", "S", same)[FEED].decode()
    assert data.index("example/a/") < data.index("example/b/") < data.index("example/c/")
    assert feed_entry("x/", ParsedPage(title="T", html="")) is None
    assert feed("https://docs.example", "S", []) == {}
