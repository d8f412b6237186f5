"""The suite's own client: one call for one request, no retry, no cache. It knows a few kinds by heart."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import msgspec

from trueline.runtime.clock import Clock
from trueline.runtime.http import Request, Transport
from trueline.testing.conformance.reviewer import Reviewers

Json: TypeAlias = dict[str, Any]

MANAGER = "trueline:conformance"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_CLUSTER_SCOPED = frozenset(
    {
        "Namespace",
        "CustomResourceDefinition",
        "ClusterRole",
        "Node",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    }
)
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer."""

    status: int
    body: Json

    @property
    def causes(self) -> list[Json]:
        """The causes of a refusal."""
        found: list[Json] = self.body.get("details", {}).get("causes") or []
        return found


def path_of(body: Mapping[str, Any], namespace: str, *, is_collection: bool = False) -> str:
    """The path of an object."""
    version, kind = body["apiVersion"], body["kind"]
    root = "/api" if version == "v1" else "/apis"
    place = "" if kind in _CLUSTER_SCOPED else f"/namespaces/{body['metadata'].get('namespace', namespace)}"
    collection = f"{root}/{version}{place}/{plural_of(kind)}"
    return collection if is_collection else f"{collection}/{body['metadata']['name']}"


def plural_of(kind: str) -> str:
    """The plural of the kinds that the cases use.

    >>> plural_of("Ingress"), plural_of("NetworkPolicy")
    ('ingresses', 'networkpolicies')
    """
    word = kind.lower()
    if word.endswith("s"):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One server, and the namespace in which a case works. `unique` makes names that no other case has.

    `reviewers` is where webhooks can stand that the server reaches.
    """

    transport: Transport
    clock: Clock
    namespace: str
    unique: str
    headers: Mapping[str, str] = field(default_factory=dict)
    reviewers: Reviewers | None = None

    def impersonating(self, user: str) -> "Api":
        """The same server, asked by somebody else."""
        return replace(self, headers={"impersonate-user": user})

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        media: str = "application/json",
        accept: str = "application/json",
        **query: str,
    ) -> Answer:
        """One request."""
        text = b"" if body is None else msgspec.json.encode(body)
        headers = {"content-type": media, "accept": accept, **self.headers}
        request = Request(method=method, path=path, query=query, headers=headers, body=text)
        response = await self.transport.send(request)
        try:
            decoded = msgspec.json.decode(response.body) if response.body else {}
        except msgspec.DecodeError:
            decoded = {"text": response.body.decode("utf-8", "replace")}
        return Answer(status=response.status, body=decoded if isinstance(decoded, dict) else {"value": decoded})

    async def apply(self, body: Json, manager: str = MANAGER, *, force: bool = False, **options: str) -> Answer:
        """Server-side apply."""
        accept = options.pop("accept", "application/json")
        query = {"fieldManager": manager, "force": "true" if force else "false", **options}
        path = path_of(body, self.namespace)
        return await self.send("PATCH", path, body, media="application/apply-patch+yaml", accept=accept, **query)

    async def create(self, body: Json, **query: str) -> Answer:
        """Make an object."""
        return await self.send("POST", path_of(body, self.namespace, is_collection=True), body, **query)

    async def get(self, body: Mapping[str, Any], accept: str = "application/json") -> Answer:
        """One object."""
        return await self.send("GET", path_of(body, self.namespace), accept=accept)

    async def put(self, body: Json, subresource: str = "", **query: str) -> Answer:
        """Replace an object."""
        return await self.send("PUT", path_of(body, self.namespace) + subresource, body, **query)

    async def merge(self, body: Mapping[str, Any], change: Json, subresource: str = "", **query: str) -> Answer:
        """A JSON merge patch."""
        path = path_of(body, self.namespace) + subresource
        return await self.send("PATCH", path, change, media="application/merge-patch+json", **query)

    async def edit(self, body: Mapping[str, Any], operations: list[Json], **query: str) -> Answer:
        """A JSON patch."""
        path = path_of(body, self.namespace)
        return await self.send("PATCH", path, operations, media="application/json-patch+json", **query)

    async def strategic(self, body: Mapping[str, Any], change: Json, **query: str) -> Answer:
        """A strategic merge patch, as `kubectl` sends it."""
        path = path_of(body, self.namespace)
        return await self.send("PATCH", path, change, media="application/strategic-merge-patch+json", **query)

    async def delete(self, body: Mapping[str, Any], options: Json | None = None, **query: str) -> Answer:
        """Delete an object."""
        return await self.send("DELETE", path_of(body, self.namespace), options, **query)

    async def until(self, body: Mapping[str, Any], holds: Callable[[Answer], bool], what: str) -> Answer:
        """Look until it holds; a server that is slower than half a minute fails."""
        end_s = self.clock.monotonic_s() + _PATIENCE_S
        while True:
            answer = await self.get(body)
            if holds(answer):
                return answer
            if self.clock.monotonic_s() > end_s:
                raise AssertionError(f"still not {what}: {answer}")
            await self.clock.sleep(0.05)

    @asynccontextmanager
    async def watch(self, path: str, *, accept: str = "application/json", **query: str) -> AsyncIterator["Events"]:
        """A watch; leaving the block ends it."""
        headers = {"accept": accept, **self.headers}
        request = Request(method="GET", path=path, query={"watch": "true", **query}, headers=headers)
        async with self.transport.stream(request) as stream:
            yield Events(status=stream.status, lines=stream.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a watch says."""

    status: int
    lines: AsyncIterator[bytes]

    async def next(self, timeout_s: float = 20.0) -> Json:
        """The next event."""
        async with asyncio.timeout(timeout_s):
            event: Json = msgspec.json.decode(await anext(self.lines))
            return event

    async def until(self, *kinds: str) -> Json:
        """The next event of one of these kinds."""
        while True:
            event = await self.next()
            if event["type"] in kinds:
                return event
