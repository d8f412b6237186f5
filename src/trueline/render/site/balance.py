"""Elements that a page's own HTML opens and does not close, or closes and did not open. Pure.

Left as they are they would close what the theme opened, and the page would fall apart behind them.
"""

from dataclasses import dataclass, field
from typing import Final

VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905 - reads better
)
"""Elements that have no end."""
OPTIONAL: Final = frozenset(
    "p li dt dd rb rt rtc rp optgroup option thead tbody tfoot tr td th caption colgroup".split()  # noqa: SIM905
)
"""Elements whose end may be left out."""
FRAME: Final = "div "
"""What the theme puts around an element. Its end is written `</div >`: a page's own `</div>` does not end it."""


@dataclass(slots=True)
class Balance:
    """What is open now, from the outermost. Findings are words with the line of the tag that is wrong."""

    findings: list[tuple[str, int]] = field(default_factory=list)
    _open: list[tuple[str, int]] = field(default_factory=list)

    def begin(self, name: str, line: int) -> None:
        """An element begins."""
        if name not in VOID:
            self._open.append((name, line))

    def empty(self, name: str) -> str:
        """What ends an element that was written as `<a name="x"/>`: only a drawing knows that form."""
        is_drawing = any(opened in {"svg", "math"} for opened, _ in self._open)
        return "" if is_drawing or name in VOID else f"</{name}>"

    def end(self, name: str, line: int) -> str:
        """An element ends: the tags to write for it, with those of what was left open inside; none for a stray one.

        >>> page = Balance()
        >>> page.begin("div", 1), page.begin("b", 2), page.end("div", 3), page.end("p", 4), page.findings
        (None, None, '</b></div>', '', [('<b> is not closed', 2), ('</p> closes nothing', 4)])
        """
        if name in VOID:
            return ""
        if not any(opened == name for opened, _ in self._open):
            self.findings.append((f"</{name}> closes nothing", line))
            return ""
        text = ""
        while True:
            opened, begun = self._open.pop()
            text += f"</{opened}>"
            if opened == name:
                return text
            self._tell(opened, begun)

    def finish(self) -> str:
        """The page ends: the tags of what is still open."""
        text = ""
        while self._open:
            opened, begun = self._open.pop()
            text += f"</{opened}>"
            self._tell(opened, begun)
        return text

    def _tell(self, name: str, line: int) -> None:
        if name not in OPTIONAL and name != FRAME:
            self.findings.append((f"<{name}> is not closed", line))
