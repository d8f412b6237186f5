"""A page is a whole document that works without a script, for everyone, and in which no text becomes markup."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from tests.render.site_theme.document import Document, read
from trueline.render.site.context import Crumb, NavigationItem, PageContext
from trueline.render.site.parsed import Heading
from trueline.render.site.theme.navigation import DEPTH_MAX
from trueline.render.site.theme.page import not_found, page

HOSTILE = "\"'><script>alert(1)</script>&\x00"
NAVIGATION = (
    NavigationItem(title="Start", address="../"),
    NavigationItem(
        title="Guide",
        address="./",
        is_open=True,
        items=(
            NavigationItem(title="Install", address="../install/", is_current=True, is_open=True),
            NavigationItem(title="Deep", items=(NavigationItem(title="Deeper", address="../deeper/"),)),
        ),
    ),
)
HEADINGS = (Heading(1, "install", "Install"), Heading(2, "a", "A < B"), Heading(3, "b%20c", "B"), Heading(4, "c", "C"))
FULL = PageContext(
    language="de",
    site_title="Handbook",
    title="Install",
    body='<h1 id="install">Install</h1><h2 id="a">A</h2><p>Text.</p>',
    root="../",
    description="How to install it",
    headings=HEADINGS,
    navigation=NAVIGATION,
    crumbs=(Crumb(title="Start", address="../"), Crumb(title="Guide")),
    previous=Crumb(title="Before", address="../before/"),
    next=Crumb(title="After", address="../after/"),
    styles=("../assets/style.abc.css",),
    scripts=("../assets/theme.abc.js", "../assets/search.abc.js"),
    search_index="../search/index.json",
    canonical="https://docs.example/install/",
    feed="../feed.xml",
    icon="../assets/icon.abc.svg",
    date="2026-03-01",
    authors=("Ana", "Ben"),
)
BARE = PageContext(language="", site_title="", title="Only", body="<p>Text.</p>", root="")


def assert_sound(document: Document) -> None:
    """What is true of every page."""
    ids = [one.attributes["id"] for one in document.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert len(document.all("h1")) == len(document.all("main")) == 1
    assert document.one("a", class_="skip").attributes["href"] == "#tl-main"
    for one in document.elements:
        assert one.name != "style"
        assert not one.attributes.keys() & {"style", "onclick", "onload", "onerror"}
        for reference in ("for", "aria-controls", "aria-labelledby"):
            assert one.attributes.get(reference, ids[0]) in ids
    for script in document.all("script"):
        assert script.attributes["src"]
        assert not script.text
    for name in ("nav", "form"):
        for one in document.all(name):
            assert one.attributes.keys() & {"aria-label", "aria-labelledby", "role"}


def test_a_full_page_has_its_landmarks_and_says_where_one_is() -> None:
    document = read(page(FULL))
    assert_sound(document)
    assert document.one("html").attributes["lang"] == "de"
    assert document.one("title").text == "Install · Handbook"
    assert [one.text for one in document.all("a", aria_current="page")] == ["Install"]
    assert [one.attributes["href"] for one in document.all("link", rel="canonical")] == [FULL.canonical]
    assert document.one("link", type="application/atom+xml").attributes["href"] == "../feed.xml"
    assert document.one("a", rel="prev").text == "ZurückBefore"
    assert document.one("a", rel="next").attributes["href"] == "../after/"
    assert document.one("a", class_="home").attributes["href"] == "../"
    assert document.one("time").attributes["datetime"] == "2026-03-01"
    assert [one.attributes["content"] for one in document.all("meta", name="description")] == ["How to install it"]
    form = document.one("form")
    assert form.attributes["data-index"] == "../search/index.json"


def test_the_menu_opens_without_a_script_where_one_is() -> None:
    document = read(page(FULL))
    menu = document.one("nav", class_="menu")
    assert document.one("a", class_="opener").attributes["href"] == f"#{menu.attributes['id']}"
    groups = [one for one in document.all("details") if one.text.startswith(("Seiten unter Guide", "Deep"))]
    assert ["open" in group.attributes for group in groups] == [True, False]


def test_the_contents_are_of_two_levels_and_lead_to_the_ids() -> None:
    document = read(page(FULL))
    (aside,) = document.all("aside")
    rows = [one for one in document.all("li") if one.attributes.get("class", "").startswith("level-")]
    assert [row.text for row in rows] == ["A < B", "B"] * 2
    assert {one.attributes["href"] for one in document.all("a") if one.text == "B"} == {"#b%2520c"}
    assert aside.text == "Auf dieser SeiteA < BB"


def test_a_bare_page_has_only_what_it_has() -> None:
    document = read(page(BARE))
    assert_sound(document)
    assert document.one("h1").text == "Only"
    assert document.one("title").text == "Only"
    assert not document.all("nav")
    assert not document.all("script")
    assert not document.all("aside")
    assert document.one("html").attributes["lang"] == "en"


def test_the_first_script_alone_is_read_before_the_page() -> None:
    scripts = read(page(FULL)).all("script")
    assert ["defer" in one.attributes for one in scripts] == [False, True]


def test_an_address_that_leads_nowhere_leads_home() -> None:
    document = read(not_found(replace(FULL, title="", body="", root="/docs/", headings=())))
    assert_sound(document)
    assert document.one("h1").text == "Seite nicht gefunden"
    assert "/docs/" in [one.attributes["href"] for one in document.all("a") if one.text == "Zur Startseite"]
    assert document.one("meta", name="robots").attributes["content"] == "noindex"
    assert not document.all("link", rel="canonical")
    assert read(not_found(replace(FULL, title="Weg", body="<p>Fort.</p>"))).one("h1").text == "Weg"


@pytest.mark.parametrize("depth", [DEPTH_MAX, 3000])
def test_a_menu_has_a_depth(depth: int) -> None:
    item = NavigationItem(title="last", address="x/")
    for _ in range(depth):
        item = NavigationItem(title="group", address="y/", items=(item,))
    assert len(read(page(replace(BARE, navigation=(item,)))).all("details")) == DEPTH_MAX - 1


TEXT = st.text(max_size=30) | st.just(HOSTILE)
CRUMB = st.builds(Crumb, title=TEXT, address=TEXT)
ITEM = st.recursive(
    st.builds(NavigationItem, title=TEXT, address=TEXT, is_current=st.booleans(), is_open=st.booleans()),
    lambda items: st.builds(NavigationItem, title=TEXT, address=TEXT, items=st.lists(items, max_size=3)),
    max_leaves=5,
)


@settings(deadline=None, max_examples=80)
@given(
    st.builds(
        PageContext,
        language=TEXT,
        site_title=TEXT,
        title=TEXT,
        body=st.just("<p>Text.</p>"),
        root=TEXT,
        description=TEXT,
        headings=st.lists(st.builds(Heading, st.integers(1, 6), TEXT, TEXT), max_size=4),
        navigation=st.lists(ITEM, max_size=3),
        crumbs=st.lists(CRUMB, max_size=3),
        previous=st.none() | CRUMB,
        next=st.none() | CRUMB,
        search_index=TEXT,
        canonical=TEXT,
        feed=TEXT,
        icon=TEXT,
        date=TEXT,
        authors=st.lists(TEXT, max_size=2),
    )
)
def test_no_text_becomes_markup(context: PageContext) -> None:
    document = read(page(context))
    assert not document.all("script")
    page(context).encode()
    assert len(document.all("h1")) == len(document.all("body")) == 1
    attributes = {name for one in document.elements for name in one.attributes}
    assert attributes <= KNOWN, attributes - KNOWN


KNOWN = frozenset(
    (
        *("aria-autocomplete", "aria-controls", "aria-current", "aria-expanded", "aria-hidden", "aria-keyshortcuts"),
        *(
            "aria-label",
            "aria-labelledby",
            "autocomplete",
            "charset",
            "class",
            "content",
            "cx",
            "cy",
            "d",
            "data-found",
        ),
        *(
            "data-index",
            "data-root",
            "data-scheme",
            "data-words",
            "datetime",
            "dir",
            "for",
            "height",
            "hidden",
            "href",
            "id",
            "lang",
        ),
        *("maxlength", "name", "open", "placeholder", "property", "r", "rel", "role", "spellcheck", "tabindex"),
        *("title", "type", "viewbox", "width"),
    )
)
