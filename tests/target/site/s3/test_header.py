"""What a browser is told of an object, and what a bucket cannot carry."""

import pytest

from trueline.model.origin import Origin
from trueline.render.site.file import HeaderRule, Redirect, Release
from trueline.target.site.body import MarkedRelease
from trueline.target.site.s3.header import ASK_AGAIN, FOR_EVER, HeaderTable
from trueline.target.site.s3.note import notes

RULES = (
    HeaderRule(pattern="/*", headers=(("X-Frame-Options", "DENY"), ("Content-Language", "en"))),
    HeaderRule(pattern="/docs/", headers=(("cache-control", "max-age=60"),)),
    HeaderRule(pattern="/de/*", headers=(("Content-Language", "de"),)),
    HeaderRule(pattern="/gr%C3%BCn/:page", headers=(("Content-Disposition", "attachment"),)),
    HeaderRule(pattern="/bad.html", headers=(("Cache-Control", "a\nSet-Cookie: x"), ("Content-Disposition", "ü"))),
)


def check(path: str, *, immutable: tuple[str, ...] = (), is_kept: bool = False) -> dict[str, str]:
    release = MarkedRelease(files={path: "0" * 64}, headers=RULES, immutable=immutable, mark="here.site")
    return dict(HeaderTable.of(release).attributes(path, is_kept=is_kept))


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("index.html", "Content-Type", "text/html; charset=utf-8"),
        ("index.html", "Cache-Control", ASK_AGAIN),
        ("index.html", "Content-Language", "en"),
        ("docs/index.html", "Cache-Control", "max-age=60"),
        ("docs/other.html", "Cache-Control", ASK_AGAIN),
        ("de/index.html", "Content-Language", "en, de"),
        ("de/a/b.html", "Content-Language", "en, de"),
        ("grün/a.html", "Content-Disposition", "attachment"),
        ("bad.html", "Cache-Control", ASK_AGAIN),
    ],
)
def test_what_a_browser_is_told(path: str, name: str, value: str) -> None:
    assert check(path)[name] == value


def test_what_is_immutable_is_kept_for_ever() -> None:
    assert check("a.1.css", immutable=("a.1.css",))["Cache-Control"] == FOR_EVER
    assert check("a.1.css", is_kept=True)["Cache-Control"] == FOR_EVER


def test_no_value_that_breaks_a_request_is_sent() -> None:
    assert "Content-Disposition" not in check("bad.html")
    assert "Content-Disposition" not in check("grün/a/b.html")


def test_what_a_bucket_cannot_carry_is_noted_once() -> None:
    redirects = (Redirect(source="/old", leads_to="/new"), Redirect(source="/a/*", leads_to="/b/:splat"))
    release = Release(files={}, headers=RULES, redirects=redirects, stubs=("old/index.html",))
    origin = Origin(path="docs/index.md", line=1)
    found = list(notes(release, origin))
    assert [(note.code, note.origin) for note in found] == [("TL1580", origin), ("TL1581", origin)]
    assert found[0].detail == "Cache-Control, Content-Disposition, X-Frame-Options"
    assert found[1].detail.startswith("1 of _redirects")


def test_a_site_that_asks_for_nothing_has_no_note() -> None:
    headers = (HeaderRule(pattern="/*", headers=(("Cache-Control", "no-store"),)),)
    redirects = (Redirect(source="/old", leads_to="/new"),)
    release = Release(files={}, headers=headers, redirects=redirects, stubs=("old/index.html",))
    assert list(notes(release, Origin(path="docs/index.md", line=1))) == []
