"""Where sources and targets come from: the ports through which the loop opens what declarations name."""

from collections.abc import Sequence
from typing import Protocol

from trueline.declare.application import ClusterConnection, SourceSpec, TargetSpec
from trueline.loop.parts import Parts
from trueline.source.protocol import Authored, Catalogued, History, Signed


class OpenSource(Catalogued, History, Signed, Authored, Protocol):
    """A source with its history, its signed objects, who wrote its lines, and what stands beside its own revision."""


class Sources(Protocol):
    """The sources that declarations name, each opened once."""

    def open(self, spec: SourceSpec) -> OpenSource:
        """The source of a specification that has an address of its own.

        Raises:
            UserError: the address, the revision or the credentials are wrong.
        """
        ...


class Targets(Protocol):
    """The targets that declarations name."""

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """Take the targets that the fleet declares now."""
        ...

    async def parts(self, target: TargetSpec) -> Parts:
        """What a pass on this target works with; connects at the first call.

        Raises:
            UserError: there is no such target, or this version does not know its kind.
            Transient: it could not be reached.
        """
        ...
