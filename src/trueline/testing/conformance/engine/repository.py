"""Git in memory: commits, each a tree of files, in a row or forked. It fetches nothing and forgets nothing."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from trueline.declare.application import SourceSpec
from trueline.model.known import Known, Unknown
from trueline.runtime.files import FileTree, MemoryTree
from trueline.source.artifact import Artifact, References, Revision
from trueline.source.authorship import LineCommit
from trueline.source.git_object import GitObject
from trueline.source.listing import Directory, Listing
from trueline.source.refusal import UNREADABLE

_AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


class MemoryRepository:
    """A source whose commits are given; `head` may be put back to show an older one.

    `sign` signs the commits that follow, with `message` in them.

    While it `is_unrelated`, nobody can say which commit came before which. One that `is_away` answers for kept commits
    only, one that `hangs` not before it is let go. `ref` is its default branch, `others` are the repositories that it
    knows by address.
    """

    def __init__(self) -> None:
        self._commits: list[str] = []
        self._parents: dict[str, str] = {}
        self._forks_at = ""
        self._trees: dict[str, MemoryTree] = {}
        self._kept: list[str] = []
        self.head = ""
        self.ref = "refs/heads/main"
        self.is_away = False
        self.is_unrelated = False
        self.hangs: asyncio.Event | None = None
        self.others: dict[str, MemoryRepository] = {}
        self.sign: Callable[[bytes], bytes] | None = None
        self.message = "a change"
        self._objects: dict[str, GitObject] = {}

    def commit(self, files: Mapping[str, bytes]) -> str:
        """One more commit, at the head; it follows the one before, or the one at which it was forked."""
        self.head = f"{len(self._commits) + 1:08x}" * 5
        self._parents[self.head] = self._forks_at or (self._commits[-1] if self._commits else "")
        self._forks_at = ""
        self._commits.append(self.head)
        self._trees[self.head] = MemoryTree(dict(files))
        self._objects[self.head] = self._object(self.head)
        return self.head

    def _object(self, commit: str) -> GitObject:
        """The commit as Git would have it, signed where somebody signs."""
        parent = self._parents[commit]
        lines = [f"tree {commit}", *([f"parent {parent}"] if parent else [])]
        lines += [f"{who} Ada <ada@example.test> {int(_AT.timestamp())} +0000" for who in ("author", "committer")]
        head, message = "\n".join(lines).encode(), f"\n\n{self.message}\n".encode()
        if self.sign is None:
            return GitObject(commit, "commit", 0, head + message)
        folded = self.sign(head + message).rstrip(b"\n").replace(b"\n", b"\n ")
        return GitObject(commit, "commit", 0, head + b"\ngpgsig " + folded + message)

    def _line_of(self, commit: str) -> list[str]:
        """A commit and all that led to it, the newest first."""
        line = [commit]
        while parent := self._parents.get(line[-1], ""):
            line.append(parent)
        return line

    def fork(self, at: str) -> None:
        """History is rewritten from this commit on: the next one follows it."""
        self._forks_at = at

    def open(self, spec: SourceSpec) -> "MemorySource":
        """Another repository, at its head or at the commit that is named."""
        return MemorySource(self.others[spec.url], spec.revision)

    async def poll(self) -> Revision:
        """The head."""
        if self.hangs is not None:
            await self.hangs.wait()
        return await self.revision(self.head, is_asked=True)

    async def revision(self, commit: str, *, is_asked: bool = False) -> Revision:
        """A commit by its id."""
        if self.is_away and (is_asked or commit not in self._kept):
            raise UNREADABLE.about("memory: away")
        place = self._commits.index(commit)
        return Revision(
            commit=commit,
            ref=self.ref,
            author_name="Ada",
            author_email="ada@example.test",
            committed_at=_AT,
            subject=f"commit {place + 1}",
            tree=commit,
            parents=tuple(filter(None, [self._parents[commit]])),
        )

    async def artifact(self, revision: Revision) -> Artifact:
        """The files of a commit."""
        return Artifact(source="memory", revision=revision, listing=Listing(Directory(revision.commit, {})))

    def files(self, artifact: Artifact) -> FileTree:
        """The files of a commit."""
        return self._trees[artifact.revision.commit]

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:
        """Commits stand in a row, but where history was rewritten."""
        if self.is_unrelated:
            return Unknown("memory: history is cut")
        while new and new != old:
            new = self._parents[new]
        return Known(bool(new))

    async def signed(self, revision: Revision) -> tuple[GitObject, ...]:
        """The commit."""
        return (self._objects[revision.commit],)

    async def since(self, old: str, new: str) -> Known[tuple[GitObject, ...]] | Unknown:
        """The commits of one line that are not of the other."""
        before = self._line_of(old)
        return Known(tuple(self._objects[one] for one in self._line_of(new) if one not in before))

    async def authorship(self, commit: str, path: str) -> Known[Mapping[int, LineCommit]] | Unknown:
        """It keeps no lines."""
        return Unknown(f"nobody knows who wrote {path} at {commit}")

    async def references(self) -> References:
        """Its one branch."""
        return References(commits={self.ref: self.head} if self.head else {})

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """Commits by their ids."""
        return {ref: await self.revision(commit, is_asked=True) for ref, commit in wanted.items()}

    async def keep(self, *commits: str, needed: Collection[str] = ()) -> None:  # noqa: ARG002 - nothing is released
        """Keep commits for a time when it is away."""
        self._kept += commits

    async def kept(self) -> tuple[str, ...]:
        """What was kept."""
        return tuple(self._kept)


class MemorySource:
    """A repository with what is wanted of it: its head, or a commit."""

    def __init__(self, repository: MemoryRepository, commit: str) -> None:
        self._repository = repository
        self._commit = commit
        self.artifact = repository.artifact
        self.files = repository.files
        self.is_ancestor = repository.is_ancestor
        self.signed = repository.signed
        self.since = repository.since
        self.authorship = repository.authorship
        self.keep = repository.keep
        self.references = repository.references
        self.obtain = repository.obtain
        self.kept = repository.kept
        self.revision = repository.revision

    async def poll(self) -> Revision:
        """What is wanted."""
        return await (self._repository.revision(self._commit) if self._commit else self._repository.poll())
