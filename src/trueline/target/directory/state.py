"""What is kept in the folder beside PATH, as small files that are replaced whole.

`owner` whose it is · `manifests/DIGEST` what a release holds, `manifests/spare` the tree that the next one begins
with · `live` which release was made live last, with the stamps of its files · `staged` what the next release will have
instead: lines, the last of a path counts. A file that cannot be read is never taken for absent. `aside/` holds what
others put in our way; nothing here deletes it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from trueline.model.digest import Digest, canonical
from trueline.render.site.file import HeaderRule, Redirect
from trueline.target.directory.disk import Disk, folder, make_if_absent, names, remove_if_there
from trueline.target.directory.place import RELEASES, Place
from trueline.target.directory.stamp import Stamp
from trueline.target.site.body import is_blob
from trueline.target.site.platform import Kept

OWNER, LIVE, STAGED, MANIFESTS, WORK, ASIDE = "owner", "live", "staged", "manifests", "work", "aside"
SPARE = "spare"
"""No release, which is a digest: a tree that is made while nothing else is to be done."""
NEW = ".new"
"""Behind the name of a tree that is not whole yet."""
STATE_BYTES_MAX = 256 << 20
_OURS = frozenset({OWNER, LIVE, STAGED, MANIFESTS, WORK, RELEASES})
T = TypeVar("T", bound=msgspec.Struct)


class Damaged(Exception):
    """A file of the state cannot be read: nothing is known then, and nothing is done."""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose directory it is. `lineage` is made with the state: all that is in it has it in its UIDs."""

    mark: str
    lineage: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a release's tree holds, and its rules. `made_s` is when it was made live last."""

    release: Digest
    files: dict[str, Digest]
    immutable: frozenset[str] = frozenset()
    kept: dict[str, Kept] = {}
    made_s: float = 0.0
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[HeaderRule, ...] = ()
    not_found: str = ""
    stubs: frozenset[str] = frozenset()

    def blob(self, path: str) -> Digest | None:
        """What shall stand at a path of the tree."""
        if (kept := self.kept.get(path)) is not None:
            return kept.blob
        return self.files.get(path)

    def holdings(self) -> Iterator[tuple[str, Digest]]:
        """Every file of the tree."""
        yield from self.files.items()
        yield from ((path, kept.blob) for path, kept in self.kept.items())


class Lived(msgspec.Struct, frozen=True, kw_only=True):
    """The release that was made live last; the pointer may have been moved since, which is drift."""

    release: Digest
    stamps: dict[int, Stamp] = {}


class _Line(msgspec.Struct, frozen=True):
    path: str
    blob: str = ""


class State:
    """The state below an open parent folder."""

    def __init__(self, place: Place, disk: Disk) -> None:
        self._place = place
        self._disk = disk

    @contextmanager
    def opened(self, parent: int) -> Iterator[int]:
        """The state's folder.

        Raises:
            FileNotFoundError: there is none.
        """
        with folder(self._place.state, parent) as state:
            yield state

    def make(self, parent: int) -> None:
        """The state's folder with its own folders, where they are not there yet."""
        make_if_absent(self._disk, self._place.state, parent)
        with self.opened(parent) as state:
            for name in (RELEASES, MANIFESTS, WORK):
                make_if_absent(self._disk, name, state)

    def owner(self, state: int) -> Owner | None:
        """Whose it is; `None` before that was said."""
        return _load(OWNER, state, Owner)

    def lived(self, state: int) -> Lived | None:
        """What was made live last."""
        return _load(LIVE, state, Lived)

    def manifest(self, state: int, release: str) -> Manifest | None:
        """What a release's tree holds."""
        try:
            with folder(MANIFESTS, state) as manifests:
                return _load(release, manifests, Manifest)
        except FileNotFoundError:
            return None

    def manifests(self, state: int) -> tuple[str, ...]:
        """The releases of which there is a manifest."""
        try:
            with folder(MANIFESTS, state) as manifests:
                return tuple(filter(is_blob, names(manifests)))
        except FileNotFoundError:
            return ()

    def staged(self, state: int) -> dict[str, Digest]:
        """What is meant to be live with the next release, where that differs."""
        found: dict[str, Digest] = {}
        for line in filter(None, (_read(STAGED, state) or b"").split(b"\n")):
            try:
                read = msgspec.json.decode(line, type=_Line)
            except msgspec.MsgspecError:
                continue  # the machine stopped while it was written: the release says it again
            found.pop(read.path, None)
            if read.blob:
                found[read.path] = Digest(read.blob)
        return found

    def stage(self, state: int, path: str, blob: str) -> None:
        """Add to what is staged; an empty blob takes it back."""
        self._disk.append(STAGED, state, b"\n" + canonical(_Line(path, blob)))

    def restage(self, state: int, staged: Mapping[str, Digest]) -> None:
        """Only this is staged."""
        if staged:
            lines = b"\n".join(canonical(_Line(path, blob)) for path, blob in staged.items())
            self._save(STAGED, state, state, lines)
        else:
            remove_if_there(self._disk, STAGED, state)

    def save_owner(self, state: int, owner: Owner) -> None:
        """Say whose it is."""
        self._save(OWNER, state, state, canonical(owner))
        self._disk.sync(state)

    def save_lived(self, state: int, lived: Lived) -> None:
        """Say what was made live."""
        self._save(LIVE, state, state, msgspec.json.encode(lived))

    def save_manifest(self, state: int, manifest: Manifest, *, name: str = "", sync: bool = True) -> None:
        """Say what a release's tree holds, or another one of this name.

        Without `sync`, the caller waits for all that it writes at once.
        """
        with folder(MANIFESTS, state) as manifests:
            self._save(name or manifest.release, manifests, state, canonical(manifest), sync=sync)

    def remove_manifest(self, state: int, release: str) -> None:
        """The release is gone."""
        with folder(MANIFESTS, state) as manifests:
            remove_if_there(self._disk, release, manifests)

    def strangers(self, state: int) -> bool:
        """Whether the folder holds what we never make, or releases, though it says nobody's name."""
        found = set(names(state))
        held = any(_has_entries(name, state) for name in found & {RELEASES, MANIFESTS})
        return held or LIVE in found or bool(found - _OURS - {ASIDE})

    def _save(self, name: str, at: int, state: int, data: bytes, *, sync: bool = True) -> None:
        """The whole file appears under its name, or nothing does."""
        beside = f"{name}.new"
        with folder(WORK, state) as work:
            remove_if_there(self._disk, beside, work)
            file = self._disk.create(beside, work)
            try:
                self._disk.write(file, data)
                self._disk.finish(file)
                if sync:
                    self._disk.sync(file)
            finally:
                os.close(file)
            self._disk.rename(beside, work, name, at)


def _has_entries(name: str, at: int) -> bool:
    with folder(name, at) as opened:
        return bool(names(opened))


def _load(name: str, at: int, kind: type[T]) -> T | None:
    data = _read(name, at)
    try:
        return None if data is None else msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise Damaged(f"{name}: {error}") from error


def _read(name: str, at: int) -> bytes | None:
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except FileNotFoundError:
        return None
    try:
        if os.fstat(file).st_size > STATE_BYTES_MAX:
            raise Damaged(f"{name}: it is larger than {STATE_BYTES_MAX} bytes")
        return b"".join(iter(lambda: os.read(file, 1 << 20), b""))
    finally:
        os.close(file)
