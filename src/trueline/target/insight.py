"""What people want to see of a target beside what the planner needs: for pages and answers, never for a decision.

Values and the port. Everything that is shown was masked by the target before it gets here (INV-25).
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref

DESCENDANTS_MAX = 2_000
HAPPENINGS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Descendant:
    """What the target's own controllers made. `owner` is the UID of what it belongs to, `live` the masked object."""

    ref: Ref
    uid: str
    owner: str
    live: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSight:
    """One field of an object; `managers` own it there. A field that somebody has only one of is missing in the other.

    `is_same` compares what is behind the masks, as text: the target may write one value in two ways.
    """

    path: str
    is_declared: bool
    is_live: bool
    declared: Any = None
    live: Any = None
    is_same: bool = False
    managers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote fields of an object, `at` when they did so last (RFC 3339); `is_ours`: it applies what is declared."""

    name: str
    at: str
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSight:
    """One object as it lives, field by field beside what is declared; `live` is without the managers' field sets.

    `count` is of all fields, of which `fields` are the first. `writers` are by name, without those of the status.
    """

    uid: str
    created: str
    live: Mapping[str, Any]
    fields: tuple[FieldSight, ...]
    count: int
    writers: tuple[Writer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the target's own parts say that happened to an object, `count` times, last `at` (RFC 3339)."""

    at: str
    is_warning: bool
    reason: str
    message: str
    by: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuestion:
    """Whose lines: a container of a pod, the only one where none is named. `previous`: before its last restart."""

    namespace: str
    pod: str
    container: str = ""
    tail: int = 200
    follow: bool = False
    previous: bool = False


class Insight(Protocol):
    """What is asked for people. Each question costs the target requests, so it is asked by nobody's loop."""

    async def sight(self, ref: Ref, declared: bytes | None) -> Known[ObjectSight | None] | Unknown:
        """One object beside what is declared of it; `None` where it is not there."""
        ...

    async def descendants(self, refs: Collection[Ref]) -> Known[Sequence[Descendant]] | Unknown:
        """What belongs to objects in the namespaces of these refs, at most `DESCENDANTS_MAX`, by ref."""
        ...

    async def happenings(self, ref: Ref, uid: str) -> Known[Sequence[Happening]] | Unknown:
        """What happened to one object, the newest first, at most `HAPPENINGS_MAX`."""
        ...

    def logs(self, asked: LogQuestion) -> AbstractAsyncContextManager[AsyncIterator[bytes] | Unknown]:
        """Lines as they were written, without their ends."""
        ...


class NoInsight:
    """Of a target that tells no more than its resources."""

    async def sight(self, ref: Ref, declared: bytes | None) -> Known[ObjectSight | None] | Unknown:  # noqa: ARG002 - the port's
        """Nobody can say."""
        return Unknown("this target tells nothing of single fields")

    async def descendants(self, refs: Collection[Ref]) -> Known[Sequence[Descendant]] | Unknown:  # noqa: ARG002 - the port's
        """None: nothing there makes anything by itself."""
        return Known(())

    async def happenings(self, ref: Ref, uid: str) -> Known[Sequence[Happening]] | Unknown:  # noqa: ARG002 - the port's
        """None are kept."""
        return Known(())

    @asynccontextmanager
    async def logs(self, asked: LogQuestion) -> AsyncIterator[AsyncIterator[bytes] | Unknown]:  # noqa: ARG002 - the port's
        """Nothing there writes any."""
        yield Unknown("nothing there writes logs")
