"""The embedded cluster: an API server in this process with the controllers that make it live."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from trueline.embedded.bootstrap import furnish
from trueline.embedded.controller.loop import Loop
from trueline.embedded.disk import SqliteDisk
from trueline.embedded.engine import Engine
from trueline.embedded.front import Front
from trueline.embedded.kind import Catalogue, from_discovery
from trueline.embedded.store import Disk, Store
from trueline.embedded.webhook import Connect, Webhooks
from trueline.runtime.clock import Clock
from trueline.runtime.http import Endpoint, Request, Response, Stream, Transport
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox

if TYPE_CHECKING:
    from trueline.embedded.serve import Listener

FILE = "embedded.sqlite"


def _over_http(endpoint: Endpoint) -> Transport:
    from trueline.runtime.http_aiohttp import AiohttpTransport  # noqa: PLC0415 - only who has webhooks pays for it

    return AiohttpTransport(endpoint)


@dataclass(frozen=True, slots=True)
class InProcess:
    """The transport that stays in this process."""

    front: Front

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:  # noqa: ARG002 - it always answers
        """The cluster's answer."""
        return await self.front.send(request)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        """An answer that keeps coming."""
        return self.front.stream(request)

    async def close(self) -> None:
        """Nothing is held."""


class EmbeddedCluster:
    """One cluster; `directory` keeps its objects, or another `disk` does; without both they end with it.

    `connect` leads to webhooks.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        clock: Clock,
        directory: Path | None = None,
        *,
        disk: Disk | None = None,
        connect: Connect = _over_http,
    ) -> None:
        self._directory, self._clock, self._connect = directory, clock, connect
        self._engine = Engine(toolbox, clock)
        self._stack = AsyncExitStack()
        self._disk: Disk | None = disk
        self._front: Front | None = None
        self._loop: Loop | None = None
        self._listener: Listener | None = None

    @property
    def store(self) -> Store:
        """The objects, for tests that look behind the API."""
        return self._entered().store

    async def __aenter__(self) -> Self:
        """Read what was kept, make what every cluster has, and begin to live."""
        if self._directory is not None:
            self._disk = SqliteDisk(self._directory / FILE)
            self._stack.callback(self._disk.close)
        try:
            front = await self._open()
            await furnish(front)
        except BaseException:
            await self._stack.aclose()
            raise
        self._loop = Loop(front=front)
        group = await self._stack.enter_async_context(TaskGroup())
        running = group.create_task(self._loop.run())
        self._stack.callback(running.cancel)
        return self

    async def _open(self) -> Front:
        found = await self._engine.discover()
        resources = [r for group in found.groups for r in from_discovery(group, found.prefixes, found.storage)]
        catalogue, store = Catalogue(builtin=tuple(resources)), Store(disk=self._disk)
        webhooks = Webhooks(store, self._connect)
        self._front = Front(store=store, engine=self._engine, catalogue=catalogue, clock=self._clock, webhooks=webhooks)
        return self._front

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving, stop living, close the files."""
        if self._listener is not None:
            await self._listener.close()
        await self._stack.__aexit__(kind, error, trace)

    def transport(self) -> Transport:
        """The way in without a socket."""
        return InProcess(self._entered())

    @property
    def refused(self) -> tuple[str, ...]:
        """What the API refused its own controllers; nothing, where they are right."""
        return tuple(self._loop.hand.refused) if self._loop else ()

    async def wait_settled(self) -> None:
        """Until the controllers have nothing left to do."""
        if self._loop is not None:
            await self._loop.wait_settled()

    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve the same on a socket; the answer is its address."""
        from trueline.embedded.serve import Listener  # noqa: PLC0415 - it loads a server, which a plan does without

        self._listener = Listener(self.transport())
        return await self._listener.open(host, port)

    @staticmethod
    def kubeconfig(url: str) -> str:
        """A file with which `kubectl` finds the cluster."""
        return _KUBECONFIG.format(url=url)

    def _entered(self) -> Front:
        if self._front is None:
            raise RuntimeError("the embedded cluster was not entered")
        return self._front


_KUBECONFIG = """apiVersion: v1
kind: Config
clusters:
- name: embedded
  cluster:
    server: {url}
users:
- name: admin
  user: {{}}
contexts:
- name: embedded
  context:
    cluster: embedded
    user: admin
current-context: embedded
"""
