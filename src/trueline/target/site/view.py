"""A look at a platform, with what is staged, as the engine's `Observed`. It asks nothing and writes nothing.

- a `File` is there when the release that was made live last lists its path and something stands there. `ours` is the
  digest of what really stands there; where that is what the release lists and something else is staged, `ours` is the
  staged blob: to apply a file is to stage it, so that what is seen afterwards is what the dry run promised
- the `Release` is there as long as the platform says whose place it is. `ours` is the release's own digest where a
  reader finds it whole, else a digest that no release has; `others` are strangers in the same place, so that one more
  of them is looked at, and told as added
- `uid` is made of the lineage and the path; `generation` is always 0, `version` and `managers` are always empty
- `mark` is the owner's. To another application everything here is the owner's, whatever its path
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from trueline.model.digest import Digest, digest_value
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.site.file import FILE_KIND, RELEASE_KIND
from trueline.target.site.platform import Look, Published
from trueline.target.site.staged import Staged
from trueline.target.snapshot import NOTHING, Observed

Part: TypeAlias = Known[Observed | None] | Unknown


@dataclass(frozen=True, kw_only=True)
class View:
    """What a look and the note say together."""

    look: Look
    staged: Staged

    @property
    def published(self) -> Published | None:
        """What was made live last."""
        return self.look.published

    @property
    def lineage(self) -> str:
        """What all UIDs here are made of; empty before anything is staged."""
        return self.published.lineage if self.published else self.staged.lineage

    @property
    def owner(self) -> str:
        """The mark of whose place it is; empty where it is nobody's yet."""
        return self.published.body.mark if self.published else self.staged.mark

    @property
    def release(self) -> Digest:
        """The release that was made live last."""
        return self.published.release if self.published else NOTHING

    def listed(self, path: str) -> Digest | None:
        """What the release that was made live last has at a path."""
        found = self.published.body.files.get(path) if self.published else None
        return None if found is None else Digest(found)

    def uid(self, ref: Ref) -> str:
        """The identity of a resource for as long as the lineage is there; empty before it."""
        return digest_value([self.lineage, ref.kind, ref.name])[:32] if self.lineage else ""

    @cached_property
    def broken(self) -> tuple[str, ...]:
        """Kept files of earlier releases that are gone or changed."""
        kept = self.published.kept if self.published else {}
        return tuple(path for path, one in kept.items() if self.look.files.get(path) != one.blob)

    def is_live(self, after: Published) -> bool:
        """Whether a reader finds a release whole, and the platform says of it what it shall say."""
        files = self.look.files
        is_said = self.published == after and not self.look.pointer
        return is_said and all(files.get(path) == blob for path, blob in after.holdings())

    def observed(self, ref: Ref, ours: Digest, others: Digest = NOTHING, *, owner: str = "") -> Observed:
        """A resource of this place."""
        return Observed(
            uid=self.uid(ref),
            version="",
            mark=owner or self.owner,
            mark_is_ours=True,
            ours=ours,
            others=others,
        )

    def release_observed(self, ref: Ref) -> Observed:
        """The release as a reader finds it."""
        is_whole = not self.look.pointer and not self.broken
        ours = self.release if is_whole else digest_value([self.release, self.look.pointer, self.broken])
        strangers = self.look.strangers
        return self.observed(ref, ours, digest_value(strangers) if strangers else NOTHING)

    def parts(self, refs: Collection[Ref], mark: str) -> Mapping[Ref, Part]:
        """What is at each ref, as the application with this mark has to see it; an empty mark sees all."""
        return {ref: Known(self._part(ref, mark)) for ref in refs}

    def _part(self, ref: Ref, mark: str) -> Observed | None:
        if self.published and mark and self.owner != mark:
            return self.observed(ref, NOTHING)
        if ref.kind == RELEASE_KIND:
            return self.release_observed(ref) if self.published else None
        return self._file(ref, mark) if ref.kind == FILE_KIND else None

    def _file(self, ref: Ref, mark: str) -> Observed | None:
        is_ours = not mark or self.staged.mark == mark
        staged = self.staged.files.get(ref.name) if is_ours else None
        listed = self.listed(ref.name)
        if listed is None:
            return self.observed(ref, staged) if staged else None
        found = self.look.files.get(ref.name)
        if found is None:
            return None
        return self.observed(ref, staged if staged and found == listed else found)
