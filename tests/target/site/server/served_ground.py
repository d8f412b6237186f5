"""The conformance suite's ground on a site that is served here: what a reader finds is what answers over HTTP."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import aiohttp

from tests.target.directory.site_ground import FEATURES as ALL, DirectoryGround
from trueline.runtime.http_listener import HttpListener
from trueline.target.directory.target import DirectoryTarget
from trueline.target.site.server.server import SiteServer
from trueline.testing.conformance.site.ground import Feature

GONE = {404, 503}
FEATURES = ALL - {Feature.ADDED}
"""What others put among our files is seen in the folder, but the server shows only what the release lists."""


class ServedGround(DirectoryGround):
    """A directory, and a server of it that lives as long as the process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.features = FEATURES
        self._target: DirectoryTarget | None = None
        self._listener: HttpListener | None = None
        self._url = ""

    async def open(self, installation: str = "here") -> DirectoryTarget:
        """A new process: the listener of the one before is gone."""
        await self.close()
        target = self._target = await super().open(installation)
        self._listener = HttpListener(SiteServer(target.served, self.clock).answer)
        self._url = await self._listener.open("127.0.0.1", 0)
        return target

    async def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            await self._listener.close()

    async def served(self) -> Mapping[str, bytes]:
        """Each path that is known, or was, asked for."""
        found: dict[str, bytes] = {}
        async with aiohttp.ClientSession() as client:
            for path in self._paths():
                async with client.get(f"{self._url}/{quote(path)}") as answer:
                    assert answer.status == 200 or answer.status in GONE
                    if answer.status == 200:
                        found[path] = await answer.read()
        return found

    def _paths(self) -> set[str]:
        """What the release has, and whatever stands in any tree."""
        assert self._target is not None
        releases = self._parent / ".www.trueline" / "releases"
        trees = releases.iterdir() if releases.exists() else []
        found = {file.relative_to(tree).as_posix() for tree in trees for file in tree.rglob("*") if file.is_file()}
        with self._target.served.hold() as live:
            return found | set(live.release.files if live else ())

    def _served(self) -> dict[str, bytes]:
        """Between two operations nobody can be asked; what would be sent are the blobs of the release that is live."""
        assert self._target is not None
        with self._target.served.hold() as live:
            files = live.release.files if live else {}
            return {path: self.blobs.get(blob) or os.fsencode("gone") for path, blob in files.items()}
