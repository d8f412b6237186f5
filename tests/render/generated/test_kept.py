"""A build is kept by all that it was made of: nothing of it changed, nothing is built."""

import sys

import pytest

from tests.render.case import MemoryRenderStore
from tests.render.generated.case import COMMAND, Bench
from tests.render.site.case import tree
from trueline.model.digest import Digest
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.options import GeneratedSite
from trueline.render.protocol import RenderRequest
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox_process import ProcessToolbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN"),
]
FILES = {
    "site/build.sh": "mkdir _site; cp *.html _site",
    "site/a.html": "<p>a",
    "site/deep/unread.txt": "x",
    "other/b.txt": "b",
}


class _Kept:
    """A cache before the renderer, and what is installed as a test says it."""

    def __init__(self, bench: Bench, worker: ProcessToolbox) -> None:
        self.installed = "1"
        self._bench = bench
        dispatching = DispatchingRenderer(worker, None, bench.renderer)
        self.cache = CachedRenderer(dispatching, MemoryRenderStore(), "t", installed=lambda _: self.installed)

    async def builds(self, files: MemoryTree, commit: str = "", options: GeneratedSite = COMMAND) -> int:
        """How many builds a render costs."""
        before = self._bench.builder.builds
        await self.cache.render(self.request(commit, options), files)
        return self._bench.builder.builds - before

    def digest(self, files: MemoryTree) -> Digest | None:
        """What is kept."""
        return self.cache.digest(self.request(), files)

    def request(self, commit: str = "", options: GeneratedSite = COMMAND) -> RenderRequest:
        """The application's render."""
        return RenderRequest(application="docs", path="site", options=options, commit=commit)


@pytest.fixture
def kept(bench: Bench, worker: ProcessToolbox) -> _Kept:
    return _Kept(bench, worker)


async def test_a_commit_that_touches_nothing_of_it_builds_nothing(kept: _Kept) -> None:
    assert await kept.builds(tree(FILES)) == 2, "twice at first sight"
    assert await kept.builds(tree(FILES), "later") == 0
    assert await kept.builds(tree({**FILES, "other/b.txt": "c", "new.txt": ""}), "later still") == 0
    assert kept.cache.renders == {"generated site": 1}


@pytest.mark.parametrize(
    "changed",
    [
        {"site/a.html": "<p>b"},
        {"site/deep/unread.txt": "y"},
        {"site/deep/new.txt": ""},
    ],
)
async def test_whatever_changes_beneath_its_path_is_one_build(kept: _Kept, changed: dict[str, str]) -> None:
    await kept.builds(tree(FILES))
    assert await kept.builds(tree({**FILES, **changed})) == 1


async def test_a_file_that_went_is_one_build(kept: _Kept) -> None:
    await kept.builds(tree(FILES))
    assert await kept.builds(tree({path: text for path, text in FILES.items() if "unread" not in path})) == 1


async def test_a_newer_program_is_one_build_even_for_who_asks_for_the_digest_alone(kept: _Kept) -> None:
    await kept.builds(tree(FILES))
    assert kept.digest(tree(FILES)) == kept.digest(tree(FILES)) is not None
    kept.installed = "2"
    assert kept.digest(tree(FILES)) is None
    assert await kept.builds(tree(FILES)) == 1


async def test_other_options_are_another_build(kept: _Kept) -> None:
    await kept.builds(tree(FILES))
    other = GeneratedSite(command=COMMAND.command, output=COMMAND.output, variables={"A": "b"})
    assert await kept.builds(tree(FILES), options=other) == 1


async def test_a_failure_is_not_kept(kept: _Kept) -> None:
    broken = tree({**FILES, "site/build.sh": "exit 1"})
    for _ in range(2):
        with pytest.raises(Exception, match="TL1607"):
            await kept.builds(broken)
    assert await kept.builds(tree(FILES)) == 2
