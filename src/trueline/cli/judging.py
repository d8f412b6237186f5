"""Objects of a file and their health. YAML is read by the toolbox, as everywhere."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trueline.health.table import judge
from trueline.render.document import read_documents
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.server.shape import health_body


async def judge_all(name: str, data: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Each object's name with its judgement, in the file's order.

    Raises:
        UserError: TL0303, the file does not parse.
    """
    path = name if name.endswith((".yaml", ".yml", ".json")) else f"{name.strip('<>') or 'objects'}.yaml"
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as toolbox:
        documents = await read_documents(toolbox, MemoryTree({path: data}), [path], "")
    found = (one for document in documents for one in _objects(document.value))
    return [(_shown(live), msgspec.to_builtins(health_body(judge(live)))) for live in found]


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a document; a list of Kubernetes' own kind is opened."""
    if not isinstance(value, dict):
        yield {}
    elif str(value.get("kind", "")).endswith("List") and isinstance(value.get("items"), list):
        for item in value["items"]:
            yield item if isinstance(item, dict) else {}
    else:
        yield value


def _shown(live: Mapping[str, Any]) -> str:
    metadata = live.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    group = str(live.get("apiVersion", "")).rpartition("/")[0]
    kind = f"{live.get('kind', '?')}.{group}" if group else str(live.get("kind", "?"))
    return "/".join(str(part) for part in (kind, names.get("namespace", ""), names.get("name", "?")) if part)
