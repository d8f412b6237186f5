"""A scripted transport, a clock that only turns when somebody sleeps, and a toolbox that knows one answer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from trueline.runtime.clock import Timer
from trueline.runtime.files import FileTree
from trueline.runtime.http import Request, Response, Stream, Unreachable
from trueline.runtime.toolbox import NO_FILES
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.resource_type import ResourceType

CONFIG_MAP = ResourceType(group="", version="v1", kind="ConfigMap", plural="configmaps", namespaced=True)
SECRET = ResourceType(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)
NAMESPACE = ResourceType(group="", version="v1", kind="Namespace", plural="namespaces", namespaced=False)

START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """Time that moves by sleeping; `slept_s` keeps each pause."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept_s: list[float] = []

    def now(self) -> datetime:
        """The time that the sleeps add up to."""
        return START + timedelta(seconds=self.now_s)

    def monotonic_s(self) -> float:
        """Seconds since the start."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Turn time on, and let others run."""
        self.slept_s.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """As if somebody slept so long."""
        self.now_s += seconds
        return asyncio.get_running_loop().call_soon(act)


@dataclass(frozen=True, slots=True)
class Script:
    """One answer to a stream: its status and lines; `error` ends it, and so does `bug`, as what nobody foresaw."""

    lines: tuple[bytes, ...] = ()
    status: int = 200
    error: str = ""
    lasts_s: float = 0.0
    bug: Exception | None = None


@dataclass(slots=True)
class FakeTransport:
    """Gives the scripted answers in their order; keeps every request."""

    clock: FakeClock = field(default_factory=FakeClock)
    answers: deque[Response | str] = field(default_factory=deque)
    streams: deque[Script] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """The next scripted answer."""
        self.requests.append(request)
        answer = self.answers.popleft()
        if isinstance(answer, str):
            raise Unreachable(answer)
        return answer

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """The next scripted stream; without one, a request that hangs."""
        self.requests.append(request)
        if not self.streams:
            await asyncio.Event().wait()
        script = self.streams.popleft()
        if script.error and not script.lines:
            raise Unreachable(script.error)
        yield Stream(status=script.status, headers={}, lines=self._lines(script))

    async def _lines(self, script: Script) -> AsyncIterator[bytes]:
        for line in script.lines:
            yield line
        self.clock.now_s += script.lasts_s
        if script.bug is not None:
            raise script.bug
        if script.error:
            raise Unreachable(script.error)

    async def close(self) -> None:
        """Nothing is held."""
        return


@dataclass(frozen=True, slots=True)
class FakeToolbox:
    """Gives the documents it was made with to whoever asks for YAML."""

    documents: tuple[tuple[str, Any], ...]

    async def ask(
        self,
        operation: str,
        arguments: Any,
        files: FileTree = NO_FILES,
    ) -> bytes:
        """The documents."""
        assert operation == "yaml"
        return msgspec.json.encode(
            {"documents": [{"path": p, "index": 0, "line": 1, "value": v} for p, v in self.documents]}
        )


def reply(body: object, status: int = 200, **headers: str) -> Response:
    return Response(status=status, headers=headers, body=msgspec.json.encode(body))


def failure(code: int, reason: str, message: str, causes: list[dict[str, str]] | None = None) -> Response:
    details = {"causes": causes or []}
    body = {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}
    return reply({**body, "details": details}, code)


def client_of(transport: FakeTransport) -> KubernetesClient:
    return KubernetesClient(
        transport, Limiter(transport.clock), transport.clock, user_agent="trueline/test", jitter=lambda: 0.0
    )


def config_map(name: str, version: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "resourceVersion": version}}
