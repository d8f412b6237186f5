"""A value of a field as a page shows it: short at once, longer where it is opened, and never without an end. Pure."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

SHORT_CHARACTERS_MAX: Final = 160
LONG_CHARACTERS_MAX: Final = 6_000
LINES_MAX: Final = 400
"""Texts of more lines are not compared line by line: that would cost more than it shows."""
CONTEXT_LINES: Final = 2
MARKS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value: `short` is on one line; `long` is the whole of it where that says more, but for `rest` characters."""

    short: str
    long: str = ""
    rest: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of a comparison: `-` stands in what is declared alone, `+` in what is live alone, a space in both."""

    sign: str
    text: str


def value(given: Any) -> Value:
    r"""A value of JSON.

    >>> value("a").short, value(3).short, value(None).short, value({"a": [1, True]}).short
    ('a', '3', 'null', '{"a": [1, true]}')
    >>> value("one\ntwo\n")
    Value(short='one two', long='one\ntwo\n', rest=0)
    """
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    line = " ".join(text[: SHORT_CHARACTERS_MAX * 4].split())
    if len(text) <= SHORT_CHARACTERS_MAX and "\n" not in text:
        return Value(short=text)
    short = line if len(line) <= SHORT_CHARACTERS_MAX else f"{line[:SHORT_CHARACTERS_MAX]}…"
    spread = text if isinstance(given, str) else json.dumps(given, ensure_ascii=False, indent=2)
    return Value(short=short, long=spread[:LONG_CHARACTERS_MAX], rest=max(len(spread) - LONG_CHARACTERS_MAX, 0))


def compared(declared: Any, live: Any) -> tuple[Mark, ...]:
    r"""Two texts of several lines, line by line; empty where that would say no more than both of them.

    >>> [f"{one.sign}{one.text}" for one in compared("a\nb\nc", "a\nB\nc")]
    [' a', '-b', '+B', ' c']
    """
    if not isinstance(declared, str) or not isinstance(live, str) or "\n" not in declared or "\n" not in live:
        return ()
    before, after = declared.splitlines(), live.splitlines()
    if max(len(before), len(after)) > LINES_MAX or max(len(declared), len(live)) > LINES_MAX * SHORT_CHARACTERS_MAX:
        return ()
    return tuple(_marks(before, after))


def _marks(before: list[str], after: list[str]) -> Iterator[Mark]:
    told = difflib.unified_diff(before, after, lineterm="", n=CONTEXT_LINES)
    for number, line in enumerate(islice(told, 2, None)):  # the first two name files
        if number >= MARKS_MAX:
            yield Mark(sign="…", text="and more lines that differ")
            return
        if line.startswith("@@"):
            if number:
                yield Mark(sign="…", text="")
        else:
            yield Mark(sign=line[:1], text=line[1:])
