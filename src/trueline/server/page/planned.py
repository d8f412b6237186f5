"""A plan as people read it before they agree: what is lost first, then wave by wave, field by field. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from trueline.server.body import ChangeBody, PlanBody
from trueline.server.page.row import shortest

CHANGES_MAX: Final = 100
FIELDS_MAX: Final = 20
VALUE_CHARACTERS_MAX: Final = 200
OPEN_MAX: Final = 12
LOST: Final = frozenset({"prune", "replace"})
"""What stands there is deleted, whatever comes after it."""
_QUIET: Final = frozenset({"passed", "same"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that a change touches, both values cut to what a page shows."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the plan. `verdict` is what the target said to it where that was not simply yes."""

    sign: str
    action: str
    ref: str
    reason: str
    origin: str
    fields: tuple[Field, ...]
    rest: int
    verdict: str = ""
    owners: tuple[str, ...] = ()
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Changes that happen together; `title` is empty where there is one such part alone."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What would change, at which revision of Git; `asks` are why a person has to agree."""

    summary: str
    revision: str
    digest: str
    asks: tuple[str, ...]
    changes: tuple[Change, ...]
    rest: int
    lost: tuple[Change, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether every field can stand open: it is read at one glance."""
        return len(self.changes) <= OPEN_MAX


def planned(plan: PlanBody | None) -> Planned | None:
    """`None` where nothing would be done."""
    if plan is None or not plan.changes:
        return None
    shown = [change for change in plan.changes if change.trial != "same"]
    ordered = sorted(shown, key=lambda change: change.action not in LOST)[:CHANGES_MAX]
    return Planned(
        summary=plan.summary,
        revision=shortest(plan.revision),
        digest=plan.digest[:12],
        asks=plan.asks,
        changes=tuple(map(_change, ordered)),
        rest=max(len(shown) - CHANGES_MAX, 0),
        lost=tuple(_change(change) for change in ordered if change.action in LOST),
        parts=_parts([change for change in ordered if change.action not in LOST]),
    )


def _parts(changes: Sequence[ChangeBody]) -> tuple[Part, ...]:
    """Wave by wave, in the order in which they are applied; hooks by when they run."""
    titles = list(dict.fromkeys(map(_title, changes)))
    return tuple(
        Part(
            title=title if len(titles) > 1 else "",
            changes=tuple(_change(change) for change in changes if _title(change) == title),
        )
        for title in titles
    )


def _title(change: ChangeBody) -> str:
    return f"Hook, {change.hook}" if change.hook else f"Wave {change.wave}"


def _change(change: ChangeBody) -> Change:
    fields = change.fields if isinstance(change.fields, tuple) else ()
    return Change(
        sign=change.sign,
        action=change.action,
        ref=change.ref,
        reason=change.reason,
        origin=change.origin,
        fields=tuple(
            Field(path=one.path, before=_cut(one.before), after=_cut(one.after)) for one in fields[:FIELDS_MAX]
        ),
        rest=max(len(fields) - FIELDS_MAX, 0),
        verdict=_verdict(change),
        owners=tuple(_owners(change)),
        is_lost=change.action in LOST,
    )


def _verdict(change: ChangeBody) -> str:
    if change.trial is msgspec.UNSET or change.trial in _QUIET:
        return ""
    message = change.message if change.message is not msgspec.UNSET else ""
    return f"{change.trial}: {message}" if message else str(change.trial)


def _owners(change: ChangeBody) -> Iterable[str]:
    for one in change.conflicts if isinstance(change.conflicts, tuple) else ():
        yield f"{one.path} is held by {one.manager}"
    for one in change.goes if isinstance(change.goes, tuple) else ():
        yield f"{one.path} goes: {one.manager} added it"


def _cut(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[:VALUE_CHARACTERS_MAX]}…"
