"""The order in which an application is applied: its hooks and waves, what is done, under way, or comes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, assert_never

from trueline.health.status import Status
from trueline.render.resource import Phase
from trueline.server.body import NodeBody
from trueline.server.page.state import State
from trueline.server.tree import HOOK, Run

NAMED_MAX: Final = 3
_NOT_YET: Final = frozenset({Status.PROGRESSING, Status.MISSING, Status.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the order: what it is called, how far it is, and which of its objects it is about."""

    title: str
    hooks: int
    objects: int
    state: State
    word: str
    said: str


def place(node: NodeBody) -> tuple[int, int]:
    """Where an object stands in the order: by phase, and then by wave."""
    return Phase(node.phase).rank, node.wave


def title(node: NodeBody) -> str:
    """What the step of an object is called."""
    match Phase(node.phase):
        case Phase.BEFORE:
            return f"Before, wave {node.wave}" if node.wave else "Before"
        case Phase.DURING:
            return f"Wave {node.wave}"
        case Phase.AFTER:
            return f"After, wave {node.wave}" if node.wave else "After"
        case Phase.FAILED:
            return "If it fails"
        case phase:
            assert_never(phase)


def stages(nodes: Sequence[NodeBody], *, is_under_way: bool) -> tuple[Stage, ...]:
    """The steps in their order; empty where there is one alone, and so no order to speak of.

    `is_under_way`: something of it is being applied. Then the first step that is not done is the one it stands at, and
    those after it come.
    """
    tops = sorted((one for one in nodes if not one.parent), key=place)
    found = list(_stages(tops, is_under_way=is_under_way))
    return tuple(found) if len(found) > 1 or any(stage.hooks for stage in found) else ()


def _stages(tops: Sequence[NodeBody], *, is_under_way: bool) -> Iterator[Stage]:
    is_reached = is_under_way
    for _, group in groupby(tops, key=place):
        parts = list(group)
        late = [one for one in parts if not _is_done(one)]
        state, word = _judged(parts, late, is_reached=is_reached, is_under_way=is_under_way)
        if late and parts[0].phase != Phase.FAILED.value:
            is_reached = False
        named = ", ".join(one.ref.rpartition("/")[2] for one in late[:NAMED_MAX])
        yield Stage(
            title=title(parts[0]),
            hooks=sum(one.role == HOOK for one in parts),
            objects=sum(one.role != HOOK for one in parts),
            state=state,
            word=word,
            said=f"{named} and {len(late) - NAMED_MAX} more" if late[NAMED_MAX:] else named,
        )


def _is_done(one: NodeBody) -> bool:
    if one.role == HOOK:
        return one.run == Run.WELL.value or one.phase == Phase.FAILED.value
    return not one.action and Status(one.health.status) in {Status.HEALTHY, Status.SUSPENDED}


def _judged(
    parts: Sequence[NodeBody], late: Sequence[NodeBody], *, is_reached: bool, is_under_way: bool
) -> tuple[State, str]:
    """How far a step is: what failed, and what is not as it should be, is never called done (INV-38)."""
    if any(one.run == Run.BADLY.value or one.health.status == Status.DEGRADED.value for one in parts):
        found = State.DEGRADED, "failed"
    elif parts[0].phase == Phase.FAILED.value:
        found = State.HELD, "not needed"
    elif not late:
        found = State.TRUE, "done"
    elif is_reached:
        found = State.ROLLING_OUT, "under way"
    elif is_under_way:
        found = State.OUT_OF_SYNC, "comes"
    elif all(one.role == HOOK for one in late):
        found = State.HELD, "ran before" if all(one.run == Run.BEFORE.value for one in late) else "did not run yet"
    elif all(Status(one.health.status) in _NOT_YET for one in late):
        found = State.UNKNOWN, "not done"
    else:
        found = State.OUT_OF_SYNC, "not done"
    return found
