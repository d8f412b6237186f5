"""A plain render made from the one before is the same as a whole one, whatever changed, in whatever order."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.render.case import MemoryRenderStore, request, tree
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.files import FileTree, MemoryTree

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
HOOK = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: %s-, annotations: {trueline.dev/hook: before}}\n"
TEXTS = (MAP % "a", MAP % "b", f"{MAP % 'c'}---\n{MAP % 'd'}", "# nothing\n", HOOK % "job")
NAMES = ("app/a.yaml", "app/b.yaml", "app/d/c.yaml", "app/d/e.json.yaml")
FOLDERS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(TEXTS), min_size=1)


class CountingTree:
    """A tree that tells which files were read."""

    def __init__(self, files: MemoryTree) -> None:
        self.reads: list[str] = []
        self.entry, self.names, self._files = files.entry, files.names, files

    async def read(self, path: str) -> bytes:
        """Read a file and remember it."""
        self.reads.append(path)
        return await self._files.read(path)


def as_tree(folder: dict[str, str]) -> MemoryTree:
    return MemoryTree({path: text.encode() for path, text in folder.items()})


@pytest.mark.asyncio(loop_scope="module")
async def test_it_is_the_same_as_a_whole_render(renderer: DispatchingRenderer) -> None:
    cases: list[list[dict[str, str]]] = []

    @settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(FOLDERS, min_size=2, max_size=4))
    def collect(folders: list[dict[str, str]]) -> None:
        cases.append(folders)

    collect()
    for folders in cases:
        cache = CachedRenderer(renderer, MemoryRenderStore(), "t")
        for folder in folders:
            files = as_tree(folder)
            made, whole = await cache.render(request(), files), await renderer.render(request(), files)
            assert made.resources == whole.resources
            assert made.notes == whole.notes
            assert {one.digest: made.body(one) for one in made.resources} == dict(whole.bodies)
            assert cache.digest(request(), files) is not None


@pytest.mark.asyncio(loop_scope="module")
async def test_only_what_changed_is_read(renderer: DispatchingRenderer) -> None:
    cache = CachedRenderer(renderer, MemoryRenderStore(), "t")
    before = tree(app__a_yaml=MAP % "a", app__b_yaml=MAP % "b", app__d__c_yaml=MAP % "c")
    await cache.render(request(), before)
    after = CountingTree(MemoryTree({**before.files, "app/b.yaml": (MAP % "x").encode()}))
    read: FileTree = after
    assert len((await cache.render(request(), read)).resources) == 3
    assert set(after.reads) == {"app/b.yaml"}
