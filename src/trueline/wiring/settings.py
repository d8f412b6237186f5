"""What a command line says, as everything is put together from it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trueline.runtime.data_directory import default_path
from trueline.source.signature.key import TrustedKey

EMBEDDED = "embedded"
"""The name of the cluster in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a command line says. `is_live`: targets are watched and Git is followed; otherwise each is asked once.

    `is_serving`: sites are served at their addresses; otherwise they are only published. `sites_path` is where the
    releases of those sites stand, if not in the data directory. `is_working_tree`: `repository` is a folder to take as
    it stands. `namespace` and `cluster` are for a folder without declarations. `adopted_installation` is the id that
    a person says this data directory is of, or `new`. `progress` is told how many images were
    encoded, of how many. `given_keys` judge the first revision of the fleet repository that is followed.
    """

    repository: str
    path: str = ""
    revision: str = ""
    kubeconfig: Path | None = None
    data_directory: Path | None = None
    interval_s: float = 30.0
    is_live: bool = False
    is_serving: bool = False
    sites_path: Path | None = None
    is_working_tree: bool = False
    namespace: str = ""
    cluster: str = ""
    adopted_installation: str = ""
    given_keys: tuple[TrustedKey, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    progress: Callable[[int, int], None] | None = None

    @property
    def generator_paths(self) -> tuple[str, ...]:
        """Folders that the programs of sites may read and run from, as whoever runs this process names them."""
        named = self.environment.get("TRUELINE_GENERATOR_PATHS", "").split(":")
        return tuple(one.rstrip("/") for one in named if one.startswith("/") and one.strip("/"))

    @property
    def data_path(self) -> Path:
        """Where this repository's data directory is."""
        return self.data_directory or default_path(self.repository, self.environment)
