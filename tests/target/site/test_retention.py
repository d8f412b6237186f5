"""Which files of earlier releases stay."""

from trueline.model.digest import Digest
from trueline.target.site.body import MarkedRelease
from trueline.target.site.platform import Kept, Published
from trueline.target.site.retention import kept_after

A, B = "a" * 64, "b" * 64


def check(
    before: Published | None, files: dict[str, str], *, now_s: float = 100.0, has: bool = True
) -> dict[str, Kept]:
    body = MarkedRelease(files=files, mark="here.site")
    return kept_after(before, body, now_s=now_s, keep_s=50.0, has=lambda _: has)


def published(files: dict[str, str], immutable: tuple[str, ...], kept: dict[str, Kept] | None = None) -> Published:
    body = MarkedRelease(files=files, immutable=immutable, mark="here.site")
    return Published(lineage="l", release=Digest("r"), body=body, kept=kept or {})


def test_what_is_immutable_and_left_stays() -> None:
    before = published({"m.1.css": A, "page.html": B}, ("m.1.css",))
    assert check(before, {"page.html": B}) == {"m.1.css": Kept(Digest(A), 100.0)}
    assert check(before, {"m.1.css": A}) == {}
    assert check(None, {}) == {}


def test_nothing_stays_for_ever_or_without_its_bytes() -> None:
    before = published({}, (), {"old.css": Kept(Digest(A), 49.0), "young.css": Kept(Digest(A), 51.0)})
    assert list(check(before, {})) == ["young.css"]
    assert check(before, {}, has=False) == {}


def test_nothing_stays_in_the_way_of_the_release() -> None:
    immutable = {"m.css": A, "folder": A, "above/x.css": A, "M2.css": A}
    before = published(immutable, tuple(immutable))
    files = {"m.css": B, "folder/page.html": B, "above": B, "m2.CSS": B}
    assert check(before, files) == {}
