"""A branch over Git's own HTTP, a platform on it, and somebody else who pushes there too."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testbed.git_server import GitServer, create_bare
from testbed.repository import Repository
from tests.loop.still_clock import StillClock
from trueline.model.digest import Digest, digest_bytes
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.process import Command, Completed, SystemProcesses
from trueline.source.address import Address
from trueline.source.git_command import NO_CREDENTIALS, Bounds, Credentials, GitCommand
from trueline.target.site.body import MarkedRelease
from trueline.target.site.branch.memory import Memory
from trueline.target.site.branch.place import BranchPlace
from trueline.target.site.branch.platform import BranchPlatform
from trueline.target.site.branch.repository import BranchRepository
from trueline.target.site.platform import Look, Published

BRANCH = "pages"
PAGES = {"index.html": b"<p>home", "docs/a.html": b"<p>a", "docs/b.html": b"<p>b", "assets/m.1.css": b"p {}"}
CHANGED = {**PAGES, "docs/a.html": b"<p>a, changed"}
FOREIGN = {"CNAME": "docs.example.com\n", "README.md": "by hand\n", "docs/theirs.txt": "theirs\n"}


class Watching(SystemProcesses):
    """The machine's processes; what was run is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Command] = []

    async def run(self, command: Command) -> Completed:
        """Remember it first."""
        self.commands.append(command)
        return await super().run(command)

    @property
    def words(self) -> list[str]:
        """What of Git was asked, in order."""
        verbs = {"ls-remote", "fetch", "ls-tree", "fast-import", "push", "init"}
        return [next(word for word in command.argv if word in verbs) for command in self.commands]


@dataclass(kw_only=True)
class Bench:
    """One bare repository, one data directory, and what publishes to it."""

    folder: Path
    url: str
    bare: Path
    branch: str = BRANCH
    below: str = ""
    credentials: Credentials = NO_CREDENTIALS
    bounds: Bounds = field(default_factory=Bounds)
    clock: StillClock = field(default_factory=StillClock)

    def __post_init__(self) -> None:
        self.blobs = BlobDirectory(self.folder / "blobs")
        self.restart()

    def restart(self) -> None:
        """A new process on the same data directory."""
        self.processes = Watching()
        self.platform = self.a_platform()

    def a_platform(self, data: str = "data") -> BranchPlatform:
        """A platform with a data directory of its own, where that is asked for."""

        async def give() -> Credentials:
            return self.credentials

        place = BranchPlace(address=Address.parse(self.url), branch=self.branch, folder=self.below)
        git = GitCommand(
            processes=self.processes,
            address=place.address,
            repository=self.folder / data / "site.git",
            environment=dict(os.environ),
            credentials=give,
            bounds=self.bounds,
        )
        memory = Memory(self.folder / data / "site.json")
        return BranchPlatform(place, BranchRepository(git, place), memory=memory, blobs=self.blobs, clock=self.clock)

    def lose_copy(self) -> None:
        """The data directory's cache is gone."""
        shutil.rmtree(self.folder / "data")

    def release(self, pages: Mapping[str, bytes], lineage: str = "one") -> Published:
        """What these pages are, with their bytes kept."""
        files = {path: str(self.blobs.put(data)) for path, data in pages.items()}
        body = MarkedRelease(mark="here.handbook", files=files)
        return Published(lineage=lineage, release=digest_bytes(body.body()), body=body, made_s=1.0)

    async def publish(self, pages: Mapping[str, bytes]) -> Published:
        """Look, then publish."""
        after = self.release(pages)
        before = await self.platform.look()
        await self.platform.try_publish(before, after)
        await self.platform.publish(before, after)
        return after

    async def looked(self) -> Look:
        """What is there now."""
        return await self.platform.look()

    # What others see ------------------------------------------------------------------------------------------------

    async def served(self, branch: str = "") -> dict[str, bytes]:
        """Every file on the branch but the state."""
        found = await self.standing(branch)
        return {path: data for path, data in found.items() if not path.endswith(".trueline.json")}

    async def standing(self, branch: str = "") -> dict[str, bytes]:
        """Every file on the branch."""
        git = Repository(self.bare)
        names = await git.git("ls-tree", "-r", "-z", "--name-only", branch or self.branch)
        there = [name for name in names.split("\0") if name]
        return {name: (await git.git("cat-file", "blob", f"{branch or self.branch}:{name}")).encode() for name in there}

    async def history(self, form: str = "%s") -> list[str]:
        """The branch's commits, the newest first."""
        return (await Repository(self.bare).git("log", f"--format={form}", self.branch)).splitlines()

    async def tip(self) -> str:
        """The branch's commit."""
        return await Repository(self.bare).git("rev-parse", self.branch)

    async def somebody(self) -> Repository:
        """A clone of the branch by somebody else, or a new one where there is none."""
        path = self.folder / "somebody"
        shutil.rmtree(path, ignore_errors=True)
        clone = await Repository.create(path, remote=str(self.bare))
        await clone.git("fetch", "--quiet", "origin")
        branches = await clone.git("for-each-ref", "--format=%(refname:short)", "refs/remotes/origin")
        start = f"origin/{self.branch}"
        if start in branches.split():
            await clone.git("switch", "--quiet", "--create", self.branch, start)
        else:
            await clone.git("switch", "--quiet", "--orphan", self.branch)
        return clone

    async def push(self, files: Mapping[str, str | bytes | None], message: str = "by hand") -> str:
        """Somebody else pushes a change of the branch."""
        clone = await self.somebody()
        commit = await clone.commit(message, files)
        await clone.push(f"{self.branch}:{self.branch}")
        return commit


def digests(pages: Mapping[str, bytes]) -> dict[str, Digest]:
    """What a look says of these pages."""
    return {path: digest_bytes(data) for path, data in pages.items()}


@asynccontextmanager
async def over_http(folder: Path, *, user: str = "", password: str = "") -> AsyncIterator[tuple[Bench, GitServer]]:
    """A bench over `git http-backend`."""
    async with GitServer(folder / "served", user=user, password=password) as server:
        url = await server.create("site")
        bench = Bench(folder=folder, url=url, bare=server.path("site"))
        yield bench, server


def on_disk(folder: Path) -> Bench:
    """A bench over a bare repository of this machine."""
    bare = folder / "served" / "site.git"
    bare.parent.mkdir(parents=True)
    create_bare(bare)
    return Bench(folder=folder, url=str(bare), bare=bare)
