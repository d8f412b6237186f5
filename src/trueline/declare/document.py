"""The documents of a fleet that may be declarations: which files to look at, and what the toolbox reads in them.

Never decides what a document means. A file that was read before is known by its identity and not read again.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from trueline.declare.finding import NO_PARSE, NOTHING_THERE, TOO_MUCH, UNREADABLE, Fault
from trueline.declare.form import API_GROUP
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.toolbox import Complaint, Toolbox, ToolboxFailed, ToolboxRefused

FILE_BYTES_MAX: Final = 1024 * 1024
BATCH_BYTES_MAX: Final = 4 * 1024 * 1024
FILES_MAX: Final = 200_000
DEPTH_MAX: Final = 64
NAMES_MAX: Final = 10_000
_MARK: Final = API_GROUP.encode()
_DECLARES: Final = re.compile(rb"""apiVersion["']?\s{0,8}:\s{0,8}[^\s]{0,40}\s{0,8}["']?trueline\.dev/""")
_NAME: Final = re.compile(rb"""\b(?:name|application)["']?[ \t]{0,8}:[ \t]{0,8}["']?([a-z0-9][-a-z0-9.]{0,252})""")
_QUOTED: Final = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a file, of which `line` is the first."""

    path: str
    index: int
    line: int
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file of which nothing is known: it does not parse, or cannot be read. `names` is what it seems to name."""

    path: str
    names: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """A file that has our mark, as it is handed to the toolbox."""

    path: str
    content: bytes = field(repr=False)

    @property
    def is_declaring(self) -> bool:
        """Whether it looks like a declaration even to one who cannot parse it."""
        return _DECLARES.search(self.content) is not None

    def unread(self, fault: Fault, complaints: Iterable[Complaint], commit: str, remedy: str) -> Unread:
        """The file as one of which nothing is known."""
        found = dict.fromkeys(match[1].decode() for match in _NAME.finditer(self.content))
        return Unread(
            path=self.path,
            names=tuple(sorted(found)[:NAMES_MAX]),
            diagnostics=tuple(
                fault.at((), _QUOTED.sub("a value", one.text), remedy).diagnostic(
                    Origin(path=self.path, line=one.line, commit=commit)
                )
                for one in complaints
            ),
        )


Found = tuple[tuple[Document, ...], tuple[Unread, ...]]


class _Parsed(msgspec.Struct, frozen=True):
    path: str
    index: int
    line: int
    value: msgspec.Raw


class _Parses(msgspec.Struct, frozen=True):
    documents: tuple[_Parsed, ...]


class _Places(msgspec.Struct, frozen=True):
    index: int
    positions: dict[str, tuple[int, int]]


class _AllPlaces(msgspec.Struct, frozen=True):
    documents: tuple[_Places, ...]


class DocumentReader:
    """Reads the documents of one fleet, pass after pass; it keeps what the last pass read, by path and identity."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._kept: dict[tuple[str, str], tuple[Document, ...]] = {}

    async def read(self, files: FileTree, path: str, commit: str) -> Found:
        """Every document of ours under a path, in order of path and place.

        Raises:
            UserError: there is nothing at the path, or too much.
        """
        kept: dict[tuple[str, str], tuple[Document, ...]] = {}
        texts: dict[tuple[str, str], FileText] = {}
        unread: list[Unread] = []
        for file, identity in find_files(files, path):
            key = file, identity
            if identity and key in self._kept:
                kept[key] = self._kept[key]
                continue
            match await _text(files, file, commit):
                case None:
                    kept[key] = ()
                case FileText() as text:
                    texts[key] = text
                case Unread() as bad:
                    unread.append(bad)
        parsed, refused = await self._parse(list(texts.values()), commit)
        kept |= {key: parsed[text.path] for key, text in texts.items() if text.path in parsed}
        self._kept = kept
        documents = tuple(document for key in sorted(kept) for document in kept[key])
        return documents, tuple(sorted([*unread, *refused], key=lambda one: one.path))

    async def positions(self, files: FileTree, path: str) -> dict[int, dict[str, tuple[int, int]]]:
        """Where each field of a file's documents stands (line, column), by JSON pointer; empty where it is not told."""
        try:
            content = (await files.read(path)).decode(errors="replace")
            answer = await self._toolbox.ask("positions", {"texts": [{"path": path, "text": content}]})
            places = msgspec.json.decode(answer, type=_AllPlaces)
        except (ToolboxRefused, ToolboxFailed, FileNotFoundError, UserError):
            return {}  # the lines of the documents do
        return {one.index: one.positions for one in places.documents}

    async def _parse(
        self, texts: Sequence[FileText], commit: str
    ) -> tuple[dict[str, tuple[Document, ...]], list[Unread]]:
        parsed: dict[str, tuple[Document, ...]] = {}
        refused: list[Unread] = []
        for batch in _batches(texts):
            try:
                parsed |= await self._ask(batch)
            except (ToolboxRefused, ToolboxFailed, RecursionError):
                for text in batch:
                    await self._parse_alone(text, commit, parsed, refused)
        return parsed, refused

    async def _parse_alone(
        self, text: FileText, commit: str, parsed: dict[str, tuple[Document, ...]], refused: list[Unread]
    ) -> None:
        """A file of a batch that failed. One that does not look like a declaration is none: a template, say."""
        remedy = "correct the file; until then what it declared is kept as it is"
        try:
            parsed |= await self._ask([text])
        except ToolboxRefused as error:
            bad = text.unread(NO_PARSE, error.complaints, commit, remedy)
        except ToolboxFailed as error:
            bad = text.unread(UNREADABLE, [Complaint(text=error.reason)], commit, remedy)
        except RecursionError:
            bad = text.unread(TOO_MUCH, [Complaint(text="it is nested too deep")], commit, remedy)
        else:
            return
        if text.is_declaring:
            refused.append(bad)
        else:
            parsed[text.path] = ()

    async def _ask(self, texts: Sequence[FileText]) -> dict[str, tuple[Document, ...]]:
        question = {"texts": [{"path": one.path, "text": one.content.decode()} for one in texts]}
        answer = msgspec.json.decode(await self._toolbox.ask("yaml", question), type=_Parses)
        found: dict[str, tuple[Document, ...]] = {one.path: () for one in texts}
        for one in answer.documents:
            if _MARK in bytes(one.value):
                value = msgspec.json.decode(one.value)
                document = Document(path=one.path, index=one.index, line=one.line, value=value)
                found[one.path] += (document,) if _is_ours(value) else ()
        return found


def find_files(files: FileTree, path: str) -> Iterator[tuple[str, str]]:
    """The YAML files under a path with their identities, in order; a chart's templates are the chart's.

    Raises:
        UserError: there is nothing at the path, or too much.
    """
    entry = files.entry(path)
    if entry is None:
        raise _nothing_there(path)
    if entry.kind is FileKind.FILE:
        yield path, entry.identity
        return
    count = 0
    todo: list[tuple[str, frozenset[str]]] = [(path, frozenset())]
    while todo:
        folder, above = todo.pop()
        names = files.names(folder)
        is_chart = "Chart.yaml" in names
        for name in reversed(names):
            below = posixpath.join(folder, name)
            found = files.entry(below)
            count += 1
            if found is None or name == ".git" or (is_chart and name == "templates"):
                continue
            if count > FILES_MAX or len(above) > DEPTH_MAX:
                raise _too_much(path)
            if found.kind is FileKind.DIRECTORY:
                if found.identity not in above:  # a link to what is above it
                    todo.append((below, above | {found.identity or below}))
            elif name.endswith((".yaml", ".yml")):
                yield below, found.identity


async def _text(files: FileTree, path: str, commit: str) -> FileText | Unread | None:
    """A file with our mark; `None` for any other."""
    try:
        content = await files.read(path)
    except (FileNotFoundError, UserError) as error:
        complaint = Complaint(text=str(error) if isinstance(error, UserError) else "it went while it was read")
        empty = FileText(path=path, content=b"")
        return empty.unread(
            UNREADABLE, [complaint], commit, "make the file readable, or keep it out of the fleet's path"
        )
    if _MARK not in content:
        return None
    text = FileText(path=path, content=content)
    if len(content) > FILE_BYTES_MAX:
        complaint = Complaint(text=f"it has {len(content)} bytes, more than {FILE_BYTES_MAX}")
        return text.unread(TOO_MUCH, [complaint], commit, "split the file") if text.is_declaring else None
    try:
        content.decode()
    except UnicodeDecodeError:
        complaint = Complaint(text="it is not UTF-8 text")
        return text.unread(NO_PARSE, [complaint], commit, "save it as UTF-8") if text.is_declaring else None
    return text


def _batches(texts: Sequence[FileText]) -> Iterator[list[FileText]]:
    batch: list[FileText] = []
    size = 0
    for text in texts:
        if batch and size + len(text.content) > BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text.content)
    if batch:
        yield batch


def _is_ours(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("apiVersion", "")).startswith(API_GROUP)


def _nothing_there(path: str) -> UserError:
    finding = NOTHING_THERE.at((), repr(path), "correct `--path`; it is relative to the root of the fleet repository")
    return UserError([finding.diagnostic(Origin(path=path))])


def _too_much(path: str) -> UserError:
    detail = f"more than {FILES_MAX} files, or deeper than {DEPTH_MAX} folders"
    return UserError([TOO_MUCH.at((), detail, "give a smaller folder by `--path`").diagnostic(Origin(path=path))])
