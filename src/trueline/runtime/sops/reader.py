"""The way of one encrypted file: bytes and private keys in, its clear form out; all of it in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Transient
from trueline.model.masked import Masked
from trueline.model.origin import Origin
from trueline.runtime.files import MemoryTree
from trueline.runtime.sops import refusal
from trueline.runtime.sops.key import DataKey, PrivateKey, data_key
from trueline.runtime.sops.lined import Patch, patched
from trueline.runtime.sops.metadata import Metadata, read_metadata
from trueline.runtime.sops.shape import FILE_BYTES_MAX, Shape, shape_of
from trueline.runtime.sops.tree import COMMENT, MAPPING, NULL, Node, Taken, leaves
from trueline.runtime.sops.value import DamagedValueError, is_encrypted, mac_of, open_value
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused

SECRET_CHARACTERS_MIN: Final = 4
_DATA: Final = "data"
_TOLD: Final = frozenset({"str", "int", "float"})
_MANIFEST: Final = frozenset({("apiVersion",), ("kind",), ("metadata",)})


class Clear:
    """An encrypted file in clear. It is never printed and never written, and no dataclass: no encoder finds its parts.

    `exact` are the bytes that SOPS gives; `lined` those in which every value stands in its own line; `documents` are
    the values. A file that is no text has no documents.
    """

    __slots__ = ("documents", "exact", "lined", "metadata")

    def __init__(self, *, metadata: Metadata, exact: bytes, lined: bytes, documents: tuple[Node, ...]) -> None:
        self.metadata, self.exact, self.lined, self.documents = metadata, exact, lined, documents

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk")

    def secrets(self) -> tuple[Masked, ...]:
        """What of it must not be told: the texts that were encrypted, long enough to be searched for.

        What a manifest is and how it is called is told in every message, and is no secret even where all is encrypted.
        """
        if not self.documents:
            return (Masked(self.exact.decode()),) if _is_text(self.exact) else ()
        every = (one for document in self.documents for one in leaves(document) if one[1].secret)
        found = (one.text for path, one in every if one.kind in _TOLD and path[:1] not in _MANIFEST)
        return tuple(Masked(text) for text in dict.fromkeys(found) if len(text) >= SECRET_CHARACTERS_MIN)


def _is_text(data: bytes) -> bool:
    try:
        return len(data.decode()) >= SECRET_CHARACTERS_MIN
    except UnicodeDecodeError:
        return False


class _Text(msgspec.Struct, frozen=True):
    text: str


@dataclass(frozen=True, slots=True)
class SopsReader:
    """Reads encrypted files; the toolbox takes them apart, and never sees a key."""

    toolbox: Toolbox

    async def metadata(self, path: str, data: bytes, commit: str = "") -> Metadata:
        """What SOPS wrote beside the values; nothing is decrypted.

        Raises:
            UserError: it cannot be read.
            Transient: the toolbox gave no answer.
        """
        origin = Origin(path=path, commit=commit)
        return read_metadata((await self._taken(path, data, _known(path, data, origin), origin)).metadata, origin)

    async def open(self, path: str, data: bytes, keys: Sequence[PrivateKey], commit: str = "") -> Clear:
        """Decrypt a file, and check that it is as it was when it was encrypted.

        Raises:
            UserError: TL0160 to TL0170, see `refusal`.
            Transient: the toolbox gave no answer.
        """
        origin = Origin(path=path, commit=commit)
        shape = _known(path, data, origin)
        taken = await self._taken(path, data, shape, origin)
        metadata = read_metadata(taken.metadata, origin)
        key = data_key(metadata, keys, origin)
        opening = _Opening(key=key, metadata=metadata, origin=origin)
        documents = tuple(opening.branch(document, ()) for document in taken.documents)
        opening.check()
        if shape is Shape.BINARY:
            content = opening.binary(taken.documents)
            return Clear(metadata=metadata, exact=content, lined=content, documents=())
        opening.expect_text()
        exact = await self._written(shape, documents, origin)
        lined = _lined(data, taken, documents, exact) if shape is Shape.YAML else exact
        return Clear(metadata=metadata, exact=exact, lined=lined, documents=documents)

    async def _taken(self, path: str, data: bytes, shape: Shape, origin: Origin) -> Taken:
        form = Shape.JSON.value if shape is Shape.BINARY else shape.value
        answer = await self._ask("sops", {"file": path, "format": form}, {path: data}, origin)
        return msgspec.json.decode(answer, type=Taken)

    async def _written(self, shape: Shape, documents: tuple[Node, ...], origin: Origin) -> bytes:
        answer = await self._ask("sopsText", {"format": shape.value, "documents": documents}, {}, origin)
        return msgspec.json.decode(answer, type=_Text).text.encode()

    async def _ask(self, operation: str, arguments: Any, files: dict[str, bytes], origin: Origin) -> bytes:
        """What the toolbox says of such a file is a place or a name of ours: it repeats no value."""
        try:
            return await self.toolbox.ask(operation, arguments, MemoryTree(files))
        except ToolboxRefused as refused:
            detail = f"{origin.path}: {'; '.join(one.text for one in refused.complaints)}"
            raise refusal.UNREADABLE.about(detail, origin) from None
        except ToolboxFailed as failed:
            raise Transient([_no_answer(origin, failed.reason)]) from None


def _known(path: str, data: bytes, origin: Origin) -> Shape:
    """The shape of a file that somebody says is encrypted."""
    if len(data) > FILE_BYTES_MAX:
        raise refusal.UNREADABLE.about(f"{path} has {len(data)} bytes, allowed are {FILE_BYTES_MAX}", origin)
    match shape_of(path, data):
        case None:
            raise refusal.UNREADABLE.about(f"{path} is not encrypted with SOPS", origin)
        case Shape.LOST:
            detail = f"{path} holds encrypted values, and no metadata that says how to open them"
            raise refusal.UNREADABLE.about(detail, origin)
        case Shape.INI:
            raise refusal.UNREADABLE.about(f"{path} is an INI file; YAML, JSON, dotenv and binary are read", origin)
        case shape:
            return shape


class _Opening:
    """The values of one file, opened one after the other in the order of the text, as the MAC wants them."""

    def __init__(self, *, key: DataKey, metadata: Metadata, origin: Origin) -> None:
        self._key = key.data
        self._metadata = metadata
        self._origin = origin
        self._seen: list[tuple[bytes, bool]] = []

    def branch(self, node: Node, path: tuple[str, ...]) -> Node:
        """A mapping or sequence with its values in clear."""
        nodes = []
        for one in node.nodes:
            below = (*path, one.key) if node.kind == MAPPING and one.kind != COMMENT else path
            nodes.append(self.branch(one, below) if one.is_branch else self._leaf(one, below))
        return msgspec.structs.replace(node, nodes=tuple(nodes))

    def _leaf(self, node: Node, path: tuple[str, ...]) -> Node:
        if node.kind == NULL:
            return node
        if not node.secret or (node.kind == "str" and not node.text):
            return self._noted(node, node.text.encode(), is_secret=node.secret)
        bound = f"{':'.join(path)}:"
        if node.kind == COMMENT:
            return self._comment(node, bound)
        if node.kind != "str" or not is_encrypted(node.text):
            raise refusal.CLEAR_VALUE.about(f"{self._origin.path}: {_name(path)}", self._at(node))
        try:
            opened = open_value(node.text, self._key, bound)
        except DamagedValueError:
            raise refusal.DAMAGED_VALUE.about(f"{self._origin.path}: {_name(path)}", self._at(node)) from None
        # In a list, SOPS makes values of comments. What is no text is the content of a binary file, see `binary`.
        now = msgspec.structs.replace(node, kind=opened.kind, text=opened.data.decode(errors="replace"))
        return self._noted(now, opened.data, is_secret=True)

    def _comment(self, node: Node, bound: str) -> Node:
        """A comment may have been written after the file was encrypted: it stays, and is in no MAC.

        SOPS no longer knows which ones stood beside a value.
        """
        try:
            text = open_value(node.text, self._key, bound).data.decode()
            return msgspec.structs.replace(node, text=text, inline=False)
        except (DamagedValueError, UnicodeDecodeError):
            return node

    def _noted(self, node: Node, data: bytes, *, is_secret: bool) -> Node:
        if node.kind != COMMENT:
            self._seen.append((data, is_secret))
        return node

    def check(self) -> None:
        """Hold the MAC against what was opened.

        Raises:
            UserError: TL0167, a value was changed, left out, added or moved.
        """
        found = mac_of(self._seen, only_encrypted=self._metadata.mac_only_encrypted)
        try:
            kept = open_value(self._metadata.mac, self._key, self._metadata.last_modified).data
        except DamagedValueError:
            raise refusal.DAMAGED_MAC.about(f"{self._origin.path}: its MAC does not open", self._origin) from None
        if kept.decode(errors="replace") != found:
            detail = f"{self._origin.path}: its values are not those that its MAC was made of"
            raise refusal.DAMAGED_MAC.about(detail, self._origin)

    def expect_text(self) -> None:
        """Raise where a value of a file that is text is none."""
        for data, _ in self._seen:
            try:
                data.decode()
            except UnicodeDecodeError:
                detail = f"{self._origin.path}: a value is no UTF-8 text"
                raise refusal.UNREADABLE.about(detail, self._origin) from None

    def binary(self, documents: tuple[Node, ...]) -> bytes:
        """The content of a file that is no text: the only value of its envelope."""
        nodes = documents[0].nodes if len(documents) == 1 else ()
        if len(nodes) != 1 or nodes[0].key != _DATA or len(self._seen) != 1:
            raise refusal.UNREADABLE.about(f"{self._origin.path}: its envelope holds more than one value", self._origin)
        return self._seen[0][0]

    def _at(self, node: Node) -> Origin:
        return Origin(path=self._origin.path, line=node.line, commit=self._origin.commit)


def _lined(data: bytes, taken: Taken, documents: tuple[Node, ...], exact: bytes) -> bytes:
    """Where the text is not as SOPS writes it, its own writing stands in, whose lines are others."""
    if taken.aliases:
        return exact
    text = patched(data.decode(), _patches(taken.documents, documents), taken.lines)
    return text.encode() if text is not None else exact


def _patches(before: tuple[Node, ...], after: tuple[Node, ...]) -> Iterator[Patch]:
    for closed, opened in zip(before, after, strict=True):
        for (_, was), (_, now) in zip(leaves(closed), leaves(opened), strict=True):
            if was.kind != COMMENT and was.text != now.text:
                yield Patch(line=was.line, column=was.column, before=was.text, kind=now.kind, after=now.text)


def _name(path: Sequence[str]) -> str:
    return ".".join(path) or "a value"


def _no_answer(origin: Origin, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0171",
        summary="an encrypted file could not be taken apart now",
        detail=f"{origin.path}: {reason}",
        remedy="wait: it is tried again",
        origin=origin,
    )
