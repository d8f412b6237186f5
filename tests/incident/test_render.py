"""Incidents in which something else was applied than what Git said at the revision that was named."""

from pathlib import Path

import msgspec
import pytest

from tests.source.git_remote import Remote, reading
from trueline.loop.status import Sync
from trueline.model.digest import parse
from trueline.record.keep import Bodies, RenderStore
from trueline.record.schema import SCHEMA
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.options import Plain
from trueline.render.protocol import RenderRequest
from trueline.runtime.files import FileTree, MemoryTree
from trueline.runtime.store import MEMORY, Store
from trueline.runtime.toolbox import Toolbox
from trueline.source.artifact import Artifact, Revision
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World
from trueline.wiring.kept import KeptRenders

pytestmark = pytest.mark.asyncio(loop_scope="session")


# ---- stale files under a new revision --------------------------------------------------------------------------------


def _manifest(value: str) -> dict[str, str | None]:
    return {"apps/shop/deep/settings.yaml": msgspec.json.encode(config_map("settings", {"a": value})).decode()}


async def test_incident_22_argo_26530_17874_29766_stale_files_are_kept_under_a_new_revision(
    tmp_path: Path, toolbox: Toolbox
) -> None:
    """INV-20 A render of a stale checkout was kept under the key of the new revision: for nineteen hours everything was
    said to be synced at the newest commit, while the old one ran.

    Here a real repository moves between the question and the reading, goes back to an older content, and comes again.
    There is no checkout: files are read by the ids of the tree that the revision names. A kept render is found by what
    was read, not by the revision, so that the same content is rendered once, whatever commit it stands in.
    """  # noqa: D205 - the first line is the invariant's
    store = Store.open(MEMORY, SCHEMA)
    kept = KeptRenders(RenderStore(store), Bodies(store))
    remote = Remote(tmp_path / "fleet")
    renderer = CachedRenderer(DispatchingRenderer(toolbox), kept, "engines")

    async def rendered(files: FileTree, revision: Revision) -> str:
        request = RenderRequest(application="shop", path="apps/shop", options=Plain(), commit=revision.commit)
        (body,) = (await renderer.render(request, files)).bodies.values()
        found: str = parse(body)["data"]["a"]
        return found

    remote.commit(_manifest("1"))
    async with reading(str(tmp_path / "fleet"), tmp_path / "data") as reader:
        source, seen = reader.source("main"), list[tuple[Artifact, str]]()
        for value, following in (("1", "2"), ("2", "1"), ("1", "3"), ("3", "2")):
            revision = await source.poll()
            remote.commit(_manifest(following))  # it moves before anything of it was read
            artifact = await source.artifact(revision)
            assert await rendered(source.files(artifact), revision) == value
            seen.append((artifact, value))
        for artifact, value in reversed(seen):
            assert await rendered(source.files(artifact), artifact.revision) == value
        before = renderer.renders.total()
        remote.commit({"README.md": "nothing that is rendered"})
        remote.commit(_manifest("1"))
        revision = await source.poll()
        assert await rendered(source.files(await source.artifact(revision)), revision) == "1"
        assert renderer.renders.total() == before


class _Moving(MemoryRepository):
    """A repository into which somebody pushes whenever its files are about to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.pushed: list[dict[str, bytes]] = []

    async def artifact(self, revision: Revision) -> Artifact:
        """The files of a commit, which is not the newest any more."""
        if self.pushed:
            self.commit(self.pushed.pop())
        return await super().artifact(revision)


async def test_incident_22_the_revision_that_is_named_is_the_one_that_runs(world: World) -> None:
    """INV-20 INV-38 The same through the whole loop: whatever is said to run is what that commit says, move by move."""
    repository = world.repository = _Moving()
    world.declare("shop", config_map("settings", {"a": "0"}))
    async with world.synced():
        for number in (1, 2):
            world.declare("shop", config_map("settings", {"a": f"later {number}"}))
            later = world.commit()
            tree = repository.files(await MemoryRepository.artifact(repository, await repository.poll()))
            world.declare("shop", config_map("settings", {"a": f"{number}"}))
            named = world.commit()
            assert isinstance(tree, MemoryTree)
            repository.pushed = [dict(tree.files)]
            await world.follow()
            assert world.expect_sync(Sync.SYNCED).revision.endswith(named[:10])
            assert (await world.live(config_map("settings")))["data"] == {"a": f"{number}"}
            await world.follow()
            assert world.expect_sync(Sync.SYNCED).revision.endswith(repository.head[:10])
            assert repository.head not in {named, later}
            assert (await world.live(config_map("settings")))["data"] == {"a": f"later {number}"}


# ---- a chart that is broken ------------------------------------------------------------------------------------------

_CHART = b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"
_TEMPLATE = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: VALUE}\n"


def _fleet(world: World, value: bytes) -> dict[str, bytes]:
    document: Json = {
        "apiVersion": "trueline.dev/v1",
        "kind": "Application",
        "metadata": {"name": "shop"},
        "spec": {"source": {"path": "shop"}, "target": {"cluster": "cluster", "namespace": world.api.namespace}},
    }
    template = _TEMPLATE.replace(b"VALUE", value)
    return {
        "fleet/shop.yaml": msgspec.json.encode(document),
        "shop/Chart.yaml": _CHART,
        "shop/templates/settings.yaml": template,
    }


async def test_incident_23_argo_23547_an_invalid_chart_brings_an_arbitrary_older_revision_back(world: World) -> None:
    """INV-11 INV-12 INV-17 A chart that did not render made the tool go back to some older revision, which nobody had
    asked for.

    Here three versions of a chart are applied, and the fourth does not render. The third stays, is healed, and is what
    a restart goes on with; nothing else is applied until a chart renders.
    """  # noqa: D205 - the first line is the invariants'
    settings = config_map("settings")

    async def heals_to(value: str) -> None:
        await world.api.merge(settings, {"data": {"a": "by hand"}}, fieldManager="kubectl")
        await world.api.until(settings, lambda answer: answer.body["data"] == {"a": value}, "healed")

    world.repository.commit(_fleet(world, b'"1"'))
    async with world.started():
        for number in (b"1", b"2", b"3"):
            world.repository.commit(_fleet(world, b'"%s"' % number))
            await world.follow()
            world.expect_sync(Sync.SYNCED)
            assert (await world.live(settings))["data"] == {"a": number.decode()}
        world.weather.seen = []
        world.repository.commit(_fleet(world, b"{{ .Values.no.such.thing }}"))
        await world.follow()
        assert [problem.code[:4] for problem in world.expect_sync(Sync.BLOCKED).problems] == ["TL03"]
        assert [r.path for r in world.weather.seen if is_write(r)] == []
        await heals_to("3")
    async with world.started():
        await world.until(lambda: "shop" in world.now.engine.kept, "declared")
        await heals_to("3")
        assert [problem.code[:4] for problem in (await world.until_sync(Sync.BLOCKED)).problems] == ["TL03"]
        world.repository.commit(_fleet(world, b'"5"'))
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        assert (await world.live(settings))["data"] == {"a": "5"}
