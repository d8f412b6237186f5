"""The verbs of one API server. An expected refusal is a value; writes are sent once, what reads is tried again.

Never decides what to write, and never believes an incomplete list.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.http import Request, Response, Stream, Transport, Unreachable
from trueline.target.kubernetes.limit import Feedback, Limiter
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Answer, Ok, Refusal, RefusalKind, read_answer, read_refusal, unreachable
from trueline.target.kubernetes.wire import decode_list, decode_object, encode

Propagation: TypeAlias = Literal["Background", "Foreground", "Orphan"]

PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
WHOLE = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"

ATTEMPTS_MAX = 5
PAUSE_FIRST_S = 0.2
PAUSE_S_MAX = 30.0
PAGE_ITEMS = 500
PAGES_MAX = 20_000
LIST_STARTS_MAX = 3
LIST_TIMEOUT_S = 300.0
WATCH_SILENCE_S = 150.0
"""A server speaks about once a minute, if only in bookmarks: one that says nothing for longer has lost us, though the
connection may seem to stand: a proxy between us keeps it."""
REFUSAL_BYTES_MAX = 1 << 20
NO_ANSWER = "none"


class RequestKey(NamedTuple):
    """What a counter counts."""

    verb: str
    resource: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A complete list, as of one resource version; items as the server wrote them."""

    resource_version: str
    items: tuple[msgspec.Raw, ...]


class KubernetesClient:
    """Asks one API server. `requests` counts every request that was sent, retries too.

    `answers` counts what came of them, by verb and class of status (`2xx`); `none` where no answer came.

    `jitter` gives numbers from 0 to below 1 that spread the pauses between retries.
    """

    def __init__(
        self, transport: Transport, limiter: Limiter, clock: Clock, *, user_agent: str, jitter: Callable[[], float]
    ) -> None:
        self._transport = transport
        self._limiter = limiter
        self._clock = clock
        self._user_agent = user_agent
        self._jitter = jitter
        self.requests: Counter[RequestKey] = Counter()
        self.answers: Counter[tuple[str, str]] = Counter()

    async def apply(
        self,
        resource_type: ResourceType,
        namespace: str,
        name: str,
        body: bytes,
        *,
        manager: str,
        force: bool,
        dry_run: bool,
        whole: bool = False,
        private: bool = False,
    ) -> Answer:
        """Server-side apply of a JSON body, strictly validated. A dry run is tried again on a passing failure.

        Of what is `private`, as of a Secret, the server's own message is not told.
        """
        query = {"fieldManager": manager, "force": _flag(force), "fieldValidation": "Strict", **_dry(dry_run)}
        request = self._request("PATCH", resource_type.path(namespace, name), query, body, APPLY_PATCH, whole=whole)
        key = RequestKey("apply", resource_type.resource, dry_run)
        return await self._answer(request, key, retried=dry_run, masked=resource_type.is_secret or private)

    async def patch(
        self,
        resource_type: ResourceType,
        namespace: str,
        name: str,
        body: bytes,
        *,
        content_type: str,
        manager: str,
        dry_run: bool,
        subresource: str = "",
        whole: bool = False,
    ) -> Answer:
        """A JSON patch or merge patch."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        path = resource_type.path(namespace, name, subresource)
        request = self._request("PATCH", path, query, body, content_type, whole=whole)
        key = RequestKey("patch", resource_type.resource, dry_run)
        return await self._answer(request, key, retried=dry_run, masked=resource_type.is_secret)

    async def create(
        self,
        resource_type: ResourceType,
        namespace: str,
        body: bytes,
        *,
        manager: str,
        dry_run: bool,
        whole: bool = False,
    ) -> Answer:
        """Make an object that is not there yet."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        request = self._request("POST", resource_type.path(namespace), query, body, WHOLE, whole=whole)
        key = RequestKey("create", resource_type.resource, dry_run)
        return await self._answer(request, key, retried=dry_run, masked=resource_type.is_secret)

    async def replace(
        self,
        resource_type: ResourceType,
        namespace: str,
        name: str,
        body: bytes,
        *,
        manager: str,
        dry_run: bool,
        whole: bool = False,
    ) -> Answer:
        """Put a whole body in an object's place; its `resourceVersion` makes it a compare-and-swap."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        request = self._request("PUT", resource_type.path(namespace, name), query, body, WHOLE, whole=whole)
        key = RequestKey("update", resource_type.resource, dry_run)
        return await self._answer(request, key, retried=dry_run, masked=resource_type.is_secret)

    async def get(self, resource_type: ResourceType, namespace: str, name: str, *, whole: bool) -> Answer:
        """One object as it is now; an answer that broke off is none (INV-04)."""
        request = self._request("GET", resource_type.path(namespace, name), {}, whole=whole)
        key = RequestKey("get", resource_type.resource)
        answer = await self._answer(request, key, retried=True, masked=resource_type.is_secret)
        return _strange("the answer is no object") if isinstance(answer, Ok) and not _is_whole(answer.body) else answer

    async def delete(
        self,
        resource_type: ResourceType,
        namespace: str,
        name: str,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = "Background",
        dry_run: bool = False,
    ) -> Answer:
        """Delete the one object of that UID (INV-10).

        `dryRun` stands in the body (INV-36): the server ignores the query where a body is.

        Raises:
            ValueError: no UID was given; what cannot be named exactly is not deleted.

        """
        if not uid:
            raise ValueError("a delete names the UID of its object")
        preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": propagation,
            **({"dryRun": ["All"]} if dry_run else {}),
        }
        path = resource_type.path(namespace, name)
        request = self._request("DELETE", path, {}, encode(options), WHOLE, whole=False)
        key = RequestKey("delete", resource_type.resource, dry_run)
        return await self._answer(request, key, retried=dry_run, masked=resource_type.is_secret)

    async def list(
        self,
        resource_type: ResourceType,
        *,
        namespace: str = "",
        selector: str = "",
        whole: bool = False,
        page: int = PAGE_ITEMS,
    ) -> Known[Listing] | Unknown:
        """All objects of a type, or why that cannot be known. A list whose version expires half way starts again."""
        query = {"limit": str(page), **({"labelSelector": selector} if selector else {})}
        request = self._request("GET", resource_type.path(namespace), query, whole=whole, accept_list=True)
        key = RequestKey("list", resource_type.resource)
        refusal: Refusal | None = None
        for _ in range(LIST_STARTS_MAX):
            match await self._pages(request, key, masked=resource_type.is_secret):
                case Listing() as listing:
                    return Known(listing)
                case Refusal(kind=RefusalKind.EXPIRED) as refusal:
                    continue
                case Refusal() as refusal:
                    break
        return Unknown(f"cannot list {resource_type.resource}: {refusal}")

    async def read(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = WHOLE) -> Answer:
        """A document of the server that is no object: discovery, version, OpenAPI."""
        request = self._request("GET", path, query or {}, whole=True)
        request = replace(request, headers={**request.headers, "Accept": accept})
        return await self._answer(request, RequestKey("read", path.split("/")[1]), retried=True, masked=False)

    @asynccontextmanager
    async def stream(
        self, resource_type: ResourceType, path: str, *, query: Mapping[str, str], whole: bool, verb: str = "watch"
    ) -> AsyncIterator[Stream | Refusal]:
        """An answer that keeps coming, or its refusal. It holds no place of the limiter: it may stand for hours."""
        request = self._request("GET", path, query, whole=whole)
        if verb == "watch":
            request = replace(request, silence_s=WATCH_SILENCE_S)
        self.requests[RequestKey(verb, resource_type.resource)] += 1
        opened = self._transport.stream(request)
        try:
            stream = await opened.__aenter__()
        except Unreachable as error:
            self.answers[verb, NO_ANSWER] += 1
            yield unreachable(error.reason)
            return
        self.answers[verb, _class_of(stream.status)] += 1
        try:
            yield stream if stream.status == 200 else await _refused(stream)
        finally:
            await opened.__aexit__(None, None, None)

    @asynccontextmanager
    async def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        tail_lines: int | None = None,
        follow: bool = False,
        previous: bool = False,
    ) -> AsyncIterator[AsyncIterator[bytes] | Refusal]:
        """The lines that a container wrote."""
        query = {
            **({"container": container} if container else {}),
            **({"tailLines": str(tail_lines)} if tail_lines is not None else {}),
            **({"follow": "true"} if follow else {}),
            **({"previous": "true"} if previous else {}),
        }
        path = POD.path(namespace, pod, "log")
        async with self.stream(POD, path, query=query, whole=True, verb="logs") as stream:
            yield stream if isinstance(stream, Refusal) else stream.lines

    async def pause(self, attempt: int, retry_after_s: float | None = None) -> None:
        """Wait before the next try; `attempt` counts from 0. Grows to `PAUSE_S_MAX`, spread by half (INV-33)."""
        grown_s = min(PAUSE_S_MAX, PAUSE_FIRST_S * 2.0 ** min(attempt, 16))
        spread_s = grown_s * (0.5 + self._jitter() / 2)
        await self._clock.sleep(max(spread_s, min(retry_after_s or 0.0, PAUSE_S_MAX)))

    def spread(self) -> float:
        """A number from 0 to below 1, so that many watches do not end at once."""
        return self._jitter()

    async def _pages(self, request: Request, key: RequestKey, *, masked: bool) -> Listing | Refusal:
        items: list[msgspec.Raw] = []
        token, seen = "", set[str]()
        for _ in range(PAGES_MAX):
            query = {**request.query, **({"continue": token} if token else {})}
            answer = await self._answer(replace(request, query=query), key, retried=True, masked=masked)
            if isinstance(answer, Refusal):
                return answer
            try:
                page = decode_list(answer.body)
            except msgspec.DecodeError as error:
                return _strange(f"the list does not decode: {error}")
            if not page.kind.endswith("List") or not page.metadata.resourceVersion:
                return _strange(f"a {page.kind or 'nameless thing'} where a list belongs")
            items.extend(page.items or ())
            token = page.metadata.continue_token
            if not token:
                return Listing(resource_version=page.metadata.resourceVersion, items=tuple(items))
            if token in seen:
                return _strange("the server repeats a page")
            seen.add(token)
        return _strange(f"the list has more than {PAGES_MAX} pages")

    async def _answer(self, request: Request, key: RequestKey, *, retried: bool, masked: bool) -> Answer:
        answer = await self._once(request, key, masked=masked)
        for attempt in range(ATTEMPTS_MAX - 1 if retried else 0):
            if isinstance(answer, Ok) or not answer.is_retriable:
                break
            await self.pause(attempt, answer.retry_after_s)
            answer = await self._once(request, key, masked=masked)
        return answer

    async def _once(self, request: Request, key: RequestKey, *, masked: bool) -> Answer:
        timed = key.verb not in {"list", "read"}
        async with self._limiter.permit() as permit:
            self.requests[key] += 1
            try:
                response = await self._transport.send(request, timeout_s=60.0 if timed else LIST_TIMEOUT_S)
            except Unreachable as error:
                self.answers[key.verb, NO_ANSWER] += 1
                return unreachable(error.reason)
            self.answers[key.verb, _class_of(response.status)] += 1
            answer = read_answer(response, masked=masked)
            permit.feedback = _feedback(answer, timed=timed)
            permit.retry_after_s = (isinstance(answer, Refusal) and answer.retry_after_s) or 0.0
        return answer

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes = b"",
        content_type: str = "",
        *,
        whole: bool,
        accept_list: bool = False,
    ) -> Request:
        partial = PARTIAL_LIST if accept_list else PARTIAL
        headers = {"Accept": WHOLE if whole else partial, "User-Agent": self._user_agent}
        if body:
            headers["Content-Type"] = content_type
        return Request(method=method, path=path, query=query, headers=headers, body=body)


POD = ResourceType(group="", version="v1", kind="Pod", plural="pods", namespaced=True)


def _is_whole(body: bytes) -> bool:
    try:
        decode_object(body)
    except msgspec.DecodeError:
        return False
    return True


def _class_of(status: int) -> str:
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _strange(message: str) -> Refusal:
    return Refusal(kind=RefusalKind.UNREADABLE, http_status=200, reason="", message=message)


def _feedback(answer: Answer, *, timed: bool) -> Feedback:
    match answer:
        case Refusal(kind=RefusalKind.TOO_MANY) | Refusal(http_status=503 | 504):
            return Feedback.OVERLOADED
        case _:
            return Feedback.ANSWERED if timed else Feedback.UNTIMED


async def _refused(stream: Stream) -> Refusal:
    parts, size_bytes = [], 0
    async for line in stream.lines:
        parts.append(line)
        size_bytes += len(line)
        if size_bytes > REFUSAL_BYTES_MAX:
            break
    return read_refusal(Response(status=stream.status, headers=stream.headers, body=b"\n".join(parts)))
