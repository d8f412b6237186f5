"""How we prove who we are to a cluster, and the transport that does. No credential appears in a text of this module."""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.runtime.clock import Clock
from trueline.runtime.http import Endpoint, Transport
from trueline.runtime.http_aiohttp import AiohttpTransport, Authorize

ReadFile: TypeAlias = Callable[[str], bytes]
Run: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], Awaitable[bytes]]
"""Runs a program with these additions to its environment and gives its output; raises OSError where it fails."""

TOKEN_FILE_S = 60.0
EXPIRY_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nothing but, perhaps, the client certificate of the endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token."""

    text: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFile:
    """A bearer token in a file that somebody renews."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """A name and a password."""

    username: str
    password: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecPlugin:
    """A program that prints an ExecCredential."""

    api_version: str
    command: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, Masked] = field(default_factory=dict)


Credential: TypeAlias = Anonymous | Token | TokenFile | Basic | ExecPlugin


class _ExecStatus(msgspec.Struct, gc=False, rename="camel"):
    token: Masked = Masked("")
    client_certificate_data: str = ""
    client_key_data: Masked = Masked("")
    expiration_timestamp: datetime | None = None


class _ExecCredential(msgspec.Struct, gc=False, rename="camel"):
    kind: str
    api_version: str
    status: _ExecStatus


class Connected:
    """The proof of one connection, renewed as it ages."""

    def __init__(self, credential: Credential, clock: Clock, *, run: Run, read_file: ReadFile) -> None:
        self._credential = credential
        self._clock = clock
        self._run = run
        self._read_file = read_file
        self._exec: _ExecStatus | None = None
        self._token = Masked("")
        self._read_at_s = float("-inf")

    async def headers(self, fresh: bool) -> Mapping[str, str]:
        """The headers that prove who we are."""
        match self._credential:
            case Anonymous():
                return {}
            case Token(text=text):
                return _bearer(text)
            case Basic(username=username, password=password):
                both = base64.b64encode(f"{username}:{password.reveal()}".encode()).decode()
                return {"Authorization": f"Basic {both}"}
            case TokenFile(path=path):
                return _bearer(self._from_file(path, fresh=fresh))
            case ExecPlugin() as plugin:
                token = (await self.executed(plugin, fresh=fresh)).token
                return _bearer(token) if token.reveal() else {}
            case _:
                assert_never(self._credential)

    async def executed(self, plugin: ExecPlugin, *, fresh: bool = False) -> _ExecStatus:
        """What the plugin printed last, or prints now where that has expired.

        Raises:
            OSError: it failed, or printed something else.

        """
        if self._exec is None or fresh or self._has_expired(self._exec):
            asked = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
            given = {name: value.reveal() for name, value in plugin.environment.items()}
            environment = {**given, "KUBERNETES_EXEC_INFO": msgspec.json.encode(asked).decode()}
            output = await self._run((plugin.command, *plugin.arguments), environment)
            try:
                credential = msgspec.json.decode(output, type=_ExecCredential, dec_hook=_as_secret)
            except msgspec.DecodeError:
                raise OSError(f"{plugin.command} did not print an ExecCredential") from None
            if credential.kind != "ExecCredential" or credential.api_version != plugin.api_version:
                raise OSError(f"{plugin.command} printed {credential.kind} {credential.api_version}")
            self._exec = credential.status
        return self._exec

    def _has_expired(self, status: _ExecStatus) -> bool:
        ends = status.expiration_timestamp
        return ends is not None and ends - EXPIRY_MARGIN <= self._clock.now()

    def _from_file(self, path: str, *, fresh: bool) -> Masked:
        now_s = self._clock.monotonic_s()
        if fresh or now_s - self._read_at_s >= TOKEN_FILE_S:
            self._token = Masked(self._read_file(path).decode().strip())
            self._read_at_s = now_s
        return self._token


async def connect(
    endpoint: Endpoint, credential: Credential, *, clock: Clock, run: Run, read_file: ReadFile
) -> Transport:
    """A transport to a real server. A plugin that gives a client certificate is asked once, here.

    Raises:
        UserError: the certificates do not hold, or the plugin fails.

    """
    proof = Connected(credential, clock, run=run, read_file=read_file)
    authorize: Authorize | None = None if isinstance(credential, Anonymous) else proof.headers
    try:
        if isinstance(credential, ExecPlugin):
            status = await proof.executed(credential)
            endpoint = _with_certificate(endpoint, status)
        return AiohttpTransport(endpoint, authorize=authorize)
    except (OSError, ValueError) as error:
        raise UserError([_cannot_log_in(endpoint, error)]) from None


def _with_certificate(endpoint: Endpoint, status: _ExecStatus) -> Endpoint:
    if not status.client_certificate_data:
        return endpoint
    certificate = status.client_certificate_data.encode()
    return replace(endpoint, client_certificate_pem=certificate, client_key=status.client_key_data)


def _bearer(token: Masked) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


def _as_secret(kind: type, value: object) -> Masked:
    """What a plugin prints where a secret belongs is one from the first moment on."""
    if kind is not Masked or not isinstance(value, str):
        raise NotImplementedError
    return Masked(value)


def _cannot_log_in(endpoint: Endpoint, error: Exception) -> Diagnostic:
    return Diagnostic(
        code="TL0610",
        summary="cannot log in to the cluster",
        detail=f"{endpoint.url}: {error}",
        remedy="correct the user of the kubeconfig, or run its plugin by hand to see why it fails",
    )
