"""A site on a host over SSH: the real `sshd` on loopback, the host's disk a temporary folder that tests look into."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

from testbed.sshd import Account, Sshd
from trueline.model.digest import Digest, digest_bytes
from trueline.model.masked import Masked
from trueline.runtime.blob import BlobDirectory
from trueline.target.site.body import MarkedRelease
from trueline.target.site.platform import Kept, Published
from trueline.target.site.ssh.connection import Connection, Login, Patience
from trueline.target.site.ssh.host import Host
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.platform import SshPlatform
from trueline.target.site.ssh.session import SshHost

QUICK = Patience(connect_s=8.0, request_s=8.0, command_s=20.0)
"""Long enough for a host that answers on a busy machine, short enough to wait for one that does not."""
READING = frozenset({"entry", "listing", "walk", "read", "leads_to", "real", "digests", "free_bytes", "hashes"})
MARK = "here.site"


class Crash(Exception):
    """The process ends here."""


class CountingHost:
    """The real host; each write is counted, and the `fails_at`-th raises `error`, and every one after a crash."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.fails_at = 0
        self.error: BaseException = Crash()
        self.stays_dead = True
        self.has_failed = False
        self.count = 0
        self.asked: Counter[str] = Counter()
        self.done: list[tuple[str, tuple[Any, ...]]] = []
        self.before: Callable[[str, tuple[Any, ...]], None] = lambda _name, _arguments: None
        self.after: Callable[[], None] = lambda: None

    @property
    def written(self) -> list[str]:
        """The effects that change something."""
        return [name for name, _ in self.done]

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        real = getattr(self.host, name)
        self.asked[name] += name in READING
        return real if name in READING else partial(self._counted, name, real)

    async def _counted(self, name: str, real: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        self.count += 1
        if self.count == self.fails_at or (self.stays_dead and self.has_failed):
            self.has_failed = True
            raise self.error
        self.before(name, arguments)
        self.done.append((name, arguments))
        answer = await real(*arguments, **named)
        self.after()
        return answer


@dataclass(kw_only=True)
class Bench:
    """One directory of one host. `platform` is new with each `restart`: nothing is remembered."""

    folder: Path
    sshd: Sshd
    patience: Patience = QUICK
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "www"
        self.blobs = BlobDirectory(self.folder.parent / "blobs")
        self.known_hosts = self.sshd.known_hosts
        self.key = self.sshd.key
        self.connection = self.connect()
        self.restart()

    def connect(self) -> Connection:
        """A connection of its own."""

        async def key() -> Masked:
            return Masked(self.key)

        login = Login(host="127.0.0.1", port=self.sshd.port, user=self.sshd.user, known_hosts=self.known_hosts, key=key)
        return Connection(login, self.patience)

    def restart(self, fails_at: int = 0) -> None:
        """A new process, over the same connection."""
        self.host = CountingHost(SshHost(self.connection))
        self.host.fails_at = fails_at
        place = Place.of(str(self.path))
        self.platform = SshPlatform(place, cast("Host", self.host), self.blobs)

    def release(
        self,
        files: dict[str, str | bytes],
        *,
        lineage: str = "l1",
        mark: str = MARK,
        kept: dict[str, Kept] | None = None,
        made_s: float = 1.0,
    ) -> Published:
        """What a render of these files is, when it is published."""
        blobs = {
            path: str(self.blobs.put(text.encode() if isinstance(text, str) else text)) for path, text in files.items()
        }
        body = MarkedRelease(files=blobs, mark=mark)
        digest = digest_bytes(body.body())
        return Published(lineage=lineage, release=digest, body=body, kept=kept or {}, made_s=made_s)

    async def go(self, files: dict[str, str | bytes], **named: Any) -> Published:
        """Publish."""
        after = self.release(files, **named)
        before = await self.platform.look()
        await self.platform.try_publish(before, after)
        await self.platform.publish(before, after)
        return after

    # ---- what is to be seen ----------------------------------------------------------------------------------------

    @property
    def state(self) -> Path:
        """The folder beside PATH."""
        return self.folder / ".www.trueline"

    def served(self) -> dict[str, str]:
        """What a reader finds."""
        root = Path(os.path.realpath(self.path))
        return {file.relative_to(root).as_posix(): file.read_text() for file in root.rglob("*") if file.is_file()}

    def live(self, path: str) -> Path:
        """The real place of a live file."""
        return Path(os.path.realpath(self.path)) / path

    def releases(self) -> list[str]:
        """The names of the trees."""
        return sorted(path.name for path in (self.state / "releases").iterdir())

    def everything(self) -> dict[str, str]:
        """The host's disk."""
        return {
            path.relative_to(self.folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_text()
            for path in sorted(self.folder.rglob("*"))
            if path.is_symlink() or path.is_file()
        }

    def digest(self, text: str) -> Digest:
        """Of a text."""
        return digest_bytes(text.encode())


@asynccontextmanager
async def benched(folder: Path, account: Account | None = None) -> AsyncIterator[Bench]:
    """A host with one account, and a directory there."""
    async with Sshd(folder / "sshd", account) as sshd:
        bench = Bench(folder=folder / "host", sshd=sshd)
        try:
            yield bench
        finally:
            await bench.connection.close()
