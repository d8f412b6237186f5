"""How an application stands, put together from its last pass and what the watch last said of its health."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from trueline.health.status import Health, Status, worst
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.loop.status import ON_THE_WAY, WAITS, ApplicationStatus, Sync
from trueline.model.ref import Ref

_UNHEALTHY_MAX = 20
_NOTES_MAX = 20


def stand(kept: Kept, parts: Parts | None, now: datetime) -> ApplicationStatus:
    """The status now; `since` stays where sync and health have the words they had."""
    aim, before = kept.aim, kept.status
    sync, message = _sync(kept)
    healths = _healths(kept, parts)
    health = worst(one.status for one in healths.values()) if healths else Status.UNKNOWN
    if aim is not None and not aim.resources and not aim.problems:
        health = Status.HEALTHY
    bad = {str(ref): one for ref, one in healths.items() if one.status is not Status.HEALTHY}
    left = _left(kept, healths)
    is_same = (before.sync, before.health) == (sync, health)
    return ApplicationStatus(
        application=kept.application.name,
        target=parts.target.name if parts else before.target,
        sync=sync,
        at=now,
        since=before.since if is_same else now,
        message=message or (f"{left[0]}: deleted on the target; drift is ignored here" if left else ""),
        health=health,
        health_message=_worst_message(healths.items(), health),
        revision=kept.applied or before.revision,
        wanted=kept.wanted or before.wanted,
        plan=kept.last.review.plan.digest if kept.last else "",
        objects=sum(not r.is_hook for r in aim.resources) if aim else 0,
        added=len(kept.carrying),
        notes=aim.notes[:_NOTES_MAX] if aim else (),
        problems=(kept.fenced or kept.failure or kept.trouble or (kept.last.problems if kept.last else ())) + kept.away,
        unhealthy=dict(sorted(bad.items())[:_UNHEALTHY_MAX]),
        waits_for=kept.waits_for if message == WAITS else "",
        is_left=bool(left),
    )


def is_known(kept: Kept) -> bool:
    """Whether anything can be told since the start."""
    return bool(kept.last or kept.held or kept.failure or kept.trouble or kept.fenced or kept.away or kept.waits_for)


def _sync(kept: Kept) -> tuple[Sync, str]:
    """INV-38: what is not known now is not called Synced."""
    if held := kept.held or next((fenced.line for fenced in kept.fenced), ""):
        return Sync.HELD, held
    if first := next(iter(kept.failure or kept.trouble), None):
        return Sync.BLOCKED if kept.failure else Sync.UNKNOWN, first.line
    if kept.waits_for:
        return Sync.SYNCING, WAITS
    asked = kept.away[0].line if kept.away else ""
    if kept.last is None or (asked and kept.is_unread):
        return Sync.UNKNOWN, asked or "not looked at yet"
    if kept.is_due:
        return Sync.SYNCING, "a new revision waits for its turn"
    return kept.last.sync, kept.last.message or asked


def _healths(kept: Kept, parts: Parts | None) -> dict[Ref, Health]:
    if parts is None or kept.aim is None:
        return {}
    healths = parts.health.health([r.ref for r in kept.aim.resources if not r.is_hook])
    coming = kept.last.coming if kept.last else frozenset[Ref]()
    return {ref: one for ref, one in healths.items() if ref not in coming} or dict(healths)


def _left(kept: Kept, healths: Mapping[Ref, Health]) -> tuple[Ref, ...]:
    """What is not there and is not made again, where nothing else is on its way (INV-29)."""
    coming = {ref for ref, one in healths.items() if one.status in ON_THE_WAY}
    return tuple(sorted(coming)) if coming <= kept.gone else ()


def _worst_message(healths: Iterable[tuple[Ref, Health]], status: Status) -> str:
    if status is Status.HEALTHY:
        return ""
    for ref, health in sorted(healths, key=lambda item: item[0]):
        if health.status is status:
            return f"{ref}: {health.message}"
    return ""
