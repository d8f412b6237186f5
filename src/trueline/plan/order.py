"""The order of a plan: stages of changes that may go together, applies upward, prunes downward after all of them."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from trueline.model.ref import Ref
from trueline.plan.change import Action, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Changes that may be sent side by side. `key` is their phase, wave and stage."""

    key: tuple[int, int, int]
    changes: tuple[Change, ...]


def stages(changes: Collection[Change]) -> tuple[Stage, ...]:
    """Group what is applied by position, upward; then what leaves, downward (INV-18).

    Objects are pruned after everything was applied, so that a resource that moved is there before its old self goes.
    """
    applies = [change for change in changes if change.action.is_apply]
    prunes = [change for change in changes if change.action in LEAVES]
    return (*_grouped(applies, falling=False), *_grouped(prunes, falling=True))


LEAVES = frozenset({Action.PRUNE, Action.RELEASE, Action.FORGET})
"""What has no place in the application afterwards: nobody waits for its health."""


def ground(changes: Collection[Change], needed: Collection[Ref]) -> tuple[Stage, ...]:
    """What others need to be tried at all: by stage alone, before every phase and wave (D6)."""
    applies = sorted((c for c in changes if c.action.is_apply and c.ref in needed), key=_by_stage)
    groups = groupby(applies, key=lambda change: change.position.stage)
    return tuple(Stage(key=(0, 0, stage), changes=tuple(group)) for stage, group in groups)


def _by_stage(change: Change) -> tuple[int, Ref]:
    return change.position.stage, change.ref


def _grouped(changes: Collection[Change], *, falling: bool) -> tuple[Stage, ...]:
    ordered = sorted(changes, key=lambda change: (change.position.key, change.ref), reverse=falling)
    groups = groupby(ordered, key=lambda change: change.position.key)
    return tuple(Stage(key=key, changes=tuple(group)) for key, group in groups)
