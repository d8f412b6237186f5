"""Where redirects lead in the end: to a file, away, nowhere, in a circle."""

import pytest

from trueline.render.site.course import STEPS_MAX, astray
from trueline.render.site.redirect import read_redirects, redirect_lines

FILES = ("index.html", "guide/index.html", "guide/a/index.html", "contact.html", "grün/index.html", "data.csv")


def told(text: str) -> list[tuple[str, int]]:
    redirects, findings = read_redirects(text)
    assert not findings
    return [(one.code, one.line) for one in astray(redirects, redirect_lines(text), FILES)]


@pytest.mark.parametrize(
    "text",
    [
        "/old /guide/",
        "/old /guide",  # a page without its slash is found all the same
        "/old /contact",
        "/old /contact.html",
        "/old /data.csv?x=1",
        "/old /guide/#part",
        "/old /gr%C3%BCn/",
        "/old /grün/",
        "/old https://example.com/nowhere",
        "/old //example.com/nowhere",
        "/old /older\n/older /guide/",
        "/old/* /guide/:splat",
        "/blog/:year/:slug /posts/:slug",
        "/app/* /guide/ 200",
        "/app/* /:splat 200",
        "/guide/ /a\n/a /guide/",  # the page goes before its rule
        "/guide/* /guide/:splat",  # it leads to itself, and so it leads nowhere: the page is shown
        "/*  /guide/ 301",
    ],
)
def test_what_leads_on_is_not_told(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/old /nowhere/", 1),
        ("# moved\n/old /guide/b/", 2),
        ("/old /older\n/older /nowhere", 1),
        ("/old /nowhere 200", 1),
        ("/app/* /nowhere/index.html 200", 1),
        ("/app/* /nowhere/", 1),
        ("/guide/ /nowhere 301!", 1),
        ("/old /Guide/", 1),
    ],
)
def test_what_leads_nowhere_is_told_with_its_line(text: str, line: int) -> None:
    assert told(text)[0] == ("TL1911", line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/self /self", 1),
        ("/self /self/", 1),
        ("/a /b\n/b /a", 1),
        ("/a /b/\n/b /a/", 1),
        ("/a/ /b\n\n/b/ /a", 1),
        ("/x /a\n/a /b\n/b /a", 2),
        ("/gr%C3%BCne /b\n/b /grüne", 1),
        ("/a/* /b/:splat\n/b/* /a/:splat", 1),
        ("/a/:n /b/:n\n/b/:n /a/:n\n", 1),
        ("/x/* /x/y/:splat", 1),
        ("/guide/ /other 301!\n/other /guide/", 1),
    ],
)
def test_a_circle_is_told_once_at_its_first_line(text: str, line: int) -> None:
    assert told(text) == [("TL1522", line)]


def test_a_way_is_followed_as_far_as_a_browser_goes() -> None:
    long = "".join(f"/{number} /{number + 1}\n" for number in range(STEPS_MAX - 1))
    assert told(f"{long}/{STEPS_MAX - 1} /guide/") == []
    longer = "".join(f"/{number} /{number + 1}\n" for number in range(60))
    assert {code for code, _ in told(longer)} == {"TL1522", "TL1911"}


@pytest.mark.parametrize(
    ("leads_to", "is_told"),
    [
        ("/guide/#part", False),
        ("/guide/#größe", False),
        ("/guide/#gr%C3%B6%C3%9Fe", False),
        ("/guide/?x=1#part", False),
        ("/guide/#:~:text=word", False),
        ("/guide/#", False),
        ("/data.csv#row=5", False),  # what no page of ours is, is not known
        ("https://example.com/#x", False),
        ("/guide/#Part", True),
        ("/guide/index.html#gone", True),
        ("/guide/?x=1#gone", True),
    ],
)
def test_an_anchor_that_the_page_has_not_is_told(leads_to: str, is_told: bool) -> None:
    text = f"/old {leads_to}\n"
    redirects, _ = read_redirects(text)
    found = astray(redirects, redirect_lines(text), FILES, {"guide/index.html": ("part", "größe")})
    assert [(one.code, one.line, one.detail) for one in found] == (
        [("TL1913", 1, f"/old → {leads_to}")] if is_told else []
    )
