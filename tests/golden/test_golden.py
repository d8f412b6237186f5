"""Golden cases: a folder `input/` renders to `expected.yaml`; `TRUELINE_REWRITE_GOLDEN=1 pytest tests/golden` rewrites.

`request.json` beside them says what the declaration would: `path`, `namespace`, and one of the ways to render.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.render.case import files_of, request
from trueline.model.fault import UserError
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.options import Capabilities, Helm, Jsonnet, Kustomize, Plain, RenderOptions
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Phase, Rendered, Resource
from trueline.render.text import encode_yaml
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/input"))
REWRITE = bool(os.environ.get("TRUELINE_REWRITE_GOLDEN"))
WAYS: dict[str, type[RenderOptions]] = {"plain": Plain, "kustomize": Kustomize, "helm": Helm, "jsonnet": Jsonnet}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_golden(case: Path, toolbox: ProcessToolbox, renderer: DispatchingRenderer) -> None:
    asked, files = asked_in(case), files_of(case / "input")
    try:
        text = await shown(toolbox, await renderer.render(asked, files))
    except UserError as error:
        text = "".join(f"# {line}\n" for line in str(error).splitlines())
    if REWRITE:
        (case / "expected.yaml").write_text(text)
    assert text == (case / "expected.yaml").read_text()


def asked_in(case: Path) -> RenderRequest:
    path = case / "request.json"
    said: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    options = next((msgspec.convert(said.pop(way), kind) for way, kind in WAYS.items() if way in said), None)
    if "capabilities" in said:
        said["capabilities"] = msgspec.convert(said["capabilities"], Capabilities)
    return request(said.pop("path", ""), options, **said)


async def shown(toolbox: Toolbox, rendered: Rendered) -> str:
    parts = [
        f"# {resource.ref} from {resource.origin}{timing(resource)}\n"
        + await encode_yaml(toolbox, [rendered.body(resource)])
        for resource in rendered.resources
    ]
    notes = "".join(f"# {line}\n" for note in rendered.notes for line in str(note).splitlines())
    return "---\n".join([*parts, notes] if notes else parts)


def timing(resource: Resource) -> str:
    deletes = " ".join(one.value for one in resource.hook_delete)
    hook = f", hook {resource.position.phase.value} ({deletes})" if resource.is_hook else ""
    wave = f", wave {resource.position.wave}" if resource.position.wave else ""
    early = ", before the hooks" if not hook and resource.position.phase is Phase.BEFORE else ""
    return f"{hook}{early}{wave}{', kept' if resource.keep else ''}"
