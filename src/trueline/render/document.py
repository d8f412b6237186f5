"""Documents of YAML and JSON files, as Kubernetes reads them: the toolbox's `yaml` and `positions`, typed."""

from collections.abc import Iterable
from typing import Any

import msgspec

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
    asked = toolbox.ask("yaml", {"files": list(paths)}, files)
    return msgspec.json.decode(await refusal.answer(asked, refusal.UNREADABLE, commit), type=_Documents).documents


async def read_places(toolbox: Toolbox, files: FileTree, paths: Iterable[str], commit: str) -> tuple[Places, ...]:
    """Where the fields of some files stand; the same errors as `read_documents`."""
    asked = toolbox.ask("positions", {"files": list(paths)}, files)
    return msgspec.json.decode(await refusal.answer(asked, refusal.UNREADABLE, commit), type=_Placed).documents
