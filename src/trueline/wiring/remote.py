"""The places elsewhere that sites are published to: a branch, a bucket."""

from trueline.declare.application import BranchTarget, BucketTarget
from trueline.loop.parts import Parts
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import Processes
from trueline.runtime.secret import Secrets
from trueline.target.kubernetes.mark import Installation
from trueline.wiring.branch import BranchTargets
from trueline.wiring.bucket import BucketTargets
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared


class RemoteTargets:
    """Each kind opens its own, once."""

    def __init__(  # noqa: PLR0913 - what each of them needs
        self,
        settings: Settings,
        processes: Processes,
        directory: DataDirectory,
        secrets: Secrets,
        *,
        installation: Installation,
        blobs: BlobDirectory,
        clock: Clock,
        shared: Shared,
    ) -> None:
        self._branches = BranchTargets(
            settings, processes, directory, secrets, installation=installation, blobs=blobs, clock=clock, shared=shared
        )
        self._buckets = BucketTargets(
            settings, directory, secrets, installation=installation, blobs=blobs, clock=clock, shared=shared
        )

    def parts(self, target: BranchTarget | BucketTarget) -> Parts:
        """What a pass on one of them works with.

        Raises:
            UserError: nothing can be published there.
        """
        match target:
            case BranchTarget():
                return self._branches.parts(target)
            case BucketTarget():
                return self._buckets.parts(target)
