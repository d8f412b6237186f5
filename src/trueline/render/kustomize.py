"""Kustomizations, built by Kustomize itself; each resource with the file that it came from."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.decrypted import lined
from trueline.render.document import Document, read_documents
from trueline.render.kustomization import KUSTOMIZATIONS, explained
from trueline.render.manifest import Manifest, assemble
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.trace import TracingTree
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Complaint, Toolbox


class _Built(msgspec.Struct, frozen=True, kw_only=True):
    value: Any
    path: str
    generated: bool


class _Answer(msgspec.Struct, frozen=True):
    resources: tuple[_Built, ...]


@dataclass(frozen=True, slots=True)
class KustomizeRenderer:
    """Renders `Kustomize`; see `Renderer`."""

    toolbox: Toolbox

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Build the kustomization of the path."""

        async def explain(complaint: Complaint) -> Complaint:
            return await explained(complaint, request.path, self.toolbox, files)

        seen = TracingTree(files, request.path)
        asked = self.toolbox.ask("kustomize", {"path": request.path}, seen)
        answer = await refusal.answer(asked, refusal.KUSTOMIZATION, request.commit, explain=explain)
        await self._read_strictly(seen, files, request.commit)
        here = Origin(path=request.path, commit=request.commit)
        built = refusal.decoded(answer, _Answer, refusal.KUSTOMIZATION, here).resources
        documents = await self._documents(built, files)
        return assemble(
            Manifest(
                value=one.value,
                origin=Origin(
                    path=one.path or request.path,
                    line=0 if one.generated else _line(one, documents.get(one.path, ())),
                    commit=request.commit,
                ),
            )
            for one in built
        )

    async def _read_strictly(self, seen: TracingTree, files: FileTree, commit: str) -> None:
        """Kustomize takes the last of two equal keys of a kustomization, so that half of it would be lost."""
        looks = (look for look in seen.trace().looks if look.asked == "read")
        paths = [look.path for look in looks if posixpath.basename(look.path) in KUSTOMIZATIONS]
        await refusal.answer(self.toolbox.ask("yaml", {"files": paths}, files), refusal.KUSTOMIZATION, commit)

    async def _documents(self, built: tuple[_Built, ...], files: FileTree) -> Mapping[str, tuple[Document, ...]]:
        """The files that resources came from. Kustomize read them already; where we cannot, lines are left out."""
        paths = sorted({one.path for one in built if one.path and not one.generated})
        if not paths:
            return {}
        try:
            read = await read_documents(self.toolbox, lined(files), paths, "")
        except UserError:
            return {}
        return {path: tuple(one for one in read if one.path == path) for path in paths}


def _line(built: _Built, documents: tuple[Document, ...]) -> int:
    """The line of the one document that this resource can have been; 0 where several can."""
    same_kind = [one for one in documents if _field(one.value, "kind") == _field(built.value, "kind")]
    name = _name(built.value)
    candidates = (
        [one for one in same_kind if _name(one.value) == name]
        or [one for one in same_kind if _name(one.value) and _name(one.value) in name]
        or same_kind
    )
    return candidates[0].line if len(candidates) == 1 else 0


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _name(value: Any) -> str:
    return str(_field(_field(value, "metadata"), "name") or "")
