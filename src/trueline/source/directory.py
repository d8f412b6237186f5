"""A working tree as it stands, for the one-shot commands: every file beneath but `.git`, with Git's own ids.

The ids are those Git would give, so what a working tree and a commit share is rendered once. It writes nothing.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.files import FileEntry, FileTree
from trueline.runtime.process import Command, NotStarted, Processes
from trueline.source.artifact import Artifact, References, Revision
from trueline.source.authorship import LineCommit
from trueline.source.git_command import Bounds, isolated
from trueline.source.git_object import GitObject
from trueline.source.listing import (
    GIT_MODE_EXECUTABLE,
    GIT_MODE_FILE,
    GIT_MODE_LINK,
    Directory,
    Entry,
    Leaf,
    Listing,
)
from trueline.source.listing_reader import notes_of
from trueline.source.protocol import Catalogued
from trueline.source.refusal import FILE_SIZE, NOT_A_DIRECTORY, PATH_LENGTH, PATHS
from trueline.source.tree import FolderTree, ListedTree

WORKING_TREE = "working tree"
_LOG_FORMAT = "%H%x00%an%x00%ae%x00%ct%x00%s%x00%P"
_GIT_TIMEOUT_S = 30.0


class DirectoryTree:
    """The files beneath a directory, listed when it is made and read when they are asked for.

    Raises:
        UserError: TL0133 it cannot be listed, TL0122 and TL0123 it exceeds a bound.
    """

    def __init__(self, path: Path, bounds: Bounds | None = None) -> None:
        self._path = path
        self._bounds = bounds if bounds is not None else Bounds()
        try:
            self.listing = Listing(_Scan(path, self._bounds).directory("", 0))
        except OSError as error:
            raise NOT_A_DIRECTORY.about(f"{error.filename or path}: {error.strerror}") from error
        self._tree = ListedTree(self.listing, self._read)

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path, links followed."""
        return self._tree.entry(path)

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        return self._tree.names(path)

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return await self._tree.read(path)

    async def _read(self, path: str, _leaf: Leaf) -> bytes:
        bound = self._bounds.file_bytes_max
        try:
            with open(self._path / path, "rb", opener=_open_unlinked) as file:  # noqa: ASYNC230 - bounded
                data = file.read(bound + 1)
        except FileNotFoundError:
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise NOT_A_DIRECTORY.about(f"{path}: {error.strerror}") from error
        if len(data) > bound:
            raise FILE_SIZE.about(f"{path} has more than {bound} bytes")
        return data


class DirectorySource:
    """A working tree as a source: its revision is the commit it stands on, with `-dirty` where it differs.

    `repository` opens the Git repository that has its work tree at a path: for the branches and tags beside this tree.
    """

    def __init__(  # noqa: PLR0913 - one for each effect
        self,
        path: Path,
        *,
        processes: Processes,
        clock: Clock,
        environment: Mapping[str, str],
        repository: Callable[[Path], Catalogued] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._path = path.absolute()
        self._open = repository
        self._repository: Catalogued | None = None
        self._below = ""
        self._processes = processes
        self._clock = clock
        self._environment = environment
        self._bounds = bounds if bounds is not None else Bounds()
        self._trees: dict[str, DirectoryTree] = {}

    async def poll(self) -> Revision:
        """The working tree as it is now."""
        tree = DirectoryTree(self._path, self._bounds)
        identity = tree.listing.root.identity
        self._trees = {identity: tree}  # the last look alone: an older one can no longer be read
        head = await self._git("log", "-1", f"--format={_LOG_FORMAT}")
        match head.rstrip("\n").split("\0") if head is not None else []:
            case [commit, name, email, seconds, subject, parents]:
                status = await self._git("status", "--porcelain", "--untracked-files=normal", "--", ".")
                return Revision(
                    commit=f"{commit}-dirty" if status != "" else commit,
                    ref=WORKING_TREE,
                    author_name=name,
                    author_email=email,
                    committed_at=datetime.fromtimestamp(int(seconds), UTC),
                    subject=subject,
                    tree=identity,
                    parents=tuple(parents.split()),
                )
            case _:
                return Revision(
                    commit=WORKING_TREE,
                    ref=WORKING_TREE,
                    author_name="",
                    author_email="",
                    committed_at=self._clock.now(),
                    subject="",
                    tree=identity,
                )

    async def artifact(self, revision: Revision) -> Artifact:
        """The artifact of the last look, or of a branch or tag."""
        if self._repository is not None and revision.ref != WORKING_TREE:
            return await self._repository.artifact(revision)
        listing = self._look(revision.tree).listing
        source = str(self._path)
        return Artifact(source=source, revision=revision, listing=listing, notes=notes_of(source, listing))

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:  # noqa: ARG002 - see the docstring
        """A working tree has no order: what it holds now is the newest there is."""
        return Known(value=True)

    async def references(self) -> References:
        """The branches and tags of the repository that the directory stands in; none where it stands in none."""
        top = await self._git("rev-parse", "--show-toplevel")
        if top is None or self._open is None:
            return References(commits={})
        self._below = (await self._git("rev-parse", "--show-prefix") or "").strip("/\n")
        self._repository = self._open(Path(top.rstrip("\n")))
        found = await self._repository.references()
        branch = await self._git("symbolic-ref", "--quiet", "HEAD")
        return References(commits=found.commits, head=(branch or "").rstrip("\n"))

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """The revisions of branches and tags."""
        return await self._repository.obtain(wanted) if self._repository is not None else {}

    async def keep(self, *commits: str, needed: Collection[str] = ()) -> None:
        """Nothing is kept of a working tree."""

    async def kept(self) -> tuple[str, ...]:
        """Nothing is kept of a working tree."""
        return ()

    async def revision(self, commit: str) -> Revision:
        """The working tree, if it still is what is asked for."""
        revision = await self.poll()
        if revision.commit != commit:
            detail = f"{self._path} is a working tree at {revision.commit}, not at {commit}"
            raise UserError(
                [
                    Diagnostic(
                        code="TL0134",
                        summary="a working tree has no earlier revisions",
                        detail=detail,
                        remedy="give the address of the Git repository instead of a working tree",
                    )
                ]
            )
        return revision

    async def signed(self, revision: Revision) -> tuple[GitObject, ...]:  # noqa: ARG002 - see the docstring
        """Nobody signs a working tree."""
        return ()

    async def since(self, old: str, new: str) -> Known[tuple[GitObject, ...]] | Unknown:  # noqa: ARG002 - as above
        """Nobody signs a working tree."""
        return Known(())

    async def authorship(self, commit: str, path: str) -> Known[Mapping[int, LineCommit]] | Unknown:  # noqa: ARG002 - as above
        """Nobody has committed a working tree."""
        return Unknown("a working tree has no history")

    def files(self, artifact: Artifact) -> FileTree:
        """The files of an artifact; of one that is no longer the last look, the files as they are now."""
        if self._repository is not None and artifact.revision.ref != WORKING_TREE:
            files = self._repository.files(artifact)
            return FolderTree(files, self._below) if self._below else files
        return self._look(artifact.revision.tree)

    def _look(self, identity: str) -> DirectoryTree:
        return self._trees.get(identity) or DirectoryTree(self._path, self._bounds)

    async def _git(self, *arguments: str) -> str | None:
        """What Git knows of the directory; `None` where it knows nothing, or is not there."""
        command = Command(
            argv=("git", "--no-pager", *arguments),
            cwd=str(self._path),
            environment=isolated(self._environment, {}),
            timeout_s=_GIT_TIMEOUT_S,
        )
        try:
            completed = await self._processes.run(command)
        except NotStarted:
            return None
        return completed.stdout.decode(errors="replace") if completed.is_success else None


class _Scan:
    """One walk over a directory; it follows no link and enters no `.git`."""

    def __init__(self, root: Path, bounds: Bounds) -> None:
        self._root = root
        self._bounds = bounds
        self._count = 0

    def directory(self, path: str, path_bytes: int) -> Directory:
        if path_bytes > self._bounds.path_bytes_max:
            raise PATH_LENGTH.about(f"{self._root / path}: more than {self._bounds.path_bytes_max} bytes")
        entries: dict[str, Entry] = {}
        with os.scandir(self._root / path) as found:
            names = sorted(item.name for item in found if item.name != ".git")
        for name in names:
            below = f"{path}/{name}" if path else name
            entry = self._entry(below, path_bytes + len(os.fsencode(name)) + 1)
            if entry is not None:
                entries[_shown(name)] = entry
        return Directory(_tree_id(entries), entries)

    def _entry(self, path: str, path_bytes: int) -> Entry | None:
        self._count += 1
        if self._count > self._bounds.paths_max:
            raise PATHS.about(f"{self._root}: more than {self._bounds.paths_max}")
        try:
            status = os.lstat(self._root / path)
            if stat.S_ISDIR(status.st_mode):
                directory = self.directory(path, path_bytes)
                return directory if directory.entries else None  # Git knows no empty directory
            if stat.S_ISLNK(status.st_mode):
                link = os.fsencode((self._root / path).readlink())
                return Leaf(GIT_MODE_LINK, _blob_id(link), link.decode(errors="backslashreplace"))
            if stat.S_ISREG(status.st_mode):
                mode = GIT_MODE_EXECUTABLE if status.st_mode & stat.S_IXUSR else GIT_MODE_FILE
                return Leaf(mode, self._file_id(path, status))
        except FileNotFoundError:  # it went while we looked
            return None
        return None

    def _file_id(self, path: str, status: os.stat_result) -> str:
        if status.st_size > self._bounds.file_bytes_max:  # never read, so its look is enough
            return hashlib.sha1(f"{status.st_size} {status.st_mtime_ns} {status.st_ino}".encode()).hexdigest()  # noqa: S324 - Git's object ids
        return _blob_id((self._root / path).read_bytes())


def _blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data)).hexdigest()  # noqa: S324 - Git's object ids


def _tree_id(entries: Mapping[str, Entry]) -> str:
    lines = [(f"{name}/" if isinstance(entry, Directory) else name, name, entry) for name, entry in entries.items()]
    data = b"".join(
        b"%o %b\0%b"
        % (
            0o40000 if isinstance(entry, Directory) else entry.mode,
            name.encode(),
            bytes.fromhex(entry.identity),
        )
        for _, name, entry in sorted(lines, key=lambda line: line[0].encode())
    )
    return hashlib.sha1(b"tree %d\0%b" % (len(data), data)).hexdigest()  # noqa: S324 - Git's object ids


def _open_unlinked(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)  # it was a file when it was listed


def _shown(name: str) -> str:
    return os.fsencode(name).decode(errors="backslashreplace")
