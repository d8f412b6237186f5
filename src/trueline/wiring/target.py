"""Every target that a declaration can name, by its kind."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trueline.declare.application import (
    BranchTarget,
    BucketTarget,
    ClusterConnection,
    ClusterTarget,
    DirectoryTarget,
    ServedTarget,
    SshTarget,
    TargetSpec,
)
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.wiring.cluster import ClusterTargets
from trueline.wiring.place import SitePlaces
from trueline.wiring.served import ServedTargets

if TYPE_CHECKING:
    from trueline.embedded.cluster import EmbeddedCluster
    from trueline.target.kubernetes.client import KubernetesClient


class AllTargets:
    """The targets that this version knows; see `loop.supply.Targets`."""

    def __init__(self, clusters: ClusterTargets, places: SitePlaces, served: ServedTargets) -> None:
        self._clusters = clusters
        self._places = places
        self._served = served

    @property
    def clients(self) -> Mapping[str, "KubernetesClient"]:
        """The clusters that were reached, by name."""
        return self._clusters.clients

    @property
    def served(self) -> ServedTargets:
        """The sites that this process serves."""
        return self._served

    @property
    def embedded(self) -> "EmbeddedCluster | None":
        """The embedded cluster, where something asked for it."""
        return self._clusters.embedded

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """Take the targets that the fleet declares."""
        self._clusters.declare(connections)

    async def parts(self, target: TargetSpec) -> Parts:
        """What a pass on a target works with; see `Targets.parts`."""
        match target:
            case ClusterTarget():
                return await self._clusters.parts(target)
            case DirectoryTarget() | BranchTarget() | BucketTarget() | SshTarget():
                return await self._places.parts(target)
            case ServedTarget():
                return await self._served.parts(target)
            case _:
                raise _unsupported(target)


def _unsupported(target: TargetSpec) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0213",
                summary="this is not supported by this version",
                detail="target: " + type(target).__name__.removesuffix("Target").lower(),
                remedy="use target: {cluster: NAME}, {directory: PATH}, or {site: …} with serve, ssh, s3 or branch",
            )
        ]
    )
