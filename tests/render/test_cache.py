"""What is kept, what is rendered again, and that each part of the key is needed."""

from typing import Any

import pytest

from tests.render.case import MemoryRenderStore, refs, request, tree
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.options import Capabilities, Helm, Jsonnet, JsonnetVariable, Plain
from trueline.render.stored import StoredBodies
from trueline.runtime.files import FileEntry, FileKind, MemoryTree

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
TEMPLATE = MAP % "{{ .Release.Name }}-{{ .Release.Namespace }}-{{ .Values.v | default 0 }}"
PLAIN = tree(app__a_yaml=MAP % "a", app__d__b_yaml=MAP % "b", twin__a_yaml=MAP % "t")
HELM = tree(app__Chart_yaml=CHART, app__templates__a_yaml=TEMPLATE)
ASKS = tree(app__Chart_yaml=CHART, app__templates__a_yaml=f"{TEMPLATE}# {{{{ .Capabilities.KubeVersion }}}}")


def cached(renderer: DispatchingRenderer, store: MemoryRenderStore | None = None, digest: str = "t") -> CachedRenderer:
    return CachedRenderer(renderer, store or MemoryRenderStore(), digest)


def with_files(files: MemoryTree, **changed: str | None) -> MemoryTree:
    kept = dict(files.files)
    for name, text in changed.items():
        path = name.replace("__", "/").replace("_", ".", 1)
        kept.pop(path, None)
        kept |= {} if text is None else {path: text.encode()}
    return MemoryTree(kept)


async def test_a_kept_render_is_the_same_but_for_the_commit(renderer: DispatchingRenderer) -> None:
    cache = cached(renderer)
    fresh = await cache.render(request(), PLAIN)
    kept = await cache.render(request(commit="later"), PLAIN)
    assert (cache.renders, cache.kept) == ({"plain": 1}, 1)
    assert {one.origin.commit for one in kept.resources} == {"later"}
    again = await cache.render(request(), PLAIN)
    assert (again.resources, dict(again.bodies), again.notes) == (fresh.resources, dict(fresh.bodies), fresh.notes)


async def test_bodies_are_fetched_when_they_are_wanted(renderer: DispatchingRenderer) -> None:
    store = MemoryRenderStore()
    cache = cached(renderer, store)
    await cache.render(request(), PLAIN)
    kept = await cache.render(request(), PLAIN)
    assert isinstance(kept.bodies, StoredBodies)
    assert (store.bodies_read, len(kept.bodies)) == (0, 2)
    kept.body(kept.resources[0])
    assert store.bodies_read == 1


KEY_PARTS: list[tuple[str, MemoryTree, dict[str, Any], dict[str, Any]]] = [
    ("path", PLAIN, {"path": "app"}, {"path": "twin"}),
    ("source", PLAIN, {"source": "one"}, {"source": "two"}),
    ("options", PLAIN, {"options": Plain()}, {"options": Plain(recursive=False)}),
    ("kind", tree(app__a_yaml=MAP % "a", app__a_jsonnet="[]"), {"options": Plain()}, {"options": Jsonnet()}),
    ("values", HELM, {"options": Helm(values={"v": 1})}, {"options": Helm(values={"v": 2})}),
    ("application", HELM, {"application": "one"}, {"application": "two"}),
    ("release", HELM, {"options": Helm(release_name="one")}, {"options": Helm(release_name="two")}),
    ("namespace", HELM, {"namespace": "one"}, {"namespace": "two"}),
    ("version", ASKS, {}, {"capabilities": Capabilities(kube_version="v1.30.0")}),
    ("apis", ASKS, {}, {"capabilities": Capabilities(api_versions=("a/v1",))}),
    (
        "variable",
        tree(app__a_jsonnet="{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'n' + std.extVar('a')}}"),
        {"options": Jsonnet(external_variables={"a": JsonnetVariable(value="1")})},
        {"options": Jsonnet(external_variables={"a": JsonnetVariable(value="1", code=True)})},
    ),
]


@pytest.mark.parametrize(("files", "one", "two"), [case[1:] for case in KEY_PARTS], ids=[case[0] for case in KEY_PARTS])
async def test_what_matters_is_rendered_apart(
    renderer: DispatchingRenderer, files: MemoryTree, one: dict[str, Any], two: dict[str, Any]
) -> None:
    """INV-20: each part of the key by itself."""
    cache = cached(renderer)
    for asked in (one, two, one, two):
        kept = await cache.render(request(**asked), files)
        assert refs(kept) == refs(await renderer.render(request(**asked), files))
    assert cache.renders.total() == 2


async def test_another_toolbox_renders_anew(renderer: DispatchingRenderer) -> None:
    """INV-20: a newer engine may make something else of the same files."""
    store = MemoryRenderStore()
    await cached(renderer, store, "old").render(request(), PLAIN)
    newer = cached(renderer, store, "new")
    await newer.render(request(), PLAIN)
    assert newer.renders.total() == 1


@pytest.mark.parametrize(
    ("files", "two"),
    [
        (PLAIN, {"application": "other", "namespace": "other", "commit": "other"}),
        (PLAIN, {"capabilities": Capabilities(kube_version="v1.30.0")}),
        (HELM, {"capabilities": Capabilities(kube_version="v1.30.0")}),
        (HELM, {"application": "other", "options": Helm(release_name="shop")}),
    ],
)
async def test_what_does_not_matter_costs_nothing(
    renderer: DispatchingRenderer, files: MemoryTree, two: dict[str, Any]
) -> None:
    cache = cached(renderer)
    options = Helm(release_name="shop") if files is HELM else Plain()
    await cache.render(request(options=options), files)
    await cache.render(request(**{"options": options, **two}), files)
    assert cache.renders.total() == 1


BASES = tree(
    app__kustomization_yaml="resources: [../base]\ncomponents: [../part]",
    base__kustomization_yaml="resources: [a.yaml]",
    base__a_yaml=MAP % "a",
    base__README_md="text",
    part__kustomization_yaml="kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: p-",
    other__a_yaml=MAP % "o",
)


@pytest.mark.parametrize(
    ("files", "changed", "renders"),
    [
        (PLAIN, {"app__a_yaml": MAP % "c"}, 2),
        (PLAIN, {"app__n_yaml": MAP % "new"}, 2),
        (PLAIN, {"app__d__b_yaml": None}, 2),
        (PLAIN, {"twin__a_yaml": MAP % "z"}, 1),
        (BASES, {"base__a_yaml": MAP % "c"}, 2),
        (BASES, {"part__kustomization_yaml": "kind: Component\nnamePrefix: q-"}, 2),
        (BASES, {"other__a_yaml": MAP % "z", "base__README_md": "other", "new__x_yaml": "x: 1"}, 1),
        (HELM, {"app__values_yaml": "v: 9"}, 2),
        (HELM, {"app__templates__b_yaml": MAP % "b"}, 2),
        (HELM, {"elsewhere__values_yaml": "v: 9"}, 1),
    ],
)
async def test_only_what_was_looked_at_counts(
    renderer: DispatchingRenderer, files: MemoryTree, changed: dict[str, str | None], renders: int
) -> None:
    cache = cached(renderer)
    await cache.render(request(), files)
    after = with_files(files, **changed)
    assert refs(await cache.render(request(), after)) == refs(await renderer.render(request(), after))
    assert cache.renders.total() == renders


async def test_the_digest_tells_whether_anything_changed(renderer: DispatchingRenderer) -> None:
    store = MemoryRenderStore()
    cache = cached(renderer, store)
    assert cache.digest(request(), PLAIN) is None
    await cache.render(request(), PLAIN)
    first = cache.digest(request(commit="other"), PLAIN)
    changed = with_files(PLAIN, app__a_yaml=MAP % "c")
    assert first is not None
    assert cache.digest(request(), changed) is None
    assert store.bodies_read == 0
    await cache.render(request(), changed)
    read = store.bodies_read
    assert cache.digest(request(), changed) not in {None, first}
    assert store.bodies_read == read


async def test_a_failure_is_not_kept(renderer: DispatchingRenderer) -> None:
    """INV-02: what failed once is not what the next render is taken from."""
    cache, broken = cached(renderer), tree(app__a_yaml="a: [")
    for _ in range(2):
        with pytest.raises(UserError):
            await cache.render(request(), broken)
    assert cache.renders == {"plain": 2}


async def test_notes_and_capabilities_are_kept(renderer: DispatchingRenderer) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: {{ randAlphaNum 20 }}}\n"
    cache, files = cached(renderer), with_files(ASKS, app__templates__s_yaml=secret)
    fresh, kept = await cache.render(request(), files), await cache.render(request(), files)
    assert (kept.notes, kept.uses_capabilities, kept.resources) == (fresh.notes, True, fresh.resources)


class IdentifiedTree(MemoryTree):
    """A tree whose directories have identities, as Git's have."""

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        entry = MemoryTree.entry(self, path)
        if entry is None or entry.kind is FileKind.FILE:
            return entry
        inside = {
            name: text.decode() for name, text in self.files.items() if name.startswith(f"{path}/" if path else "")
        }
        return FileEntry(FileKind.DIRECTORY, digest_value(inside))


OVERLAID = IdentifiedTree(BASES.files)
LATER: list[tuple[dict[str, str | None], bool]] = [
    ({}, True),
    ({"other__a_yaml": MAP % "z"}, True),
    ({"base__README_md": "other"}, True),
    ({"base__a_yaml": MAP % "z"}, False),
    (
        {"part__kustomization_yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: q-"},
        False,
    ),
    ({"app__kustomization_yaml": "resources: [../base]"}, False),
]


@pytest.mark.parametrize(("changed", "is_same"), LATER)
async def test_an_answer_is_remembered_only_while_it_is_true(
    renderer: DispatchingRenderer, changed: dict[str, str | None], is_same: bool
) -> None:
    store = MemoryRenderStore()
    cache = cached(renderer, store)
    await cache.render(request(), OVERLAID)
    first = cache.digest(request(), OVERLAID)
    after = IdentifiedTree(with_files(OVERLAID, **changed).files)
    assert cache.digest(request(commit="later"), after) == (first if is_same else None)
    await cache.render(request(), after)
    anew = cached(renderer, store).digest(request(), after)
    assert cache.digest(request(), OVERLAID) == (anew if is_same else None)
    assert cache.digest(request(), after) == anew


async def test_a_remembered_answer_reads_no_store(renderer: DispatchingRenderer) -> None:
    store = MemoryRenderStore()
    cache = cached(renderer, store)
    await cache.render(request(), OVERLAID)
    known = cache.digest(request(), OVERLAID)
    store.values.clear()
    assert cache.digest(request(commit="later"), OVERLAID) == known
    for asked in ({"options": Plain()}, {"path": "base"}, {"source": "other"}, {"application": "other"}):
        assert cache.digest(request(**asked), OVERLAID) is None


async def test_a_render_whose_bodies_were_let_go_is_made_again(renderer: DispatchingRenderer) -> None:
    store = MemoryRenderStore()
    cache = cached(renderer, store)
    first = await cache.render(request(), PLAIN)
    del store.bodies[first.resources[0].digest]
    again = await cache.render(request(commit="later"), PLAIN)
    assert dict(again.bodies) == dict(first.bodies)
    assert cache.renders == {"plain": 2}
