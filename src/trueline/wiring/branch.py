"""The branches that sites are published to, each opened once: its copy, its memory, and the target over them."""

from collections.abc import Iterator

from trueline.declare.application import BranchTarget
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import Processes
from trueline.runtime.secret import Secrets
from trueline.source.address import Address
from trueline.source.git_command import GitCommand
from trueline.target.kubernetes.mark import Installation
from trueline.target.site.branch.memory import Memory
from trueline.target.site.branch.place import BranchPlace, hostile_to_git
from trueline.target.site.branch.platform import BranchPlatform
from trueline.target.site.branch.repository import BranchRepository
from trueline.target.site.path import hostility
from trueline.target.site.target import SiteTarget
from trueline.wiring.git import credentials_of, opened_by
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared, site_parts

FOLDER = "pages"
_KEY_LENGTH = 16


class BranchTargets:
    """The branches that declarations name. Who has no right to one is not served from what another one has fetched."""

    def __init__(  # noqa: PLR0913 - what a branch is published with
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
        self._settings = settings
        self._processes = processes
        self._path = directory.path / FOLDER
        self._secrets = secrets
        self._installation = installation
        self._blobs = blobs
        self._clock = clock
        self._shared = shared
        self._parts: dict[str, Parts] = {}

    def parts(self, target: BranchTarget) -> Parts:
        """What a pass on a branch works with.

        Raises:
            UserError: TL1595, nothing can be published there; TL0101 or TL0102, the address.
        """
        place = BranchPlace(address=Address.parse(target.url), branch=target.branch, folder=target.folder)
        if why := next(_faults(place), ""):
            raise UserError([_no_branch(place, why)])
        key = " ".join((str(place), *opened_by(target.auth, target.known_hosts)))
        if key not in self._parts:
            self._parts[key] = self._open(target, place, digest_value(key)[:_KEY_LENGTH])
        return self._parts[key]

    def _open(self, target: BranchTarget, place: BranchPlace, key: str) -> Parts:
        git = GitCommand(
            processes=self._processes,
            address=place.address,
            repository=self._path / f"{key}.git",
            environment=self._settings.environment,
            credentials=lambda: credentials_of(self._secrets, target.auth, target.known_hosts),
        )
        platform = BranchPlatform(
            place,
            BranchRepository(git, place),
            memory=Memory(self._path / f"{key}.json"),
            blobs=self._blobs,
            clock=self._clock,
        )
        site = SiteTarget(
            str(place),
            platform,
            self._blobs,
            folder=self._path / digest_value(str(place))[:_KEY_LENGTH],
            family=f"{self._installation.name}.",
            mark=self._installation.mark,
            clock=self._clock,
            interval_s=self._settings.interval_s,
        )
        return site_parts(self._shared, site)


def _faults(place: BranchPlace) -> Iterator[str]:
    if place.folder:
        if hostile_to_git(place.folder):
            yield "Git takes no folder of that name"
        if why := hostility(place.folder):
            yield f"of its folder: {why}"


def _no_branch(place: BranchPlace, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL1595",
        summary="a site cannot be published to that branch",
        detail=f"{place}: {reason}",
        remedy="name a folder such as docs, or none",
    )
