"""Admonitions as MkDocs writes them (`!!! note "Title"`, its text indented by four) → alerts as GitHub writes them.

It works on lines before any Markdown is parsed, knows fences, and keeps for each new line the number of the old one.
"""

import re
from dataclasses import dataclass, field
from typing import Final

DEPTH_MAX: Final = 20
INDENT: Final = 4
_START: Final = re.compile(r"( *)(?:!!!|\?\?\?\+?)[ ]+([A-Za-z][\w-]*)(?:[ ]+[\w -]*?)?(?:[ ]*\"(.*)\")?[ ]*$")
_FENCE: Final = re.compile(r"(?:[ ]*(?:>|[-*+][ ]|\d{1,9}[.)][ ]))*[ ]*(`{3,}|~{3,})")
_ALERTS: Final = {
    "tip": "TIP",
    "hint": "TIP",
    "success": "TIP",
    "check": "TIP",
    "done": "TIP",
    "important": "IMPORTANT",
    "warning": "WARNING",
    "attention": "WARNING",
    "danger": "CAUTION",
    "error": "CAUTION",
    "caution": "CAUTION",
    "bug": "CAUTION",
    "failure": "CAUTION",
}


@dataclass(slots=True)
class _Writer:
    """The lines so far. `open`: the columns of the admonitions around a line, each seen from the one above."""

    lines: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    fence: str = ""

    def line(self, text: str, number: int) -> None:
        """Take one line of the file."""
        rest = self._inside(text, number)
        start = _START.match(rest) if not self.fence and len(self.open) < DEPTH_MAX else None
        if start is None:
            self._fenced(rest)
            self._put(rest, number)
            return
        column, kind, title = len(start[1]), start[2].lower(), start[3]
        self._separate(number)
        self._put(f"{start[1]}> [!{_ALERTS.get(kind, 'NOTE')}] {title or kind.capitalize()}", number)
        self.open.append(column)

    def _inside(self, text: str, number: int) -> str:
        """What of a line is left inside of the admonitions that it stands in; the others are over."""
        if not self.open or not text.strip():
            return text.strip() if self.open else text
        rest, depth = text, 0
        for column in self.open:
            if not rest.startswith(" " * (column + INDENT)):
                break
            rest = rest[column + INDENT :]
            depth += 1
        if depth < len(self.open):
            del self.open[depth:]
            self.fence = ""
            self._separate(number)
        return rest

    def _fenced(self, rest: str) -> None:
        if self.fence:
            if rest.strip().startswith(self.fence) and not rest.strip().strip(self.fence[0]):
                self.fence = ""
        elif found := _FENCE.match(rest):
            self.fence = found[1]

    def _separate(self, number: int) -> None:
        """Without an empty line between, Markdown would take what follows for a part of what stands before.

        An empty line of an admonition that is over is none: two admonitions would be one.
        """
        if self.lines and self.lines[-1].rstrip() != self._prefix.rstrip():
            self._put("", number)

    def _put(self, text: str, number: int) -> None:
        prefix = self._prefix
        self.lines.append((prefix + text).rstrip() if prefix else text)
        self.numbers.append(number)

    @property
    def _prefix(self) -> str:
        return "".join(f"{' ' * column}> " for column in self.open)


def to_alerts(text: str) -> tuple[str, list[int]]:
    r"""The text with alerts, and for each of its lines the number of the line it came from, from 1.

    >>> to_alerts('!!! tip "Do"\n    this\nthen')
    ('> [!TIP] Do\n> this\n\nthen', [1, 2, 3, 3])
    """
    writer = _Writer()
    for number, line in enumerate(text.split("\n"), 1):
        writer.line(line.expandtabs(INDENT) if "\t" in line and writer.open else line, number)
    return "\n".join(writer.lines), writer.numbers
