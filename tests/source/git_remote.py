"""Real repositories to fetch from, and the real `git http-backend` behind a server that can be told to misbehave."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from trueline.model.masked import Masked
from trueline.runtime.process import SystemProcesses
from trueline.source.address import Address
from trueline.source.git import GitRepository, GitSource, repository_path
from trueline.source.git_command import Bounds, Credentials, GitCommand
from trueline.source.selector import Selector

_IDENTITY = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    **_IDENTITY,
    **{name.replace("AUTHOR", "COMMITTER"): value for name, value in _IDENTITY.items()},
}


class Remote:
    """A repository with a work tree, for a test to commit to; others fetch from it."""

    def __init__(self, path: Path, *, branch: str = "main", algorithm: str = "sha1") -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", f"--initial-branch={branch}", f"--object-format={algorithm}")

    def git(self, *arguments: str) -> str:
        """What Git says, with nobody's configuration."""
        argv = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(argv, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout.strip()

    def commit(self, files: Mapping[str, str | None] | None = None, message: str = "a change", *more: str) -> str:
        """Write, or remove where there is no text; returns the commit."""
        for name, text in (files or {}).items():
            path = self.path / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message, *more)
        return self.git("rev-parse", "HEAD")


async def highest(_range: str, versions: Sequence[str]) -> tuple[str, ...]:
    """Stands for the toolbox: every tag that begins with `v1` is in every range."""
    return tuple(sorted((version for version in versions if version.startswith("v1")), reverse=True))


@dataclass
class Reader:
    """A repository under test, with the processes that it counts."""

    repository: GitRepository
    processes: SystemProcesses
    path: Path

    def source(self, revision: str = "") -> GitSource:
        """The source of a revision as it is declared."""
        return GitSource(self.repository, Selector.parse(revision))


@asynccontextmanager
async def reading(
    address: str,
    data: Path,
    *,
    credentials: Credentials | None = None,
    bounds: Bounds | None = None,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> AsyncIterator[Reader]:
    async def give() -> Credentials:
        return credentials if credentials is not None else Credentials()

    processes = SystemProcesses()
    parsed = Address.parse(address)
    git = GitCommand(
        processes=processes,
        address=parsed,
        repository=repository_path(data, str(parsed)),
        environment=environment,
        credentials=give,
        bounds=bounds if bounds is not None else Bounds(),
    )
    repository = GitRepository(git, match_versions=highest)
    try:
        yield Reader(repository, processes, git.repository)
    finally:
        await repository.close()


@dataclass
class Host:
    """A Git server over HTTP. `fault`: a status, `html`, `hang`, `cut`, `redirect`; `password` is asked for if set."""

    root: Path
    url: str = ""
    fault: str = ""
    password: Masked | None = None
    other_url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Misbehave as told, or let Git answer."""
        self.requests.append((request.path_qs, request.headers.get("Authorization", "")))
        match self.fault:
            case "html" | "html in lines":
                between = "\n" if self.fault == "html in lines" else ""
                page = between.join(["<!doctype html>", "<html>", "<body>Sign in</body>", "</html>"])
                return web.Response(text=page, content_type="text/html")
            case "hang":
                await asyncio.sleep(60)
            case "redirect":
                raise web.HTTPMovedPermanently(f"{self.other_url}{request.path_qs}")
            case "cut":
                assert request.transport is not None
                request.transport.close()
            case "":
                pass
            case status:
                return web.Response(status=int(status), text="no")
        expected = Credentials(username="ci", password=self.password).header()
        if expected is not None and f"Authorization: {request.headers.get('Authorization')}" != expected.reveal():
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await self._serve(request)

    async def _serve(self, request: web.Request) -> web.Response:
        environment = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": "",
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        pipe = asyncio.subprocess.PIPE
        backend = await asyncio.create_subprocess_exec(
            "git", "http-backend", env=environment, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
        output, _ = await backend.communicate(await request.read())
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def hosting(root: Path) -> AsyncIterator[Host]:
    host = Host(root)
    application = web.Application(client_max_size=64 * 1024**2)
    application.router.add_route("*", "/{path:.*}", host.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield host
    finally:
        await runner.cleanup()
