"""The files that a site's program is given: all beneath the application's path, links followed inside the source only.

What the bounds or a name forbid is told before anything runs.
"""

import posixpath
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from trueline.model.fault import UserError
from trueline.render.generated.finding import SOURCE_LIMIT, Case
from trueline.runtime.files import FileKind, FileTree

FILES_MAX: Final = 50_000
BYTES_MAX: Final = 512 << 20
DEPTH_MAX: Final = 64
NAME_BYTES_MAX, PATH_BYTES_MAX = 255, 2_000


@dataclass(slots=True)
class Source:
    """The files under a path, by their paths from there. `cases` are what forbids to build it."""

    files: FileTree
    root: str
    bytes_max: int = BYTES_MAX
    paths: list[str] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)

    @classmethod
    def of(cls, files: FileTree, root: str) -> "Source":
        """Look at all of them; none is read."""
        found = cls(files, root)
        found._under("", 0)
        if len(found.paths) >= FILES_MAX:
            found.cases.append(Case(code=SOURCE_LIMIT, detail=f"more than {FILES_MAX} files", path=root))
        return found

    def _under(self, folder: str, depth: int) -> None:
        if depth > DEPTH_MAX:
            self.cases.append(
                Case(code=SOURCE_LIMIT, detail=f"folders more than {DEPTH_MAX} deep", path=self.at(folder))
            )
            return
        for name in self.files.names(self.at(folder)):
            if len(self.paths) >= FILES_MAX:
                return
            path = posixpath.join(folder, name)
            entry = self.files.entry(self.at(path))
            if entry is None:  # a submodule, or a link that leads out: the source has told it
                continue
            if _is_wrong(name) or len(path.encode(errors="replace")) > PATH_BYTES_MAX:
                self.cases.append(
                    Case(code=SOURCE_LIMIT, detail="a name that no folder can hold", path=self.at(folder))
                )
            elif entry.kind is FileKind.DIRECTORY:
                self._under(path, depth + 1)
            else:
                self.paths.append(path)

    def at(self, path: str) -> str:
        """A path of the program's as one of the tree."""
        return posixpath.join(self.root, path) if path else self.root

    async def stream(self) -> AsyncIterator[tuple[str, bytes]]:
        """Every file.

        Raises:
            UserError: they have too many bytes.
        """
        size = 0
        for path in self.paths:
            data = await self.files.read(self.at(path))
            size += len(data)
            if size > self.bytes_max:
                excess = Case(code=SOURCE_LIMIT, detail=f"more than {self.bytes_max} bytes", path=self.root)
                raise UserError([excess.diagnostic("")])
            yield path, data

    async def lines(self, path: str) -> list[str]:
        """The lines of a file; none where there is no such file."""
        try:
            data = await self.files.read(self.at(path))
        except FileNotFoundError:
            return []
        return data.decode(errors="replace").splitlines()


def _is_wrong(name: str) -> bool:
    return name in {".", "..", ".git"} or "\0" in name or len(name.encode(errors="replace")) > NAME_BYTES_MAX
