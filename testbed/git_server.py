"""Git's smart HTTP on loopback: `git http-backend` behind a small server, with faults that tests switch on.

It serves the bare repositories of one directory, and never anything but Git's own requests.
"""

import asyncio
import base64
import hmac
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never
from urllib.parse import quote

from aiohttp import web

from trueline.runtime.task_group import TaskGroup

_BODY_BYTES_MAX = 256 << 20
_HEAD_BYTES_MAX = 64 << 10
_CHUNK_BYTES = 64 << 10
_PAGE = "<!doctype html>\n<html>\n<title>Sign in</title>\n<p>Sign in to go on.</p>\n</html>\n"


class Fault(Enum):
    """What the server does instead of its work."""

    NONE = "none"
    HTML = "html"  # 200 with a page, as a portal that wants a login
    HTML_LINE = "html-line"  # 200 with a page of one line: git takes it for a repository without refs
    HANG = "hang"  # takes the request and never answers
    ERROR = "error"  # 500
    HALF = "half"  # does its work, and closes in the midst of the answer to a POST
    GONE = "gone"  # nobody listens on the port


@dataclass(frozen=True, slots=True, kw_only=True)
class GitRequest:
    """A request that came in, whatever was answered."""

    method: str
    path: str
    service: str


class GitServer:
    """`async with GitServer(directory) as git:`; `await git.create("app")` gives a repository's URL."""

    def __init__(self, directory: Path, *, user: str = "", password: str = "") -> None:
        self.requests: list[GitRequest] = []
        self._directory = directory
        self._user = user
        self._password = password
        self._fault = Fault.NONE
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._calm = asyncio.Event()
        self._asked = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calm.set()
        await self._close()

    @property
    def fault(self) -> Fault:
        """What is wrong at this moment."""
        return self._fault

    def url(self, name: str, *, with_credentials: bool = False) -> str:
        """The address of a repository."""
        credentials = f"{quote(self._user)}:{quote(self._password)}@" if with_credentials and self._user else ""
        return f"http://{credentials}127.0.0.1:{self._port}/{name}.git"

    async def create(self, name: str) -> str:
        """Makes an empty bare repository whose branch is `main`, open for pushes and partial clones."""
        await asyncio.to_thread(create_bare, self._directory / f"{name}.git")
        return self.url(name)

    def path(self, name: str) -> Path:
        """The bare repository itself, for tests that harm it."""
        return self._directory / f"{name}.git"

    def count(self, *, service: str = "") -> int:
        """How many requests there were: all, or those for `git-upload-pack` or `git-receive-pack`."""
        return sum(1 for each in self.requests if not service or each.service == service)

    async def wait_requests(self, count: int) -> None:
        """Until there were that many requests in all."""
        async with self._asked:
            await self._asked.wait_for(lambda: self.count() >= count)

    async def fail(self, fault: Fault) -> None:
        """Switches a fault on, or all of them off with `Fault.NONE`; the port stays the same."""
        was, self._fault = self._fault, fault
        self._calm.set()  # those that hang are let go
        self._calm = asyncio.Event()
        if fault is Fault.GONE:
            await self._close()
        elif was is Fault.GONE:
            await self._listen()

    async def _listen(self) -> None:
        application = web.Application(client_max_size=_BODY_BYTES_MAX)
        application.router.add_route("*", "/{path:.*}", self._answer)
        # One that hangs is not waited for when the server ends.
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, auto_decompress=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        service = request.query.get("service") or request.path.rpartition("/")[2]
        async with self._asked:
            self.requests.append(GitRequest(method=request.method, path=request.path, service=service))
            self._asked.notify_all()
        match self._fault:
            case Fault.HTML:
                return web.Response(text=_PAGE, content_type="text/html")
            case Fault.HTML_LINE:
                return web.Response(text=_PAGE.replace("\n", ""), content_type="text/html")
            case Fault.HANG:
                await self._calm.wait()
                return web.Response(status=503)
            case Fault.ERROR:
                return web.Response(status=500, text="the testbed's git server was told to fail")
            case Fault.NONE | Fault.GONE | Fault.HALF:
                return await self._serve(request)
            case _:
                assert_never(self._fault)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not self._is_allowed(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="testbed"'})
        backend = await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            env=self._variables(request),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with TaskGroup() as group:
                group.create_task(_feed(request, backend))
                return await _respond(request, backend, is_half=self._fault is Fault.HALF and request.method == "POST")
        finally:
            await _end(backend)

    def _is_allowed(self, request: web.Request) -> bool:
        expected = "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        given = request.headers.get("Authorization", "")
        return not self._user or hmac.compare_digest(given.encode(), expected.encode())

    def _variables(self, request: web.Request) -> dict[str, str]:
        variables = {
            **git_variables(),
            "GIT_PROJECT_ROOT": str(self._directory.resolve()),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": self._user or "testbed",
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        if request.content_length is not None:
            variables["CONTENT_LENGTH"] = str(request.content_length)
        return variables


async def _feed(request: web.Request, backend: asyncio.subprocess.Process) -> None:
    """The request's body to the backend, which may have enough before its end."""
    assert backend.stdin is not None
    size = 0
    try:
        async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > _BODY_BYTES_MAX:
                break
            backend.stdin.write(chunk)
            await backend.stdin.drain()
        backend.stdin.close()
        await backend.stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return


async def _respond(request: web.Request, backend: asyncio.subprocess.Process, *, is_half: bool) -> web.StreamResponse:
    """The backend's answer, as it comes: a CGI head, then the body."""
    assert backend.stdout is not None
    response = web.StreamResponse()
    size = 0
    while line := (await backend.stdout.readline()).strip():
        size += len(line)
        if size > _HEAD_BYTES_MAX:
            return web.Response(status=502)
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            response.set_status(int(value.split()[0]))
        else:
            response.headers[name] = value.strip()
    with suppress(ConnectionError):  # who asked may be gone
        await response.prepare(request)
        while chunk := await backend.stdout.read(_CHUNK_BYTES):
            if is_half:
                await response.write(chunk[: len(chunk) // 2])
                await backend.wait()
                assert request.transport is not None
                request.transport.close()
                return response
            await response.write(chunk)
        await response.write_eof()
    return response


async def _end(backend: asyncio.subprocess.Process) -> None:
    """It ends, and what it started: by itself where all was read. A pipe that is not read to its end never closes."""
    assert backend.stdin is not None
    assert backend.stdout is not None
    backend.stdin.close()
    try:
        if backend.stdout.at_eof():
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await backend.wait()
    finally:
        if backend.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(backend.pid, signal.SIGKILL)
        while await backend.stdout.read(_CHUNK_BYTES):
            pass
        await backend.wait()


def create_bare(path: Path) -> None:
    """An empty bare repository whose branch is `main`, open for pushes and partial clones."""
    subprocess.run(
        ("git", "init", "--bare", "--quiet", "--initial-branch=main", str(path)), env=git_variables(), check=True
    )
    settings = {
        "http.receivepack": "true",
        "uploadpack.allowFilter": "true",
        "uploadpack.allowAnySHA1InWant": "true",
        "receive.denyNonFastForwards": "false",
        "gc.auto": "0",
    }
    for name, value in settings.items():
        subprocess.run(("git", "-C", str(path), "config", name, value), env=git_variables(), check=True)


def git_variables() -> dict[str, str]:
    """What Git needs of the machine, and none of its settings."""
    program = shutil.which("git")
    if program is None:
        raise FileNotFoundError("git is missing: install it, the testbed cannot bring it")
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
