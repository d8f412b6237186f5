"""The conformance suite's ground on a directory of a host over SSH: the real `sshd` on loopback."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from testbed.sshd import Sshd
from tests.target.site.ssh.ssh_bench import QUICK, CountingHost, Crash
from trueline.model.masked import Masked
from trueline.runtime.blob import BlobDirectory
from trueline.target.site.platform import Order
from trueline.target.site.ssh.connection import Connection, Login
from trueline.target.site.ssh.host import Cause, Host, HostRefused
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.platform import SshPlatform
from trueline.target.site.ssh.session import SshHost
from trueline.target.site.target import SiteTarget
from trueline.testing.clock import StillClock
from trueline.testing.conformance.site.ground import Counts, Feature, Observer

KEEP_S = 3600.0
FEATURES = frozenset({Feature.ADDED, Feature.FENCE, Feature.PAST, Feature.CUT, Feature.FAIL})


class SshGround:
    """A directory below a temporary folder, which only the tests look into; every write over SSH is an effect."""

    def __init__(self, folder: Path, sshd: Sshd) -> None:
        self._folder = folder
        self._parent = folder / "srv"
        self._parent.mkdir(parents=True)
        self._path = self._parent / "www"
        self._sshd = sshd
        self._connection = self._connect()
        self._host = CountingHost(SshHost(self._connection))
        self.order = Order.ATOMIC
        self.features = FEATURES
        self.clock = StillClock()
        self.blobs = BlobDirectory(folder / "blobs")
        self.keep_s = KEEP_S
        self.failures_max = 16

    def _connect(self) -> Connection:
        async def key() -> Masked:
            return Masked(self._sshd.key)

        sshd = self._sshd
        login = Login(host="127.0.0.1", port=sshd.port, user=sshd.user, known_hosts=sshd.known_hosts, key=key)
        return Connection(login, QUICK)

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    async def open(self, installation: str = "here") -> SiteTarget:
        """A new process, but for its connection."""
        return self._open(installation, "state")

    async def open_beside(self) -> SiteTarget:
        """A second one."""
        return self._open("here", "beside")

    def _open(self, installation: str, folder: str) -> SiteTarget:
        return SiteTarget(
            "ssh://host/srv/www",
            SshPlatform(Place.of(str(self._path)), cast("Host", self._host), self.blobs),
            self.blobs,
            folder=self._folder / folder / installation,
            family=f"{installation}.",
            mark=lambda application: f"{installation}.{application}",
            clock=self.clock,
            interval_s=30.0,
            keep_s=self.keep_s,
        )

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
        """Writes; each look begins with where PATH really is."""
        host = self._host
        return Counts(writes=host.count, uploads=host.written.count("upload"), looks=host.asked["real"])

    def observe(self, observer: Observer | None) -> None:
        """After each write."""
        self._host.after = (lambda: observer(self._served())) if observer else lambda: None

    async def forget_state(self) -> None:
        """Here it is a reason to do nothing; see `test_platform`."""
        raise NotImplementedError

    async def spoil_past(self) -> None:
        """Files of the releases that are not live."""
        live = self._live()
        for file in _files(self._parent / ".www.trueline" / "releases"):
            if not file.is_relative_to(live):
                file.write_bytes(b"spoilt")

    async def cut(self) -> None:
        """The host is away."""
        await self._sshd.stop()

    async def restore(self) -> None:
        """It is back."""
        await self._sshd.start()

    def fail(self, at: int, *, crash: bool) -> None:
        """A write from now."""
        host = self._host
        host.fails_at = host.count + at if at else 0
        host.error = Crash() if crash else HostRefused(Cause.FAILED, "the host says 'failure'")
        host.stays_dead, host.has_failed = crash, False

    def has_failed(self) -> bool:
        """Whether it did."""
        return self._host.has_failed


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
