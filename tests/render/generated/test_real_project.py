"""Documentation that other people wrote, built by MkDocs: refused as it is, with each cause once; then published."""

import os
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.render.case import files_of
from tests.render.generated.case import MKDOCS, Bench, told
from trueline.runtime.files import MemoryTree

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN"),
    pytest.mark.skipif(find_spec("material") is None, reason="its theme is not installed: NOT RUN"),
]
ROOT = Path(__file__).parents[3]
PLACES = (Path(os.environ.get("TRUELINE_INPUTS", ROOT / "absent")), ROOT.parent / "shared" / "inputs")
INPUTS = next((place for place in PLACES if place.is_dir()), None)
OVERRIDES = {"overrides/.gitkeep": b""}

if INPUTS is None:
    pytest.skip("real inputs: NOT RUN", allow_module_level=True)


@pytest.fixture(scope="module")
def project() -> dict[str, bytes]:
    assert INPUTS is not None
    return dict(files_of(INPUTS / "docs-site").files)


async def test_as_it_is_it_names_the_folder_that_is_missing(bench: Bench, project: dict[str, bytes]) -> None:
    assert await bench.refused(project, MKDOCS) == [
        "TL1601 mkdocs.yml:270 `theme`: The path set in custom_dir ('overrides') does not exist."
    ]


async def test_with_that_folder_it_names_twenty_causes(bench: Bench, project: dict[str, bytes]) -> None:
    found = await bench.refused({**project, **OVERRIDES}, MKDOCS)
    assert Counter(one[:6] for one in found) == {"TL1604": 19, "TL1605": 1}
    places = [one.split(" ")[1] for one in found]
    assert all(place.rpartition(":")[2].isdecimal() for place in places)
    assert len({one.partition(" ")[2] for one in found}) == 20
    assert bench.builder.builds == 1


async def test_without_strict_it_is_published(bench: Bench, project: dict[str, bytes]) -> None:
    lenient = project["mkdocs.yml"].replace(b"strict: true", b"strict: false")
    rendered = await bench.render(MemoryTree({**project, **OVERRIDES, "mkdocs.yml": lenient}), MKDOCS)
    published = bench.published(rendered)
    assert sum(path.endswith("index.html") for path in published) == 419
    assert b"Argo CD" in published["index.html"]
    assert not any("/site/" in one for one in told(rendered))
    counts = Counter(one.code for one in rendered.notes)
    assert counts["TL1604"] >= 19
    assert counts["TL1605"] == 1
    assert counts["TL1610"] == 2, "two files that every page asks for are two causes"
    includes = [one for one in told(rendered) if one.startswith("TL1603") and "could not find file" in one]
    assert len(includes) == 12
    assert all(" docs/" in one.partition("Warning")[0] for one in includes)
    assert counts["TL1615"] == 0, [one for one in told(rendered) if "TL1615" in one]
    assert bench.renderer.pages_read == 420
