"""The places of sites that declarations name, but for those that are served here.

A kind of place is imported with the first one of it: an interpreter takes longer to load all of them than a command on
a cluster takes to do its work.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypedDict, assert_never

from trueline.declare.application import BranchTarget, BucketTarget, DirectoryTarget, SshTarget
from trueline.loop.parts import Parts
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import Processes
from trueline.runtime.secret import Secrets
from trueline.target.kubernetes.mark import Installation
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared

if TYPE_CHECKING:
    from trueline.wiring.branch import BranchTargets
    from trueline.wiring.bucket import BucketTargets
    from trueline.wiring.directory import DirectoryTargets
    from trueline.wiring.ssh import SshTargets

SitePlace: TypeAlias = DirectoryTarget | BranchTarget | BucketTarget | SshTarget


class Given(TypedDict):
    """What every kind of place is given by its name."""

    installation: Installation
    blobs: BlobDirectory
    clock: Clock
    shared: Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What every place of a site is opened with."""

    closing: AsyncExitStack
    settings: Settings
    processes: Processes
    directory: DataDirectory
    secrets: Secrets
    blobs: BlobDirectory
    clock: Clock
    shared: Shared

    @property
    def given(self) -> Given:
        """What is the same for all of them, with whose places they are."""
        installation = Installation(self.directory.installation)
        return Given(installation=installation, blobs=self.blobs, clock=self.clock, shared=self.shared)


class SitePlaces:
    """Opens the places of sites, each once."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    async def parts(self, target: SitePlace) -> Parts:
        """What a pass on a place works with; see `Targets.parts`."""
        match target:
            case DirectoryTarget():
                return self._directories.parts(target)
            case BranchTarget():
                return self._branches.parts(target)
            case BucketTarget():
                return self._buckets.parts(target)
            case SshTarget():
                return await self._hosts.parts(target)
            case _:
                assert_never(target)

    @cached_property
    def _directories(self) -> "DirectoryTargets":
        from trueline.wiring.directory import DirectoryTargets  # noqa: PLC0415 - with the first one, see above

        return DirectoryTargets(**self._opening.given)

    @cached_property
    def _branches(self) -> "BranchTargets":
        from trueline.wiring.branch import BranchTargets  # noqa: PLC0415 - with the first one, see above

        opening = self._opening
        return BranchTargets(
            opening.settings,
            opening.processes,
            opening.directory,
            opening.secrets,
            **opening.given,
        )

    @cached_property
    def _buckets(self) -> "BucketTargets":
        from trueline.wiring.bucket import BucketTargets  # noqa: PLC0415 - with the first one, see above

        opening = self._opening
        return BucketTargets(
            opening.settings,
            opening.directory,
            opening.secrets,
            **opening.given,
        )

    @cached_property
    def _hosts(self) -> "SshTargets":
        from trueline.wiring.ssh import SshTargets  # noqa: PLC0415 - with the first one, see above

        opening = self._opening
        return SshTargets(
            opening.closing,
            opening.settings,
            opening.directory,
            opening.secrets,
            **opening.given,
        )
