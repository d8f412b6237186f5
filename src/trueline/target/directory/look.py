"""What is live: the state, the pointer and the files, as the engine's `Observed`. It writes nothing.

How this target's terms are the planner's:

- a `File` is there when the release that was made live last lists its path and something stands there. `ours` is the
  digest of what really stands there; where that is what the release lists and the next release will have something
  else, which was staged, `ours` is the staged blob: to apply a file is to stage it, so the snapshot after the apply
  says what the dry run promised, and a crash between the files and the release leaves nothing that looks like drift
- the `Release` is there as long as the state says whose directory it is. `ours` is the release's own digest where the
  pointer leads to it and its folders and kept files are whole, else a digest that no release has; `others` are names
  in its tree that are not ours, so that one more of them is looked at, and told as added
- `uid` is made of the state's lineage and the path; `generation` is always 0, `managers` is always empty
- `mark` is the owner's that the state names. To another application everything here is the owner's, whatever its path
"""

import asyncio
import errno
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from trueline.model.digest import Digest, digest_value
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.site.file import FILE_KIND, RELEASE_KIND
from trueline.target.directory.disk import FOLDER_MODE, folder
from trueline.target.directory.place import RELEASES, Place, Standing
from trueline.target.directory.refusal import damaged, reason
from trueline.target.directory.stamp import Stamps
from trueline.target.directory.state import LIVE, OWNER, STAGED, Damaged, Lived, Manifest, Owner, State
from trueline.target.directory.tree import Descent, Visit, below, content, state_of, survey
from trueline.target.snapshot import NOTHING, Observed

UIDS_REMEMBERED = 32_768
SLICE = 256
"""So many files are looked at before others have their turn."""
Part = Known[Observed | None] | Unknown
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES})
"""What cannot be entered is as good as gone for a reader, and comes back in the same way: it is all ours."""
_Version = tuple[tuple[int, int, int] | None, ...]


@dataclass(slots=True, kw_only=True)
class View:
    """The state as it was read. `owner` is `None` before anything was published; then all else is empty."""

    owner: Owner | None = None
    manifest: Manifest | None = None
    lived: Lived | None = None
    staged: dict[str, Digest] = field(default_factory=dict)
    _paths: frozenset[str] = frozenset()

    @property
    def paths(self) -> frozenset[str]:
        """Every file of the tree that is live."""
        if not self._paths and self.manifest is not None:
            self._paths = frozenset(path for path, _ in self.manifest.holdings())
        return self._paths

    @property
    def release(self) -> Digest:
        """The release that was made live last, empty before the first."""
        return self.manifest.release if self.manifest else NOTHING

    def listed(self, path: str) -> Digest | None:
        """What the release that was made live last has at a path."""
        return self.manifest.files.get(path) if self.manifest else None

    def uid(self, ref: Ref) -> str:
        """The identity of a resource for as long as this state is there."""
        assert self.owner is not None
        return _uid(self.owner.lineage, ref.kind, ref.name)


@lru_cache(maxsize=UIDS_REMEMBERED)
def _uid(lineage: str, kind: str, name: str) -> str:
    return digest_value([lineage, kind, name])[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with what is live, but its files: what people read, in words."""

    pointer: str = ""
    broken: tuple[str, ...] = ()
    """Folders that are gone or changed, and kept files of earlier releases."""
    strangers: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether a reader finds the release."""
        return not self.pointer and not self.broken


class Looker:
    """Reads the state, and what stands in the live release."""

    def __init__(self, place: Place, state: State, stamps: Stamps) -> None:
        self._place = place
        self._state = state
        self._stamps = stamps
        self._view: tuple[_Version, View] | None = None
        self._device: int | None = None
        self._looked = 0

    def view(self, parent: int) -> View:
        """The state, read again only where a file of it has changed.

        Raises:
            Damaged: a file of it cannot be read.
            OSError: it cannot be reached, or another file system stands in its place.
        """
        device = os.fstat(parent).st_dev
        try:
            with self._state.opened(parent) as state:
                self._device = device
                return self._viewed(state)
        except FileNotFoundError:
            if self._device not in {None, device}:
                raise OSError(errno.ENODEV, "another file system stands there") from None
            self._view = None
            return View()

    def renew(self, state: int, view: View) -> None:
        """We changed the state ourselves, and this is what it says now."""
        self._view = (_version(state), view)

    def _viewed(self, state: int) -> View:
        version = _version(state)
        if self._view is None or self._view[0] != version:
            self._view = (version, self._read(state))
        return self._view[1]

    def _read(self, state: int) -> View:
        owner = self._state.owner(state)
        if owner is None:
            if self._state.strangers(state):
                raise Damaged(f"{OWNER}: it is gone")
            return View()
        lived = self._state.lived(state)
        manifest = self._state.manifest(state, lived.release) if lived else None
        if lived is not None and manifest is None:
            raise Damaged(f"the manifest of {lived.release[:12]}: it is gone")
        if lived is not None:
            self._stamps.learn(lived.stamps)
        return View(owner=owner, manifest=manifest, lived=lived, staged=self._state.staged(state))

    @contextmanager
    def tree(self, parent: int, release: str) -> Iterator[int]:
        """Open a release's tree.

        Raises:
            OSError: it is not there.
        """
        with (
            self._state.opened(parent) as state,
            folder(RELEASES, state) as releases,
            folder(release, releases) as root,
        ):
            yield root

    async def parts(self, refs: Collection[Ref], mark: str) -> Mapping[Ref, Part]:
        """What is at each ref, as the application with this mark has to see it; what cannot be read is unknown."""
        try:
            with self._place.opened() as parent:
                return await self._parts(parent, refs, mark)
        except Damaged as error:
            return dict.fromkeys(refs, Unknown(damaged(str(self._place.path), error)))
        except OSError as error:
            return dict.fromkeys(refs, Unknown(reason(str(self._place.path), error)))

    async def _parts(self, parent: int, refs: Collection[Ref], mark: str) -> Mapping[Ref, Part]:
        view = self.view(parent)
        if view.owner is None:
            return dict.fromkeys(refs, Known(None))
        if mark and view.owner.mark != mark:
            if view.manifest is None:
                return dict.fromkeys(refs, Known(None))  # whoever began here never published
            return {ref: Known(observed(view, ref, NOTHING)) for ref in refs}
        return await self._ours(parent, view, refs)

    async def _ours(self, parent: int, view: View, refs: Collection[Ref]) -> Mapping[Ref, Part]:
        parts: dict[Ref, Part] = dict.fromkeys(refs, Known(None))
        files = [ref for ref in refs if ref.kind == FILE_KIND]
        listed = view.manifest.files if view.manifest else {}
        left = _by_folder(ref for ref in files if ref.name in listed)
        for ref in files if view.staged else ():
            if ref.name not in listed and (staged := view.staged.get(ref.name)):
                parts[ref] = Known(observed(view, ref, staged))

        async def visit(above: str, at: int) -> None:
            for name, ref in left.pop(above, {}).items():
                self._looked += 1
                if self._looked % SLICE == 0:
                    await asyncio.sleep(0)
                parts[ref] = await self._file(name, at, ref, view)

        for ref in refs:
            if ref.kind == RELEASE_KIND:  # whoever looks at all folders looks into them on the way
                parts[ref] = Known(of_release(view, ref, await self.faults(parent, view, visit)))
        await self._files(parent, view, left, visit, parts)
        return parts

    async def _files(
        self,
        parent: int,
        view: View,
        left: Mapping[str, Mapping[str, Ref]],
        visit: Visit,
        parts: dict[Ref, Part],
    ) -> None:
        """What stands in the folders that are left to be looked into; `visit` does that to one."""
        if not left:
            return
        try:
            with self.tree(parent, view.release) as root, Descent(root) as tree:
                for above in sorted(left):
                    refs = left[above].values()
                    try:
                        await visit(above, tree.at(above))
                    except OSError as error:
                        gone: Part = Known(None) if error.errno in _ABSENT else Unknown(reason(above, error))
                        parts |= dict.fromkeys(refs, gone)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise

    async def _file(self, name: str, at: int, ref: Ref, view: View) -> Part:
        try:
            found = await content(name, at, self._stamps)
        except OSError as error:
            return Known(None) if error.errno in _ABSENT else Unknown(reason(ref.name, error))
        if found is None:
            return Known(None)
        if found == view.listed(ref.name):
            found = view.staged.get(ref.name, found)
        return Known(observed(view, ref, found))

    async def faults(self, parent: int, view: View, visit: Visit | None = None, *, is_new: bool = False) -> Faults:
        """What is wrong with what is live; `visit` is called with each of its folders.

        Into a tree that `is_new`, made just now, nobody looks once more: what is done to it from now on is sighted.
        """
        if view.manifest is None:
            return Faults(pointer="nothing was published yet")
        standing, leads_to = self._place.standing(parent)
        is_right = standing is Standing.POINTER and leads_to == view.release
        pointer = "" if is_right else f"{standing.value} {leads_to[:200]}".strip()
        if is_new:
            return Faults(pointer=pointer)
        try:
            with self.tree(parent, view.release) as root:
                crooked, strangers = await survey(root, view.paths, visit)
                broken = [] if os.fstat(root).st_mode & 0o7777 == FOLDER_MODE else [""]
                broken += crooked
                broken += [path for path, kept in view.manifest.kept.items() if await self._at(root, path) != kept.blob]
                return Faults(pointer=pointer, broken=tuple(broken), strangers=strangers)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
            return Faults(pointer=pointer, broken=("",))

    async def _at(self, root: int, path: str) -> Digest | None:
        above, _, name = path.rpartition("/")
        try:
            with below(root, above) as at:
                return await content(name, at, self._stamps)
        except OSError:
            return None


def _by_folder(refs: Iterable[Ref]) -> dict[str, dict[str, Ref]]:
    """Files by their names, in their folders."""
    found: dict[str, dict[str, Ref]] = {}
    for ref in refs:
        above, _, name = ref.name.rpartition("/")
        found.setdefault(above, {})[name] = ref
    return found


def observed(view: View, ref: Ref, ours: Digest, others: Digest = NOTHING) -> Observed:
    """A resource of this directory."""
    assert view.owner is not None
    return Observed(
        uid=view.uid(ref),
        version=view.release[:32],
        mark=view.owner.mark,
        mark_is_ours=True,
        ours=ours,
        others=others,
    )


def of_release(view: View, ref: Ref, faults: Faults) -> Observed:
    """The release as the pointer and its tree tell it."""
    ours = view.release if faults.is_whole else digest_value([view.release, faults.pointer, faults.broken])
    return observed(view, ref, ours, digest_value(faults.strangers) if faults.strangers else NOTHING)


def _version(state: int) -> _Version:
    """What changes with every file of the state that a view is made of."""
    found = [state_of(name, state) for name in (OWNER, LIVE, STAGED)]
    return tuple(None if one is None else (one.st_ino, one.st_size, one.st_mtime_ns) for one in found)
