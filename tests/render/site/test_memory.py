"""What a renderer remembers never shows: after any edits it makes what one makes that was started just now."""

import random
from pathlib import Path

import pytest

from tests.render.site.case import Bench, Files, IdentifiedTree, traced, tree
from trueline.render.options import NavigationEntry, Site
from trueline.render.resource import Rendered
from trueline.render.site import memory
from trueline.render.site.parsed import ParsedPage
from trueline.runtime.toolbox_process import ProcessToolbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

SITE_FOLDER = 2
"""Directories that are listed to find out where the site is."""
NAMES = ["index.md", "a.md", "b.md", "guide/index.md", "guide/one.md", "guide/two.md", "guide/deep/three.md", "404.md"]
ASSETS = ["picture.png", "guide/table.csv"]
OPTIONS = [
    Site(broken_links="warn", removed_pages="allow"),
    Site(broken_links="warn", url="https://example.com/docs"),
    Site(broken_links="warn", search=False, drafts=True),
    Site(
        broken_links="warn",
        allow_html=True,
        navigation=(NavigationEntry(title="", path="a.md"), NavigationEntry(title="B", path="b.md")),
    ),
]


def _page(chance: random.Random) -> str:
    """Titles, orders, dates, drafts, anchors, links of all kinds: whatever one page can change for another."""
    front = [
        f"title: T{chance.randrange(3)}" if chance.random() < 0.3 else "",
        f"order: {chance.randrange(3)}" if chance.random() < 0.3 else "",
        f"date: 2026-01-0{chance.randrange(1, 4)}" if chance.random() < 0.2 else "",
        "draft: true" if chance.random() < 0.1 else "",
    ]
    target = chance.choice([*NAMES, *ASSETS, "absent.md"])
    lines = [
        f"# Head {chance.randrange(4)}",
        f"Word{chance.randrange(5)} [link](/{target}#part-{chance.randrange(2)}) and [other](/{chance.choice(NAMES)}).",
        f"## Part {chance.randrange(3)}",
        f"![shown](/{ASSETS[0]}) <b>c</b>",
    ]
    return f"---\n{chr(10).join(filter(None, front)) or 'a: b'}\n---\n" + "\n\n".join(lines)


def _edit(files: Files, chance: random.Random) -> None:
    name = chance.choice([*NAMES, *ASSETS])
    if name in files and chance.random() < 0.3 and name != "index.md":
        del files[name]
    elif name in ASSETS:
        files[name] = bytes([chance.randrange(3)]) * 4
    else:
        files[name] = _page(chance)


def _all_of(rendered: Rendered) -> object:
    return rendered.resources, sorted(rendered.bodies.items()), rendered.notes, rendered.outside


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_edits_it_is_as_if_built_from_nothing(
    worker: ProcessToolbox, yaml: ProcessToolbox, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    warm = Bench(worker=worker, toolbox=yaml, place=tmp_path / "warm")
    files: Files = {name: _page(chance) for name in NAMES[:5]}
    files["index.md"] = "# Home"
    options = OPTIONS[0]
    for step in range(12):
        cold = Bench(worker=worker, toolbox=yaml, place=tmp_path / f"cold-{step}")
        seen, all_seen = traced(files), traced(files)
        found, wanted = await warm.render(seen, options), await cold.render(all_seen, options)
        assert _all_of(found) == _all_of(wanted), step
        assert seen.trace() == all_seen.trace(), step
        assert warm.published(found) == cold.published(wanted)
        for _ in range(chance.randrange(3)):
            _edit(files, chance)
        options = chance.choice(OPTIONS) if chance.random() < 0.2 else options


async def test_more_broken_links_than_are_explained_are_told_alike(
    worker: ProcessToolbox, yaml: ProcessToolbox, tmp_path: Path
) -> None:
    """Which of them are told what is near depends on those before them, on other pages too."""
    warm = Bench(worker=worker, toolbox=yaml, place=tmp_path / "warm")
    broken = "\n".join(f"[a](abou{number}.md)" for number in range(60))
    files: Files = {"index.md": "# A", "about.md": "# B", "b.md": broken, "c.md": broken}
    for step, text in enumerate(("# A", "# A\n\nmore", f"# A\n\n{broken}", "# A\n\nless")):
        files["index.md"] = text
        cold = Bench(worker=worker, toolbox=yaml, place=tmp_path / f"cold-{step}")
        found = await warm.render(tree(files), OPTIONS[0])
        assert _all_of(found) == _all_of(await cold.render(tree(files), OPTIONS[0])), step


async def test_one_changed_page_is_read_followed_and_made_alone(bench: Bench) -> None:
    files: Files = {f"s/p{number}.md": f"# P{number}\n\n[next](p{(number + 1) % 9}.md)" for number in range(9)}
    files |= {"index.md": "# Home", "s/linker.md": "# L\n\n[to](p3.md#part)", "s/p3.md": "# P3\n\n## Part"}
    await bench.render(tree(files))
    before = bench.counts()
    files["s/p3.md"] = "# P3\n\n## Part\n\nmore"
    await bench.render(tree(files))
    assert (bench.counts(), bench.renderer.pages_followed) == ((before[0] + 1, before[1] + 1), 11 + 1)
    files["s/p3.md"] = "# P3\n\n## Part {#part}\n\n## Other"
    await bench.render(tree(files))
    assert bench.renderer.pages_followed == 11 + 1 + 3  # itself, the page before it, and the one that names an anchor
    before = bench.counts()
    await bench.render(tree(files))
    assert (bench.counts(), bench.renderer.pages_followed) == (before, 15)


async def test_one_changed_page_changes_few_files_of_the_release(bench: Bench) -> None:
    """The page; of the search its pack of texts, the words that came, and the list of them all."""
    files: Files = {f"s/p{number}.md": f"# P{number}\n\n{f'lorem n{number} ' * 900}" for number in range(60)}
    files["index.md"] = "# Home"
    before = bench.published(await bench.render(tree(files)))
    files["s/p7.md"] = f"# P7\n\n{'lorem n7 ' * 900} zebra"
    after = bench.published(await bench.render(tree(files)))
    news = sorted(path for path, data in after.items() if before.get(path) != data)
    assert [path.rpartition("-")[0] for path in news] == ["", "assets/search/text", "assets/search/words", ""]
    assert (news[0], news[-1]) == ("assets/search/index.json", "s/p7/index.html")
    assert len(before.keys() - after.keys()) == 2
    assert len([path for path in after if path.startswith("assets/search/")]) == 1 + 9 + 1


async def test_a_file_of_the_search_that_was_lost_is_made_again(bench: Bench) -> None:
    files: Files = {f"p{number}.md": f"# P{number}\n\n{f'lorem n{number} ' * 900}" for number in range(40)}
    files["index.md"] = "# Home"
    before = bench.published(await bench.render(tree(files)))
    texts = [path for path in before if path.startswith("assets/search/text-")]
    assert len(texts) > 2
    for path in texts:
        bench.lose(before[path])
    files["p1.md"] = f"# P1\n\n{'lorem n1 ' * 900} more"
    after = await bench.render(tree(files))
    assert len(before.keys() & bench.published(after).keys() & {*texts}) == len(texts) - 1


async def test_only_the_folders_of_what_changed_are_walked_through(bench: Bench) -> None:
    files: Files = {f"{folder}/deep/p{number}.md": "# P" for folder in "abcd" for number in range(3)}
    files["index.md"] = "# Home"
    await bench.render(traced(files))
    for path, walked in (("b/deep/p1.md", 1 + 2), ("b/deep/p3.md", 1 + 2), ("index.md", 1)):
        files[path] = "# Other"
        before = IdentifiedTree.names_read
        await bench.render(traced(files))
        assert IdentifiedTree.names_read - before == walked + SITE_FOLDER, path


async def test_what_is_remembered_is_bounded() -> None:
    memories = memory.Memories(pages_max=3)
    for name in ("a", "b"):
        kept = memory.Memory()
        outline = memory.Outline(identity="1", allow_html=False, key="k", parsed=ParsedPage(title="", html=""))
        kept.outlines = {"1": outline, "2": outline}
        memories.put(name, kept)
    assert len(memories.take("a").outlines) == 0
    assert len(memories.take("b").outlines) == 2
