"""What a platform knows of a site's files by their names."""

import json

import pytest

from trueline.model.digest import Digest, digest_bytes
from trueline.render.site.extra import SEARCH_FOLDER, THEME_FOLDER
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.name import file_name
from trueline.render.site.image.plan import Variant
from trueline.render.site.keep import named_by_content
from trueline.render.site.parsed import ParsedPage, Section
from trueline.render.site.search import ENTRY, fragment, index
from trueline.render.site.theme.asset import assets
from trueline.target.site.normalise import RULES

BLOB = Digest(digest_bytes(b"x"))
SEARCH = index([fragment("a/", ParsedPage(title="A", html="", sections=(Section("", "A", "word"),)))])
NAMED = [
    *(
        file_name("a/Größe 2.jpg", Variant(kind=kind, width=640, height=480), BLOB)
        for kind in (Kind.AVIF, Kind.WEBP, Kind.JPEG, Kind.SVG)
    ),
    *(f"{THEME_FOLDER}/{named_by_content(name, data)}" for name, data in assets(has_versions=True).items()),
    *(f"{SEARCH_FOLDER}/{name}" for name in SEARCH if name != ENTRY),
]


@pytest.mark.parametrize("name", NAMED)
def test_a_file_that_is_named_by_its_content_is_known(name: str) -> None:
    assert RULES.is_by_content(name)
    assert RULES.is_by_content(f"v1.2/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "guide/index.html",
        f"{SEARCH_FOLDER}/{ENTRY}",
        "assets/img/logo.png",
        "assets/theme/own.css",
        "feed.xml",
    ],
)
def test_a_file_that_only_goes_when_somebody_takes_it_away_is_not(name: str) -> None:
    assert not RULES.is_by_content(name)


def test_the_names_that_are_tried_are_all_that_there_are() -> None:
    assert len(NAMED) > 10
    assert json.loads(SEARCH[ENTRY])
