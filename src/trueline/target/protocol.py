"""What the engine asks of a target. A target decides nothing: it says what is there and does what it is told."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from trueline.model.diagnostic import Diagnostic
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.options import Capabilities
from trueline.render.resource import Rendered
from trueline.target.answer import Answer
from trueline.target.inventory import Inventory
from trueline.target.reclaim import Reclaim
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """A render in the target's own terms: refs with namespaces, positions with stages, marks in the bodies.

    `problems` are the user's: a missing namespace, a kind that the target lacks, a resource declared twice.
    `awaits` are refs that cannot be tried before another resource of the same render is there, with that one.
    """

    rendered: Rendered
    problems: tuple[Diagnostic, ...] = ()
    awaits: tuple[tuple[Ref, Ref], ...] = ()


class WriteMode(Enum):
    """What an apply does about fields that others hold, and whether it is done."""

    TRY = "try"
    """A dry run: nothing is written, nothing is forced."""
    TRY_FORCED = "try-forced"
    APPLY = "apply"
    APPLY_FORCED = "apply-forced"

    @property
    def is_dry(self) -> bool:
        """Whether nothing is written."""
        return self in {WriteMode.TRY, WriteMode.TRY_FORCED}

    @property
    def is_forced(self) -> bool:
        """Whether fields that others hold are taken."""
        return self in {WriteMode.TRY_FORCED, WriteMode.APPLY_FORCED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One apply. `uid` and `version`, where given, must still be the object's; `generation` is the one of the plan.

    `withheld` paths are left out of the body. `whole` asks for the fields that differ,
    which costs a read of the live object.
    """

    ref: Ref
    body: bytes = field(repr=False)
    mode: WriteMode
    uid: str = ""
    version: str = ""
    generation: int = 0
    withheld: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A watch saw an object that carries our mark (or did)."""

    ref: Ref
    observed: Observed | None
    """`None`: it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The target was lost, or is back. `reason` is empty when it is back."""

    reason: str


Sighting: TypeAlias = Seen | Contact


class Reader(Protocol):
    """What is there."""

    async def normalise(self, rendered: Rendered, *, application: str, namespace: str, create: bool) -> Normalised:
        """Put a render into the target's terms and mark it as the application's; `create` adds its namespace.

        Raises:
            Transient: the target could not be asked.
        """
        ...

    async def snapshot(self, desired: Collection[Ref], inventory: Inventory) -> Snapshot:
        """What is at every ref that is desired or owned; never raises, `Unknown` says why."""
        ...

    async def read(self, ref: Ref) -> Known[bytes | None] | Unknown:
        """The whole live object as JSON, with `uid` and `annotations` below `metadata`; secrets' values masked."""
        ...

    def marked(self, mark: str, refs: Collection[Ref] | None = None) -> Mapping[Ref, Observed]:
        """What carries a mark, of these refs or of all, as far as it is known now: absent here is not absent there."""
        ...

    def marks(self) -> Mapping[str, Collection[Ref]]:
        """Each mark of this installation that our hand wrote, with what carries it, as far as it is known now."""
        ...

    async def capabilities(self) -> Capabilities:
        """What charts may ask of the target.

        Raises:
            Transient: the target could not be asked.
        """
        ...


class Writer(Protocol):
    """What is done there. Each call is one object; refusals are values."""

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        ...

    async def delete(self, ref: Ref, *, uid: str, mark: str, version: str, dry: bool) -> Answer:
        """Delete one object if it is still the one with this UID and version and carries this mark, or try to.

        INV-01, INV-10: what was proven when the plan was made has to hold when the object goes.
        """
        ...

    async def release(self, ref: Ref, *, uid: str, mark: str, dry: bool) -> Answer:
        """Take our mark and our hand off one object that has this UID and mark, and leave everything else, or try to.

        Where a target puts no mark on things, it has nothing to do.
        """
        ...

    async def take_over(self, ref: Ref, *, seen: Observed, dry: bool) -> Answer:
        """Turn the entries of tools that made an object before us into ours, so that a field can leave Git (D17).

        INV-12: it has to be as it was seen: its UID, and its version where one is given. A status may have moved it.
        """
        ...

    async def reclaim(self, ref: Ref, *, body: bytes, extent: Reclaim, seen: Observed, dry: bool) -> Answer:
        """Make ours what a tool put beside, or in the place of, what the body declares: the next apply removes it.

        INV-12: it has to be as it was seen, as for `take_over`. `Accepted.added` says what was found, and `wrote`
        whether anything was.
        """
        ...


class Watcher(Protocol):
    """What happens there without us."""

    def sightings(self) -> AsyncIterator[Sighting]:
        """Every object with our mark that is known, and what changes from now on; never ends by itself."""
        ...


class Target(Reader, Writer, Protocol):
    """A place where resources are made live."""

    @property
    def name(self) -> str:
        """The name under which declarations know it."""
        ...

    @property
    def rules(self) -> Rules:
        """What it knows of kinds."""
        ...

    @property
    def family(self) -> str:
        """What every mark of this installation begins with."""
        ...

    def mark(self, application: str) -> str:
        """The label value that says an object is this application's, of this installation."""
        ...
