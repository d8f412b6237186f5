"""What `.sops.yaml` wants encrypted and stands in clear is told beside the render."""

import pytest

from tests.render.case import MemoryRenderStore, request
from trueline.render.cache import CachedRenderer
from trueline.render.clear_file import configs
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.files import MemoryTree

pytestmark = pytest.mark.asyncio(loop_scope="module")
MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
SECRET = b"apiVersion: v1\nkind: Secret\nmetadata: {name: b}\n"
RULES = b"creation_rules:\n  - path_regex: .*/secret.*\n    age: age1x\n  - age: age1x\n"
FILES = {".sops.yaml": RULES, "app/a.yaml": MAP, "app/secret.yaml": SECRET}


async def told(renderer: DispatchingRenderer, files: dict[str, bytes]) -> list[str]:
    found = await renderer.render(request(), MemoryTree(files))
    return [f"{one.code} {one.origin}" for one in found.notes]


async def test_a_rule_names_it(renderer: DispatchingRenderer) -> None:
    assert await told(renderer, FILES) == ["TL0175 app/secret.yaml"]


async def test_the_nearest_rules_count(renderer: DispatchingRenderer) -> None:
    """A path is seen from where its rules stand, as sops sees it; they are no manifest."""
    near = b"creation_rules: [{path_regex: ^a.yaml$, age: x}]\n"
    assert await told(renderer, {**FILES, "app/.sops.yaml": near}) == ["TL0175 app/a.yaml"]


@pytest.mark.parametrize(
    "rules",
    [b"creation_rules: [{age: x}]", b"creation_rules: 3", b"[", b"", b"creation_rules: [{path_regex: '('}]", b"a: b"],
)
async def test_rules_that_say_nothing(renderer: DispatchingRenderer, rules: bytes) -> None:
    assert await told(renderer, {**FILES, ".sops.yaml": rules}) == []


async def test_rules_that_come_are_seen_by_a_kept_render(renderer: DispatchingRenderer) -> None:
    """INV-20: the look for rules is part of what a render looked at."""
    cache = CachedRenderer(renderer, MemoryRenderStore(), "t")
    before = {name: text for name, text in FILES.items() if name != ".sops.yaml"}
    assert (await cache.render(request(), MemoryTree(before))).notes == ()
    assert [one.code for one in (await cache.render(request(), MemoryTree(FILES))).notes] == ["TL0175"]
    assert [one.code for one in (await cache.render(request(), MemoryTree(FILES))).notes] == ["TL0175"]


async def test_where_rules_are_looked_for() -> None:
    files = MemoryTree({".sops.yaml": RULES, "a/b/.sops.yaml": RULES, "a/b/c/d.yaml": MAP, "e/.sops.yaml": RULES})
    assert configs(files, ["a/b/c"]) == ("a/b", "")
