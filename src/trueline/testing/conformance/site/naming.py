"""Names: hostile ones are refused before anything is written, all others are served as they are."""

from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Refusal, Refused
from trueline.target.protocol import Write, WriteMode
from trueline.target.site.body import MarkedFile, MarkedRelease
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.sample import FIRST
from trueline.testing.conformance.site.world import World, file_ref

HOSTILE = (
    "../x",
    "docs/../../x",
    "/etc/passwd",
    "a//b",
    "a/./b",
    "nul\0byte",
    "",
    ".trueline",
    ".trueline/state.json",
    "docs/.Trueline.x/y",
    "x" * 256,
    "/".join("x" * 70),
    "line\nbreak",
)
ODD = {
    "a b.html": "spaces",
    "Äpfel & Birnen/größe.html": "letters with marks",
    "日本/ページ.html": "another script",
    "per%20cent.html": "what looks like an escape",
    "quo'te\"s.html": "quotes",
    "plus+and#hash?query.html": "what an address gives a meaning",
    "~tilde!$(),;=@[]{}.html": "what a shell gives a meaning",
    "back\\slash.html": "what another system takes for a folder",
    "-dash.html": "what a command takes for an option",
    ".well-known/security.txt": "what begins with a dot",
    "no ending": "without a media type",
    "emoji-😀.html": "beyond the first plane",
}


@site_case()
async def a_hostile_path_is_refused(world: World) -> None:
    """As a problem of the render, and by the target itself, tried and applied."""
    await world.publish(FIRST)
    before = world.ground.counts()
    for path in HOSTILE:
        found = await world.normalise({"index.html": "home", path: "evil"})
        expect([problem.code for problem in found.problems], ["TL1570"], path)
        blob = world.ground.blobs.put(b"evil")
        for mode in (WriteMode.TRY, WriteMode.APPLY):
            file = MarkedFile(path=path, blob=blob, size_bytes=4, media="text/html", mark="here.site")
            release = MarkedRelease(files={path: blob}, mark="here.site")
            for ref, body in ((file_ref(path), file.body()), (RELEASE_REF, release.body())):
                answer = await world.target.write(Write(ref=ref, body=body, mode=mode))
                expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.INVALID)
    expect(world.ground.counts().since(before).writes, 0)
    await world.expect_served(FIRST)


@site_case()
async def a_blob_that_is_a_path_is_refused(world: World) -> None:
    """A digest becomes a part of a path: nothing else does."""
    release = MarkedRelease(files={"index.html": "../../../../etc/passwd"}, mark="here.site")
    answer = await world.target.write(Write(ref=RELEASE_REF, body=release.body(), mode=WriteMode.APPLY))
    expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.INVALID)
    await world.expect_served({})


@site_case()
async def odd_names_are_served_as_they_are(world: World) -> None:
    """Published, found by their names, healed, and gone when Git drops them."""
    site = {**FIRST, **ODD}
    await world.publish(site)
    expect_that((await world.go(site)).review.plan.is_empty)
    for path in ODD:
        await world.ground.tamper(path, b"tampered")
    await world.publish(site)
    await world.publish(FIRST)
