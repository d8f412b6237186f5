"""Whose data a new data directory is: a new installation's, or one's that the cluster knows and whose data was lost.

Two installations never become one by themselves: a found one is taken only where it has given all its fences back, and
where it is the only one that followed this fleet in the default cluster. Else a person says what is meant.
"""

from collections.abc import Mapping
from typing import Protocol

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.known import Known, Unknown
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.store import translated

NEW = "new"
"""What says that an installation of its own is meant."""


class Clusters(Protocol):
    """What knows of installations."""

    async def installations(self) -> Known[Mapping[str, tuple[str, ...]]] | Unknown:
        """Those that follow this fleet in the default cluster, with the processes that write."""
        ...


async def recover(
    directory: DataDirectory, clusters: Clusters, *, wanted: str, is_empty: bool, is_live: bool
) -> tuple[Diagnostic, ...]:
    """Find the installation of a new directory again, or take the wanted one; returns what is to be told.

    `is_live`: something will be written. Who only looks may look with the eyes of an installation that is at work.

    Raises:
        UserError: TL1908, a person has to say which installation is meant; TL1909, the directory owns something.
    """
    if wanted not in {"", NEW, directory.installation}:
        if not is_empty:
            raise _owns(directory, wanted)
        _adopt(directory, wanted)
    if wanted or not directory.is_new:
        return ()
    found = await clusters.installations()
    if isinstance(found, Unknown):
        return (_not_asked(found.reason),)
    free = [name for name, holders in found.value.items() if not (holders and is_live)]
    if len(found.value) == 1 and free:
        _adopt(directory, free[0])
        return (_found(free[0]),)
    if found.value and is_live:
        directory.renounce()
        raise _ambiguous(found.value)
    return ()


def _adopt(directory: DataDirectory, installation: str) -> None:
    with translated(str(directory.path)):
        directory.adopt(installation)


def _found(installation: str) -> Diagnostic:
    return Diagnostic(
        code="TL1906",
        summary="the installation was found again in the cluster",
        detail=f"{installation} followed this fleet and gave its fences back; its data was lost, or is elsewhere",
        remedy="nothing to do; if another installation is meant: --adopt-installation new, with a new data directory",
    )


def _not_asked(reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL1907",
        summary="it cannot be told whether the cluster knows an installation of this fleet",
        detail=f"{reason}; a new one was made",
        remedy="if its data was lost: --adopt-installation with the id before the dot in trueline.dev/application",
    )


def _ambiguous(found: Mapping[str, tuple[str, ...]]) -> UserError:
    told = (f"{name} ({', '.join(holders) or 'nobody writes'})" for name, holders in found.items())
    return UserError(
        [
            Diagnostic(
                code="TL1908",
                summary="the cluster has an installation of this fleet already",
                detail=", ".join(told),
                remedy="end its process and use its data directory; if that was lost: --adopt-installation ID; "
                "if another one is meant all the same: --adopt-installation new",
            )
        ]
    )


def _owns(directory: DataDirectory, wanted: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL1909",
                summary="the data directory is another installation's, and owns objects",
                detail=f"{directory.path} is {directory.installation}'s, not {wanted}'s",
                remedy="name a new directory with --data-dir",
            )
        ]
    )
