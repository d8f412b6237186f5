"""What Git declares, turn by turn, and the author who commits it. A turn is one commit; an item is one object.

Every item carries the turn that it was written in, so that whoever sees one on the cluster knows how old it is.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from testbed.repository import Repository

APPLICATIONS = ("left", "right")
TURN = "chaos.example.com/turn"
CLOCK = "clock"
ITEMS_AT_FIRST = 24
OUTSTANDING_MAX = 4
"""How many removals may wait for the engine: more would be held for approval, as they should be."""

_DECLARATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  source: {{path: apps/{name}}}
  target: {{namespace: {name}, createNamespace: true}}
"""
_POD = "{{metadata: {{labels: {{app: '{name}'}}}}, spec: {{containers: [{{name: a, image: 'a:{turn}'}}]}}}}"
_DEPLOYMENT = f"spec: {{{{replicas: 0, selector: {{{{matchLabels: {{{{app: '{{name}}'}}}}}}}}, template: {_POD}}}}}\n"
_FORMS = (
    "apiVersion: v1\nkind: ConfigMap\n{metadata}data: {{turn: '{turn}'}}\n",
    "apiVersion: v1\nkind: Secret\n{metadata}stringData: {{turn: '{turn}'}}\n",
    "apiVersion: v1\nkind: Service\n{metadata}spec: {{selector: {{app: '{name}'}}, ports: [{{port: 80}}]}}\n",
    "apiVersion: apps/v1\nkind: Deployment\n{metadata}" + _DEPLOYMENT,
)
_PLURALS = ("configmaps", "secrets", "services/specs", "deployments")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One object of ours: its application (also its namespace), its plural as etcd writes it, its name."""

    application: str
    plural: str
    name: str

    @property
    def number(self) -> int:
        """Which form it has, by its name."""
        return 0 if self.name == CLOCK else int(self.name.removeprefix("item-")) % len(_FORMS)

    def manifest(self, turn: int) -> str:
        """Its text at a turn."""
        metadata = f"metadata: {{name: {self.name}, annotations: {{{TURN}: '{turn}'}}}}\n"
        return _FORMS[self.number].format(metadata=metadata, turn=turn, name=self.name)


def item(application: str, number: int) -> Key:
    """The item of a number."""
    return Key(application, _PLURALS[number % len(_PLURALS)], f"item-{number}")


def clock(application: str) -> Key:
    """The one object that every turn changes: seen at a turn, the application is at that turn or a later one."""
    return Key(application, "configmaps", CLOCK)


@dataclass(slots=True, kw_only=True)
class Declared:
    """Every turn so far: which items there were, and the turn that each was last written in."""

    turns: list[Mapping[Key, int]] = field(default_factory=list)

    @property
    def newest(self) -> Mapping[Key, int]:
        """What Git says now."""
        return self.turns[-1]

    def is_declared_since(self, key: Key, turn: int) -> bool:
        """Whether every turn from this one on declares it."""
        return all(key in declared for declared in self.turns[turn:])


@dataclass(slots=True, kw_only=True)
class Author:
    """Somebody who commits all the time: changes, additions, removals that do not need anybody's approval."""

    declared: Declared
    random: random.Random
    repository: Repository
    remote: str
    items: int = ITEMS_AT_FIRST
    commits: int = 0
    _next: int = 0

    @classmethod
    async def begin(
        cls, folder: Path, remote: Path, declared: Declared, seed: int, *, items: int = ITEMS_AT_FIRST
    ) -> Self:
        """The first turn, pushed: so many items in each application."""
        repository = await Repository.create(folder)
        author = cls(declared=declared, random=random.Random(seed), repository=repository, remote=str(remote))
        author.items = author._next = items
        first = {item(name, number): 0 for name in APPLICATIONS for number in range(items)}
        repository.write({f"{name}.yaml": _DECLARATION.format(name=name) for name in APPLICATIONS})
        await author._commit(first)
        return author

    async def go_on(self, applied: Mapping[str, int]) -> None:
        """One more turn; `applied` is the turn that each application is known to have reached."""
        items = {key: turn for key, turn in self.declared.newest.items() if key.name != CLOCK}
        turn = len(self.declared.turns)
        for name in APPLICATIONS:
            mine = sorted(key for key in items if key.application == name)
            for key in self.random.sample(mine, self.random.randint(0, 6)):
                items[key] = turn
            for key in self.random.sample(mine, self._removals(name, applied[name], len(mine))):
                del items[key]
            for _ in range(self.random.randint(0, 3)):
                items[self._added(name, items)] = turn
        await self._commit(items)

    async def rewrite(self) -> None:
        """One more turn, in which every item changes."""
        turn = len(self.declared.turns)
        await self._commit({key: turn for key in self.declared.newest if key.name != CLOCK})

    async def say(self, message: str, files: Mapping[str, str | None]) -> None:
        """A commit that is no turn: it changes no item."""
        await self.repository.commit(message, dict(files))
        await self.repository.push("refs/heads/main:refs/heads/main", remote=self.remote)

    async def head(self) -> str:
        """The newest commit."""
        return await self.repository.head()

    def _removals(self, name: str, applied: int, count: int) -> int:
        """Never more than may wait, whatever the engine has not done yet."""
        reached = {key for key in self.declared.turns[applied] if key.application == name}
        outstanding = len(reached - self.declared.newest.keys())
        return self.random.randint(0, max(0, min(2, OUTSTANDING_MAX - outstanding, count - self.items // 2)))

    def _added(self, name: str, items: Mapping[Key, int]) -> Key:
        """A new one, or one that was there before and comes back."""
        former = sorted(
            {key for turn in self.declared.turns for key in turn if key.application == name and key.name != CLOCK}
            - items.keys()
        )
        if former and self.random.random() < 0.4:
            return self.random.choice(former)
        self._next += 1
        return item(name, self._next)

    async def _commit(self, items: Mapping[Key, int]) -> None:
        """What it declares is known before anybody can see it."""
        turn = len(self.declared.turns)
        now = {**items, **{clock(name): turn for name in APPLICATIONS}}
        before = self.declared.newest if self.declared.turns else {}
        files: dict[str, str | bytes | None] = {_path(key): None for key in before.keys() - now.keys()}
        files |= {_path(key): key.manifest(at) for key, at in now.items() if before.get(key) != at}
        self.declared.turns.append(now)
        await self.repository.commit(f"turn {turn}", files)
        await self.repository.push("refs/heads/main:refs/heads/main", remote=self.remote)
        self.commits += 1


def _path(key: Key) -> str:
    return f"apps/{key.application}/{key.name}.yaml"
