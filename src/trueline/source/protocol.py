"""What the loop asks of a source: what it stands at, its files, what else there is; of a history, who came first."""

from collections.abc import Collection, Mapping
from typing import Protocol

from trueline.model.known import Known, Unknown
from trueline.runtime.files import FileTree
from trueline.source.artifact import Artifact, References, Revision
from trueline.source.authorship import LineCommit
from trueline.source.git_object import GitObject


class Source(Protocol):
    """Where files come from: one address, and what is wanted of it."""

    async def poll(self) -> Revision:
        """The revision that the source stands at now. Where nothing is new it costs one request and nothing else.

        Raises:
            UserError: the source cannot be read as it is declared (TL01xx).
            Transient: it could not be asked now; what was known before still holds.
        """
        ...

    async def artifact(self, revision: Revision) -> Artifact:
        """The artifact of a revision that was polled or kept.

        Raises:
            UserError: it exceeds a bound, or is no longer there.
            Transient: it could not be fetched now.
        """
        ...

    def files(self, artifact: Artifact) -> FileTree:
        """The files of an artifact of this source, for a renderer."""
        ...


class History(Protocol):
    """What a source with commits knows beside its files."""

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:
        """Whether commit `old` is `new` or came before it; more history is fetched where needed, within bounds."""
        ...

    async def keep(self, *commits: str, needed: Collection[str] = ()) -> None:
        """Keep the objects of commits that were applied together, for a rollback while the source is away.

        The oldest kept ones beyond the bound are released, never one of `needed`.
        """
        ...

    async def kept(self) -> tuple[str, ...]:
        """The kept commits, the latest kept last."""
        ...

    async def revision(self, commit: str) -> Revision:
        """A revision by its full commit id, from what is kept where possible."""
        ...


class Signed(Protocol):
    """What of a source is signed: commits and tags as Git has them. It judges nothing."""

    async def signed(self, revision: Revision) -> tuple[GitObject, ...]:
        """The commit of a revision and, where its ref is an annotated tag, that tag as the remote has it now.

        Nothing where a source has no commits.
        """
        ...

    async def since(self, old: str, new: str) -> Known[tuple[GitObject, ...]] | Unknown:
        """Every commit that leads to `new` and not to `old`, merged branches too; more history is fetched as needed."""
        ...


class Authored(Protocol):
    """Who wrote the lines of files."""

    async def authorship(self, commit: str, path: str) -> Known[Mapping[int, LineCommit]] | Unknown:
        """The commit that wrote each line of a file last, as it stands at a commit; nobody else is asked."""
        ...


class Catalogue(Protocol):
    """The branches and tags of a source."""

    async def references(self) -> References:
        """All of them as they are now, by one request.

        Raises:
            UserError: the source cannot be read as it is declared.
            Transient: it could not be asked now.
        """
        ...

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """The revisions of some, given with the ids that `references` said; only what is new is fetched, at once.

        One that is no commit is left out of the answer.
        """
        ...


class Catalogued(Source, Catalogue, Protocol):
    """A source that can give the files of any of its branches and tags."""
