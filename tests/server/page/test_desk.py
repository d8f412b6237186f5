"""Actions on pages, over HTTP and a real engine: each shows first what it does, and does that or nothing."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.server.acting import PROJECT, acting, form_of
from trueline.declare.application import Role
from trueline.embedded.cluster import EmbeddedCluster
from trueline.loop.status import Sync
from trueline.record.journal import Kind
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.server.access.identity import Scope
from trueline.server.page.verb import Verb
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.engine.sample import config_map, deployment, secret
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.place import own_namespace
from trueline.testing.conformance.reviewer import InProcessReviewers

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCRIPT = '"><script>alert(1)</script>'
SHOP = "/applications/shop"
EDIT: Json = {"data": {"a": "9"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(box: ProcessToolbox) -> AsyncIterator[EmbeddedCluster]:
    async with EmbeddedCluster(box, SystemClock(), connect=InProcessReviewers().connect) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def world(cluster: EmbeddedCluster, box: ProcessToolbox) -> World:
    made = World(await own_namespace(cluster.transport(), InProcessReviewers()), box)
    made.more = {"fleet/project.yaml": PROJECT}
    return made


async def data_of(world: World, name: str = "settings") -> Json:
    data: Json = (await world.live(config_map(name)))["data"]
    return data


async def test_a_rollback_shows_its_plan_and_does_that_one(world: World) -> None:
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}), config_map("later"))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        async with acting(world) as server:
            dee = server.person("dee")
            page = await dee.page(SHOP)
            assert 'href="/applications/shop/rollback?revision=1"' in page
            assert 'href="/applications/shop/rollback?revision=2"' not in page, "it runs"
            history = await dee.page(f"{SHOP}/history")
            assert re.findall(r'href="/applications/shop/(rollback[^"]*)"', history) == ["rollback?revision=1"]
            assert "/rollback" not in await server.person("vi").page(f"{SHOP}/history")
            page = await dee.page(f"{SHOP}/rollback?revision=1")
            assert "<del>2</del>" in page
            assert "<ins>1</ins>" in page
            assert page.index("1 deleted") < page.index("<ins>1</ins>"), "what is lost comes first"
            assert f"ConfigMap/{world.api.namespace}/later" in page
            status, led, _ = await dee.press(page)
            assert (status, led.partition("=")[0]) == (303, f"{SHOP}?begun")
            assert "asked for by dee" not in led
            await world.until(lambda: world.status().sync in {Sync.HELD, Sync.WAITING}, "begun")
            assert "rolled back to" in await dee.page(led)
            [record] = world.records("shop", Kind.ROLLBACK)
            assert record.body["who"] == "dee"
            assert await data_of(world) == {"a": "1"}


async def test_what_has_changed_since_is_not_done_and_the_new_plan_is_shown(world: World) -> None:
    """INV-11: the digest of what was shown goes with the form; another plan is another agreement."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        async with acting(world) as server:
            dee = server.person("dee")
            before = await dee.page(f"{SHOP}/rollback?revision=1")
            world.declare("shop", config_map("settings", {"a": "3"}))
            await world.push()
            await world.until_sync(Sync.SYNCED)
            status, _, page = await dee.press(before)
            assert (status, await data_of(world), world.records("shop", Kind.ROLLBACK)) == (409, {"a": "3"}, [])
            assert "Nothing was done" in page
            assert "<del>3</del>" in page
            action, fields = form_of(before)
            del fields["plan"]
            status, _, page = await dee.send(action, fields)
            assert (status, "TL2333" in page or "was not shown" in page) == (422, True)
            status, *_ = await dee.agree(f"{SHOP}/rollback?revision=1")
            assert status == 303
            await world.until_sync(Sync.HELD)
            before = await dee.page(f"{SHOP}/resume")
            assert "<ins>3</ins>" in before
            assert (await dee.press(before))[0] == 303
            await world.until_sync(Sync.SYNCED)
            assert await data_of(world) == {"a": "3"}


async def test_a_sync_is_of_the_plan_that_was_shown(world: World) -> None:
    """INV-11."""
    world.declare("shop", config_map("settings", {"a": "1"}), sync={"mode": "manual"})
    world.commit()
    async with world.started():
        await world.follow()
        async with acting(world) as server:
            dee, vi = server.person("dee"), server.person("vi")
            assert f'class="act first" href="{SHOP}/sync"' in await dee.page(SHOP)
            page = await vi.page(f"{SHOP}/plan")
            assert f"ConfigMap/{world.api.namespace}/settings" in page
            assert "/sync" not in page, "who may only look is offered nothing"
            assert "/sync" in await dee.page(f"{SHOP}/plan")
            before = await dee.page(f"{SHOP}/sync")
            world.declare("shop", config_map("settings", {"a": "2"}), sync={"mode": "manual"})
            await world.push()
            assert (await dee.press(before))[0] == 409
            world.expect_sync(Sync.OUT_OF_SYNC)
            assert (await dee.agree(f"{SHOP}/sync"))[0] == 303
            await world.until_sync(Sync.SYNCED)
            page = await vi.page(f"{SHOP}/plan?revision={world.repository.head}")
            assert "Nothing would change" in page
            assert (await vi.look(f"{SHOP}/plan?revision=main"))[0] == 422


async def test_who_approves_agrees_to_the_plan_that_waits(world: World) -> None:
    """INV-11: who deploys does not approve."""
    world.declare("shop", config_map("settings", {"a": "1"}), config_map("more"), sync={"approve": "always"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.WAITING)
        async with acting(world) as server:
            dee, app = server.person("dee"), server.person("app")
            assert f"{SHOP}/approve" not in await dee.page(SHOP)
            assert (await dee.look(f"{SHOP}/approve"))[0] == 403
            assert f'href="{SHOP}/approve"' in await app.page(SHOP)
            before = await app.page(f"{SHOP}/approve")
            assert "every change of this application is approved first" in before
            world.declare("shop", config_map("settings", {"a": "2"}), config_map("more"), sync={"approve": "always"})
            await world.push()
            assert (await app.press(before))[0] == 422
            world.expect_sync(Sync.WAITING)
            status, led, _ = await app.agree(f"{SHOP}/approve")
            assert status == 303
            await world.until_sync(Sync.SYNCED)
            assert "approved by app" in await app.page(led)
            assert "Nothing of it waits" in await app.page(f"{SHOP}/approve")


async def test_a_drift_is_put_back_as_it_was_shown(world: World) -> None:
    world.declare("shop", config_map("settings"), config_map("more"), sync={"drift": "warn"})
    async with world.synced():
        for name in ("settings", "more"):
            await world.seen(await world.api.merge(config_map(name), EDIT, fieldManager="kubectl-edit"))
        async with acting(world) as server:
            dee = server.person("dee")
            assert f'href="{SHOP}/heal"' in await dee.page(SHOP)
            page = await dee.page(f"{SHOP}/heal")
            assert page.count("<del>9</del>") == 2
            link = f"{SHOP}/heal?ref=ConfigMap%2F{world.api.namespace}%2Fmore"
            assert link in page
            assert link in await dee.page("/drift")
            of_one = await dee.page(f"{SHOP}/resource?ref=ConfigMap/{world.api.namespace}/more")
            assert link in of_one
            assert link.replace("/heal", "/adopt") in of_one
            assert "/heal" not in await server.person("vi").page("/drift")
            status, led, _ = await dee.agree(link)
            assert status == 303
            await world.settle()
            assert ((await data_of(world))["a"], (await data_of(world, "more"))["a"]) == ("9", "1")
            assert "a heal of" in await dee.page(led)
            assert (await dee.agree(f"{SHOP}/heal"))[0] == 303
            await world.settle()
            assert (await data_of(world))["a"] == "1"
            assert "Nothing of it has drifted" in await dee.page(f"{SHOP}/heal")
            while f'href="{SHOP}/heal"' in await dee.page(SHOP):  # what is there is asked for every two seconds
                await world.clock.sleep(0.1)


async def test_a_heal_where_every_change_is_approved_is_agreed_to_by_whoever_may(world: World) -> None:
    """INV-11: who deploys is shown what would be put back, and that it is for somebody else to agree."""
    world.declare("shop", config_map("settings"), sync={"drift": "warn", "approve": "always"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.WAITING)
        world.control.approve("shop", "", who="app")
        await world.until_sync(Sync.SYNCED)
        await world.seen(await world.api.merge(config_map("settings"), EDIT, fieldManager="kubectl-edit"))
        async with acting(world) as server:
            dee, both = server.person("dee"), server.person("both")
            page = await dee.page(f"{SHOP}/heal")
            assert "<del>9</del>" in page
            assert "Somebody has it put back who may approve" in page
            assert '<form class="deed"' not in page
            shown = await both.page(f"{SHOP}/heal")
            action, fields = form_of(shown)
            forged = fields | {"csrf": dee.csrf}
            status, _, page = await dee.send(action, forged)
            assert (status, "TL2326" in page or "has to be approved" in page) == (422, True)
            assert (await both.press(shown))[0] == 303
            await world.settle()
            assert (await data_of(world))["a"] == "1"
            [record] = world.records("shop", Kind.HEAL_ASKED)
            assert record.body["who"] == "both"


async def test_a_drift_that_is_to_stay_is_a_file_for_git(world: World) -> None:
    world.declare("shop", config_map("settings"), sync={"drift": "warn"})
    async with world.synced(), acting(world) as server:
        dee, vi = server.person("dee"), server.person("vi")
        assert "Nothing of it has drifted" in await dee.page(f"{SHOP}/adopt")
        edit: Json = {"data": {"a": f"9{SCRIPT}"}}
        await world.seen(await world.api.merge(config_map("settings"), edit, fieldManager="kubectl-edit"))
        assert f'href="{SHOP}/adopt"' in await dee.page(f"{SHOP}/heal")
        page = await dee.page(f"{SHOP}/adopt")
        assert "+++ b/shop/configmap-settings.yaml" in page
        assert SCRIPT not in page
        assert (await vi.look(f"{SHOP}/adopt"))[0] == 403
        assert world.records("shop", Kind.ADOPTION_OFFERED) == []
        action, fields = form_of(page)
        assert (await dee.send(action, {**fields, "csrf": vi.csrf}))[0] == 403
        status, _, patch = await dee.press(page)
        assert (status, patch.splitlines()[0]) == (200, "--- a/shop/configmap-settings.yaml")
        [record] = world.records("shop", Kind.ADOPTION_OFFERED)
        assert record.body["who"] == "dee"
        assert (await data_of(world))["a"] == f"9{SCRIPT}"


async def test_a_workload_is_restarted_and_looked_at_before(world: World) -> None:
    world.declare("shop", deployment("web", replicas=3))
    async with world.synced(), acting(world) as server:
        dee = server.person("dee")
        assert f'href="{SHOP}/restart"' in await dee.page(SHOP)
        link = f"{SHOP}/restart?ref=Deployment.apps%2F{world.api.namespace}%2Fweb"
        assert link in await dee.page(f"{SHOP}/restart")
        page = await dee.page(link)
        assert "3 pods made anew" in page
        status, led, _ = await dee.press(page)
        assert status == 303
        assert "a restart of" in await dee.page(led)
        assert (await dee.press(page))[0] == 409, "it was restarted since"
        assert len(world.records("shop", Kind.RESTART)) == 1


async def test_a_hold_has_a_reason_and_an_end(world: World) -> None:
    world.declare("shop", config_map("settings"))
    async with world.synced(), acting(world) as server:
        dee = server.person("dee")
        status, _, page = await dee.agree(f"{SHOP}/hold", why="  ", until="4")
        assert (status, "needs a reason" in page) == (422, True)
        assert '<option value="4" selected>' in page
        status, led, _ = await dee.agree(f"{SHOP}/hold", why=f"an incident {SCRIPT}", until="4")
        assert status == 303
        page = await dee.page(led)
        assert SCRIPT not in page
        assert "an incident" in page
        [hold] = world.control.parts.holds.active("shop")
        assert (hold.who, hold.until is not None) == ("dee", True)
        assert f'href="{SHOP}/resume"' in page
        assert f'href="{SHOP}/hold"' not in page
        assert (await dee.agree(f"{SHOP}/resume"))[0] == 303
        assert world.control.parts.holds.active("shop") == ()
        assert (await dee.agree(f"{SHOP}/refresh"))[0] == 303
        assert world.records("shop", Kind.REFRESH_ASKED)[-1].body["who"] == "dee"


async def test_a_form_of_somebody_else_does_nothing(world: World) -> None:
    """INV-11: its word is of one session, it comes from a page of this server, and no token or program sends it."""
    world.declare("shop", config_map("settings"))
    async with world.synced(), acting(world) as server:
        dee, other = server.person("dee"), server.person("dee")
        action, fields = form_of(await dee.page(f"{SHOP}/hold"))
        fields |= {"why": "a look"}
        for changed, headers in (
            ({"csrf": ""}, {}),
            ({"csrf": other.csrf}, {}),
            ({}, {"Sec-Fetch-Site": "cross-site"}),
            ({}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}),
            ({}, {"Cookie": ""}),
        ):
            status, led, _ = await dee.send(action, {**fields, **changed}, **headers)
            assert status in {401, 403} or led.startswith("/sign-in"), (changed, headers)
        answer = await server.client.post(action, json=fields, headers={"Cookie": "x"})
        assert answer.status in {401, 415}
        token = server.parts.access.tokens.create("ci", owner="dee", scope=Scope(role=Role.ADMIN), days=1, by="dee")
        bearer = {"Authorization": f"Bearer {token}"}
        answer = await server.client.post(action, data=fields, headers=bearer)
        assert answer.status == 403
        assert world.control.parts.holds.active("shop") == ()


async def test_what_one_may_not_is_neither_offered_nor_done(world: World) -> None:
    """INV-11: whatever the page offers, the gate asks again."""
    world.declare("shop", config_map("settings"), deployment("web"))
    async with world.synced(), acting(world) as server:
        vi, dee = server.person("vi"), server.person("dee")
        page = await vi.page(SHOP)
        for verb in Verb:
            assert f"{SHOP}/{verb.value}" not in page
            status, _ = await vi.look(f"{SHOP}/{verb.value}")
            assert status == 403, verb
            _, fields = form_of(await dee.page(f"{SHOP}/hold"))
            sent = {**fields, "csrf": vi.csrf, "why": "x", "plan": "0" * 64}
            assert (await vi.send(f"{SHOP}/{verb.value}", sent))[0] == 403, verb
        nobody = server.person("nobody")
        assert (await nobody.look(f"{SHOP}/hold"))[0] == 404, "nor told that it is there"
        assert [r.kind for r in world.records("shop") if r.body.get("who")] == []


async def test_no_page_of_an_action_shows_a_secret(world: World) -> None:
    """INV-25."""
    world.declare("shop", secret("key", {"password": "correct-horse-1"}), sync={"mode": "manual"})
    world.commit()
    async with world.started():
        await world.follow()
        async with acting(world) as server:
            dee = server.person("dee")
            for address in ("plan", "sync"):
                page = await dee.page(f"{SHOP}/{address}")
                assert "Secret/" in page
                assert "correct-horse" not in page
            assert (await dee.agree(f"{SHOP}/sync"))[0] == 303
            await world.until_sync(Sync.SYNCED)
            world.declare("shop", secret("key", {"password": "correct-horse-2"}), sync={"mode": "manual"})
            await world.push()
            page = await dee.page(f"{SHOP}/sync")
            assert "data.password" in page
            assert "correct-horse" not in page
            assert "Y29ycmVjdC1ob3JzZS0" not in page


async def test_inv_38_a_plan_says_of_when_it_is_and_what_may_be_newer(world: World) -> None:
    """INV-38: it was made of a commit that is named, at a time; where Git says what cannot be read, that is said."""
    world.declare("shop", config_map("settings", {"a": "1"}), sync={"mode": "manual"})
    world.commit()
    async with world.started():
        await world.follow()
        async with acting(world) as server:
            dee = server.person("dee")
            for page in ("sync", "plan", "resume"):
                text = await dee.page(f"{SHOP}/{page}")
                assert len(re.findall(r"(?:as of|made) <time datetime", text)) == 2, page
                assert f"at <code>{world.repository.head[:7]}</code>" in text
                assert "Git may say more" not in text
            world.more = {**world.more, "fleet/broken.yaml": b"apiVersion: trueline.dev/v1\nkind: [\n"}
            await world.push()
            await world.until(lambda: bool(world.now.engine.problems), "read")
            assert "Git may say more" not in await dee.page(f"{SHOP}/hold"), "nothing is planned there"
            for page in ("sync", "plan", "resume"):
                assert "Git may say more" in await dee.page(f"{SHOP}/{page}")


async def test_a_target_that_is_away_is_told_on_a_page(world: World) -> None:
    world.declare("shop", config_map("settings"))
    async with world.synced(), acting(world) as server:
        dee = server.person("dee")
        before = await dee.page(f"{SHOP}/restart")
        assert "Restart: shop" in before
        status, text = await dee.look(f"{SHOP}/restart?ref=Deployment.apps%2Fx%2Fnone")
        assert (status, "TL2330" in text) == (422, True)
        status, text = await dee.look(f"{SHOP}/heal?ref={SCRIPT}")
        assert (status, SCRIPT in text) == (422, False)
