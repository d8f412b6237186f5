"""The door of the cluster: which way a request goes. It asks for rights before anything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from trueline.embedded import discovery, route as routes
from trueline.embedded.access import Act, User, may, user_of
from trueline.embedded.engine import Engine
from trueline.embedded.kind import Catalogue
from trueline.embedded.read import Reader
from trueline.embedded.refusal import JSON, answer, not_found, refuse
from trueline.embedded.route import Route
from trueline.embedded.self_review import self_review
from trueline.embedded.store import Store
from trueline.embedded.watch import Watch, wish_of
from trueline.embedded.webhook import Webhooks
from trueline.embedded.write import Writer
from trueline.model.fault import Fault
from trueline.runtime.clock import Clock
from trueline.runtime.http import Request, Response, Stream
from trueline.runtime.toolbox import ToolboxFailed, ToolboxRefused

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_INSIDE = frozenset({"exec", "attach", "portforward", "proxy"})
_BINARY = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_OK = Response(status=200, headers={"content-type": "text/plain; charset=utf-8"}, body=b"ok")


def is_watch(request: Request) -> bool:
    """Whether the answer keeps coming."""
    return request.method == "GET" and request.query.get("watch") in {"true", "1"}


@dataclass(slots=True, kw_only=True)
class Front:
    """Answers requests for one cluster."""

    store: Store
    engine: Engine
    catalogue: Catalogue
    clock: Clock
    webhooks: Webhooks
    fault: Fault | None = None
    """Why the last write could not be kept."""

    async def send(self, request: Request, user: User | None = None) -> Response:
        """The answer to a request that is read whole."""
        try:
            return await self._answer(request, user or user_of(request))
        except ToolboxRefused as refused:
            return refuse(400, "BadRequest", str(refused))
        except ToolboxFailed as failed:
            return refuse(500, "InternalError", f"Internal error occurred: {failed.reason}")
        except Fault as fault:
            self.fault = fault
            return refuse(503, "ServiceUnavailable", fault.diagnostics[0].line)

    async def _answer(self, request: Request, user: User) -> Response:
        route = routes.parse(request.path)
        if route is None:
            return await self._general(request)
        if (answered := await self_review(request, route, user, self.store, self.engine)) is not None:
            return answered
        resource = self.catalogue.find(route.group, route.version, route.plural)
        if resource is None:
            return not_found()
        if refused := self._refused(request, route, user):
            return refused
        if request.method != "GET":
            return await Writer(self.store, self.engine, self.webhooks).write(request, route, resource, user)
        reader = Reader(self.store, self.engine)
        return await (reader.get if route.name else reader.collection)(request, route, resource, user)

    def _refused(self, request: Request, route: Route, user: User) -> Response | None:
        for verb in self._verbs(request, route):
            plural = f"{route.plural}/{route.subresource}" if route.subresource else route.plural
            act = Act(verb=verb, group=route.group, resource=plural, namespace=route.namespace, name=route.name)
            if not may(self.store, user, act):
                return act.refused(user)
        if route.plural == "pods" and route.subresource in _INSIDE:
            return refuse(400, "BadRequest", "there is no container: pods of the embedded cluster run nothing")
        return None

    def _verbs(self, request: Request, route: Route) -> list[str]:
        if request.method == "GET":
            return ["watch" if is_watch(request) else "get" if route.name else "list"]
        verb = _VERBS.get(request.method, request.method.lower())
        if verb == "delete" and not route.name:
            return ["deletecollection"]
        if verb != "patch" or "apply-patch" not in _header(request, "content-type"):
            return [verb]
        resource = self.catalogue.find(route.group, route.version, route.plural)
        is_there = resource and self.store.get(resource.key(route.namespace, route.name))
        return ["patch"] if is_there else ["patch", "create"]

    async def _general(self, request: Request) -> Response:
        path = request.path.rstrip("/") or "/"
        match path.strip("/").split("/"):
            case ["version"]:
                return answer(discovery.VERSION)
            case ["healthz" | "livez" | "readyz", *_]:
                return _OK
            case ["api" | "apis" as root] if "APIGroupDiscoveryList" in _header(request, "accept"):
                return discovery.aggregated(self.catalogue, is_core=root == "api")
            case ["openapi", "v2"]:
                return await self._whole_document(request)
            case ["openapi", "v3", *rest]:
                return await self._document("/".join(rest))
            case _:
                return discovery.legacy(self.catalogue, path) or not_found()

    async def _whole_document(self, request: Request) -> Response:
        is_binary = "protobuf" in _header(request, "accept")
        keys = sorted({r.definition for r in self.catalogue.all() if r.definition})
        definitions = [kept for kept in map(self.store.get, keys) if kept]
        body = await self.engine.whole_document(definitions, is_binary=is_binary)
        return Response(status=200, headers={"content-type": _BINARY} if is_binary else JSON, body=body)

    async def _document(self, root: str) -> Response:
        if not root:
            paths = {r: {"serverRelativeURL": f"/openapi/v3/{r}"} for r in discovery.roots(self.catalogue)}
            return answer({"paths": paths})
        try:
            keys = sorted(
                r.definition for r in self.catalogue.all() if r.definition and root == f"apis/{r.api_version}"
            )
            definitions = [kept for kept in map(self.store.get, keys) if kept]
            return Response(status=200, headers=JSON, body=await self.engine.document(root, definitions))
        except ToolboxRefused:
            return not_found()

    @asynccontextmanager
    async def stream(self, request: Request, user: User | None = None) -> AsyncIterator[Stream]:
        """An answer that keeps coming; a refusal is its body."""
        user = user or user_of(request)
        wish = self._wish(request, user)
        if isinstance(wish, Response):
            yield Stream(status=wish.status, headers=wish.headers, lines=_once(wish.body))
            return
        lines = wish.lines()
        try:
            yield Stream(status=200, headers=JSON, lines=lines)
        finally:
            await lines.aclose()

    def _wish(self, request: Request, user: User) -> Watch | Response:
        route = routes.parse(request.path)
        if route is None:
            return not_found()
        resource = self.catalogue.find(route.group, route.version, route.plural)
        if resource is None:
            return not_found()
        if not is_watch(request):
            return refuse(400, "BadRequest", "only watches are streamed")
        if refused := self._refused(request, route, user):
            return refused
        wish = wish_of(request, route, resource, user)
        if isinstance(wish, Response):
            return wish
        return Watch(store=self.store, reader=Reader(self.store, self.engine), clock=self.clock, wish=wish)


def _header(request: Request, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


async def _once(body: bytes) -> AsyncIterator[bytes]:
    for line in body.splitlines():
        yield line
