"""Documentation that other people wrote for MkDocs: built from its pages, its real findings told with file and line."""

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.render.case import files_of
from tests.render.site.case import Bench
from trueline.render.options import Site
from trueline.render.resource import Rendered

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[3]
PLACES = (Path(os.environ.get("TRUELINE_INPUTS", ROOT / "absent")), ROOT.parent / "shared" / "inputs")
INPUTS = next((place for place in PLACES if place.is_dir()), None)
LENIENT = Site(title="Argo CD", url="https://docs.example/argo-cd", broken_links="warn")

CERTAIN = {
    "TL1510 operator-manual/high_availability.md:672",  # argocd-cmd-params-cm.yaml is not in the folder
    "TL1510 developer-guide/release-process-and-cadence.md:98",  # ../snyk/index.md
    "TL1511 operator-manual/user-management/keycloak.md:6",  # a heading that was renamed
    "TL1512 index.md:9",  # assets/argocd-ui.gif
    "TL1513 operator-manual/notifications/services/mattermost.md:57",
    "TL1515 user-guide/environment-variables.md:7",  # <br>
    "TL1518 operator-manual/argocd-cmd-params-cm-yaml.md:6",  # {!docs/operator-manual/argocd-cmd-params-cm.yaml!}
    "TL1518 operator-manual/notifications/templates.md:133",
}


def told(rendered: Rendered) -> set[str]:
    return {f"{one.code} {one.origin}" for one in rendered.notes}


@pytest.mark.skipif(INPUTS is None, reason="real inputs: NOT RUN")
async def test_it_is_built_with_its_findings(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert INPUTS is not None
    files = files_of(INPUTS / "docs-site" / "docs")
    started_s = time.perf_counter()
    rendered = await bench.render(files, LENIENT)
    with capsys.disabled():
        print(f"\n419 pages, cold, with search: {time.perf_counter() - started_s:.2f} s")  # noqa: T201
    published = bench.published(rendered)
    assert sum(path.endswith("/index.html") or path == "index.html" for path in published) == 419
    assert bench.counts() == (419, 419)
    assert told(rendered) >= CERTAIN
    assert Counter(one.code for one in rendered.notes) == {
        "TL1510": 14,
        "TL1511": 5,
        "TL1512": 5,
        "TL1513": 8,
        "TL1515": 11,
        "TL1518": 17,
    }
    for path, data in published.items():
        if path.endswith(".html"):
            assert b"\x00" not in data, path
