"""What stands on the terminal of somebody who watches: a table of applications, and the objects of those that roll out.

It is made of what is known and of how much room there is, and of nothing else. Whatever a name or a message holds is
shown as text on one line.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from trueline.cli.answer import COLOURS
from trueline.cli.standing import message_of, revision_of
from trueline.cli.watched import Status, Watched
from trueline.record.line import one_line

SIGNS: Final = {
    "Healthy": "●",
    "Suspended": "‖",
    "Progressing": "◐",
    "Missing": "□",
    "Degraded": "■",
    "Unknown": "?",
}
ROWS_MIN: Final = 3
TREE_ROWS_MAX: Final = 60
COLUMNS: Final = ("APPLICATION", "SYNC", "HEALTH", "SINCE", "REVISION", "MESSAGE")
GAP: Final = 2
GIVES_WAY: Final = (
    ("MESSAGE", 32),
    ("APPLICATION", 32),
    ("REVISION", 10),
    ("MESSAGE", 12),
    ("APPLICATION", 16),
    ("MESSAGE", 1),
    ("REVISION", 1),
    ("APPLICATION", 6),
)
"""Which column is made narrower where there is no room for all, in this order, and to how much."""
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400


def frame(watched: Watched, now: datetime, height: int, width: int) -> RenderableType:
    """Everything, in so many lines and columns: who is not True comes first where there is no room for all."""
    trees = [line for name, nodes in watched.shown_trees() for line in tree_lines(name, nodes)]
    problems = [_problem(one) for one in watched.problems]
    room = height - 3 - len(problems)
    trees = _cut(trees, max(room - max(ROWS_MIN, min(len(watched.statuses), room // 2)), 0))
    rows, left_out = _rows(watched.ordered, max(room - len(trees), ROWS_MIN))
    parts: list[RenderableType] = [_head(watched, now), *problems, _table(rows, now, width)]
    if left_out:
        parts.append(Text(_left_out(left_out), style="dim"))
    return Group(*parts, *trees)


def tree_lines(name: str, nodes: Sequence[dict[str, Any]]) -> list[Text]:
    """The objects of one application: by wave where it has several, each below what made it."""
    lines = [Text(one_line(name), style="bold")]
    waves = [(wave, list(group)) for wave, group in groupby(_roots(nodes), key=lambda one: one["wave"])]
    parents: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        if node["parent"]:
            parents.setdefault(node["parent"], []).append(node)
    for wave, roots in waves:
        depth = 1
        if len(waves) > 1:
            lines.append(Text(f"  wave {wave}", style="dim"))
            depth = 2
        for root in roots:
            lines += _below(root, parents, depth, frozenset())
    return lines


def _roots(nodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted((node for node in nodes if not node["parent"]), key=lambda node: (node["wave"], node["ref"]))


def _below(
    node: dict[str, Any], parents: dict[str, list[dict[str, Any]]], depth: int, above: frozenset[str]
) -> Iterator[Text]:
    ref, health = node["ref"], node["health"]
    word = health["status"]
    line = Text("  " * depth).append(SIGNS.get(word, "?"), style=COLOURS.get(word, "")).append(f" {one_line(ref)}")
    if node["role"] == "hook":
        line.append("  hook", style="dim")
    if node["action"]:
        line.append(f"  to {one_line(node['action'])}", style="yellow")
    if word != "Healthy":
        line.append(f"  {word}", style=COLOURS.get(word, ""))
        line.append(f": {one_line(health['message'])}" if health["message"] else "", style="dim")
    yield line
    for child in () if ref in above else parents.get(ref, ()):
        yield from _below(child, parents, depth + 1, above | {ref})


def _head(watched: Watched, now: datetime) -> Text:
    if watched.cut_at is not None:
        at = watched.cut_at.astimezone()
        return Text(f"not live since {at:%H:%M:%S} ({age(now, watched.cut_at)}): {one_line(watched.reason)}", "red")
    if not watched.is_listed:
        return Text("asking how everything stands", style="dim")
    true = sum(bool(one["true"]) for one in watched.statuses.values())
    return Text(f"live, {now.astimezone():%H:%M:%S} · {true} of {len(watched.statuses)} True", style="dim")


def _problem(problem: dict[str, Any]) -> Text:
    return Text(one_line(f"{problem['code']} {problem['summary']}: {problem['detail']}"), style="red")


def _rows(statuses: list[Status], room: int) -> tuple[list[Status], list[Status]]:
    """Those that there is room for, by name; who is not True goes before who is."""
    if len(statuses) <= room:
        return statuses, []
    ranked = sorted(statuses, key=lambda one: (bool(one["true"]), one["application"]))
    shown = ranked[: max(room - 1, 1)]
    names = {one["application"] for one in shown}
    return shown, [one for one in statuses if one["application"] not in names]


def _left_out(statuses: list[Status]) -> str:
    others = sum(not one["true"] for one in statuses)
    return f"… and {len(statuses)} more, " + (f"{others} of them not True" if others else "all of them True")


def _table(statuses: list[Status], now: datetime, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), expand=False)
    rows = [_cells(one, now) for one in statuses]
    for name, room in zip(COLUMNS, _widths(rows, width), strict=True):
        table.add_column(name, no_wrap=True, overflow="ellipsis", header_style="dim", width=room)
    for row in rows:
        table.add_row(*row)
    return table


def _cells(one: Status, now: datetime) -> tuple[Text, ...]:
    words = (Text(str(one[word]), style=COLOURS.get(one[word], "")) for word in ("sync", "health"))
    since = datetime.fromisoformat(one["since"]) if one.get("since") else now
    rest = (age(now, since), one_line(revision_of(one)), message_of(one))
    return (Text(one_line(one["application"])), *words, *map(Text, rest))


def _widths(rows: Sequence[Sequence[Text]], width: int) -> list[int]:
    """How wide each column is: what is said of it gives way, then name and revision; how it stands never does."""
    wanted = [max([len(name), *(row[at].cell_len for row in rows)]) for at, name in enumerate(COLUMNS)]
    over = sum(wanted) + GAP * (len(COLUMNS) - 1) - width
    for name, least in GIVES_WAY:
        at = COLUMNS.index(name)
        given = max(0, min(over, wanted[at] - least))
        wanted[at], over = wanted[at] - given, over - given
    return wanted


def _cut(lines: list[Text], room: int) -> list[Text]:
    lines, whole = lines[: min(room, TREE_ROWS_MAX)], lines
    if len(lines) < len(whole) and lines:
        lines[-1] = Text(f"  … and {len(whole) - len(lines) + 1} more lines", style="dim")
    return lines


def age(now: datetime, since: datetime) -> str:
    """How long ago, as short as it can be said.

    >>> from datetime import timedelta
    >>> at = datetime(2026, 1, 2, tzinfo=UTC)
    >>> [age(at, at - timedelta(seconds=seconds)) for seconds in (-5, 7, 90, 7_300, 200_000)]
    ['0s', '7s', '1m', '2h', '2d']
    """
    seconds = max(0, int((now - since.astimezone(UTC)).total_seconds()))
    if seconds < _MINUTE_S:
        return f"{seconds}s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S}m"
    return f"{seconds // _HOUR_S}h" if seconds < _DAY_S else f"{seconds // _DAY_S}d"
