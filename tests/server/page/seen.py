"""Objects as a target tells them, made of what a test names."""

from collections.abc import Mapping
from typing import Any

from trueline.model.known import Known
from trueline.target.insight import FieldSight, ObjectSight, Writer

OURS = "trueline:i"


def field(path: str, declared: Any = None, live: Any = None, *managers: str, **told: Any) -> FieldSight:
    """A field that is as declared, where nothing else is told."""
    is_declared, is_live = told.pop("is_declared", declared is not None), told.pop("is_live", live is not None)
    return FieldSight(
        path=path,
        is_declared=is_declared,
        is_live=is_live,
        declared=declared,
        live=live,
        is_same=told.pop("is_same", declared == live),
        managers=managers or (OURS,),
    )


def sight(
    *fields: FieldSight, count: int | None = None, written: Mapping[str, str] | None = None
) -> Known[ObjectSight | None]:
    """An object with these fields; `written` says when managers wrote last."""
    writers = {OURS: "2026-11-29T09:00:00Z", **(written or {})}
    return Known(
        ObjectSight(
            uid="u-7",
            created="2026-11-28T12:00:00Z",
            live={"kind": "ConfigMap"},
            fields=fields,
            count=len(fields) if count is None else count,
            writers=tuple(Writer(name=name, at=at, is_ours=name == OURS) for name, at in sorted(writers.items())),
        )
    )
