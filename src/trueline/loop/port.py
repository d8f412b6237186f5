"""The ports of the loop: what it needs and does not care who gives."""

from collections.abc import Collection, Mapping
from typing import Protocol

from trueline.apply.ledger import Ledger
from trueline.health.status import Health
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.render.resource import Resource
from trueline.target.inventory import Entry
from trueline.target.snapshot import Observed


class HealthReader(Protocol):
    """How live objects do, as the target's watch saw them last."""

    def health(self, refs: Collection[Ref]) -> Mapping[Ref, Health]:
        """A judgement for each ref; what could not be read is Unknown with the reason."""
        ...

    def last(self, uid: str) -> Health | None:
        """How an object did before it left; `None` where nothing is remembered of it."""
        ...


class BodyStore(Protocol):
    """Bodies by digest, for as long as something of ours refers to them."""

    def get(self, digest: Digest) -> bytes | None:
        """The body, or `None` where it is not kept."""
        ...

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep bodies."""
        ...


class Approvals(Protocol):
    """Who agreed to which plan."""

    def is_approved(self, plan: Digest) -> bool:
        """Whether somebody agreed to exactly this plan."""
        ...


class Claims(Protocol):
    """Which application of this installation declares and owns what (D16)."""

    def yielded(self, application: str, target: str, resources: Collection[Resource]) -> Mapping[Ref, str]:
        """Of these resources, those that another application owns and no longer declares, with its name."""
        ...

    def moving(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, str]:
        """Of these refs, those that another application declares, with its name; all, with none, while nobody knows."""
        ...


class Owners(Protocol):
    """Who owns an object by the inventory."""

    def lookup(self, target: str, ref: Ref) -> tuple[str, Entry] | None:
        """The application that owns a ref on a target, with its entry."""
        ...

    def former(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, tuple[str, Entry]]:
        """Of these refs, those that another application has, with its name and entry: what moves comes from there."""
        ...

    def sizes(self) -> Mapping[str, int]:
        """How many objects each application owns, on all targets together."""
        ...

    def abandon(self, application: str) -> int:
        """Forget everything that an application owns, on every target; how much it was."""
        ...


class Books(Ledger, Protocol):
    """The ledger of the passes, as far as it remembers more than a pass needs."""

    def doubt(self, application: str, target: str) -> bool:
        """What is written of the application's objects may be older than they are: each is looked at once more.

        Whether something was believed until now.
        """
        ...

    def gone(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, str]:
        """Of these refs, those of which it was written last that we pruned them, or that what we intended to make
        never came; with the UID that went, empty where none was known.
        """  # noqa: D205 - one sentence needs two lines
        ...


class Finder(Protocol):
    """Objects that carry our mark and are as they are declared, found without a trial of each."""

    async def as_declared(self, bodies: Mapping[Ref, bytes]) -> Mapping[Ref, Observed]:
        """Those of the declared objects whose apply would change nothing; of all others nothing is said."""
        ...


class NoFinder:
    """A target where each object is tried."""

    async def as_declared(self, bodies: Mapping[Ref, bytes]) -> Mapping[Ref, Observed]:  # noqa: ARG002 - the port's
        """None is found."""
        return {}
