"""What coverage.py measured of the pure stages, kept for `make reliability`."""

import json
from collections.abc import Mapping
from typing import Any

from tests.reliability.figure import ROOT, write_figures


def figures_of(totals: Mapping[str, Any]) -> dict[str, Any]:
    """Branches and statements that were taken.

    >>> figures_of({"covered_branches": 3, "num_branches": 4, "covered_lines": 9, "num_statements": 10})
    {'branches': 3, 'of': 4, 'lines': 9, 'lines_of': 10}
    """
    return {
        "branches": totals["covered_branches"],
        "of": totals["num_branches"],
        "lines": totals["covered_lines"],
        "lines_of": totals["num_statements"],
    }


if __name__ == "__main__":
    report = json.loads((ROOT / "build" / "coverage" / "coverage.json").read_text())
    write_figures("coverage", figures_of(report["totals"]))
