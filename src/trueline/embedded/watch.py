"""Watches: a stream of events from one revision on, filtered and formed for one request. It never holds a writer up."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from trueline.embedded import selector
from trueline.embedded.access import User
from trueline.embedded.answer_form import Form, form_of, shown
from trueline.embedded.kind import Resource
from trueline.embedded.read import Reader
from trueline.embedded.refusal import refuse, status
from trueline.embedded.route import Route
from trueline.embedded.store import Event, Kept, Store
from trueline.runtime.clock import Clock, wait_until
from trueline.runtime.http import Request, Response

BOOKMARK_EVERY_S = 60.0
TIMEOUT_S = 1800.0
_END = "k8s.io/initial-events-end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one watch asks for."""

    request: Request
    resource: Resource
    folder: str
    test: selector.Test
    form: Form
    user: User
    has_bookmarks: bool
    is_initial: bool
    revision: int | None
    timeout_s: float

    def matches(self, kept: Kept | None) -> bool:
        """Whether an object is one of those that are watched."""
        return kept is not None and self.test(kept)


def wish_of(request: Request, route: Route, resource: Resource, user: User) -> Wish | Response:
    """What the query asks for, or its refusal."""
    query = request.query
    initial = query.get("sendInitialEvents")
    if initial is not None and query.get("resourceVersionMatch") != "NotOlderThan":
        return _invalid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    selectors = dict(query)
    if route.name:
        selectors["fieldSelector"] = f"metadata.name={route.name}"
    try:
        test = selector.both(selectors)
    except selector.NotUnderstood as part:
        return refuse(400, "BadRequest", f'field label not supported: "{part}"')
    revision = query.get("resourceVersion", "")
    return Wish(
        request=request,
        resource=resource,
        folder=resource.folder(route.namespace),
        test=test,
        form=form_of(request.headers, resource),
        user=user,
        has_bookmarks=query.get("allowWatchBookmarks") in {"true", "1"},
        is_initial=initial in {"true", "1"},
        revision=None if revision in {"", "0"} or initial in {"true", "1"} else int(revision),
        timeout_s=float(query.get("timeoutSeconds") or TIMEOUT_S),
    )


def _invalid(message: str) -> Response:
    cause = {"reason": "FieldValueForbidden", "message": f"Forbidden: {message}", "field": "resourceVersionMatch"}
    details = {"group": "meta.k8s.io", "kind": "ListOptions", "causes": [cause]}
    text = f'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: {message}'
    return refuse(422, "Invalid", text, details)


@dataclass(slots=True, kw_only=True)
class Watch:
    """One stream. `lines` ends at the timeout, or after an error event."""

    store: Store
    reader: Reader
    clock: Clock
    wish: Wish
    _position: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _is_waiting: bool = False

    async def lines(self) -> AsyncGenerator[bytes]:
        """The events, one line each."""
        end_s = self.clock.monotonic_s() + self.wish.timeout_s
        forget = self.store.listen(self._hear)
        try:
            async for line in self._first():
                yield line
            async for line in self._following(end_s):
                yield line
        finally:
            forget()

    async def _first(self) -> AsyncIterator[bytes]:
        wish = self.wish
        self._position = self.store.revision if wish.revision is None else wish.revision
        if wish.revision is not None:
            return
        for kept in self.store.under(wish.folder):
            if wish.matches(kept):
                yield await self._line("ADDED", kept)
        if wish.is_initial:
            yield self._bookmark(is_end=True)

    async def _following(self, end_s: float) -> AsyncIterator[bytes]:
        bookmark_s = self.clock.monotonic_s() + BOOKMARK_EVERY_S
        while True:
            events = self.store.since(self._position)
            if events is None:
                yield self._expired()
                return
            for event in events:
                if (line := await self._told(event)) is not None:
                    yield line
                self._position = event.revision
            now_s = self.clock.monotonic_s()
            if self.wish.has_bookmarks and now_s >= min(bookmark_s, end_s):
                yield self._bookmark()
                bookmark_s = now_s + BOOKMARK_EVERY_S
            if now_s >= end_s:
                return
            if self._position >= self.store.revision:
                await self._wait(min(end_s, bookmark_s))

    async def _wait(self, due_s: float) -> None:
        """Until something is written that may be told, or a bookmark or the end is due."""
        self._woken.clear()
        self._is_waiting = True
        try:
            await wait_until(self._woken, self.clock, due_s)
        finally:
            self._is_waiting = False

    def _hear(self) -> None:
        """Something was written: a watch that waits is past what is elsewhere; one that is behind costs nothing."""
        events = self.store.since(self._position) if self._is_waiting else None
        if events is None or any(event.key.startswith(self.wish.folder) for event in events):
            self._woken.set()
        elif events:
            self._position = events[-1].revision

    async def _told(self, event: Event) -> bytes | None:
        if not event.key.startswith(self.wish.folder):
            return None
        was, is_now = self.wish.matches(event.before), self.wish.matches(event.after)
        match was, is_now, event.before, event.after:
            case False, True, _, Kept() as after:
                return await self._line("ADDED", after)
            case True, True, _, Kept() as after:
                return await self._line("MODIFIED", after)
            case True, False, Kept() as before, _:
                return await self._line("DELETED", _at(before, event.revision))
            case _:
                return None

    async def _line(self, kind: str, kept: Kept) -> bytes:
        body = shown(kept, self.wish.form)
        if self.wish.form is Form.OTHER:
            body = await self._formed(kept)
        return b'{"type":"' + kind.encode() + b'","object":' + body + b"}"

    async def _formed(self, kept: Kept) -> bytes:
        resource = self.wish.resource
        root = f"/apis/{resource.group}" if resource.group else "/api"
        namespace = f"/namespaces/{kept.metadata.namespace}" if resource.is_namespaced else ""
        path = f"{root}/{resource.version}{namespace}/{resource.plural}/{kept.metadata.name}"
        request = replace(self.wish.request, path=path, query={})
        return (await self.reader.ask(request, [kept], resource, self.wish.user)).body.strip()

    def _bookmark(self, *, is_end: bool = False) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(self._position)}
        if is_end:
            metadata["annotations"] = {_END: "true"}
        kind, version = self.wish.resource.kind, self.wish.resource.api_version
        if self.wish.form is Form.METADATA:
            kind, version = "PartialObjectMetadata", "meta.k8s.io/v1"
        return msgspec.json.encode(
            {"type": "BOOKMARK", "object": {"kind": kind, "apiVersion": version, "metadata": metadata}}
        )

    def _expired(self) -> bytes:
        message = f"too old resource version: {self._position} ({self.store.compacted})"
        return msgspec.json.encode({"type": "ERROR", "object": status(410, "Expired", message)})


def _at(kept: Kept, revision: int) -> Kept:
    """A deleted object as it was, with the revision of its end."""
    body: dict[str, Any] = dict(kept.body)
    body["metadata"] = dict(body["metadata"]) | {"resourceVersion": str(revision)}
    return Kept(kept.key, msgspec.json.encode(body))
