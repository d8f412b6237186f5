"""Git in memory: commits in a row, each a tree of files. It fetches nothing and forgets nothing."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from trueline.declare.application import SourceSpec
from trueline.model.known import Known, Unknown
from trueline.runtime.files import FileTree, MemoryTree
from trueline.source.artifact import Artifact, Revision
from trueline.source.listing import Directory, Listing

_AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


class MemoryRepository:
    """A source whose commits are given; `head` may be put back to show an older one."""

    def __init__(self) -> None:
        self._commits: list[str] = []
        self._trees: dict[str, MemoryTree] = {}
        self.head = ""

    def commit(self, files: Mapping[str, bytes]) -> str:
        """One more commit, at the head."""
        self.head = f"{len(self._commits) + 1:08x}" * 5
        self._commits.append(self.head)
        self._trees[self.head] = MemoryTree(dict(files))
        return self.head

    def open(self, spec: SourceSpec) -> "MemoryRepository":
        """There is no other source."""
        raise AssertionError(f"no source but the fleet repository: {spec}")

    async def poll(self) -> Revision:
        """The head."""
        return await self.revision(self.head)

    async def revision(self, commit: str) -> Revision:
        """A commit by its id."""
        place = self._commits.index(commit)
        return Revision(
            commit=commit,
            ref="refs/heads/main",
            author_name="Ada",
            author_email="ada@example.test",
            committed_at=_AT,
            subject=f"commit {place + 1}",
            tree=commit,
            parents=tuple(self._commits[max(place - 1, 0) : place]),
        )

    async def artifact(self, revision: Revision) -> Artifact:
        """The files of a commit."""
        return Artifact(source="memory", revision=revision, listing=Listing(Directory(revision.commit, {})))

    def files(self, artifact: Artifact) -> FileTree:
        """The files of a commit."""
        return self._trees[artifact.revision.commit]

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:
        """Commits stand in a row."""
        return Known(self._commits.index(old) <= self._commits.index(new))

    async def keep(self, commit: str, *, needed: Collection[str] = ()) -> None:
        """Everything is kept."""

    async def kept(self) -> tuple[str, ...]:
        """Everything is kept."""
        return tuple(self._commits)
