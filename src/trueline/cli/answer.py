"""Answers on stdout: JSON as it is, tables as text or, on a terminal, with colour. Nothing else is printed there."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from trueline.cli.meter import CLEAR

COLOURS = {
    "Synced": "green",
    "Healthy": "green",
    "Suspended": "green",
    "Syncing": "cyan",
    "Progressing": "cyan",
    "Waiting": "yellow",
    "Held": "yellow",
    "OutOfSync": "yellow",
    "Overruled": "yellow",
    "Blocked": "red",
    "Partly": "red",
    "Degraded": "red",
    "Missing": "red",
}


def say(text: str) -> None:
    """One line of the answer."""
    click.echo(text)


def tell(text: str) -> None:
    """One line of progress, on stderr; a meter that stands there gives way."""
    click.echo(f"{CLEAR}{text}" if sys.stderr.isatty() else text, err=True)


def say_json(value: Any) -> None:
    """The answer as JSON for people and programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def is_coloured() -> bool:
    """Whether stdout is a terminal that shows colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns as wide as they must be; the last one is not padded."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def say_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table, coloured by its words where a terminal shows it."""
    for line in table(head, rows):
        say(_coloured(line) if is_coloured() else line)


def _coloured(line: str) -> str:
    for word, colour in COLOURS.items():
        line = line.replace(f"  {word} ", f"  {click.style(word, fg=colour)} ")
    return line
