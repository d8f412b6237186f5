"""What holds a plan back until a person agrees (promise 3): the guard is on the final set of changes, not on a flag."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.target.snapshot import NOTHING


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

    def are_passed(self, gone: int, count: int) -> bool:
        """Whether so many of so many are more than may leave unasked.

        >>> Limits().are_passed(6, 10), Limits().are_passed(5, 5), Limits().are_passed(6, 30)
        (True, False, False)
        """
        return gone > self.count_max and gone * 100 > count * self.percent_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """How large the inventory was before; `by_content_count` of it are what `is_by_content` knows by its name.

    Such a resource leaves whenever its content changes, so that only an empty render and a removal count it. `refs` are
    what is ours of the changes that are judged.
    """

    count: int
    refs: Collection[Ref] = frozenset()
    by_content_count: int = 0
    is_by_content: Callable[[str], bool] = lambda _: False


def asks(  # noqa: PLR0913 - what a person is asked about
    changes: Collection[Change],
    *,
    owned: Owned,
    declared: int,
    approve: Approve,
    is_removal: bool = False,
    limits: Limits = Limits(),
) -> tuple[str, ...]:
    """The reasons for which a person has to agree; empty where the plan may go ahead (INV-03).

    `declared` is how many resources Git asks for, hooks apart. A removal that Git asks for by taking the declaration
    away is not an empty render, but the limit holds for it too.
    """
    match approve:
        case Approve.NEVER:
            return ()
        case Approve.ALWAYS:
            return ("every change of this application is approved first",) if _writes(changes) else ()
        case Approve.DESTRUCTIVE:
            return tuple(_destructive(changes, owned, declared, is_removal=is_removal, limits=limits))
        case _:
            assert_never(approve)


def _destructive(
    changes: Collection[Change], owned: Owned, declared: int, *, is_removal: bool, limits: Limits
) -> Iterator[str]:
    pruned = gone = _count(changes, Action.PRUNE)
    count = owned.count
    if not is_removal:
        pruned_ones = [change for change in changes if change.action is Action.PRUNE]
        gone = _count([change for change in pruned_ones if not owned.is_by_content(change.ref.name)], Action.PRUNE)
        count -= owned.by_content_count
    if pruned and declared <= _of_others(changes, owned) and not is_removal:
        yield f"nothing is declared any more: {pruned} of {owned.count} objects would be deleted"
    elif limits.are_passed(gone, count):
        yield f"{gone} of {count} objects would be deleted"
    if replaced := _count(changes, Action.REPLACE):
        yield f"{replaced} objects would be deleted and made again"


def _of_others(changes: Collection[Change], owned: Owned) -> int:
    """How much of what is declared is somebody else's, and stays that: it makes an empty render no less empty."""
    declared = (change for change in changes if not change.run and change.body != NOTHING)
    return sum(change.action is Action.HOLD and change.ref not in owned.refs for change in declared)


def _count(changes: Collection[Change], action: Action) -> int:
    """Without hooks: those are made and deleted anew by their nature."""
    return sum(change.action is action and not change.run for change in changes)


def _writes(changes: Collection[Change]) -> bool:
    return any(change.action.is_write for change in changes)
