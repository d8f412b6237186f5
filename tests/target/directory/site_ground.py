"""The conformance suite's ground on a directory of this machine."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from tests.target.directory.site_bench import CountingDisk, Crash
from trueline.runtime.blob import BlobDirectory
from trueline.target.directory.disk import Disk
from trueline.target.directory.publish import Retention
from trueline.target.directory.target import DirectoryTarget
from trueline.target.site.platform import Order
from trueline.testing.clock import StillClock
from trueline.testing.conformance.site.ground import Counts, Feature, Observer

KEEP_S = 3600.0
FEATURES = frozenset({Feature.ADDED, Feature.PAST, Feature.CUT, Feature.FAIL})


class DirectoryGround:
    """A directory below a temporary folder; every operation on the disk is an effect."""

    def __init__(self, folder: Path) -> None:
        self._parent = folder / "srv"
        self._parent.mkdir()
        self._path = self._parent / "www"
        self._disk = CountingDisk()
        self._observer: Observer | None = None
        self.order = Order.ATOMIC
        self.features = FEATURES
        self.clock = StillClock()
        self.blobs = BlobDirectory(folder / "blobs")
        self.keep_s = KEEP_S
        self.failures_max = 25

    async def open(self, installation: str = "here") -> DirectoryTarget:
        """A new process."""
        return DirectoryTarget(
            "www",
            self._path,
            self.blobs,
            family=f"{installation}.",
            mark=lambda application: f"{installation}.{application}",
            clock=self.clock,
            retention=Retention(keep_s=self.keep_s),
            disk=cast("Disk", self._disk),
        )

    async def open_beside(self) -> DirectoryTarget:
        """One process owns a directory."""
        raise NotImplementedError

    async def served(self) -> Mapping[str, bytes]:
        """What a reader finds below the link."""
        return self._served()

    def _served(self) -> dict[str, bytes]:
        root = self._live()
        return {file.relative_to(root).as_posix(): file.read_bytes() for file in _files(root)}

    def _live(self) -> Path:
        return Path(os.path.realpath(self._path))

    async def tamper(self, path: str, data: bytes | None) -> None:
        """Write through the link."""
        file = self._live() / path
        if data is None:
            file.unlink()
        else:
            file.write_bytes(data)

    async def put_foreign(self, path: str, data: bytes) -> None:
        """Beside the link."""
        file = self._parent / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    async def foreign(self, path: str) -> bytes | None:
        """Beside the link, or kept aside with the release that it was put into."""
        beside = self._parent / path
        aside = self._parent / ".www.trueline" / "aside"
        found = [beside] if beside.is_file() else [file for file in _files(aside) if file.name == Path(path).name]
        return found[0].read_bytes() if found else None

    def counts(self) -> Counts:
        """Operations; a file that is made of a blob is an upload."""
        return Counts(writes=self._disk.count, uploads=self._disk.files)

    def observe(self, observer: Observer | None) -> None:
        """After each operation."""
        self._disk.looks = (lambda: observer(self._served())) if observer else None

    async def forget_state(self) -> None:
        """Here it is a reason to do nothing; see `test_target`."""
        raise NotImplementedError

    async def spoil_past(self) -> None:
        """Files of other releases that are not the live ones' too."""
        shown = {file.stat().st_ino for file in _files(self._live())}
        for file in _files(self._parent / ".www.trueline" / "releases"):
            if file.stat().st_ino not in shown:
                file.write_bytes(b"spoilt")

    async def cut(self) -> None:
        """The file system is not mounted any more."""
        self._parent.rename(self._parent.with_name("away"))

    async def restore(self) -> None:
        """It is."""
        self._parent.with_name("away").rename(self._parent)

    def fail(self, at: int, *, crash: bool) -> None:
        """An operation from now."""
        disk = self._disk
        disk.fails_at = disk.count + at if at else 0
        disk.error = Crash() if crash else OSError(5, "Input/output error")
        disk.stays_dead, disk.has_failed = crash, False

    def has_failed(self) -> bool:
        """Whether it did."""
        return self._disk.has_failed


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
