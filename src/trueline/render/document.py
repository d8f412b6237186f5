"""Documents of YAML and JSON files, as Kubernetes reads them: the toolbox's `yaml` and `positions`, typed."""

from collections.abc import Iterable
from typing import Any

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a file; `index` counts those that are not empty."""

    path: str
    index: int
    line: int
    value: Any


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Line and column of each field of one document, by JSON pointer."""

    path: str
    index: int
    line: int
    positions: dict[str, tuple[int, int]]


class _Documents(msgspec.Struct, frozen=True):
    documents: tuple[Document, ...]


class _Placed(msgspec.Struct, frozen=True):
    documents: tuple[Places, ...]


async def read_documents(toolbox: Toolbox, files: FileTree, paths: Iterable[str], commit: str) -> tuple[Document, ...]:
    """Every document of some files.

    Raises:
        UserError: TL0303, once for each thing that does not parse.
        Transient: the toolbox gave no answer.
    """
    paths = tuple(paths)
    asked = await refusal.answer(toolbox.ask("yaml", {"files": paths}, files), refusal.UNREADABLE, commit)
    here = Origin(path=paths[0], commit=commit) if len(paths) == 1 else None
    try:
        return refusal.decoded(asked, _Documents, refusal.UNREADABLE, here).documents
    except UserError:
        if here is not None:
            raise
        raise UserError(await _too_much(toolbox, files, paths, commit)) from None


async def _too_much(toolbox: Toolbox, files: FileTree, paths: Iterable[str], commit: str) -> list[Diagnostic]:
    """Which of the files hold what cannot be held."""
    found = list[Diagnostic]()
    for path in paths:
        try:
            await read_documents(toolbox, files, [path], commit)
        except UserError as error:
            found += error.diagnostics
    return found


async def read_places(toolbox: Toolbox, files: FileTree, paths: Iterable[str], commit: str) -> tuple[Places, ...]:
    """Where the fields of some files stand; the same errors as `read_documents`."""
    asked = toolbox.ask("positions", {"files": list(paths)}, files)
    return msgspec.json.decode(await refusal.answer(asked, refusal.UNREADABLE, commit), type=_Placed).documents
