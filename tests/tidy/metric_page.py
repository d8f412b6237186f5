"""`docs/reference/metrics.md`, its table made from the sources: `python -m tests.tidy.metric_page` writes it anew.

What a person wrote before and after the table stays.
"""

from pathlib import Path

from trueline.server.metric.table import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
OPENING = "| metric | kind | labels | |\n|---|---|---|---|\n"


def table() -> str:
    """A row for each figure."""
    rows = (
        f"| `{one.name}` | {one.kind.value} | {', '.join(f'`{label}`' for label in one.labels)} | {one.text} |\n"
        for one in METRICS
    )
    return OPENING + "".join(rows)


def page_of(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(OPENING)
    lines = rest.splitlines(keepends=True)
    while lines and lines[0].startswith("|"):
        lines.pop(0)
    return before + table() + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page_of(PAGE.read_text()))
