"""The engine of a data directory that nobody owns, opened for one command: to look (on a copy), or to act."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from trueline.cli.answer import tell
from trueline.cli.meter import Meter
from trueline.cli.place import Place, Purpose
from trueline.cli.scratch import scratch
from trueline.cli.serving import check_kept, control_of
from trueline.cli.story import note_line
from trueline.loop.control import Control
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.served import SITES
from trueline.wiring.settings import Settings


def settings_of(place: Place) -> Settings:
    """What `up` or `apply` were told when they used the directory last.

    Raises:
        UserError: TL0809, neither ever was.
    """
    purpose = Purpose.read(place.path)
    if purpose is None:
        raise UserError(
            [
                Diagnostic(
                    code="TL0809",
                    summary="the data directory does not say what it is for",
                    detail=str(place.path),
                    remedy="start `trueline up REPO` with it once",
                )
            ]
        )
    return Settings(
        repository=purpose.repository,
        path=purpose.path,
        revision=purpose.revision,
        kubeconfig=Path(purpose.kubeconfig) if purpose.kubeconfig else None,
        data_directory=place.path,
        is_working_tree=purpose.is_working_tree,
        namespace=purpose.namespace,
        cluster=purpose.cluster,
        progress=Meter().show,
    )


@asynccontextmanager
async def looking(settings: Settings, original: Path | None) -> AsyncIterator[tuple[Assembly, Control]]:
    """The engine over a copy of the directory, after one look at Git; nothing is written anywhere else."""
    sites = original / SITES if original is not None and (original / SITES).is_dir() else None  # only read
    with scratch(original) as copy:
        async with assemble(replace(settings, data_directory=copy, sites_path=sites, is_live=False)) as assembly:
            if original is not None:
                check_kept(assembly, original)
            control = control_of(assembly)
            await assembly.engine.follow_once()
            yield assembly, control


@asynccontextmanager
async def acting(settings: Settings) -> AsyncIterator[tuple[Assembly, Control]]:
    """The engine over the directory itself, after one look at Git, not yet running.

    Raises:
        UserError: TL0801, somebody owns it; TL0810, it keeps what another repository declares.
    """
    async with assemble(replace(settings, is_live=True)) as assembly:
        for note in assembly.notes:
            tell(note_line(note))
        check_kept(assembly, assembly.data_directory.path)
        control = control_of(assembly)
        await assembly.engine.follow_once()
        yield assembly, control
