"""What the loop asks of a dialect: the files of a fleet in, what they declare out; what is broken stands beside it."""

from dataclasses import dataclass
from typing import Protocol

from trueline.declare.application import Application, ClusterConnection, Project, Removal, SourceSpec
from trueline.model.diagnostic import Diagnostic
from trueline.notify.notifier import Notifier
from trueline.runtime.files import FileTree


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenDeclaration:
    """A declaration that cannot be followed, and why. What it declared before is neither synced nor pruned.

    `names` are the names that it declares, as far as they can be told. `is_whole` says that nothing of the file could
    be read, or that the name itself is wrong: then everything that this file declared before is meant, and names that
    only look like it too.
    """

    path: str
    names: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    is_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a fleet declares, each sorted by name. `notes` are diagnostics that stop nothing."""

    applications: tuple[Application, ...] = ()
    sources: tuple[SourceSpec, ...] = ()
    projects: tuple[Project, ...] = ()
    targets: tuple[ClusterConnection, ...] = ()
    removals: tuple[Removal, ...] = ()
    notifiers: tuple[Notifier, ...] = ()
    broken: tuple[BrokenDeclaration, ...] = ()
    notes: tuple[Diagnostic, ...] = ()

    @property
    def is_fleet(self) -> bool:
        """Whether anything is declared, be it broken; otherwise it is a folder to render as one application."""
        declared = (
            self.applications,
            self.sources,
            self.projects,
            self.targets,
            self.removals,
            self.notifiers,
            self.broken,
            self.notes,
        )
        return any(declared)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Every error, in order of place."""
        return tuple(diagnostic for one in self.broken for diagnostic in one.diagnostics)

    def keeps(self, name: str, path: str) -> bool:
        """Whether an application that was declared before, in the file at `path`, may still be declared.

        What is neither among `applications` nor kept has left Git.
        """
        return any(name in one.names or (one.is_whole and one.path == path) for one in self.broken)


class Dialect(Protocol):
    """Reads one way of declaring applications."""

    async def read(self, files: FileTree, path: str, commit: str) -> Declared:
        """Read what is declared under `path` of the fleet repository at `commit`.

        Raises:
            UserError: there is nothing at the path, or more than the bounds allow; then nothing at all is known.
            Transient: the files cannot be read now.
        """
        ...
