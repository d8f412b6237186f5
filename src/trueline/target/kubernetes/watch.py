"""What the server tells by itself about one type: first the complete set, then each change, for ever.

It only says "look again" (D2): nothing here decides that an object is gone for good. It ends when it is cancelled or
closed; use `contextlib.aclosing`, so that the connection is given back at once.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.http import Stream, Unreachable
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Refusal, RefusalKind, refuse
from trueline.target.kubernetes.wire import (
    PartialObject,
    WatchEvent,
    decode_event,
    decode_object,
    decode_status,
    uncopied,
)

SERVED_S_MIN = 300
SET_S_MAX = 1800.0
"""After so long the whole set is asked for anew: an event that was lost on the way costs time, not correctness (D2)."""
STEADY_S = 5.0
_INITIAL_END = "k8s.io/initial-events-end"


@dataclass(frozen=True, slots=True)
class Reset:
    """A complete set follows, ended by `Synced`: what is not seen until then is not on the server."""


@dataclass(frozen=True, slots=True)
class Synced:
    """The set since the last `Reset` is complete as of that version."""

    resource_version: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An object is there, or changed. `body` is as the server wrote it: metadata alone, or the whole object."""

    object: PartialObject
    body: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Gone:
    """An object left the watch: it was deleted, or no longer matches the selector. GET before believing it (D5)."""

    object: PartialObject
    body: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing is known from now on. Said once, until `Restored`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """The server speaks again; what is missed follows, after a `Reset` where it could not go on from where it was."""


Sighting: TypeAlias = Reset | Synced | Seen | Gone | Lost | Restored


def watch(
    client: KubernetesClient,
    clock: Clock,
    resource_type: ResourceType,
    *,
    selector: str = "",
    whole: bool = False,
    namespace: str = "",
    tells_pauses: bool = False,
) -> AsyncGenerator[Sighting, None]:
    """Sightings of the objects of a type; `whole` asks for bodies, otherwise for metadata.

    A connection that ends soon is opened again after a pause; `tells_pauses`: that is told as `Lost` too.
    """
    made = _Watch(client, clock, resource_type, selector=selector, whole=whole, namespace=namespace)
    return made.sightings(tells_pauses=tells_pauses)


class _Watch:
    """Where one watch stands: the version to go on from (none: a fresh set is due), contact, failed tries in a row."""

    def __init__(
        self,
        client: KubernetesClient,
        clock: Clock,
        resource_type: ResourceType,
        *,
        selector: str,
        whole: bool,
        namespace: str,
    ) -> None:
        self._client = client
        self._clock = clock
        self._type = resource_type
        self._selector = selector
        self._whole = whole
        self._namespace = namespace
        self._version = ""
        self._streams_lists = True
        self._is_lost = False
        self._attempt = 0
        self._complete_at_s = clock.monotonic_s()

    async def sightings(self, *, tells_pauses: bool) -> AsyncGenerator[Sighting, None]:
        """One connection after the other."""
        while True:
            started_s = self._clock.monotonic_s()
            async with aclosing(self._round()) as sightings:
                async for sighting in sightings:
                    yield sighting
            if self._clock.monotonic_s() - started_s >= STEADY_S and not self._is_lost:
                self._attempt = 0
                continue
            for sighting in self._lose("the watch ended") if tells_pauses else ():
                yield sighting
            await self._client.pause(self._attempt)
            self._attempt += 1

    async def _round(self) -> AsyncGenerator[Sighting, None]:
        if self._clock.monotonic_s() - self._complete_at_s > SET_S_MAX:
            self._version = ""
        if not self._version:
            yield Reset()
            if not self._streams_lists:
                async with aclosing(self._listed()) as sightings:
                    async for sighting in sightings:
                        yield sighting
                if not self._version:
                    return
        query = self._query()
        path = self._type.path(self._namespace)
        async with self._client.stream(self._type, path, query=query, whole=self._whole) as opened:
            if isinstance(opened, Refusal):
                for sighting in self._refused(opened):
                    yield sighting
                return
            for sighting in self._restored():
                yield sighting
            async with aclosing(self._followed(opened)) as sightings:
                async for sighting in sightings:
                    yield sighting

    def _query(self) -> dict[str, str]:
        asked_s = SERVED_S_MIN + int(SERVED_S_MIN * self._client.spread())
        query = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(asked_s)}
        if self._selector:
            query["labelSelector"] = self._selector
        if self._version:
            query["resourceVersion"] = self._version
        else:
            query |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return query

    async def _listed(self) -> AsyncGenerator[Sighting, None]:
        """The complete set from a server that does not stream it."""
        match await self._client.list(
            self._type, namespace=self._namespace, selector=self._selector, whole=self._whole
        ):
            case Unknown(reason):
                for sighting in self._lose(reason):
                    yield sighting
            case Known(listing):
                for sighting in self._restored():
                    yield sighting
                for item in listing.items:
                    yield Seen(decode_object(item), item)
                self._complete(listing.resource_version)
                yield Synced(listing.resource_version)

    async def _followed(self, stream: Stream) -> AsyncGenerator[Sighting, None]:
        try:
            async for line in stream.lines:
                if not line:
                    continue
                told = self._event(decode_event(line))
                del line  # until the next one comes nothing of a Secret is held (INV-25)
                for sighting in told:
                    yield sighting
                    if isinstance(sighting, Lost):
                        return
        except Unreachable as error:
            for sighting in self._lose(error.reason):
                yield sighting
        except msgspec.DecodeError as error:
            for sighting in self._lose(f"a line of the watch does not decode: {error}"):
                yield sighting

    def _event(self, event: WatchEvent) -> tuple[Sighting, ...]:
        if event.type == "ERROR":
            return self._refused(refuse(decode_status(event.object), 0, masked=self._type.is_secret), is_event=True)
        seen = decode_object(event.object)
        is_initial = not self._version
        ends_initial = event.type == "BOOKMARK" and (seen.metadata.annotations or {}).get(_INITIAL_END) == "true"
        if ends_initial and seen.metadata.resourceVersion:
            self._complete(seen.metadata.resourceVersion)
        elif seen.metadata.resourceVersion and not is_initial:
            self._version = seen.metadata.resourceVersion
        body = event.object
        if self._type.is_secret and not self._whole:
            seen, body = uncopied(seen), msgspec.Raw()
        match event.type:
            case "BOOKMARK":
                return (Synced(self._version),) if is_initial and ends_initial else ()
            case "DELETED":
                return (Gone(seen, body),)
            case _:
                return (Seen(seen, body),)

    def _complete(self, version: str) -> None:
        self._version, self._complete_at_s = version, self._clock.monotonic_s()

    def _refused(self, refusal: Refusal, *, is_event: bool = False) -> tuple[Sighting, ...]:
        """A version that is too old asks for a fresh set; a server that cannot stream one is listed instead."""
        if refusal.kind is RefusalKind.EXPIRED or is_event:
            self._version = ""
        if refusal.kind is RefusalKind.EXPIRED:
            return ()
        if refusal.kind in {RefusalKind.INVALID, RefusalKind.UNSUPPORTED} and not self._version and self._streams_lists:
            self._streams_lists = False
            return ()
        return self._lose(str(refusal))

    def _lose(self, reason: str) -> tuple[Sighting, ...]:
        if self._is_lost:
            return ()
        self._is_lost = True
        return (Lost(reason),)

    def _restored(self) -> tuple[Sighting, ...]:
        if not self._is_lost:
            return ()
        self._is_lost = False
        return (Restored(),)
