"""Every target that a declaration can name, by its kind."""

from collections.abc import Mapping, Sequence

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
from trueline.embedded.cluster import EmbeddedCluster
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.target.kubernetes.client import KubernetesClient
from trueline.wiring.branch import BranchTargets
from trueline.wiring.bucket import BucketTargets
from trueline.wiring.cluster import ClusterTargets
from trueline.wiring.served import ServedTargets
from trueline.wiring.site import DirectoryTargets
from trueline.wiring.ssh import SshTargets


class AllTargets:
    """The targets that this version knows; see `loop.supply.Targets`."""

    def __init__(  # noqa: PLR0913 - one for each kind
        self,
        clusters: ClusterTargets,
        directories: DirectoryTargets,
        served: ServedTargets,
        *,
        branches: BranchTargets,
        buckets: BucketTargets,
        hosts: SshTargets,
    ) -> None:
        self._clusters = clusters
        self._directories = directories
        self._served = served
        self._branches = branches
        self._buckets = buckets
        self._hosts = hosts

    @property
    def clients(self) -> Mapping[str, KubernetesClient]:
        """The clusters that were reached, by name."""
        return self._clusters.clients

    @property
    def served(self) -> ServedTargets:
        """The sites that this process serves."""
        return self._served

    @property
    def embedded(self) -> EmbeddedCluster | None:
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
            case DirectoryTarget():
                return self._directories.parts(target)
            case BranchTarget():
                return self._branches.parts(target)
            case BucketTarget():
                return self._buckets.parts(target)
            case ServedTarget():
                return await self._served.parts(target)
            case SshTarget():
                return await self._hosts.parts(target)
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
