"""Glob patterns over `/`-separated paths: `*` and `?` stay within one name, `**` crosses folders."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_PARTS: Final = re.compile(r"\*\*/|\*\*|\*|\?|\[[^]/]+\]|\{[^{}/]*\}|.", re.DOTALL)
_WILD: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is about a path; one without a slash is about names at any depth.

    >>> matches("a/b/web.yaml", ["*.yaml"]), matches("a/b/web.yaml", ["a/*.yaml"]), matches("a/b/web.yaml", ["a/**"])
    (True, False, True)
    >>> matches("web.json", ["{web,api}.json"])
    True
    """
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = pattern.removeprefix("./").removeprefix("/")
    head = "" if "/" in anchored or pattern.startswith("/") else "(?:.*/)?"
    return re.compile(head + "".join(_translated(part) for part in _PARTS.findall(anchored)), re.DOTALL)


def _translated(part: str) -> str:
    if part in _WILD:
        return _WILD[part]
    if part[0] == "[" and part != "[":
        negated = part[1] in "!^"
        inner = re.escape(part[2 if negated else 1 : -1]).replace(r"\-", "-")
        return f"[^{inner}]" if negated and inner else f"[{inner or re.escape(part[1])}]"
    if part[0] == "{" and part != "{":
        return f"(?:{'|'.join(map(re.escape, part[1:-1].split(',')))})"
    return re.escape(part)
