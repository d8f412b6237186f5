"""Which data directory a command means, and what that directory was used for. It opens none of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trueline.cli.main import SERVER
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.data_directory import Owner, default_path, owner_of, write_atomic

if TYPE_CHECKING:
    from trueline.cli.line import Line, ServerLine

PURPOSE = "purpose.json"
_PURPOSE_BYTES_MAX = 64 << 10
_LISTED_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a data directory serves: enough to open its engine again. It names files, never what is in them."""

    repository: str
    path: str = ""
    revision: str = ""
    kubeconfig: str = ""
    is_working_tree: bool = False
    namespace: str = ""
    cluster: str = ""

    @property
    def shown(self) -> str:
        """The repository and the path in it, as a person names them."""
        return f"{self.repository} --path {self.path}" if self.path else self.repository

    def write(self, directory: Path) -> None:
        """Keep it in the data directory.

        Raises:
            StoreFull: and the store's other faults; what was kept before stands.
        """
        from trueline.runtime.store import translated  # noqa: PLC0415 - most who ask for a place write nothing

        with translated(str(directory / PURPOSE)):
            write_atomic(directory / PURPOSE, json.dumps(asdict(self), indent=1).encode() + b"\n")

    @classmethod
    def read(cls, directory: Path) -> "Purpose | None":
        """What was kept; `None` where nothing was, or it cannot be read."""
        try:
            value = json.loads((directory / PURPOSE).read_bytes()[:_PURPOSE_BYTES_MAX])
            return cls(**value)
        except (OSError, ValueError, TypeError):
            return None


def check_purpose(directory: Path, *, repository: str, path: str) -> None:
    """Whether a directory that keeps applications is meant for this repository, and for all that it was used for.

    What another repository declared would be taken for removed, and pruned.

    Raises:
        UserError: TL0810, it is for another repository or for more of it.
    """
    known = Purpose.read(directory)
    if known is None or (known.repository == repository and _holds(path.strip("/"), known.path.strip("/"))):
        return
    raise UserError(
        [
            Diagnostic(
                code="TL0810",
                summary="the data directory keeps what another repository declares",
                detail=f"{directory} is for {known.shown}, not for {Purpose(repository=repository, path=path).shown}",
                remedy=f"name another one with --data-dir; where the repository has only moved, remove {PURPOSE} in it",
            )
        ]
    )


def _holds(folder: str, other: str) -> bool:
    return not folder or f"{other}/".startswith(f"{folder}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One data directory, with its owner where a process owns it; or a server."""

    path: Path
    owner: Owner | None
    server: "ServerLine | None" = None
    """In the place of a data directory of this machine."""

    @property
    def line(self) -> "Line | None":
        """Where somebody answers: the server, or the owner; `None` where nobody does."""
        if self.server is not None:
            return self.server
        from trueline.cli.line import SocketLine  # noqa: PLC0415 - most who ask for a place ask nobody

        return SocketLine(self.path / "socket") if self.owner is not None else None


def resolved(repository: str) -> str:
    """A repository as it is written, a folder of this machine by its whole path: the same name from everywhere."""
    return str(Path(repository).resolve()) if is_folder(repository) else repository


def is_folder(repository: str) -> bool:
    """Whether it names something of this machine rather than an address."""
    return "://" not in repository and Path(repository).exists()


def find_place(data_directory: Path | None, repository: str, environment: Mapping[str, str]) -> Place:
    """The data directory that is meant: the named one, the repository's, or the only one there is; or a server.

    Raises:
        UserError: TL0808, none is there or several are; TL0757, that is no server.
    """
    if url := environment.get(SERVER, ""):
        from trueline.cli.line import server_line  # noqa: PLC0415 - as above

        return Place(path=Path(), owner=None, server=server_line(url, environment))
    if data_directory is not None:
        return _existing(data_directory.absolute())
    if repository:
        return _existing(default_path(resolved(repository), environment))
    found = existing(environment)
    if len(found) != 1:
        raise _choose(found)
    return Place(path=found[0], owner=owner_of(found[0]))


def existing(environment: Mapping[str, str]) -> list[Path]:
    """The data directories at the default place, sorted."""
    parent = default_path("", environment).parent
    try:
        return sorted(path.parent for path in parent.glob("*/installation"))
    except OSError:
        return []


def _existing(path: Path) -> Place:
    if not (path / "installation").is_file():
        raise UserError(
            [
                Diagnostic(
                    code="TL0808",
                    summary="no data directory is meant",
                    detail=f"{path} is none",
                    remedy="start `trueline up REPO`, or name another one with --data-dir or --repo",
                )
            ]
        )
    return Place(path=path, owner=owner_of(path))


def _choose(found: list[Path]) -> UserError:
    shown = [f"{path} ({purpose.repository})" if (purpose := Purpose.read(path)) else str(path) for path in found]
    detail = f"there are {len(found)}: {', '.join(shown[:_LISTED_MAX])}" if found else "there is none"
    return UserError(
        [
            Diagnostic(
                code="TL0808",
                summary="no data directory is meant",
                detail=detail,
                remedy="name one with --data-dir or TRUELINE_DATA_DIR, or its repository with --repo",
            )
        ]
    )
