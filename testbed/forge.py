"""A real forge on loopback: Gitea, with a user, a token and what its API is asked.

It keeps everything in the folder that it is given, and sends nothing to anybody.
"""

import asyncio
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from testbed.build import GITEA, binary, module_folder
from testbed.leash import Leash
from testbed.process import Process, free_ports
from trueline.runtime.clock import SystemClock

USER = "ops"
_ROOT = "GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT=1"
_START_S = 120.0
_SETTINGS = """APP_NAME = testbed
RUN_MODE = prod
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {static}
APP_DATA_PATH = {folder}/data
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
[repository]
ROOT = {folder}/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = of-the-testbed
INTERNAL_TOKEN = of-the-testbed-too
[service]
DISABLE_REGISTRATION = true
[actions]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[log]
MODE = console
LEVEL = Warn
"""


class Forge:
    """`async with Forge(folder) as forge:`; `token` is the user's, `url` where it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._session: aiohttp.ClientSession | None = None
        self._server: Process | None = None
        self.url = ""
        self.token = ""

    async def __aenter__(self) -> Self:
        """Start it, make the user, and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        program, port = binary("gitea"), free_ports(1)[0]
        settings = self._folder / "app.ini"
        static = module_folder(GITEA, GITEA.binaries[0].package)
        settings.write_text(_SETTINGS.format(port=port, folder=self._folder, static=static))
        gitea = (str(program), "--config", str(settings), "--work-path", str(self._folder))
        self._command = ("/usr/bin/env", _ROOT, *gitea)
        self.url = f"http://127.0.0.1:{port}"
        await asyncio.to_thread(self._run, "migrate")
        self.token = (await asyncio.to_thread(self._run, *_MAKE_USER)).split()[-1]
        leash = self._stack.enter_context(Leash())
        server = Process((*self._command, "web"), log=self._folder / "gitea.log", leash=leash, clock=SystemClock())
        server.start()
        self._server = server
        self._session = aiohttp.ClientSession(headers={"Authorization": f"token {self.token}"})
        await self._wait_answers(server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        if self._session is not None:
            await self._session.close()
        if self._server is not None:
            await self._server.stop(grace_s=5.0)
        self._stack.close()

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            (*self._command, *words), capture_output=True, text=True, check=False, timeout=_START_S, cwd=self._folder
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def _wait_answers(self, server: Process) -> None:
        async with asyncio.timeout(_START_S):
            while True:
                server.check()
                with suppress(aiohttp.ClientConnectionError):
                    await self.ask("GET", "/version")
                    return
                await asyncio.sleep(0.1)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A question to its API, which has to succeed."""
        assert self._session is not None
        async with self._session.request(method, f"{self.url}/api/v1{path}", json=body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def create(self, name: str) -> str:
        """An empty repository of the user that everybody may read; its address, with what the user writes with."""
        await self.ask("POST", "/user/repos", {"name": name, "default_branch": "main"})
        return f"{self.url.replace('://', f'://{USER}:{self.token}@')}/{USER}/{name}.git"


_MAKE_USER = (
    *("admin", "user", "create", "--username", USER, "--password", "of-the-testbed-1", "--email", "ops@example.com"),
    *("--admin", "--must-change-password=false", "--access-token", "--access-token-scopes", "all"),
)
