"""Where two bodies differ, and where a live one overrules what was declared. Values that mean the same do not differ.

Only what our entry owns is declared: the walk follows our field set through the declared and the live body together.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from trueline.model import field_path, pointer
from trueline.model.digest import canonical
from trueline.target.answer import FieldChange
from trueline.target.kubernetes import mask
from trueline.target.kubernetes.field_set import Fields, Steps

CHANGES_MAX = 1_000
SHOWN_CHARACTERS_MAX = 10_000
_OF_THE_SERVER = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
_QUANTITY = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?")
_SCALES = {
    "": Decimal(1),
    **{
        suffix: Decimal(1000) ** power
        for suffix, power in zip("numkMGTPE", (-3, -2, -1, 1, 2, 3, 4, 5, 6), strict=True)
    },
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_SECONDS = {
    "h": Decimal(3600),
    "m": Decimal(60),
    "s": Decimal(1),
    "ms": Decimal("1e-3"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ns": Decimal("1e-9"),
}


def changes(
    before: dict[str, Any], after: dict[str, Any], fingerprint: mask.Fingerprint | None = None
) -> tuple[FieldChange, ...]:
    """The leaves that an apply would change; neither `status` nor what the server keeps for itself counts."""
    left, right = _compared(before), _compared(after)
    found = [path for path, _, _ in islice(pointer.differences(left, right), CHANGES_MAX)]
    if not found:  # nothing is named for nobody
        return ()
    shown_left, shown_right = mask.masked(left, fingerprint), mask.masked(right, fingerprint)
    return tuple(
        FieldChange(path=pointer.text(path), before=_shown(shown_left, path), after=_shown(shown_right, path))
        for path in found
    )


def overruled(declared: Any, live: Any, owned: Fields) -> tuple[str, ...]:
    """Declared paths, of those that we own, which the live body holds with another value."""
    return tuple(
        sorted({field_path.text(field_path.of_fields(steps)) for steps in _overruled(declared, live, owned, ())})
    )


def is_within(declared: Any, live: Any) -> bool:
    """Whether a value holds all that was declared; it may hold more, which are defaults.

    >>> is_within({"cpu": "1000m"}, {"cpu": "1", "memory": "1Gi"}), is_within([1, 2], [1]), is_within({"a": 1}, None)
    (True, False, False)
    """
    if live is None:
        return declared in (None, {}, [])
    match declared, live:
        case dict(), dict():
            return all(is_within(value, live.get(key)) for key, value in declared.items())
        case list(), list():
            return len(declared) == len(live) and all(map(is_within, declared, live))
        case _:
            return is_same(declared, live)


def is_same(left: Any, right: Any) -> bool:
    """Whether two leaves mean the same, as the server itself rewrites them: quantities, durations, times, base64.

    >>> is_same("1000m", 1), is_same("1Gi", "1024Mi"), is_same("60m", "1h0m0s"), is_same("a", "b"), is_same(True, 1)
    (True, True, True, False, False)
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left == right
    if left == right:
        return True
    if not isinstance(left, str | int | float) or not isinstance(right, str | int | float):
        return False
    return any(
        (one := read(str(left))) is not None and one == read(str(right)) for read in (_quantity, _duration, _time)
    ) or _without_space(left) == _without_space(right)


def _compared(body: dict[str, Any]) -> dict[str, Any]:
    metadata = body.get("metadata") or {}
    kept = {key: value for key, value in metadata.items() if key not in _OF_THE_SERVER}
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": kept}


def _shown(body: dict[str, Any], path: pointer.Path) -> str:
    value: Any = body
    for step in path:
        value = field_path.child(value, step)
    if value is None:
        return ""
    text = value if isinstance(value, str) else canonical(value).decode()
    return text[:SHOWN_CHARACTERS_MAX]


def _overruled(declared: Any, live: Any, owned: Fields, above: Steps) -> Iterator[Steps]:
    for step, below in owned.items():
        if step == "." or (not above and step == "f:status"):
            continue
        at = field_path.of_fields((step,))[0]
        left, right = field_path.child(declared, at), field_path.child(live, at)
        if left is None:
            continue
        if below and right is not None:
            yield from _overruled(left, right, below, (*above, step))
        elif not is_within(left, right):
            yield (*above, step)


def _quantity(text: str) -> Decimal | None:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    suffix = match["suffix"] or ""
    if suffix[:1] in {"e", "E"} and len(suffix) > 1:
        return Decimal(match["number"] + suffix)
    return Decimal(match["number"]) * _SCALES[suffix]


def _duration(text: str) -> Decimal | None:
    if not _DURATION.fullmatch(text):
        return None
    return sum((Decimal(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text)), Decimal(0))


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None


def _without_space(value: object) -> str | None:
    """Base64 in several lines comes back in one."""
    text = str(value)
    return "".join(text.split()) if "\n" in text and re.fullmatch(r"[A-Za-z0-9+/=\s]+", text) else text
