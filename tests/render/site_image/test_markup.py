"""The element of an image, as a browser reads it."""

from html.parser import HTMLParser

from trueline.render.site.image.kind import Kind
from trueline.render.site.image.markup import ROOT_MARK, Picture, PictureFile, markup


class Elements(HTMLParser):
    """Every element with its attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        assert len(dict(attrs)) == len(attrs), "an attribute stands twice"
        self.found.append((tag, dict(attrs)))


def files(*widths: int, kinds: tuple[Kind, ...] = (Kind.AVIF, Kind.WEBP, Kind.JPEG)) -> tuple[PictureFile, ...]:
    return tuple(
        PictureFile(kind=kind, width=width, height=width // 2, path=f"assets/img/a.0-{width}.{kind.value}")
        for kind in kinds
        for width in widths
    )


def test_a_picture_offers_each_format_in_each_width() -> None:
    html = markup(Picture(files=files(320, 640), alt="A hill"), "../")
    assert "\n" not in html
    (top, _), (first, avif), (second, webp), (last, image) = Elements(html).found
    assert (top, first, second, last) == ("picture", "source", "source", "img")
    assert avif == {
        "type": "image/avif",
        "srcset": "../assets/img/a.0-320.avif 320w, ../assets/img/a.0-640.avif 640w",
        "sizes": "(min-width: 640px) 640px, 100vw",
    }
    assert webp["type"] == "image/webp"
    assert image == {
        "src": "../assets/img/a.0-640.jpg",
        "srcset": "../assets/img/a.0-320.jpg 320w, ../assets/img/a.0-640.jpg 640w",
        "sizes": "(min-width: 640px) 640px, 100vw",
        "alt": "A hill",
        "width": "640",
        "height": "320",
        "decoding": "async",
        "loading": "lazy",
    }


def test_no_image_is_said_to_be_wider_than_the_text() -> None:
    assert 'sizes="(min-width: 736px) 736px, 100vw"' in markup(Picture(files=files(640, 1920)))


def test_the_first_image_is_not_lazy() -> None:
    [*_, (_, image)] = Elements(markup(Picture(files=files(320, 640), is_first=True))).found
    assert image["fetchpriority"] == "high"
    assert "loading" not in image


def test_one_file_is_an_image_alone() -> None:
    html = markup(Picture(files=files(300, kinds=(Kind.PNG,)), title="A title"))
    [(tag, image)] = Elements(html).found
    assert (tag, image["src"], image["title"]) == ("img", f"{ROOT_MARK}assets/img/a.0-300.png", "A title")
    assert "srcset" not in image
    assert 'alt=""' in html, "an empty text is said, not left out"


def test_a_size_that_is_not_known_is_not_said() -> None:
    one = PictureFile(kind=Kind.SVG, width=0, height=0, path="a.svg")
    assert {"width", "height"}.isdisjoint(dict(Elements(markup(Picture(files=(one,)))).found)["img"])


def test_what_people_write_stays_text() -> None:
    hostile = '"><script>alert(1)</script>&lt;'
    for shown in (files(320, 640), ()):
        found = Elements(markup(Picture(files=shown, alt=hostile, title=hostile))).found
        assert "script" not in dict(found)
        assert hostile in {*found[-1][1].values()}


def test_an_image_that_is_not_published_is_its_text() -> None:
    assert "A hill" in markup(Picture(files=(), alt="A hill"))
    assert "<img" not in markup(Picture(files=(), alt="A hill"))
