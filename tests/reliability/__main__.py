"""`make reliability`: takes the last measurements into `docs/reliability.json`, prints them, writes the page anew."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.reliability.figure import MEASURED, ROOT
from tests.reliability.page import ROWS, page_with, table

DATA = ROOT / "docs" / "reliability.json"
PAGE = ROOT / "docs" / "reliability.md"
_DETAILS = frozenset({"survivors", "open"})
"""What is of use to whoever measures, and too much for the page."""


def main() -> int:
    """Nothing is measured here: what is not there stays as it was, or not measured."""
    figures: dict[str, Any] = json.loads(DATA.read_text()) if DATA.exists() else {}
    for name in sorted({row.source for row in ROWS}):
        if (found := measured(MEASURED / f"{name}.json")) is not None:
            figures[name] = found
    DATA.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(page_with(PAGE.read_text(), figures))
    for line in table(figures):
        print(line)
    return 0


def measured(file: Path) -> dict[str, Any] | None:
    """One measurement, with its commit and its day; whoever measured may have left the day to the file's own time."""
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text())
    day = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC).date().isoformat()
    return {"date": day, **_without_details(found)}


def _without_details(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_details(inner) if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if name not in _DETAILS
    }


if __name__ == "__main__":
    sys.exit(main())
