"""The directories of this machine that sites are published to, each opened once."""

import os
from pathlib import Path

from trueline.declare.application import DirectoryTarget
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.target.directory.target import DirectoryTarget as PublishedDirectory
from trueline.target.kubernetes.mark import Installation
from trueline.wiring.shared import Shared, site_parts


class DirectoryTargets:
    """The directories that declarations name, each opened once."""

    def __init__(self, *, installation: Installation, blobs: BlobDirectory, clock: Clock, shared: Shared) -> None:
        self._installation = installation
        self._blobs = blobs
        self._clock = clock
        self._shared = shared
        self._parts: dict[str, Parts] = {}

    def parts(self, target: DirectoryTarget) -> Parts:
        """What a pass on a directory works with.

        Raises:
            UserError: TL0715, the path can be no such directory.
        """
        path = Path(target.path)
        if not path.is_absolute():
            raise UserError([_no_directory(target.path, "it does not begin with /")])
        place = Path(os.path.realpath(path.parent)) / path.name
        if str(place) not in self._parts:
            self._parts[str(place)] = self._open(place)
        return self._parts[str(place)]

    def _open(self, path: Path) -> Parts:
        try:
            directory = PublishedDirectory(
                str(path),
                path,
                self._blobs,
                family=f"{self._installation.name}.",
                mark=self._installation.mark,
                clock=self._clock,
            )
        except ValueError as error:
            raise UserError([_no_directory(str(path), str(error))]) from None
        return site_parts(self._shared, directory)


def _no_directory(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0715",
        summary="a site cannot be published to that path",
        detail=f"{path}: {reason}",
        remedy="name the whole path of a directory that may be replaced by a link, such as /srv/www/site",
    )
