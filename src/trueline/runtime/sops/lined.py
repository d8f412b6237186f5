"""Values in clear where their encrypted ones stood in a YAML text: each line stays where it was. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

_QUOTES: Final = ("", '"', "'")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Patch:
    """A value that stands at a line and column, both from 1: what it was, and what it is in clear."""

    line: int
    column: int
    before: str
    kind: str
    after: str


def patched(text: str, patches: Iterable[Patch], metadata_lines: Iterable[int]) -> str | None:
    """The text with its values in clear and blank lines for the metadata; `None` where it is written otherwise.

    >>> patch = Patch(line=1, column=4, before="ENC[x]", kind="str", after="a: b")
    >>> patched("k: ENC[x] # why", [patch], [])
    'k: "a: b" # why'
    """
    lines = text.split("\n")
    by_line = defaultdict[int, list[Patch]](list)
    for patch in patches:
        by_line[patch.line].append(patch)
    for number, here in by_line.items():
        if not 0 < number <= len(lines):
            return None
        changed = _line(lines[number - 1], here)
        if changed is None:
            return None
        lines[number - 1] = changed
    for number in metadata_lines:
        if not lines[number - 1].lstrip("\"'").startswith("sops"):
            return None
        _blank(lines, number - 1)
    return "\n".join(lines)


def _line(line: str, patches: list[Patch]) -> str | None:
    """From right to left, so that columns hold; a value that is folded or stands in a block is not found there."""
    for patch in sorted(patches, key=lambda one: one.column, reverse=True):
        start = patch.column - 1
        for quote in _QUOTES:
            token = f"{quote}{patch.before}{quote}"
            if line.startswith(token, start):
                if patch.kind == "comment":
                    return "" if line.strip() == f"- {token}" else None
                line = f"{line[:start]}{_written(patch)}{line[start + len(token) :]}"
                break
        else:
            return None
    return line


def _written(patch: Patch) -> str:
    match patch.kind:
        case "str":
            return msgspec.json.encode(patch.after).decode().replace("\x7f", "\\u007f")
        case "bool":
            return patch.after.lower()
        case "float":
            return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(patch.after, patch.after)
        case _:
            return patch.after


def _blank(lines: list[str], start: int) -> None:
    """The metadata's own line, and what is indented below it."""
    lines[start] = ""
    for index in range(start + 1, len(lines)):
        if lines[index].strip() and not lines[index].startswith((" ", "\t")):
            return
        lines[index] = ""
