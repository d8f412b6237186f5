"""The order of a plan: stages of changes that may go together, applies upward, prunes downward after all of them."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from trueline.plan.change import Action, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Changes that may be sent side by side. `key` is their phase, wave and stage."""

    key: tuple[int, int, int]
    changes: tuple[Change, ...]


def stages(changes: Collection[Change]) -> tuple[Stage, ...]:
    """Group what is applied by position, upward; then what is pruned, downward.

    Objects are pruned after everything was applied, so that a resource that moved is there before its old self goes.
    """
    applies = [change for change in changes if change.action.is_apply]
    prunes = [change for change in changes if change.action in {Action.PRUNE, Action.FORGET}]
    return (*_grouped(applies, falling=False), *_grouped(prunes, falling=True))


def _grouped(changes: Collection[Change], *, falling: bool) -> tuple[Stage, ...]:
    ordered = sorted(changes, key=lambda change: (change.position.key, change.ref), reverse=falling)
    groups = groupby(ordered, key=lambda change: change.position.key)
    return tuple(Stage(key=key, changes=tuple(group)) for key, group in groups)
