"""Two builds and what they differ in."""

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.render.site.file import Redirect
from trueline.render.site.served import ServedRelease
from trueline.server.preview.build import Build
from trueline.server.preview.change import SHOWN_MAX, Sign, compare, lines


def build(name: str, files: dict[str, str], *findings: Diagnostic) -> Build:
    blobs = {path: Digest(text) for path, text in files.items()}
    return Build(name=name, files=blobs, release=ServedRelease.of(blobs, sizes={}), findings=findings)


def finding(detail: str, line: int = 1) -> Diagnostic:
    origin = Origin(path="a.md", line=line)
    return Diagnostic(code="TL1513", summary="a summary", detail=detail, remedy="a remedy", origin=origin)


BEFORE = build(
    "before", {"index.html": "1", "a/index.html": "1", "b.html": "1", "c.css": "1"}, finding("x"), finding("y")
)


def test_pages_files_and_findings() -> None:
    now = build(
        "now",
        {"index.html": "2", "b.html": "1", "n/index.html": "1", "c.css": "2", "d.css": "1"},
        finding("y", 9),
        finding("z"),
    )
    found = compare(BEFORE, now)
    assert found.pages == ((Sign.REMOVED, "a/index.html"), (Sign.CHANGED, "index.html"), (Sign.ADDED, "n/index.html"))
    assert (found.files, [one.detail for one in found.new], [one.detail for one in found.gone]) == (2, ["z"], ["x"])
    assert [one.detail for one in found.same] == ["y"]
    assert list(lines(found)) == [
        "against before:",
        "  - /a/ (leads nowhere now: it needs a redirect)",
        "  ~ /",
        "  + /n/",
        "  new: TL1513 a summary (a.md:1): z",
        "  gone: TL1513 a summary (a.md:1): x",
        "pages: 1 added, 1 changed, 1 removed; other files: 2; 1 findings new, 1 gone, 1 as before",
    ]


def test_a_page_whose_words_are_the_same_is_counted_apart() -> None:
    now = build("now", {"index.html": "2", "a/index.html": "3", "b.html": "1", "c.css": "1"})
    found = compare(BEFORE, now, words={"1": "words", "2": "words", "3": "others"}.get)
    assert (found.pages, found.around) == (((Sign.CHANGED, "a/index.html"),), ("index.html",))
    assert "2 changed, 0 removed (1 of them around their words)" in found.summary


def test_a_removed_page_with_a_redirect_is_not_lost() -> None:
    redirects = [Redirect(source="/a/", leads_to="/", status=301)]
    files = {"index.html": Digest("1")}
    release = ServedRelease.of(files, sizes={}, redirects=redirects)
    found = compare(BEFORE, Build(name="now", files=files, release=release))
    assert [path for _, path in found.pages] == ["a/index.html", "b.html"]
    assert found.lost == {"b.html"}


def test_the_same_is_no_change() -> None:
    found = compare(BEFORE, BEFORE)
    assert (found.pages, found.files, found.new, found.gone) == ((), 0, (), ())
    assert len(list(lines(found))) == 1


def test_without_a_build_before_nothing_is_listed() -> None:
    assert list(lines(compare(None, BEFORE, "no Git"))) == [
        "nothing to compare with: no Git",
        "  new: TL1513 a summary (a.md:1): x",
        "  new: TL1513 a summary (a.md:1): y",
        "pages: 3 added, 0 changed, 0 removed; other files: 1; 2 findings new, 0 gone, 0 as before",
    ]
    failed = compare(Build.failed("the last commit", [finding("broken")]), BEFORE)
    assert failed.doubt == "the last commit does not build: a summary (a.md:1): broken"


def test_a_list_has_a_bound() -> None:
    now = build("now", {f"{number:03}.html": "1" for number in range(100)})
    found = list(lines(compare(build("before", {}), now)))
    assert len(found) == SHOWN_MAX + 3
    assert f"  and {100 - SHOWN_MAX} more" in found
