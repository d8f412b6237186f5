"""A fleet as its last commit has it, beside the working tree that an assembly looks at."""

from dataclasses import dataclass
from pathlib import Path

from trueline.declare.application import Application, SourceSpec
from trueline.declare.native import NativeDialect
from trueline.loop.desire import Ground
from trueline.loop.fleet import Look
from trueline.runtime.files import FileEntry, FileTree
from trueline.wiring.assembly import Assembly


@dataclass(frozen=True, slots=True)
class Below:
    """A folder of a tree as a tree of its own."""

    files: FileTree
    folder: str

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        return self.files.entry(self._whole(path))

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a folder."""
        return self.files.names(self._whole(path))

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return await self.files.read(self._whole(path))

    def _whole(self, path: str) -> str:
        return "/".join(filter(None, (self.folder, path)))


async def look_at_commit(assembly: Assembly, repository: Path, folder: str, undeclared: Application | None) -> Look:
    """What a folder of a Git repository declares at its HEAD; `undeclared` is what it is where it declares nothing.

    Raises:
        UserError: there is no commit, or it cannot be read.
        Transient: it cannot be read now.
    """
    source = assembly.sources.open(SourceSpec(url=str(repository)))
    artifact = await source.artifact(await source.poll())
    files = Below(source.files(artifact), folder)
    declared = await NativeDialect(assembly.toolbox).read(files, "", artifact.revision.commit)
    is_folder = undeclared is not None and not declared.is_fleet
    return Look(
        ground=Ground(source=source, artifact=artifact, files=files),
        declared=declared,
        applications=(undeclared,) if is_folder and undeclared else declared.applications,
        is_folder=is_folder,
    )
