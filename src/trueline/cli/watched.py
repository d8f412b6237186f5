"""What somebody watches, as it is known now: pure, so that what they see can be tested without a terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from trueline.cli.hearing import Cut, Ended, Event, Grown, Heard, Listed
from trueline.model.fault import Fault

TREES_MAX: Final = 3
WORDS: Final = ("sync", "health", "message", "healthMessage", "revision", "wanted")
_UNDER_WAY: Final = frozenset({"Syncing", "Partly"})

Status = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Watched:
    """One or all applications. `cut_at` is since when nothing is heard, `None` where it is; `only` names one."""

    only: str = ""
    statuses: dict[str, Status] = field(default_factory=dict)
    problems: Sequence[dict[str, Any]] = ()
    trees: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    cut_at: datetime | None = None
    reason: str = ""
    is_listed: bool = False
    fault: Fault | None = None

    def hear(self, heard: Heard, now: datetime) -> tuple[str, ...]:
        """Take what was heard; the answer names the applications that another word is told of."""
        match heard:
            case Listed():
                self.cut_at, self.reason, self.is_listed = None, "", True
                self.problems = heard.found.get("problems", ())
                found = {one["application"]: one for one in heard.found["applications"] if self._is_meant(one)}
                changed = [name for name in {**self.statuses, **found} if self._put(name, found.get(name))]
                return tuple(sorted(changed))
            case Event(kind="application") if self._is_meant(heard.data):
                name = heard.data["application"]
                return (name,) if self._put(name, heard.data) else ()
            case Event(kind="gone") if self._is_meant(heard.data):
                name = heard.data["application"]
                return (name,) if self._put(name, None) else ()
            case Grown():
                if heard.application in self.statuses:
                    self.trees[heard.application] = heard.nodes
            case Cut():
                self.cut_at, self.reason = self.cut_at or now, heard.reason
            case Ended():
                self.fault = heard.fault
            case Event():
                pass
        return ()

    def _is_meant(self, status: Status) -> bool:
        name = status.get("application")
        return isinstance(name, str) and self.only in {"", name}

    def _put(self, name: str, status: Status | None) -> bool:
        """Whether that is another word than before."""
        before = self.statuses.get(name)
        if status is None:
            self.trees.pop(name, None)
            return self.statuses.pop(name, None) is not None
        self.statuses[name] = status
        return before is None or [before.get(word) for word in WORDS] != [status.get(word) for word in WORDS]

    @property
    def ordered(self) -> list[Status]:
        """By name."""
        return [one for _, one in sorted(self.statuses.items())]

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Whose objects are worth seeing: those that roll out; where one is watched, that one always."""
        if self.only:
            return (self.only,) if self.only in self.statuses else ()
        names = (one["application"] for one in self.ordered if is_under_way(one))
        return tuple(name for name, _ in zip(names, range(TREES_MAX), strict=False))

    def shown_trees(self) -> Iterable[tuple[str, list[dict[str, Any]]]]:
        """The objects of each of these, as far as they are known."""
        return [(name, self.trees[name]) for name in self.unsettled if self.trees.get(name)]


def is_under_way(status: Status) -> bool:
    """Whether it is being applied, or is applied and not ready."""
    return status.get("sync") in _UNDER_WAY or status.get("health") == "Progressing"
