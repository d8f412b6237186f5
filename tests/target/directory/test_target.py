"""What a directory takes and what it refuses: hostile paths, foreign directories, other owners, and what it leaves."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.target.directory.site_bench import ORIGIN, Bench, file_ref
from trueline.loop.status import Sync
from trueline.model.digest import canonical, digest_bytes
from trueline.model.known import Known, Unknown
from trueline.plan.change import Action
from trueline.render.resource import Rendered, Resource
from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Accepted, Refusal, Refused
from trueline.target.inventory import Inventory
from trueline.target.protocol import Write, WriteMode
from trueline.target.site.body import MarkedFile, MarkedRelease

PAGES = {"index.html": "<p>home", "docs/a.html": "<p>a"}
HOSTILE = [
    "../x",
    "docs/../../x",
    "/etc/passwd",
    "a//b",
    "a/./b",
    "nul\0byte",
    "",
    ".trueline",
    "docs/.Trueline.x/y",
    "x" * 256,
    "/".join("x" * 70),
    "line\nbreak",
]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path)


def _everything(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


# ---- what a render may hold -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", HOSTILE)
async def test_a_hostile_path_is_a_problem_and_a_refusal(bench: Bench, path: str) -> None:
    found = await bench.normalise({"index.html": "home", path: "evil"})
    assert [problem.code for problem in found.problems] == ["TL1570"]
    blob = bench.blobs.put(b"evil")
    before = _everything(bench.folder)
    for mode in (WriteMode.TRY, WriteMode.APPLY):
        file = MarkedFile(path=path, blob=blob, size_bytes=4, media="text/html", mark="here.site")
        answer = await bench.target.write(Write(ref=file_ref(path), body=file.body(), mode=mode))
        assert isinstance(answer, Refused)
        assert answer.refusal is Refusal.INVALID
        release = MarkedRelease(files={path: blob}, mark="here.site")
        answer = await bench.target.write(Write(ref=RELEASE_REF, body=release.body(), mode=mode))
        assert isinstance(answer, Refused)
        assert answer.refusal is Refusal.INVALID
    assert _everything(bench.folder) == before


async def test_a_blob_that_is_a_path_is_refused(bench: Bench) -> None:
    release = MarkedRelease(files={"index.html": "../../../../etc/passwd"}, mark="here.site")
    answer = await bench.target.write(Write(ref=RELEASE_REF, body=release.body(), mode=WriteMode.APPLY))
    assert isinstance(answer, Refused)
    assert answer.refusal is Refusal.INVALID


@pytest.mark.parametrize(
    ("paths", "code"),
    [
        (["docs/a.html", "Docs/A.html"], "TL1571"),
        (["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}"], "TL1571"),
        (["docs", "docs/a.html"], "TL1572"),
        (["DOCS", "docs/deep/a.html"], "TL1572"),
    ],
)
async def test_paths_that_are_one_on_some_disk(bench: Bench, paths: list[str], code: str) -> None:
    found = await bench.normalise(dict.fromkeys(paths, "text"))
    assert [problem.code for problem in found.problems] == [code]


async def test_a_release_names_exactly_the_files(bench: Bench) -> None:
    whole = bench.render(PAGES)
    part = Rendered(resources=tuple(r for r in whole.resources if r.ref.name != "docs/a.html"), bodies=whole.bodies)
    none = Rendered(resources=tuple(r for r in whole.resources if r.ref != RELEASE_REF), bodies=whole.bodies)
    body = canonical({"kind": "ConfigMap"})
    other = Resource(ref=file_ref("x"), digest=digest_bytes(body), origin=ORIGIN)
    broken = Rendered(resources=(other,), bodies={other.digest: body})
    for rendered in (part, none, broken):
        found = await bench.target.normalise(rendered, application="site", namespace="", create=False)
        assert [problem.code for problem in found.problems] == ["TL1573"]
    assert not (await bench.normalise(PAGES)).problems


async def test_a_problem_publishes_nothing(bench: Bench) -> None:
    await bench.go(PAGES)
    made = await bench.go({**PAGES, "Index.html": "twin"})
    assert (made.sync, bench.served()) == (Sync.BLOCKED, PAGES)


# ---- whose directory it is --------------------------------------------------------------------------------------


async def test_an_empty_directory_is_replaced(bench: Bench) -> None:
    bench.path.mkdir()
    await bench.go(PAGES)
    assert bench.path.is_symlink()
    assert bench.served() == PAGES


@pytest.mark.parametrize("what", ["directory", "file", "link"])
async def test_what_is_not_ours_is_refused_and_untouched(bench: Bench, what: str) -> None:
    other = bench.folder / "other"
    other.mkdir()
    (other / "theirs").write_text("precious")
    if what == "directory":
        other.rename(bench.path)
    elif what == "file":
        bench.path.write_text("precious")
    else:
        bench.path.symlink_to("other")
    desired = await bench.desire(PAGES)
    before = _everything(bench.folder)
    made = await bench.go(PAGES)
    assert desired.resources
    assert made.sync is Sync.BLOCKED
    assert len(made.problems) == 1
    assert "move it away, or name another directory" in made.problems[0].detail
    assert _everything(bench.folder) == before


async def test_a_directory_in_the_place_of_our_pointer_is_refused(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.path.unlink()
    bench.path.mkdir()
    (bench.path / "theirs").write_text("precious")
    made = await bench.go(PAGES)
    assert made.sync is Sync.BLOCKED
    assert (bench.path / "theirs").read_text() == "precious"


async def test_two_applications_cannot_have_one_directory(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.claims.declare("site", "www", (await bench.desire(PAGES)).resources)
    made = await bench.go({"index.html": "other", "more.html": "more"}, "other")
    assert {change.action for change in made.review.plan.changes} == {Action.HOLD}
    assert "belongs to the application site" in made.message
    assert bench.served() == PAGES
    normalised = await bench.normalise({"more.html": "more"}, "other")
    for resource in normalised.rendered.resources:
        body = normalised.rendered.body(resource)
        answer = await bench.target.write(Write(ref=resource.ref, body=body, mode=WriteMode.APPLY))
        assert isinstance(answer, Refused)
        assert answer.refusal is Refusal.DENIED
    assert (await bench.go(PAGES)).review.plan.is_empty


async def test_another_installations_directory_is_held(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.installation = "elsewhere"
    bench.store.execute("DELETE FROM entry")
    bench.restart()
    made = await bench.go({"index.html": "other"})
    assert {change.action for change in made.review.plan.changes} == {Action.HOLD}
    assert "another installation" in made.message
    assert bench.served() == PAGES


async def test_a_directory_moves_to_another_application_in_one_apply(bench: Bench) -> None:
    await bench.go(PAGES)
    more = {**PAGES, "more.html": "more"}
    bench.claims.declare("other", "www", (await bench.desire(more, "other")).resources)
    made = await bench.go(more, "other")
    assert {change.action for change in made.review.plan.changes} == {Action.TRANSFER, Action.HOLD}
    assert bench.served() == more
    assert (await bench.go(more, "other")).sync is Sync.SYNCED
    assert (await bench.go(more, "other")).review.plan.is_empty
    assert bench.ledger.count("site", "www") == 0


async def test_a_state_that_cannot_be_read_is_unknown_and_nothing_is_done(bench: Bench) -> None:
    await bench.go(PAGES)
    for name in ("owner", "live"):
        kept = (bench.state / name).read_bytes()
        (bench.state / name).write_bytes(b"garbage")
        made = await bench.go({"index.html": "new"})
        assert made.sync is Sync.UNKNOWN
        assert "cannot be read" in made.message
        assert (await bench.go({}, is_removal=True)).sync is Sync.UNKNOWN
        assert bench.served() == PAGES
        (bench.state / name).write_bytes(kept)
    (bench.state / "owner").unlink()
    assert (await bench.go({}, is_removal=True)).sync is Sync.UNKNOWN
    assert bench.served() == PAGES


async def test_a_parent_that_is_away_is_unknown(bench: Bench) -> None:
    bench.path = bench.folder / "mount" / "www"
    bench.restart()
    made = await bench.go(PAGES)
    assert (made.sync, "no such file" in made.message) == (Sync.UNKNOWN, True)
    assert not bench.path.parent.exists()
    bench.path.parent.mkdir()
    await bench.go(PAGES)
    assert bench.served() == PAGES
    bench.path.parent.rename(bench.folder / "away")
    found = await bench.target.snapshot([RELEASE_REF], Inventory(application="site"))
    assert isinstance(found.at(RELEASE_REF), Unknown)


async def test_a_site_within_another_is_refused(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.path /= "within"
    with pytest.raises(ValueError, match="published to"):
        bench.restart()


async def test_a_link_in_the_parent_is_resolved_once(bench: Bench) -> None:
    (bench.folder / "real").mkdir()
    (bench.folder / "other").mkdir()
    (bench.folder / "link").symlink_to("real")
    bench.path = bench.folder / "link" / "www"
    bench.restart()
    (bench.folder / "link").unlink()
    (bench.folder / "link").symlink_to("other")
    await bench.go(PAGES)
    assert (bench.folder / "real" / "www" / "index.html").read_text() == "<p>home"
    assert list((bench.folder / "other").iterdir()) == []


# ---- leaving ----------------------------------------------------------------------------------------------------


async def test_a_removal_takes_what_is_ours_and_leaves_the_rest(bench: Bench) -> None:
    await bench.go(PAGES)
    await bench.go({**PAGES, "index.html": "second"})
    bench.live("docs/theirs").write_text("precious")
    beside = bench.folder / "beside"
    beside.write_text("precious too")
    made = await bench.go({}, is_removal=True)
    assert (made.sync, bench.path.is_symlink(), bench.path.exists()) == (Sync.SYNCED, False, False)
    assert sorted(file.name for file in bench.state.rglob("*") if file.is_file()) == ["theirs"]
    assert beside.read_text() == "precious too"
    await bench.go(PAGES)
    assert bench.served() == PAGES
    await bench.go({}, is_removal=True)
    assert [file.read_text() for file in bench.state.rglob("theirs")] == ["precious"]


async def test_a_removal_without_strangers_leaves_nothing(bench: Bench) -> None:
    await bench.go(PAGES)
    await bench.go({}, is_removal=True)
    assert [path.name for path in bench.folder.iterdir()] == ["data"]


async def test_a_file_that_is_live_is_not_deleted_alone(bench: Bench) -> None:
    await bench.go(PAGES)
    found = await bench.target.snapshot([file_ref("index.html")], Inventory(application="site"))
    part = found.at(file_ref("index.html"))
    assert isinstance(part, Known)
    assert part.value is not None
    assert isinstance(
        await bench.target.delete(file_ref("index.html"), uid=part.value.uid, mark="here.site", version="", dry=True),
        Accepted,
    )
    answer = await bench.target.delete(
        file_ref("index.html"), uid=part.value.uid, mark="here.site", version="", dry=False
    )
    assert isinstance(answer, Refused)
    answer = await bench.target.delete(RELEASE_REF, uid="somebody else's", mark="here.site", version="", dry=False)
    assert isinstance(answer, Refused)
    assert bench.served() == PAGES


# ---- bytes ------------------------------------------------------------------------------------------------------


def _spoil(bench: Bench, blobs: Mapping[str, str]) -> None:
    for text in blobs.values():
        bench.blobs.place(digest_bytes(text.encode())).write_text(text.upper())


async def test_a_spoiled_blob_is_never_published(bench: Bench) -> None:
    await bench.go(PAGES)
    desired = {**PAGES, "index.html": "spoiled"}
    await bench.desire(desired)
    _spoil(bench, {"index.html": "spoiled"})
    rendered = (await bench.desire(PAGES)).resources
    assert rendered
    file = MarkedFile(
        path="index.html", blob=digest_bytes(b"spoiled"), size_bytes=7, media="text/html", mark="here.site"
    )
    answer = await bench.target.write(Write(ref=file.ref, body=file.body(), mode=WriteMode.APPLY))
    assert isinstance(answer, Refused)
    assert "were changed" in answer.message
    files = {path: digest_bytes(text.encode()) for path, text in desired.items()}
    release = MarkedRelease(files={**files}, mark="here.site")
    answer = await bench.target.write(Write(ref=RELEASE_REF, body=release.body(), mode=WriteMode.APPLY))
    assert isinstance(answer, Refused)
    assert "not kept any more" in answer.message  # what was spoiled is let go, so that it can be made again
    assert bench.served() == PAGES


async def test_a_lost_blob_is_told_before_anything_is_done(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.live("index.html").write_text("tampered")
    bench.blobs.place(digest_bytes(b"<p>home")).unlink()
    file = MarkedFile(path="new", blob="0" * 64, size_bytes=7, media="text/html", mark="here.site")
    answer = await bench.target.write(Write(ref=file.ref, body=file.body(), mode=WriteMode.TRY))
    assert isinstance(answer, Refused)
    assert "not kept any more" in answer.message


# ---- readers ----------------------------------------------------------------------------------------------------


async def test_a_reader_never_sees_half_a_release(bench: Bench) -> None:
    """The reader follows the link between any two operations of the disk, and finds one whole release each time."""
    seen: list[str] = []

    def look() -> None:
        if not bench.path.is_symlink():
            return
        found = bench.served()
        assert set(found) == {*(f"{n}.html" for n in range(5)), f"only-{found['0.html']}.html"}
        assert len(set(found.values())) == 1, found
        seen.append(found["0.html"])

    def release(number: int) -> dict[str, str]:
        return dict.fromkeys([*(f"{n}.html" for n in range(5)), f"only-{number}.html"], str(number))

    assert bench.disk is not None
    bench.disk.looks = look
    for number in range(20):
        bench.clock.pass_s(1)
        await bench.go(release(number))
    assert list(dict.fromkeys(seen)) == [str(number) for number in range(20)]
    assert len(seen) > 500
