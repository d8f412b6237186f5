"""A drift that is to stay, as a change for Git: a patch of the lines that declare what differs.

Git stays the only source of truth: nothing is accepted here. A line is changed only where the file, read again with it,
says exactly what is live, of this field and of nothing else; whatever is written in another way (a template, a field
that is missing, several lines) is told with its place, for a person to write. Values of secrets were masked where they
were read, so that no line has them.
"""

import difflib
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeAlias

from trueline.loop.control import Control
from trueline.loop.fleet import Look
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.model import field_path, pointer
from trueline.model.digest import parse
from trueline.model.fault import Fault
from trueline.model.known import Known
from trueline.model.origin import Origin
from trueline.render.document import read_documents
from trueline.render.field_origin import FieldPlaces
from trueline.render.manifest import is_list
from trueline.render.resource import Resource
from trueline.runtime.files import FileTree, MemoryTree
from trueline.runtime.toolbox import Toolbox
from trueline.target.insight import FieldSight

FIELDS_MAX: Final = 500
FILE_BYTES_MAX: Final = 1 << 20
PLACES_MAX: Final = 8
"""A line that says the same more often than this is for a person to read."""
_Place: TypeAlias = tuple[int, int]
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*(?::[A-Za-z0-9._-]+)?")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """One field: where it is declared, as what, and as what it lives. `is_in_patch`: the patch says so."""

    ref: str
    path: str
    origin: str
    declared: str
    live: str
    is_in_patch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The patch, for `git apply` at the top of the fleet repository; empty where nothing of it could be written."""

    patch: str
    fields: tuple[Differing, ...]


class Adoptions:
    """Offers changes to Git; without a toolbox everything is for a person to write."""

    def __init__(self, control: Control, toolbox: Toolbox | None) -> None:
        self._control = control
        self._toolbox = toolbox

    async def offer(self, name: str, refs: Sequence[str] = ()) -> Adoption:
        """What would make Git say what is live, of these objects or of all that have drifted.

        Raises:
            UserError: TL2322, one of them is not the application's.
            Transient: the target could not be asked.
        """
        found = await self._control.remedies.review_heal(name, refs)
        kept = self._control.kept(name)
        parts = await self._control.parts.targets.parts(kept.application.target)
        drifted = {change.ref for change in found.plan.changes}
        texts: dict[str, bytes] = {}
        fields: list[Differing] = []
        for resource in kept.aim.resources if kept.aim else ():
            if resource.ref in drifted:
                fields += [one async for one in self._adopted(kept, parts, resource, texts)]
        look = self._control.engine.look
        patch = [line for path in sorted(texts) if look for line in await _diff(look.ground.files, path, texts[path])]
        return Adoption(patch="".join(patch), fields=tuple(fields[:FIELDS_MAX]))

    async def _adopted(
        self, kept: Kept, parts: Parts, resource: Resource, texts: dict[str, bytes]
    ) -> AsyncIterator[Differing]:
        text = parts.bodies.get(resource.digest)
        seen = await parts.insight.sight(resource.ref, text)
        if text is None or not isinstance(seen, Known) or seen.value is None:
            return
        body = parse(text)
        files = self._files(kept)
        for one in seen.value.fields:
            if not one.is_declared or one.is_same:
                continue
            origin = resource.origin
            is_written = False
            if files is not None and self._toolbox is not None:
                places = FieldPlaces(self._toolbox, files)
                origin = await places.locate(resource.origin, body, field_path.parse(one.path))
                is_written = await self._write(files, origin, one, texts)
            yield Differing(
                ref=str(resource.ref),
                path=one.path,
                origin=str(origin),
                declared=_text(one.declared),
                live=_text(one.live) if one.is_live else "",
                is_in_patch=is_written,
            )

    def _files(self, kept: Kept) -> FileTree | None:
        """The files of the fleet repository, where what is aimed at was rendered from exactly those."""
        look: Look | None = self._control.engine.look
        if look is None or kept.desired is None or kept.aim is not kept.desired:
            return None
        return look.ground.files if kept.desired.commit == look.revision.commit else None

    async def _write(self, files: FileTree, origin: Origin, one: FieldSight, texts: dict[str, bytes]) -> bool:
        """Put the live value into the line; whether the file then says that, and nothing else differently."""
        if not one.is_live or isinstance(one.live, (dict, list)) or not origin.line:
            return False
        try:
            before = texts.get(origin.path) or await files.read(origin.path)
        except (FileNotFoundError, Fault):
            return False
        places = list(islice(_places(before, origin.line, one), PLACES_MAX + 1))
        if len(places) > PLACES_MAX:
            return False
        found = [after for place in places if (after := await self._edited(origin.path, before, place, one))]
        if len(found) != 1:  # the line has it in several places, and only a person knows which one
            return False
        texts[origin.path] = found[0]
        return True

    async def _edited(self, path: str, before: bytes, place: _Place, one: FieldSight) -> bytes:
        """The file with the live value in that place; empty where there is no way to write it that says so."""
        for value in _written(one.live):
            after = before[: place[0]] + value.encode() + before[place[1] :]
            if len(after) <= FILE_BYTES_MAX and await self._says(path, before, after, one):
                return after
        return b""

    async def _says(self, path: str, before: bytes, after: bytes, one: FieldSight) -> bool:
        """INV-11: what is offered is read back, and differs in exactly this one field."""
        assert self._toolbox is not None, "what is edited was found by it"
        try:
            old = await read_documents(self._toolbox, MemoryTree({path: before}), [path], "")
            new = await read_documents(self._toolbox, MemoryTree({path: after}), [path], "")
        except Fault:
            return False
        if len(old) != len(new):
            return False
        differing = [
            (a.value, at, said)
            for a, b in zip(old, new, strict=True)
            for at, _, said in pointer.differences(a.value, b.value)
        ]
        if len(differing) != 1:
            return False
        value, at, said = differing[0]
        return type(said) is type(one.live) and said == one.live and _is_of(value, at, one.path)


def _is_of(document: Any, at: pointer.Path, path: str) -> bool:
    """Whether what stands there in a document is the field of that path, of the object itself or of a list's item."""
    if is_list(document) and at[:1] == ("items",):
        document, at = document["items"][at[1]], at[2:]
    return at == field_path.indexed(document, field_path.parse(path))


def _places(before: bytes, line: int, one: FieldSight) -> Iterator[_Place]:
    """Where in the file that line says the field's key with what is declared; each way in which it may be written."""
    lines = before.splitlines(keepends=True)
    step = field_path.parse(one.path)[-1]
    if not 0 < line <= len(lines) or not isinstance(step, str):
        return
    start, text = sum(map(len, lines[: line - 1])), lines[line - 1].rstrip(b"\r\n")
    key = b"|".join(re.escape(way.encode()) for way in (f'"{step}"', f"'{step}'", step))
    for written in _written(one.declared):
        said = re.escape(written.encode())
        pattern = rb"(?:^|[\s,{-])(?:" + key + rb")\s*:\s+(" + said + rb")(?=\s*(?:$|[,}\]]|\s#))"
        for found in re.finditer(pattern, text):
            yield start + found.start(1), start + found.end(1)


def _written(value: Any) -> Iterator[str]:
    """A scalar as YAML has it, the plainest way first."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            yield value
        yield json.dumps(value, ensure_ascii=False)
        yield "'" + value.replace("'", "''") + "'"
    else:
        yield json.dumps(value)


async def _diff(files: FileTree, path: str, after: bytes) -> list[str]:
    """As `git apply` reads it."""
    before = (await files.read(path)).decode().splitlines(keepends=True)
    lines = difflib.unified_diff(before, after.decode().splitlines(keepends=True), f"a/{path}", f"b/{path}")
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
