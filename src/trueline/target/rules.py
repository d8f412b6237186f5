"""What a target knows of kinds and the planner must not: their order, and which of them hold data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

NAMES_REMEMBERED = 16_384


@lru_cache(maxsize=NAMES_REMEMBERED)
def _by_content(pattern: re.Pattern[str], name: str) -> bool:
    return pattern.fullmatch(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A target's knowledge of its kinds.

    `stages` orders kinds within a wave (a kind that is not listed is in `stage_default`). `protected` kinds are deleted
    only with a second consent in Git (promise 7); `untouchable` are refs, as text, that are never deleted at all.
    `holders` are kinds that take along whatever stands in the namespace of their name.
    `former_tools` are managers (a trailing `*` stands for anything) whose objects may be taken over (D17). `rests`:
    others have a right there too, so that whoever changes a field again and again is backed off from; where nobody else
    has, every change is put back. `by_content` matches the names that hold their content's digest: another content is
    another name, so that such a resource leaves whenever it changes, and its leaving is no loss. `wholes` are kinds
    whose one resource lists all that an application has at the target: what it lists no longer leaves with it, whatever
    else forbids that, and moves nowhere by itself.
    """

    stages: Mapping[str, int] = field(default_factory=dict)
    stage_default: int = 0
    protected: frozenset[str] = frozenset()
    untouchable: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    former_tools: tuple[str, ...] = ()
    rests: bool = True
    by_content: re.Pattern[str] | None = None
    wholes: frozenset[str] = frozenset()

    def is_by_content(self, name: str) -> bool:
        """Whether a resource of that name leaves whenever its content changes."""
        return self.by_content is not None and _by_content(self.by_content, name)

    def stage(self, kind: str) -> int:
        """The stage of a kind within its wave."""
        return self.stages.get(kind, self.stage_default)

    def is_former_tool(self, manager: str) -> bool:
        """Whether a manager is a tool that makes objects, not one that keeps changing them.

        >>> Rules(former_tools=("kubectl*", "helm")).is_former_tool("kubectl-client-side-apply")
        True
        """
        return any(fnmatchcase(manager, pattern) for pattern in self.former_tools)
