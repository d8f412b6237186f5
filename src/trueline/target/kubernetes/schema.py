"""Schema errors before any request, all of them (D6), by the toolbox: its own kinds, and the documents of the server.

A body that held is not asked about again. What no schema knows is left for the server to judge.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from trueline.model import field_path
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.misfit import Misfit
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused
from trueline.target.kubernetes import definition
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.discovery import openapi, openapi_paths

BATCH_OBJECTS = 500
BATCH_BYTES = 8 << 20
HELD_MAX = 100_000
DOCUMENTS_MAX = 200
_BYTES = {("v1", "Secret"): "data", ("v1", "ConfigMap"): "binaryData"}
_LINE_ENDS = {ord("\r"): None, ord("\n"): None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A body that shall hold."""

    ref: Ref
    origin: Origin
    digest: Digest
    body: dict[str, Any]

    @property
    def api_version(self) -> str:
        """Its group and version."""
        return str(self.body.get("apiVersion", ""))


class _Violation(msgspec.Struct, gc=False, frozen=True):
    path: str = ""
    text: str = ""


class _Validity(msgspec.Struct, gc=False, frozen=True):
    errors: tuple[_Violation, ...] = ()
    unknown: bool = False


class _Answer(msgspec.Struct, gc=False, frozen=True):
    objects: tuple[_Validity, ...] = ()


class Schema:
    """Asks a toolbox; keeps the server's documents by the digest that the server gives them."""

    def __init__(self, toolbox: Toolbox, client: KubernetesClient) -> None:
        self._toolbox = toolbox
        self._client = client
        self._held: dict[Digest, None] = {}
        self._documents: dict[str, bytes] = {}

    def holds(self, digest: Digest) -> bool:
        """Whether a body of this digest was asked about, and held."""
        return digest in self._held

    def trust(self, digests: Iterable[Digest]) -> None:
        """Bodies of which it is known that an earlier process asked about them, and that they held."""
        self._held.update(dict.fromkeys(digests))
        self._bound()

    async def problems(
        self, candidates: Iterable[Candidate], definitions: Sequence[dict[str, Any]]
    ) -> tuple[tuple[Misfit, ...], tuple[Diagnostic, ...]]:
        """What is wrong with them, and notes where nobody could tell. Definitions of the render come first."""
        fresh = [one for one in candidates if one.digest not in self._held]
        problems: list[Misfit] = []
        notes: list[Diagnostic] = []
        for batch in _batches(fresh):
            try:
                problems += await self._batch(batch, definitions)
            except ToolboxFailed as error:
                notes.append(_unchecked(error.reason))
            except ToolboxRefused as error:
                notes.append(_unchecked(str(error)))
        return tuple(problems), tuple(notes)

    async def _batch(self, batch: list[Candidate], definitions: Sequence[dict[str, Any]]) -> list[Misfit]:
        defined = definition.document(definitions)
        own = {name: f"render:{digest_value(defined)}" for name in defined["components"]["schemas"]}
        schemas = [{"name": name, "document": defined} for name in sorted(set(own.values()))]
        answered = await self._ask(batch, schemas)
        strange = [one for one, said in zip(batch, answered, strict=True) if said.unknown]
        documents = await self._server_documents({one.api_version for one in strange})
        again = await self._ask(strange, documents) if strange and documents else ()
        said = {one.ref: each for one, each in zip(batch, answered, strict=True)}
        said |= {one.ref: each for one, each in zip(strange, again, strict=bool(again))}
        return [problem for one in batch for problem in self._judged(one, said[one.ref])]

    def _judged(self, candidate: Candidate, validity: _Validity) -> Iterator[Misfit]:
        encoded = tuple(_not_encoded(candidate.body))
        if not validity.errors and not validity.unknown and not encoded:
            self._held[candidate.digest] = None
            self._bound()
        for violation in validity.errors:
            path = field_path.of_server(violation.path, candidate.body) if violation.path else "the object"
            yield _violated(candidate, path, violation.text, _steps(path) if violation.path else ())
        for at in encoded:
            yield _violated(candidate, field_path.text(at), "it is not base64", at)

    def _bound(self) -> None:
        while len(self._held) > HELD_MAX:
            self._held.pop(next(iter(self._held)))

    async def _ask(self, batch: Sequence[Candidate], schemas: Sequence[dict[str, Any]]) -> tuple[_Validity, ...]:
        arguments = {"objects": [one.body for one in batch], "schemas": schemas}
        said = msgspec.json.decode(await self._toolbox.ask("validate", arguments), type=_Answer).objects
        if len(said) != len(batch):
            raise ToolboxFailed(f"{len(said)} answers to {len(batch)} objects")
        return said

    async def _server_documents(self, api_versions: set[str]) -> list[dict[str, Any]]:
        if not api_versions:
            return []
        paths = await openapi_paths(self._client)
        if isinstance(paths, Unknown):
            return []
        documents = []
        for api_version in sorted(api_versions & set(paths.value)):
            name = f"{api_version}:{paths.value[api_version]}"
            if name not in self._documents:
                read = await openapi(self._client, api_version, digest=paths.value[api_version])
                if isinstance(read, Known):
                    self._keep(name, read.value)
            if name in self._documents:
                documents.append({"name": name, "document": msgspec.Raw(self._documents[name])})
        return documents

    def _keep(self, name: str, document: bytes) -> None:
        self._documents[name] = document
        while len(self._documents) > DOCUMENTS_MAX:
            self._documents.pop(next(iter(self._documents)))


def _violated(candidate: Candidate, path: str, text: str, at: field_path.Path) -> Misfit:
    diagnostic = Diagnostic(
        code="TL0505",
        summary="the schema of the kind does not allow this",
        detail=f"{candidate.ref}: {path}: {text}",
        remedy="correct the field; `kubectl explain` shows what the kind has",
        origin=candidate.origin,
    )
    return Misfit(diagnostic=diagnostic, body=candidate.body, at=at)


def _steps(path: str) -> field_path.Path:
    try:
        return field_path.parse(path)
    except ValueError:
        return ()


def _not_encoded(body: dict[str, Any]) -> Iterator[field_path.Path]:
    """Bytes are text to a schema; the server decodes them before anything else, and repeats what it cannot decode."""
    field = _BYTES.get((str(body.get("apiVersion", "")), str(body.get("kind", ""))))
    values = body.get(field) if field else None
    for name, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, str) and not _is_base64(value):
            yield str(field), str(name)


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value.translate(_LINE_ENDS), validate=True)
    except ValueError:
        return False
    return True


def _batches(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    batch: list[Candidate] = []
    size_bytes = 0
    for one in candidates:
        length = len(msgspec.json.encode(one.body))
        if batch and (len(batch) >= BATCH_OBJECTS or size_bytes + length > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(one)
        size_bytes += length
    if batch:
        yield batch


def _unchecked(reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0506",
        summary="schemas could not be checked beforehand",
        detail=reason,
        remedy="nothing to do: the target checks them in the trial, one error for each resource",
    )
