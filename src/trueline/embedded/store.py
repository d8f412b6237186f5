"""Objects by key, a counter of revisions, and a bounded history for watches. It never decides what may be written."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import msgspec

HISTORY_EVENTS_MAX = 20_000
HISTORY_BYTES_MAX = 64 << 20
FIRST_REVISION = 100


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    """One owner of an object."""

    uid: str
    kind: str = ""
    name: str = ""
    api_version: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What the server itself looks at."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = "0"
    generation: int = 0
    labels: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[Owner, ...] = ()
    deletion_timestamp: str | None = None


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    metadata: msgspec.Raw


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_METADATA = msgspec.json.Decoder(Metadata)


@dataclass(frozen=True)
class Kept:
    """One object at one revision, in the bytes in which the toolbox wrote it."""

    key: str
    raw: bytes

    @cached_property
    def envelope(self) -> _Envelope:
        """API version, kind, and the metadata's bytes."""
        return _ENVELOPE.decode(self.raw)

    @cached_property
    def metadata(self) -> Metadata:
        """The metadata that the server looks at."""
        return _METADATA.decode(self.envelope.metadata)

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The whole object; read only."""
        body: Mapping[str, Any] = msgspec.json.decode(self.raw)
        return body

    @property
    def revision(self) -> int:
        """The revision that wrote it."""
        return int(self.metadata.resource_version)


@dataclass(frozen=True, slots=True)
class Event:
    """One write. `before` is `None` for a new object; `after` is `None` for one that is gone."""

    revision: int
    key: str
    before: Kept | None
    after: Kept | None


class Disk(Protocol):
    """Where objects stay between two lives."""

    def load(self) -> tuple[int, Sequence[tuple[str, bytes]]]:
        """The last revision, and every object."""
        ...

    def save(self, revision: int, writes: Sequence[tuple[str, bytes | None]]) -> None:
        """Keep what one request wrote, all or nothing."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...


@dataclass(slots=True)
class Store:
    """The objects of the cluster. Writers take `writing` first, so that revisions grow in the order of events."""

    disk: Disk | None = None
    revision: int = FIRST_REVISION
    compacted: int = FIRST_REVISION
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _objects: dict[str, Kept] = field(default_factory=dict)
    _folders: dict[str, dict[str, None]] = field(default_factory=dict)
    _history: deque[Event] = field(default_factory=deque)
    _bytes: int = 0
    _listeners: dict[int, Callable[[], None]] = field(default_factory=dict)
    _next_listener: int = 0

    def __post_init__(self) -> None:
        if self.disk is None:
            return
        revision, objects = self.disk.load()
        self.revision = self.compacted = max(revision, FIRST_REVISION)
        for key, raw in objects:
            self._put(Kept(key, raw))

    def get(self, key: str) -> Kept | None:
        """The object at a key."""
        return self._objects.get(key)

    def under(self, folder: str) -> list[Kept]:
        """The objects below `/group/resource/` or `/group/resource/namespace/`, ordered by key."""
        keys = self._folders.get("/".join(folder.split("/")[:3]), {})
        return [self._objects[key] for key in sorted(keys) if key.startswith(folder)]

    def all(self) -> Iterator[Kept]:
        """Every object, ordered by key."""
        return (self._objects[key] for key in sorted(self._objects))

    def commit(self, writes: Iterable[tuple[str, bytes | None]]) -> None:
        """Take what one request wrote; each write is one revision."""
        batch = [(key, raw) for key, raw in writes if raw is not None or key in self._objects]
        if not batch:
            return
        if self.disk is not None:
            self.disk.save(self.revision + len(batch), batch)
        for key, raw in batch:
            self.revision += 1
            self._record(key, raw)
        for wake in list(self._listeners.values()):
            wake()

    def _record(self, key: str, raw: bytes | None) -> None:
        before, after = self._objects.get(key), None
        if raw is None:
            del self._objects[key]
            del self._folders["/".join(key.split("/")[:3])][key]
        else:
            after = Kept(key, raw)
            if after.revision != self.revision:
                raise AssertionError(f"{key}: written as revision {after.revision}, expected {self.revision}")
            self._put(after)
        self._history.append(Event(self.revision, key, before, after))
        self._bytes += len(raw or b"") + 200
        while len(self._history) > HISTORY_EVENTS_MAX or self._bytes > HISTORY_BYTES_MAX:
            self._forget()

    def _put(self, kept: Kept) -> None:
        self._objects[kept.key] = kept
        self._folders.setdefault("/".join(kept.key.split("/")[:3]), {})[kept.key] = None

    def _forget(self) -> None:
        event = self._history.popleft()
        self._bytes -= len(event.after.raw if event.after else b"") + 200
        self.compacted = event.revision

    def compact(self) -> None:
        """Forget the whole history: a watch from an older revision is told that it is too old."""
        while self._history:
            self._forget()

    def since(self, revision: int) -> list[Event] | None:
        """The events after a revision; `None` where some of them are forgotten."""
        if revision < self.compacted:
            return None
        if revision >= self.revision:
            return []
        count = min(len(self._history), self.revision - revision)
        start = len(self._history) - count
        return [self._history[i] for i in range(start, len(self._history))]

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after each commit; the answer ends it."""
        number = self._next_listener
        self._next_listener += 1
        self._listeners[number] = wake
        return lambda: self._listeners.pop(number, None) and None
