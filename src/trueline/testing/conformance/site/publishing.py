"""Publishing: idempotent, and no more than what changed."""

from trueline.loop.status import Sync
from trueline.model.ref import Ref
from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Accepted, Refusal, Refused
from trueline.target.protocol import Write, WriteMode
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, ONE_CHANGED, SECOND, as_bytes
from trueline.testing.conformance.site.world import World


@site_case()
async def a_second_run_writes_nothing(world: World) -> None:
    """Neither in the same process nor in a new one."""
    await world.publish(FIRST)
    before = world.ground.counts()
    expect_that((await world.go(FIRST)).review.plan.is_empty)
    await world.restart()
    expect_that((await world.go(FIRST)).review.plan.is_empty)
    done = world.ground.counts().since(before)
    expect((done.writes, done.uploads), (0, 0))


@site_case()
async def a_pass_without_news_looks_once(world: World) -> None:
    """However many files there are."""
    await world.publish(FIRST)
    before = world.ground.counts()
    await world.go(FIRST)
    expect_that(world.ground.counts().since(before).looks <= 1)


@site_case()
async def a_preview_writes_nothing(world: World) -> None:
    """A dry run of every resource of a new release leaves no trace."""
    await world.publish(FIRST)
    before = world.ground.counts()
    normalised = await world.normalise(SECOND)
    for resource in normalised.rendered.resources:
        body = normalised.rendered.body(resource)
        answer = await world.target.write(Write(ref=resource.ref, body=body, mode=WriteMode.TRY, whole=True))
        expect_that(isinstance(answer, Accepted))
    expect(world.ground.counts().since(before).writes, 0)
    await world.expect_served(FIRST)


@site_case()
async def one_changed_page_is_one_upload(world: World) -> None:
    """Everything else stays where it is."""
    await world.publish(FIRST)
    before = world.ground.counts()
    await world.publish(ONE_CHANGED)
    expect(world.ground.counts().since(before).uploads, 1)


@site_case()
async def a_page_that_git_drops_is_gone(world: World) -> None:
    """With its folder, and without another."""
    await world.publish(FIRST)
    left = {path: text for path, text in FIRST.items() if not path.startswith("pictures/")}
    await world.publish({**left, "docs/a.html": "<link href=/assets/m.1.css>a 3"})


@site_case()
async def what_only_was_staged_is_no_drift(world: World) -> None:
    """A crash between the files and their release: nothing was seen, nothing drifted, the next pass goes on."""
    await world.publish(FIRST)
    normalised = await world.normalise(SECOND)
    files = [one for one in normalised.rendered.resources if one.ref != RELEASE_REF]
    seen = await world.target.snapshot(
        [one.ref for one in files], world.parts.ledger.inventory("site", world.target.name)
    )
    for one in files:
        live = getattr(seen.at(one.ref), "value", None)
        write = Write(
            ref=one.ref, body=normalised.rendered.body(one), mode=WriteMode.APPLY, uid=live.uid if live else ""
        )
        expect_that(isinstance(await world.target.write(write), Accepted))
    await world.expect_served(FIRST)
    await world.restart()
    made = await world.publish(SECOND)
    expect(made.drifts, ())
    expect_that((await world.go(SECOND)).review.plan.is_empty)


@site_case()
async def nothing_but_a_site_is_taken(world: World) -> None:
    """A resource of another kind is refused by name."""
    answer = await world.target.write(Write(ref=Ref("ConfigMap", "", "x"), body=b"{}", mode=WriteMode.APPLY))
    expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.NO_KIND)


@site_case()
async def a_site_without_files_is_published(world: World) -> None:
    """It serves nothing, is nobody's mistake, and the next release is as any other."""
    await world.publish({})
    expect_that((await world.go({})).review.plan.is_empty)
    await world.publish(FIRST)
    expect(dict(await world.ground.served()), as_bytes(FIRST))


@site_case()
async def an_empty_file_is_a_file(world: World) -> None:
    """A file of no bytes is there, and its loss is noticed."""
    site = {**FIRST, "empty.txt": ""}
    await world.publish(site)
    await world.ground.tamper("empty.txt", None)
    await world.publish(site)


@site_case()
async def changed_bytes_of_a_blob_are_not_published(world: World) -> None:
    """What is kept is hashed again before anybody sees it; what was live stays."""
    await world.publish(FIRST)
    blob = world.ground.blobs.put(SECOND["index.html"].encode())
    world.ground.blobs.place(blob).write_bytes(b"spoilt")
    made = await world.go(SECOND)
    expect_that(made.sync is not Sync.SYNCED)
    served = await world.ground.served()
    expect(served["index.html"], FIRST["index.html"].encode())
    expect_that(b"spoilt" not in served.values())


@site_case(Feature.FENCE)
async def of_two_writers_one_is_told_that_it_is_stale(world: World) -> None:
    """Both looked, one published: the other must not publish what it planned before."""
    await world.publish(FIRST)
    other = await world.ground.open_beside()
    inventory = world.parts.ledger.inventory("site", world.target.name)
    await other.snapshot([RELEASE_REF], inventory)
    normalised = await world.normalise(ONE_CHANGED)
    release = next(one for one in normalised.rendered.resources if one.ref == RELEASE_REF)
    await world.publish(SECOND)
    body = normalised.rendered.body(release)
    answer = await other.write(
        Write(ref=RELEASE_REF, body=body, mode=WriteMode.APPLY, uid=inventory.entries[RELEASE_REF].uid)
    )
    expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.STALE)
    await world.expect_served(SECOND)
    expect_that((await world.go(SECOND)).review.plan.is_empty)
