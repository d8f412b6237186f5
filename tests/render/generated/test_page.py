"""One HTML file, read as a browser parts it; whatever stands in it, each letter is looked at once."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings, strategies as st

from trueline.render.generated.outline import Place
from trueline.render.generated.page import outline


class _Reference(HTMLParser):
    """What Python's own parser finds: ids and links."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note them."""
        found = dict(reversed(attrs))
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if tag == "a" and (found.get("href") or "").strip():
            self.links.append(((found["href"] or "").strip(), self.getpos()[0]))


NAMES = st.sampled_from(["x", "y-1", "größe", "a&amp;b"])
TAGS = st.one_of(
    NAMES.map(lambda name: f'<p id="{name}">'),
    NAMES.map(lambda name: f"<a href='{name}/#z'>"),
    NAMES.map(lambda name: f"<A  HREF={name} >"),
    st.sampled_from(["</p>", "<br/>", "\n", "text > more", "<!-- <a href=no> -->", "<script>'<a href=no>'</script>"]),
)


@given(parts=st.lists(TAGS, max_size=30))
@settings(max_examples=60, deadline=None)
def test_it_finds_what_a_parser_finds(parts: list[str]) -> None:
    text = "".join(parts)
    reference = _Reference()
    reference.feed(text)
    reference.close()
    found = outline(text)
    assert found.ids == tuple(dict.fromkeys(reference.ids))
    first: dict[str, int] = {}
    for link, line in reference.links:
        first.setdefault(link, line)
    assert found.links == tuple(Place(link, line) for link, line in first.items())


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("<p title=it's><a href=x>", ["x"]),
        ('<p title="a > b"><a href=x>', ["x"]),
        ('<textarea><a href="no"></textarea><a href=x>', ["x"]),
        ("<!-- <a href=no>", []),
        ("<script><a href=no>", []),
        ("<a href=x", []),
        ("a < b <a href=x>", ["x"]),
        ('<link rel="preconnect" href="//x"><link rel=icon href=y>', ["y"]),
        ('<img src="a.png" alt><video src=b poster=c></video>', ["a.png", "b", "c"]),
        ("<a href='a' href='b'>", ["a"]),
    ],
)
def test_it_parts_as_a_browser_does(text: str, links: list[str]) -> None:
    assert [one.text for one in outline(text).links] == links


def test_what_is_wrong_with_a_page_itself_has_its_line() -> None:
    found = outline(
        '<base href="/b/"><p id=a>\n<p id=a><a name=n></a>\n<img src=x><img alt="">\n<img role=presentation>'
    )
    assert found.twice == (Place("a", 2),)
    assert found.silent == (Place("x", 3),)
    assert found.ids == ("a", "n")
    assert found.root == "/b/"


@pytest.mark.parametrize(
    "piece", ['<a "', "<a '\"", "<!--", "<script>", "<a b", "<title ", "<a href='", "<a =", "<", "<a = "]
)
def test_no_text_is_read_again_and_again(piece: str) -> None:
    outline(piece * 200_000)  # minutes, where each start is tried to the end
