"""An encrypted file taken apart: mappings, sequences, values and comments in the order of the text. Values only."""

from collections.abc import Iterator
from typing import Any

import msgspec

MAPPING = "mapping"
SEQUENCE = "sequence"
COMMENT = "comment"
NULL = "null"


class Node(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a document: `kind` is mapping, sequence, comment, null, str, int, float, bool or time.

    `text` is the value as it goes into the MAC, or the comment; `secret` tells that the file's rules want it encrypted.
    Line and column count from 1; 0 where the format has none. It is never shown: the text may be a secret.
    """

    kind: str
    text: str = ""
    key: str = ""
    inline: bool = False
    secret: bool = False
    line: int = 0
    column: int = 0
    nodes: tuple["Node", ...] = ()

    def __repr__(self) -> str:
        return f"Node({self.kind})"

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not written to disk")

    @property
    def is_branch(self) -> bool:
        """It holds others."""
        return self.kind in {MAPPING, SEQUENCE}


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the toolbox took it apart; `lines` are those of its metadata, `aliases` tells that it uses some."""

    metadata: dict[str, Any]
    documents: tuple[Node, ...]
    lines: tuple[int, ...] = ()
    aliases: bool = False


def leaves(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """The values of a document with the names above them; an element of a list has its list's names."""
    for one in node.nodes:
        below = (*path, one.key) if node.kind == MAPPING and one.kind != COMMENT else path
        if one.is_branch:
            yield from leaves(one, below)
        else:
            yield below, one
