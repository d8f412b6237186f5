"""A revision and its artifact: values, addressed by content, that hold no path of this machine and read nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trueline.model.diagnostic import Diagnostic
from trueline.source.listing import Listing

SHORT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One commit, as its author wrote it; `ref` is the name it was found by (`refs/heads/main`, or the commit id).

    A working tree has the commit it stands on with `-dirty` where it differs, or `working tree` where Git knows none.
    """

    commit: str
    ref: str
    author_name: str
    author_email: str
    committed_at: datetime
    subject: str
    tree: str
    parents: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        commit, dash, dirty = self.commit.partition("-dirty")
        short = commit if " " in commit else commit[:SHORT]
        return f"{short}{dash}{dirty}" if name == self.commit else f"{name}@{short}{dash}{dirty}"


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The branches and tags of a source at one look: full names with the ids of their commits.

    `head` is the branch that a working tree is on; a repository's own revision says that itself.
    """

    commits: Mapping[str, str]
    head: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The files of one source at one revision. `source` is its address as shown: never with a credential.

    `notes` are no errors: what stands in the tree and is left out (submodules, links that lead out of it).
    """

    source: str
    revision: Revision
    listing: Listing
    notes: tuple[Diagnostic, ...] = ()
