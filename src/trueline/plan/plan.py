"""The plan: a document that says what would happen. It can be saved, shown, signed and compared (D7)."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value
from trueline.plan.change import Action, Change


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every resource of one application and what happens to it, in the order in which it happens.

    `problems` stop it: nothing of the application is changed while there is one. `asks` are the reasons for which a
    person has to approve it first; empty where it may go ahead.
    """

    application: str
    target: str
    revision: str
    changes: tuple[Change, ...]
    problems: tuple[Diagnostic, ...] = ()
    asks: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> Digest:
        """What an approval agrees to (INV-11): the changes and what they assumed; the keeps do not count.

        The revision does not count either: a commit that changes nothing here leaves an agreement as it is.
        """
        return digest_value([self.application, self.target, [_row(change) for change in self.writes]])

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that write to the target or to our inventory."""
        return tuple(change for change in self.changes if change.action not in {Action.KEEP, Action.HOLD})

    @property
    def held(self) -> tuple[Change, ...]:
        """What is held back, each with its reason."""
        return tuple(change for change in self.changes if change.action is Action.HOLD)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.writes

    def counts(self) -> dict[Action, int]:
        """How many of each action, in the order of the enum."""
        counted = Counter(change.action for change in self.changes)
        return {action: counted[action] for action in Action if counted[action]}


def _row(change: Change) -> list[str | int]:
    return [str(change.ref), change.action.value, change.body, change.uid, change.ours, change.generation]
