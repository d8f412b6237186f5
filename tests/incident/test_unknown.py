"""Incidents in which somebody could not be asked, and the silence was taken for the answer that nothing is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from testbed.git_server import Fault, GitServer
from tests.source.git_remote import ENVIRONMENT, Remote
from trueline.loop.status import Sync
from trueline.model.digest import parse
from trueline.model.known import Known
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import FileTree
from trueline.runtime.http import Request, Response, Unreachable
from trueline.runtime.toolbox import NO_FILES, Toolbox, ToolboxFailed
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.conformance.engine.sample import claim, config_map, definition, gadget, secret
from trueline.testing.conformance.engine.weather import Failure, is_write
from trueline.testing.conformance.engine.world import World
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")

_JSON = {"content-type": "application/json"}
CHARTS = "https://git.example.test/charts.git"


def written(world: World) -> list[tuple[str, str]]:
    """What the engine wrote, as methods and names."""
    return [(r.method, r.path.rpartition("/")[2]) for r in world.weather.seen if is_write(r)]


def deleted(world: World) -> list[str]:
    """The names of what it asked the target to delete."""
    return [name for method, name in written(world) if method == "DELETE"]


async def identities(world: World, *bodies: Json) -> list[tuple[str, str]]:
    """UID and version of each object as it lives."""
    live = [await world.live(body) for body in bodies]
    return [(one["metadata"]["uid"], one["metadata"]["resourceVersion"]) for one in live]


# ---- a real Git server in maintenance ------------------------------------------------------------------------------

_APPLICATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: {path: apps/NAME}
  target: {cluster: embedded, namespace: NAME, createNamespace: true}
"""
_NAMES = ("blog", "shop")


def _files(value: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in _NAMES:
        found[f"fleet/{name}.yaml"] = _APPLICATION.replace("NAME", name)
        found[f"apps/{name}/settings.yaml"] = msgspec.json.encode(config_map("settings", {"a": value})).decode()
    return found


async def _until_synced(assembly: Assembly, value: str) -> None:
    async def is_so() -> bool:
        kept = assembly.engine.kept
        if sorted(kept) != sorted(_NAMES) or not all(one.status.sync is Sync.SYNCED for one in kept.values()):
            return False
        return [body["data"]["a"] for body in await _live(assembly)] == [value] * len(_NAMES)

    clock = SystemClock()
    end_s = clock.monotonic_s() + 40
    while not await is_so():
        assert clock.monotonic_s() < end_s, (assembly.engine.statuses(), assembly.engine.problems)
        await clock.sleep(0.02)


async def _live(assembly: Assembly) -> list[Json]:
    """The settings of every application, read from the cluster."""
    found: list[Json] = []
    for name in _NAMES:
        parts = await assembly.targets.parts(assembly.engine.kept[name].application.target)
        (ref,) = [ref for ref in assembly.ledger.inventory(name, parts.target.name).entries if ref.kind == "ConfigMap"]
        read = await parts.target.read(ref)
        assert isinstance(read, Known)
        found.append(parse(read.value) if read.value else {"metadata": {"uid": ""}, "data": {"a": ""}})
    return found


async def test_incident_02_argo_11464_14318_a_maintenance_page_is_taken_for_an_empty_forge(tmp_path: Path) -> None:
    """INV-04 A forge in maintenance answered with a web page; the list of repositories read from it was empty, and the
    applications made of that list were deleted.

    Here the fleet stands on a real Git server that answers each question with 200 and a page, once of many lines and
    once of one, which Git itself takes for a repository without any branch. It is named as what it is, nothing of the
    fleet is followed, and a start in the midst of the maintenance keeps what was applied last.
    """  # noqa: D205 - the first line is the invariant's
    async with GitServer(tmp_path / "git") as server:
        url, work = await server.create("fleet"), Remote(tmp_path / "work")
        work.commit(_files("1"))
        work.git("push", "--quiet", str(server.path("fleet")), "main")
        settings = Settings(
            repository=url, data_directory=tmp_path / "data", interval_s=3600, is_live=True, environment=ENVIRONMENT
        )
        async with assemble(settings) as assembly, assembly.engine.running():
            await _until_synced(assembly, "1")
            uids = [body["metadata"]["uid"] for body in await _live(assembly)]
            for page in (Fault.HTML, Fault.HTML_LINE):
                await server.fail(page)
                await assembly.engine.follow_once()
                assert [problem.code for problem in assembly.engine.problems] == ["TL0110"]
                await _until_synced(assembly, "1")
        async with assemble(settings) as assembly, assembly.engine.running():
            await _until_synced(assembly, "1")
            assert [problem.code for problem in assembly.engine.problems] == ["TL0110"]
            await server.fail(Fault.NONE)
            work.commit(_files("2"))
            work.git("push", "--quiet", str(server.path("fleet")), "main")
            await assembly.engine.follow_once()
            await _until_synced(assembly, "2")
            assert [body["metadata"]["uid"] for body in await _live(assembly)] == uids


# ---- a list that fails ---------------------------------------------------------------------------------------------


def _half_a_list(kind: str) -> Iterator[Failure]:
    """The first page, which says that more follows; and then only a page for people."""
    page: Json = {"apiVersion": "v1", "kind": f"{kind}List", "metadata": {"resourceVersion": "1", "continue": "more"}}
    yield Response(status=200, headers=_JSON, body=msgspec.json.encode({**page, "items": []}))
    while True:
        yield Response(status=200, headers={"content-type": "text/html"}, body=b"<html><body>Sorry</body></html>")


async def test_incident_03_argo_18480_the_list_of_secrets_fails(world: World) -> None:
    """INV-04 The API server could not list Secrets for a moment; clusters are Secrets there, so no cluster was left,
    and every application of every cluster was deleted.

    Here clusters are no Secrets. The nearest is the list of an application's own Secrets, which breaks after its first
    page: what came is no half of an answer, it is none, and the pass does nothing at all.
    """  # noqa: D205 - the first line is the invariant's
    secrets = [secret(f"s{number:02}", {"k": "v"}) for number in range(12)]
    world.declare("shop", *secrets, config_map("settings"))
    async with world.synced():
        before = await identities(world, *secrets)
    world.declare("shop", *secrets[:-1], config_map("settings", {"a": "2"}))
    world.commit()
    pages = _half_a_list("Secret")

    def storm(request: Request) -> Failure | None:
        if not request.path.endswith("/secrets"):
            return None
        if request.query.get("sendInitialEvents"):  # a server that does not stream lists
            return Response(status=400, headers=_JSON, body=b'{"kind":"Status","code":400,"message":"not served"}')
        return next(pages)

    world.weather.storm, world.weather.seen = storm, []
    async with world.started():
        await world.until(lambda: "shop" in world.now.engine.kept, "declared")
        await world.until(lambda: "cannot list secrets" in world.status().message, "told")
        world.expect_sync(Sync.UNKNOWN)
        assert written(world) == []
        world.weather.storm = None
        await world.until_sync(Sync.SYNCED)
        assert deleted(world) == ["s11"]
        assert await identities(world, *secrets[:-1]) == before[:-1]


# ---- Git is away ---------------------------------------------------------------------------------------------------


async def test_incident_04_argo_18212_a_short_outage_of_git_uninstalls_applications(world: World) -> None:
    """INV-04 INV-05 While Git could not be reached for a moment, applications were uninstalled.

    Here the fleet's own repository and a source of one application are away, look after look, and through a restart:
    both applications stay, and what somebody changes on the target meanwhile is put back from what is kept.
    """
    charts = MemoryRepository()
    world.repository.others[CHARTS] = charts
    charts.commit({"app/settings.yaml": msgspec.json.encode(config_map("settings"))})
    world.declare("shop", source={"url": CHARTS, "path": "app"})
    world.declare("blog", config_map("other"))
    bodies = [config_map("settings"), config_map("other")]
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
        await world.settle()
        uids = [one for one, _ in await identities(world, *bodies)]
        world.repository.is_away = charts.is_away = True
        for _ in range(3):
            await world.now.engine.follow_once()
            await world.quiet()
        assert sorted(world.now.engine.kept) == ["blog", "shop"]
    async with world.started():
        await world.until(lambda: bool(world.now.engine.problems), "told")
        await world.until(lambda: sorted(world.now.engine.kept) == ["blog", "shop"], "kept")
        for body in bodies:
            await world.api.merge(body, {"data": {"a": "9"}}, fieldManager="kubectl")
            await world.api.until(body, lambda answer: bool(answer.body["data"]["a"] == "1"), "put back")
        assert deleted(world) == []
        assert [one for one, _ in await identities(world, *bodies)] == uids


# ---- the renderer is away ------------------------------------------------------------------------------------------


class _Fragile:
    """A toolbox whose workers end without an answer for as long as it `is_away`."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self.is_away = False

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """Ask, or fail."""
        if self.is_away:
            raise ToolboxFailed(f"the worker ended while it answered {operation}")
        return await self._toolbox.ask(operation, arguments, files)


async def test_incident_06_argo_2573_the_renderer_cannot_be_reached(world: World, toolbox: Toolbox) -> None:
    """INV-02 INV-04 The server that renders could not be reached, several times a day; what it had not rendered was
    pruned, and made again once it was back.

    Here the renderer is a child process that dies while it renders a new commit, again and again. That commit is not
    taken for an empty one: what was desired before stays so, and nothing is written until a render is complete. It is
    told that Git says something else, and the next look renders it, though no newer commit has come.
    """  # noqa: D205 - the first line is the invariants'
    fragile = _Fragile(toolbox)
    world = World(world.api, fragile)
    bodies = [config_map("one"), config_map("two")]
    world.declare("shop", *bodies)
    async with world.synced():
        before = await identities(world, *bodies)
        for number in range(3):
            fragile.is_away = True
            world.declare("shop", *bodies, config_map("three", {"n": f"{number}"}))
            world.weather.seen = []
            world.commit()
            await world.now.engine.follow_once()
            await world.clock.sleep(0.3)
            assert written(world) == []
            assert "the worker ended" in (await world.until_sync(Sync.UNKNOWN)).message
            assert await identities(world, *bodies) == before
            fragile.is_away = False
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            assert (await world.live(config_map("three")))["data"] == {"n": f"{number}"}
            assert deleted(world) == []
        assert await identities(world, *bodies) == before


# ---- a full etcd ---------------------------------------------------------------------------------------------------

_FULL = b'{"kind":"Status","status":"Failure","code":500,"message":"etcdserver: mvcc: database space exceeded"}'


async def test_incident_10_argo_16284_the_database_of_the_cluster_is_full(world: World) -> None:
    """INV-05 INV-07 INV-31 A cluster's etcd filled up after an upgrade, and once it was full, nearly everything that
    was managed was deleted; nobody ever found out why.

    Here every write and every dry run is refused as a full etcd refuses it, while a commit asks for a prune; the data
    directory is lost on top. Nothing is deleted, attempts are far between instead of a storm, and what Trueline knows
    does not stand in that etcd.
    """  # noqa: D205 - the first line is the invariants'
    bodies = [config_map("one"), config_map("two"), claim("data")]
    world.declare("shop", *bodies)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
        await world.until_sync(Sync.SYNCED)
        before = [uid for uid, _ in await identities(world, *bodies)]

        def storm(request: Request) -> Failure | None:
            return Response(status=500, headers=_JSON, body=_FULL) if request.method != "GET" else None

        world.weather.storm, world.weather.seen = storm, []
        world.declare("shop", config_map("one", {"a": "2"}))
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.UNKNOWN)
        await world.clock.sleep(1.0)
        assert written(world) == []
        assert len(world.weather.seen) < 60, "a storm of attempts"
    world.weather.seen = []
    async with world.started(fresh_store=True):
        await world.until(lambda: "shop" in world.now.engine.kept, "declared")
        await world.until_sync(Sync.UNKNOWN)
        assert deleted(world) == []
        assert [uid for uid, _ in await identities(world, *bodies)] == before
        world.weather.storm = None
        await world.until(lambda: world.status().sync is Sync.OUT_OF_SYNC, "told of what is left")
        assert deleted(world) == []


# ---- the agent gets no answer --------------------------------------------------------------------------------------


async def test_incident_18_fleet_5406_an_agent_times_out_and_removes_all_it_managed(world: World) -> None:
    """INV-05 INV-07 An agent ran into a time limit and removed all that it managed, definitions and several production
    databases with them, although the declaration said that resources are kept.

    Here every request of the engine times out for a while, a restart and commits included; then the application
    leaves Git with `onRemoval: keep`. Definition, database and volume are the same objects afterwards.
    """  # noqa: D205 - the first line is the invariants'
    unique = world.api.unique
    kind, database = definition(unique, "size"), gadget(unique, "orders", size="big")
    group = database["apiVersion"].split("/")[0]
    bodies = [config_map("settings"), claim("data")]
    world.declare("shop", kind, database, *bodies, sync={"onRemoval": "keep"})
    world.declare("blog", config_map("other"))
    world.commit()

    async def uids() -> list[str]:
        named = f"/apis/{group}/v1/namespaces/{world.api.namespace}/gadgets/orders"
        found = [await world.api.get(kind), await world.api.send("GET", named)]
        found += [await world.api.get(body) for body in bodies]
        return [expect_status(answer, 200).body["metadata"]["uid"] for answer in found]

    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("orders"), "applied")
        await world.until_sync(Sync.SYNCED)
        before = await uids()
        world.weather.seen = []
        world.weather.storm = lambda _: Unreachable("timed out after 60 s")
        world.declare("shop", kind, sync={"onRemoval": "keep"})
        world.commit()
        await world.now.engine.follow_once()
        await world.clock.sleep(0.5)
    async with world.started():
        await world.until(lambda: "shop" in world.now.engine.kept, "declared")
        await world.clock.sleep(0.5)
        assert await uids() == before
        del world.applications["shop"]
        world.commit()
        world.weather.storm = None
        await world.now.engine.follow_once()
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone from the fleet")
        await world.quiet()
        assert await uids() == before
        assert deleted(world) == []
