"""`docs/reference/diagnostics.md`, made from the sources: `python -m tests.tidy.diagnostic_page` writes it anew.

What a person added below a code's remedy stays.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.tidy.diagnostic_source import Told, told_in

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "diagnostics.md"
MODULES = sorted((ROOT / "src").rglob("*.py"))
PARTS = {
    "01": "Sources and secrets",
    "02": "Declarations",
    "03": "Rendering",
    "04": "What the target says to a trial",
    "05": "Resources for a cluster",
    "06": "Clusters and kubeconfigs",
    "07": "The loop, and what people ask of it",
    "08": "The data directory and the journal",
    "09": "Trueline itself",
    "15": "Sites",
    "16": "Sites that another program builds, and where sites are served",
    "19": "Fences: one writer, and data that was lost",
    "20": "Webhooks",
    "21": "Notifiers, and what they could not tell",
    "22": "Coming in by a provider",
    "23": "What people look at, and what they ask for",
}
OPENING = """# Diagnostics

Each message is one code, one constant summary, a detail with what is yours, and a remedy. The code never changes its
meaning. All are collected before they are told, so one run shows every fault. Exit code 1 comes with at least one.
"""
_SECTION = re.compile(r"^### (TL\d{4}) [^\n]*\n\nRemedy: [^\n]*\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


def told_everywhere() -> list[Told]:
    """Every place of the sources that gives a code its summary."""
    return [one for path in MODULES for one in told_in(path)]


def more_in(page: str) -> dict[str, str]:
    """What was added by hand, by code."""
    return {code: text.strip() for code, text in _SECTION.findall(page) if text.strip()}


def page_of(told: Iterable[Told], more: Mapping[str, str]) -> str:
    """The page: a section for each code, in order."""
    first: dict[str, Told] = {}
    for one in sorted(told, key=lambda one: (one.code, one.summary, not one.remedy, one.remedy)):
        first.setdefault(one.code, one)
    blocks = [OPENING]
    part = ""
    for code, one in first.items():
        if code[2:4] != part:
            part = code[2:4]
            blocks.append(f"## {PARTS[part]}\n")
        remedy = one.remedy or "the message names it"
        added = f"\n{more[code]}\n" if code in more else ""
        blocks.append(f"### {code} {one.summary}\n\nRemedy: {remedy}.\n{added}")
    return "\n".join(blocks)


if __name__ == "__main__":
    PAGE.write_text(page_of(told_everywhere(), more_in(PAGE.read_text())))
