"""Figures as whoever measured them left them, each with the commit and the day. What was never measured is absent."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trueline.runtime.clock import SystemClock

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "build" / "reliability"
"""Beside what was built: one file for each measurement, not committed."""


def write_figures(name: str, figures: Mapping[str, Any], *, at: str = "", folder: Path = MEASURED) -> None:
    """Keep what was measured now: `at` the commit that stood here when it began, where that may have moved since."""
    folder.mkdir(parents=True, exist_ok=True)
    day = datetime.fromtimestamp(_now_s(), tz=UTC).date().isoformat()
    text = json.dumps({**figures, "commit": at or commit(), "date": day}, indent=2) + "\n"
    (folder / f"{name}.json").write_text(text)


def commit() -> str:
    """The commit that is checked out, short; with a plus where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--abbrev=10", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def _now_s() -> float:
    return SystemClock().now().timestamp()
