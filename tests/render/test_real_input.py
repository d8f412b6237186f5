"""Repositories that other people wrote: every application renders, and twice to the same bytes."""

import os
from pathlib import Path

import pytest

from tests.render.case import files_of, request
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.files import MemoryTree

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
PLACES = (Path(os.environ.get("TRUELINE_INPUTS", ROOT / "absent")), ROOT.parent / "shared" / "inputs")
INPUTS = next((place for place in PLACES if place.is_dir()), None)

ARGO, PODINFO, SHOP = "argocd-example-apps", "podinfo", "microservices-demo"
CASES = [
    (ARGO, "guestbook", 2),
    (ARGO, "kustomize-guestbook", 2),
    (ARGO, "helm-guestbook", 2),
    (ARGO, "jsonnet-guestbook", 2),
    (ARGO, "sock-shop", 29),
    (ARGO, "sync-waves", 7),
    (ARGO, "pre-post-sync", 4),
    (PODINFO, "charts/podinfo", 2),
    (PODINFO, "kustomize", 3),
    (SHOP, "helm-chart", 36),
    (SHOP, "kustomize/tests/memorystore-with-all-components", 49),
    (SHOP, "kustomize/tests/spanner-with-all-components", 49),
    (SHOP, "kustomize/tests/service-mesh-istio-with-all-components", 55),
]

read: dict[str, MemoryTree] = {}


@pytest.mark.skipif(INPUTS is None, reason="real inputs: NOT RUN")
@pytest.mark.parametrize(("repository", "path", "count"), CASES)
async def test_it_renders(renderer: DispatchingRenderer, repository: str, path: str, count: int) -> None:
    assert INPUTS is not None
    files = read.setdefault(repository, files_of(INPUTS / repository))
    rendered = await renderer.render(request(path), files)
    assert len(rendered.resources) == count
    assert len({(one.ref, one.position.phase) for one in rendered.resources}) == count
    assert all(one.origin.path in files.files for one in rendered.resources)
    assert await renderer.render(request(path), files) == rendered
