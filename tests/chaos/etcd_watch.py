"""Everything that is ever written to etcd, in its order, without a gap: also what happened while nobody looked.

It speaks to etcd alone, never to the API server and never through the engine. etcd keeps every revision for five
minutes at least, so a watch that goes on where it ended misses nothing when etcd or this program was away.
"""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from trueline.runtime.clock import Clock

_FIRST = base64.b64encode(b"/registry/").decode()
_END = base64.b64encode(b"/registry0").decode()
_PAUSE_S = 0.1
_LINE_BYTES_MAX = 64 << 20


class HistoryLostError(Exception):
    """etcd no longer has what was not seen yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One write. `value` is the object, `None` where it was deleted, or is none of JSON."""

    revision: int
    key: str
    is_delete: bool
    value: Any = None


class _Pair(msgspec.Struct, frozen=True):
    key: bytes
    value: bytes = b""
    mod_revision: str = "0"


class _Event(msgspec.Struct, frozen=True):
    kv: _Pair
    type: str = "PUT"


class _Result(msgspec.Struct, frozen=True):
    events: list[_Event] = []
    compact_revision: str = "0"


class _Line(msgspec.Struct, frozen=True):
    result: _Result = _Result()


_LINES = msgspec.json.Decoder(_Line)


async def writes(address: str, clock: Clock, *, since: int = 1) -> AsyncIterator[Written]:
    """Every write from a revision on, for ever; cancel it to end it.

    Raises:
        HistoryLostError: a gap would follow.
    """
    revision = since
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(timeout=timeout, read_bufsize=_LINE_BYTES_MAX) as session:
        while True:
            question = {"key": _FIRST, "range_end": _END, "start_revision": str(revision)}
            try:
                async with session.post(f"{address}/v3/watch", json={"create_request": question}) as answer:
                    async for line in answer.content:
                        for written in _read(line):
                            revision = written.revision + 1
                            yield written
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                pass
            await clock.sleep(_PAUSE_S)


def _read(line: bytes) -> list[Written]:
    result = _LINES.decode(line).result
    if result.compact_revision != "0":
        raise HistoryLostError(result.compact_revision)
    return [_written(event) for event in result.events]


def _written(event: _Event) -> Written:
    value, is_delete = event.kv.value, event.type == "DELETE"
    return Written(
        revision=int(event.kv.mod_revision),
        key=event.kv.key.decode(),
        is_delete=is_delete,
        value=msgspec.json.decode(value) if value.startswith(b"{") and not is_delete else None,
    )
