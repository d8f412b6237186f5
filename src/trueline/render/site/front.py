"""Front matter: YAML between two lines of `---` at the top of a page. Read by the toolbox, as all YAML is.

What a value means is asked here too; a value of the wrong kind is a finding and is not used.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from trueline.model.fault import UserError
from trueline.render import refusal
from trueline.render.site.finding import FRONT_BROKEN, FRONT_WRONG
from trueline.render.site.parsed import Finding
from trueline.runtime.toolbox import Toolbox, ToolboxRefused

FRONT_BYTES_MAX: Final = 64 * 1024
_FRONT: Final = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_ASTRAY: Final = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(?:#[^\n]*\n)*[A-Za-z_][\w-]*[ \t]*(:(?=\s)|=)")
_ALIAS: Final = re.compile(r"/?[^\s/\x00-\x1f\x7f\\\"<>#?*:][^\s\x00-\x1f\x7f\\\"<>#?*:]*")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A page's text in two: its front matter, and the rest with the number of lines before it."""

    path: str
    front: str = ""
    text: str
    line: int = 0


class _Document(msgspec.Struct, frozen=True):
    path: str
    value: Any


class _Documents(msgspec.Struct, frozen=True):
    documents: tuple[_Document, ...]


Values = Mapping[str, dict[str, Any]]
Findings = Mapping[str, tuple[Finding, ...]]


def part(path: str, text: str) -> Parted:
    r"""Part a page's text, whose lines end as they may.

    >>> part("a.md", "---\ntitle: A\n---\nB")
    Parted(path='a.md', front='title: A\n', text='B', line=3)
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = _FRONT.match(text)
    if found is None:
        return Parted(path=path, text=text)
    return Parted(path=path, front=found[1], text=text[found.end() :], line=found[0].count("\n"))


def astray(page: Parted) -> str:
    r"""Why what looks like front matter is none; empty where nothing does. It would be published, a draft too.

    >>> astray(part("a.md", "---\ndraft: true\n\n# A\n"))
    'it has no end: a line of `---`'
    >>> astray(part("a.md", "---\n\nText: more\n")), astray(part("a.md", "---\nNo field here\n"))
    ('', '')
    """
    found = None if page.line else _ASTRAY.match(page.text)
    if found is None or (found[1] == "---") != (found[2] == ":"):
        return ""
    if found[1] == "+++":
        return "TOML between lines of `+++` is not read: write YAML between lines of `---`"
    if found.start(1):
        return "it does not begin in the first line"
    return "it has no end: a line of `---`"


async def read_front(toolbox: Toolbox, pages: Sequence[Parted]) -> tuple[Values, Findings]:
    """The values of each page that has front matter, and what is wrong with it, by path.

    Raises:
        Transient: the toolbox gave no answer.
    """
    large = [one for one in pages if len(one.front) > FRONT_BYTES_MAX]
    found: dict[str, tuple[Finding, ...]] = {
        one.path: (Finding(FRONT_BROKEN, f"{len(one.front)} letters, allowed are {FRONT_BYTES_MAX}", 1),)
        for one in large
    }
    found |= {one.path: (Finding(FRONT_BROKEN, wrong, 1),) for one in pages if (wrong := astray(one))}
    asked = {one.path: one.front for one in pages if one.front.strip() and one.path not in found}
    values, refused = await _ask(toolbox, asked)
    found |= refused
    for path, value in values.items():
        if not isinstance(value, dict):
            found[path] = (Finding(FRONT_BROKEN, "it is no list of names with values", 2),)
    return {path: value for path, value in values.items() if isinstance(value, dict)}, found


async def _ask(toolbox: Toolbox, fronts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, tuple[Finding, ...]]]:
    """All at once; where one of them is refused, the others again, and those that nobody can hold one by one."""
    if not fronts:
        return {}, {}
    texts = [{"path": path, "text": f"#\n{front}"} for path, front in fronts.items()]
    try:
        answer = await refusal.answer(_told(toolbox, texts), refusal.UNREADABLE, "")
        documents = refusal.decoded(answer, _Documents, refusal.UNREADABLE, None).documents
    except _Refused as refused:
        values, others = await _ask(toolbox, {path: one for path, one in fronts.items() if path not in refused.found})
        return values, {**others, **refused.found}
    except UserError as error:
        if len(fronts) == 1:
            return {}, {path: (Finding(FRONT_BROKEN, error.diagnostics[0].detail, 1),) for path in fronts}
        parts = [await _ask(toolbox, {path: front}) for path, front in fronts.items()]
        return {k: v for one, _ in parts for k, v in one.items()}, {k: v for _, one in parts for k, v in one.items()}
    return {one.path: one.value for one in documents}, {}


class _Refused(Exception):
    """Some of the texts do not parse."""

    def __init__(self, found: dict[str, tuple[Finding, ...]]) -> None:
        self.found = found
        super().__init__(", ".join(found))


async def _told(toolbox: Toolbox, texts: list[dict[str, str]]) -> bytes:
    try:
        return await toolbox.ask("yaml", {"texts": texts})
    except ToolboxRefused as refused:
        found: dict[str, tuple[Finding, ...]] = {}
        for one in refused.complaints:
            found[one.path] = (*found.get(one.path, ()), Finding(FRONT_BROKEN, one.text, max(one.line, 1)))
        raise _Refused(found) from None


def wrong_values(front: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What has the wrong kind; what nobody here reads may be anything."""
    checks = (
        ("title", isinstance(front.get("title", ""), str | int | float) and front.get("title") is not True),
        ("draft", isinstance(front.get("draft", False), bool | None)),
        ("order", order_of({"order": front.get("order", 0)}) is not None),
        ("weight", order_of({"weight": front.get("weight", 0)}) is not None),
        ("date", "date" not in front or bool(day_of(front))),
        ("aliases", "aliases" not in front or aliases_of(front) is not None),
    )
    return tuple(Finding(FRONT_WRONG, f"{name}: {front[name]!r:.100}", 1) for name, is_right in checks if not is_right)


def is_draft(front: Mapping[str, Any]) -> bool:
    """Whether a page is not to be published yet: whoever writes `draft: "yes"` did not mean that it is."""
    value = front.get("draft")
    return value is not None and value is not False


def order_of(front: Mapping[str, Any]) -> float | None:
    """Where a page stands among its neighbours, if it says so."""
    value = front.get("order", front.get("weight"))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 else None  # noqa: PLR2004


def day_of(front: Mapping[str, Any]) -> str:
    """The ISO day of a page, empty where it has none."""
    value = front.get("date")
    found = _DAY.match(value) if isinstance(value, str) else None
    return found[0] if found else ""


def aliases_of(front: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Earlier addresses of a page, from the site's root; `None` where they are not a list of such.

    >>> aliases_of({"aliases": ["/old/", "older"]}), aliases_of({"aliases": "old"}), aliases_of({"aliases": ["a b"]})
    (('/old/', '/older'), ('/old',), None)
    """
    value = front.get("aliases", ())
    listed = value if isinstance(value, list | tuple) else [value]
    if any(not isinstance(one, str) or not _ALIAS.fullmatch(one) for one in listed):
        return None
    return tuple(f"/{one.lstrip('/')}" for one in listed)


def authors_of(front: Mapping[str, Any]) -> tuple[str, ...]:
    """Who wrote a page."""
    value = front.get("authors", front.get("author", ()))
    listed = value if isinstance(value, list) else [value]
    return tuple(one for one in listed if isinstance(one, str) and one)
