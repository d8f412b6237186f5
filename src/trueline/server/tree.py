"""The objects of an application as a tree: what Git declares, and what the target's controllers made of it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, assert_never

from trueline.health.status import Health
from trueline.health.table import judge
from trueline.loop.kept import Kept
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.render.resource import Phase, Resource
from trueline.server.body import NodeBody
from trueline.server.shape import health_body
from trueline.target.insight import Descendant
from trueline.target.inventory import Ending

NODES_MAX: Final = 2_000
DECLARED: Final = "declared"
HOOK: Final = "hook"
MADE: Final = "made"


class Run(Enum):
    """How far a hook is."""

    NONE = ""
    """It is no hook."""
    RUNS = "runs"
    WELL = "well"
    BADLY = "badly"
    BEFORE = "before"
    NEVER = "never"


def nodes(
    kept: Kept, healths: Mapping[Ref, Health], uids: Mapping[str, Ref], made: Sequence[Descendant]
) -> list[NodeBody]:
    """Every node, each before what belongs to it; `uids` are those of declared objects.

    A ReplicaSet that has no replica any more, and is to have none, is history and no node.
    """
    by_owner: dict[str, list[Descendant]] = {}
    for one in made:
        if not _is_past(one):
            by_owner.setdefault(one.owner, []).append(one)
    uid_of = {ref: uid for uid, ref in uids.items()}
    resources = kept.aim.resources if kept.aim else ()
    return [
        node
        for resource in sorted(resources, key=lambda one: (one.position.wave, str(one.ref)))
        for node in (
            _declared(kept, resource, healths[resource.ref]),
            *_below(str(resource.ref), uid_of.get(resource.ref, ""), by_owner, frozenset()),
        )
    ]


def _declared(kept: Kept, resource: Resource, health: Health) -> NodeBody:
    ref, last = resource.ref, kept.last
    changes = last.review.plan.changes if last is not None else ()
    left = last.left if last is not None else ()
    return NodeBody(
        ref=str(ref),
        parent="",
        role=HOOK if resource.is_hook else DECLARED,
        origin=str(resource.origin),
        phase=resource.position.phase.value,
        wave=resource.position.wave,
        run=_run(kept, resource).value,
        health=health_body(health),
        action=next((c.action.value for c in changes if c.ref == ref and c.action is not Action.KEEP), ""),
        drift=next((drift.kind.value for drift in left if drift.ref == ref), ""),
    )


def _run(kept: Kept, hook: Resource) -> Run:
    """How far a hook is, as the last pass saw it (INV-38: what was not seen is not called well)."""
    if not hook.is_hook:
        return Run.NONE
    endings = kept.last.review.endings if kept.last is not None else {}
    if hook.ref not in endings:
        is_done = kept.aim is not None and kept.last is not None and kept.last.is_complete
        return Run.BEFORE if is_done else Run.NEVER
    match endings[hook.ref]:
        case Ending.NONE:
            return Run.RUNS
        case Ending.WELL:
            return Run.WELL
        case Ending.BADLY:
            return Run.BADLY
        case ending:
            assert_never(ending)


def _below(
    parent: str, uid: str, by_owner: Mapping[str, Sequence[Descendant]], above: frozenset[str]
) -> Iterator[NodeBody]:
    """What belongs to an object, all the way down; who names itself as its owner ends there."""
    for one in () if uid in above else by_owner.get(uid, ()):
        yield NodeBody(
            ref=str(one.ref),
            parent=parent,
            role=MADE,
            origin="",
            phase=Phase.DURING.value,
            wave=0,
            run=Run.NONE.value,
            health=health_body(judge(one.live)),
            action="",
            drift="",
        )
        yield from _below(str(one.ref), one.uid, by_owner, above | {uid})


def _is_past(one: Descendant) -> bool:
    return one.ref.kind == "ReplicaSet.apps" and not (_count(one.live, "spec") or _count(one.live, "status"))


def _count(live: Mapping[str, Any], part: str) -> Any:
    said = live.get(part)
    return said.get("replicas") if isinstance(said, dict) else None
