"""What holds a plan back until a person agrees (promise 3): the guard is on the final set of changes, not on a flag."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from trueline.plan.change import Action, Change


class Approve(Enum):
    """When an application's plan needs a person."""

    NEVER = "never"
    DESTRUCTIVE = "destructive"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may leave an application at once: more than `count_max` and more than `percent_max` of it is asked."""

    count_max: int = 5
    percent_max: int = 30


def asks(
    changes: Collection[Change],
    *,
    owned_count: int,
    approve: Approve,
    is_removal: bool = False,
    limits: Limits = Limits(),
) -> tuple[str, ...]:
    """The reasons for which a person has to agree; empty where the plan may go ahead.

    `owned_count` is the size of the inventory before. A removal that Git asks for by taking the declaration away is
    not an empty render, but the limit holds for it too.
    """
    match approve:
        case Approve.NEVER:
            return ()
        case Approve.ALWAYS:
            return ("every change of this application is approved first",) if _writes(changes) else ()
        case Approve.DESTRUCTIVE:
            return tuple(_destructive(changes, owned_count, is_removal=is_removal, limits=limits))
        case _:
            assert_never(approve)


def _destructive(changes: Collection[Change], owned_count: int, *, is_removal: bool, limits: Limits) -> Iterator[str]:
    changes = [change for change in changes if not change.run]  # a hook is made and deleted anew by its nature
    pruned = sum(change.action is Action.PRUNE for change in changes)
    kept = sum(change.action is not Action.PRUNE and change.action is not Action.FORGET for change in changes)
    if pruned and not kept and not is_removal:
        yield f"nothing is declared any more: all {pruned} objects would be deleted"
    elif pruned > limits.count_max and pruned * 100 > owned_count * limits.percent_max:
        yield f"{pruned} of {owned_count} objects would be deleted"
    if replaced := sum(change.action is Action.REPLACE for change in changes):
        yield f"{replaced} objects would be deleted and made again"


def _writes(changes: Collection[Change]) -> bool:
    return any(change.action.is_write for change in changes)
