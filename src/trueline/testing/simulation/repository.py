"""Git as a simulation sees it: a history that may fork, a server that is away at times or shows an older head."""

import random
from collections.abc import Mapping
from copy import deepcopy

from trueline.model.known import Known, Unknown
from trueline.source.artifact import Revision
from trueline.source.refusal import UNREADABLE
from trueline.testing.conformance.engine.repository import MemoryRepository


class ForkingRepository(MemoryRepository):
    """Commits have one parent each. `away` and `lags` say how often a look finds nobody, or a head of before."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._rng = rng
        self._parents: dict[str, str] = {}
        self._heads: list[str] = []
        self.away = 0.0
        self.lags = 0.0

    def push(self, files: Mapping[str, bytes], *, parent: str | None = None) -> str:
        """One more commit after the head, or after another one: then history is rewritten."""
        before = self.head if parent is None else parent
        self._parents[self.commit(files)] = before
        self._heads.append(self.head)
        return self.head

    def copy(self) -> "ForkingRepository":
        """Another one with the same commits, from which both go their own way."""
        return deepcopy(self)

    def reset(self, commit: str) -> None:
        """The branch is put back to an older commit."""
        self.head = commit
        self._heads.append(commit)

    async def poll(self) -> Revision:
        """The head, or what a mirror that lags behind takes for it."""
        if self._rng.random() < self.away:
            raise UNREADABLE.about("memory: away")
        head = self.head
        if len(self._heads) > 1 and self._rng.random() < self.lags:
            head = self._rng.choice(self._heads[-3:])
        return await self.revision(head, is_asked=True)

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:
        """Whether one leads to the other."""
        return Known(self.leads(old, new))

    def leads(self, old: str, new: str) -> bool:
        """The same, at once."""
        at = new
        while at and at != old:
            at = self._parents.get(at, "")
        return at == old

    @property
    def parent(self) -> str:
        """The commit before the head."""
        return self._parents.get(self.head, "")

    @property
    def commits(self) -> tuple[str, ...]:
        """Every commit, the oldest first."""
        return tuple(self._parents)
