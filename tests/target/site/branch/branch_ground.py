"""The conformance suite's ground on a branch, over Git's own HTTP. What others do there, they do in the repository."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from testbed.git_server import Fault, GitServer, git_variables
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.process import Command, Completed, Ending, SystemProcesses
from trueline.source.address import Address
from trueline.source.git_command import GitCommand
from trueline.target.site.branch.memory import Memory
from trueline.target.site.branch.place import NO_JEKYLL, STATE_FILE, BranchPlace
from trueline.target.site.branch.platform import BranchPlatform
from trueline.target.site.branch.repository import BranchRepository
from trueline.target.site.platform import Order
from trueline.target.site.target import SiteTarget
from trueline.testing.clock import StillClock
from trueline.testing.conformance.site.ground import Counts, Feature, Observer

KEEP_S = 3600.0
BRANCH = "pages"
FEATURES = frozenset({Feature.OBSTACLE, Feature.ADDED, Feature.FENCE, Feature.STATE, Feature.CUT, Feature.FAIL})
_OURS = frozenset({STATE_FILE, NO_JEKYLL})


class Crash(Exception):
    """The process ends here; the server stays."""


class Effects(SystemProcesses):
    """The machine's processes. To write a commit, to push it, and to hear that it was taken, are effects."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.looks = 0
        self.fails_at = 0
        self.crashes = False
        self.has_failed = False
        self.after_each: Callable[[], None] = lambda: None

    async def run(self, command: Command) -> Completed:
        """One child, which may be where it fails."""
        is_push = "push" in command.argv and "--dry-run" not in command.argv
        self.looks += "ls-remote" in command.argv
        if (is_push or "fast-import" in command.argv) and (lost := self._effect()):
            return lost
        completed = await super().run(command)
        self.after_each()
        return self._effect() or completed if is_push else completed

    def _effect(self) -> Completed | None:
        self.writes += 1
        if not self.fails_at:
            return None
        self.fails_at -= 1
        if self.fails_at:
            return None
        self.fails_at, self.has_failed = int(self.crashes), True
        if self.crashes:
            raise Crash
        return Completed(ending=Ending.EXITED, exit_code=128, stdout=b"", stderr=b"fatal: the remote end hung up")


class BranchGround:
    """An empty repository behind a server."""

    def __init__(self, folder: Path, server: GitServer, url: str) -> None:
        self._folder = folder
        self._server = server
        self._url = url
        self._bare = server.path("site")
        self._foreign: set[str] = set()
        self._effects = Effects()
        self.order = Order.ATOMIC
        self.features = FEATURES
        self.clock = StillClock()
        self.blobs = BlobDirectory(folder / "blobs")
        self.keep_s = KEEP_S
        self.failures_max = 0

    async def open(self, installation: str = "here") -> SiteTarget:
        """A new process."""
        return self._open(installation, "data")

    async def open_beside(self) -> SiteTarget:
        """A second one, with a data directory of its own."""
        return self._open("here", "beside")

    def _open(self, installation: str, name: str) -> SiteTarget:
        data = self._folder / name / installation
        place = BranchPlace(address=Address.parse(self._url), branch=BRANCH)
        git = GitCommand(
            processes=self._effects,
            address=place.address,
            repository=data / "site.git",
            environment=dict(os.environ),
        )
        platform = BranchPlatform(
            place,
            BranchRepository(git, place),
            memory=Memory(data / "site.json"),
            blobs=self.blobs,
            clock=self.clock,
        )
        return SiteTarget(
            str(place),
            platform,
            self.blobs,
            folder=data / "state",
            family=f"{installation}.",
            mark=lambda application: f"{installation}.{application}",
            clock=self.clock,
            interval_s=30.0,
            keep_s=self.keep_s,
        )

    async def served(self) -> Mapping[str, bytes]:
        """Every file on the branch but others', and our own words."""
        return self._served()

    def _served(self) -> dict[str, bytes]:
        return {path: data for path, data in self._standing().items() if path not in self._foreign | _OURS}

    def _standing(self) -> dict[str, bytes]:
        if not self._git("for-each-ref", f"refs/heads/{BRANCH}"):
            return {}
        listed = self._git("ls-tree", "-r", "-z", BRANCH).decode().split("\0")[:-1]
        entries = [(name, head.split()[2]) for head, _, name in (line.partition("\t") for line in listed)]
        asked = "".join(f"{identity}\n" for _, identity in entries).encode()
        answer, found = self._git("cat-file", "--batch", stdin=asked), {}
        for name, _ in entries:
            head, _, answer = answer.partition(b"\n")
            size = int(head.split()[2])
            found[name], answer = answer[:size], answer[size + 1 :]
        return found

    async def tamper(self, path: str, data: bytes | None) -> None:
        """Somebody's commit."""
        self._write(path, data)

    async def put_foreign(self, path: str, data: bytes) -> None:
        """Somebody's commit of a file of his own."""
        self._foreign.add(path)
        self._write(path, data)

    async def foreign(self, path: str) -> bytes | None:
        """What is there."""
        return self._standing().get(path)

    def counts(self) -> Counts:
        """Effects; a file that a commit of ours puts there is an upload."""
        words = ("log", "--all", "--author=Trueline", "--format=", "--name-status", "--no-renames", "-z")
        listed = self._git(*words).decode().split("\0")[:-1]
        changes = zip(listed[::2], listed[1::2], strict=True)
        uploads = sum(status != "D" and path not in _OURS for status, path in changes)
        return Counts(writes=self._effects.writes, uploads=uploads, looks=self._effects.looks)

    def observe(self, observer: Observer | None) -> None:
        """After each child of Git."""
        self._effects.after_each = (lambda: observer(self._served())) if observer else (lambda: None)

    async def forget_state(self) -> None:
        """Somebody deletes what says whose it is."""
        self._write(STATE_FILE, None)

    async def spoil_past(self) -> None:
        """Git's history cannot be written into."""
        raise NotImplementedError

    async def cut(self) -> None:
        """Nobody listens."""
        await self._server.fail(Fault.GONE)

    async def restore(self) -> None:
        """Somebody does."""
        await self._server.fail(Fault.NONE)

    def fail(self, at: int, *, crash: bool) -> None:
        """An effect from now."""
        self._effects.fails_at, self._effects.crashes, self._effects.has_failed = at, crash, False

    def has_failed(self) -> bool:
        """Whether it did."""
        return self._effects.has_failed

    def _write(self, path: str, data: bytes | None) -> None:
        name = b'"%s"' % path.replace("\\", "\\\\").replace('"', '\\"').encode()
        change = b"D %s\n" % name if data is None else b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(data), data)
        parent = self._git("for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}").strip()
        head = b"commit refs/heads/%s\ncommitter Somebody <x@example.com> 1700000000 +0000\ndata 7\nby hand\n"
        stream = head % BRANCH.encode() + (b"from %s\n" % parent if parent else b"") + change
        self._git("fast-import", "--quiet", "--date-format=raw", stdin=stream)

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        argv = ("git", f"--git-dir={self._bare}", *arguments)
        return subprocess.run(argv, input=stdin, env=git_variables(), check=True, stdout=subprocess.PIPE).stdout
