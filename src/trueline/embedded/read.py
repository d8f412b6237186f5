"""Answers to GET: one object, or a list in pages. What it must form (tables, other versions) the toolbox is asked."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from trueline.embedded import selector
from trueline.embedded.access import User
from trueline.embedded.answer_form import Form, as_item, form_of, shown
from trueline.embedded.engine import Engine, Surroundings
from trueline.embedded.kind import Resource
from trueline.embedded.refusal import JSON, refuse
from trueline.embedded.route import Route
from trueline.embedded.store import Kept, Store
from trueline.runtime.http import Request, Response


class _Token(msgspec.Struct, frozen=True):
    rv: int
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    items: Sequence[Kept]
    revision: int
    following: str = ""
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one cluster."""

    store: Store
    engine: Engine

    async def get(self, request: Request, route: Route, resource: Resource, user: User) -> Response:
        """One object, or a subresource of it."""
        kept = self.store.get(resource.key(route.namespace, route.name))
        form = form_of(request.headers, resource)
        if kept and route.subresource == "log":
            return Response(status=200, headers={"content-type": "text/plain"}, body=b"")
        if kept and not route.subresource and form is not Form.OTHER:
            return Response(status=200, headers=JSON, body=shown(kept, form) + b"\n")
        return await self.ask(request, [kept] if kept else [], resource, user)

    async def ask(self, request: Request, objects: Sequence[Kept], resource: Resource, user: User) -> Response:
        """What the toolbox makes of these objects."""
        definition = self.store.get(resource.definition) if resource.definition else None
        around = Surroundings(revision=self.store.revision, user=user, objects=objects, definition=definition)
        return (await self.engine.admit(request, around)).response()

    async def collection(self, request: Request, route: Route, resource: Resource, user: User) -> Response:
        """A list, or a page of it."""
        found = self.store.under(resource.folder(route.namespace))
        form = form_of(request.headers, resource)
        try:
            test = selector.both(request.query)
        except selector.NotUnderstood:
            form = Form.OTHER
        else:
            found = [kept for kept in found if test(kept)]
        page = self._page(found, request.query)
        if isinstance(page, Response):
            return page
        if form is Form.OTHER:
            return await self._formed(request, page, resource, user)
        return Response(status=200, headers=JSON, body=_listed(page, form, resource))

    def _page(self, found: list[Kept], query: Mapping[str, str]) -> _Page | Response:
        limit, revision, start = int(query.get("limit") or 0), self.store.revision, ""
        if text := query.get("continue"):
            try:
                token = msgspec.json.decode(base64.urlsafe_b64decode(text), type=_Token)
            except (ValueError, msgspec.DecodeError):
                return refuse(400, "BadRequest", "continue key is not valid: it was not made by this server")
            if token.rv < self.store.compacted:
                return refuse(
                    410, "Expired", "The provided continue parameter is too old to display a consistent list result."
                )
            revision, start = token.rv, token.start
        rest = [kept for kept in found if kept.key > start]
        items = rest[:limit] if limit else rest
        if len(items) == len(rest):
            return _Page(items=items, revision=revision)
        token = _Token(rv=revision, start=items[-1].key)
        following = base64.urlsafe_b64encode(msgspec.json.encode(token)).decode()
        return _Page(items=items, revision=revision, following=following, remaining=len(rest) - len(items))

    async def _formed(self, request: Request, page: _Page, resource: Resource, user: User) -> Response:
        query = {key: value for key, value in request.query.items() if key not in _PAGING}
        response = await self.ask(replace(request, query=query), page.items, resource, user)
        if not page.following:
            return response
        body: dict[str, Any] = msgspec.json.decode(response.body)
        body["metadata"] = body.get("metadata", {}) | _metadata(page)
        return replace(response, body=msgspec.json.encode(body))


_PAGING = frozenset({"limit", "continue", "resourceVersion", "resourceVersionMatch"})


def _metadata(page: _Page) -> dict[str, Any]:
    metadata: dict[str, Any] = {"resourceVersion": str(page.revision)}
    if page.following:
        metadata |= {"continue": page.following, "remainingItemCount": page.remaining}
    return metadata


def _listed(page: _Page, form: Form, resource: Resource) -> bytes:
    kind, version = f"{resource.kind}List", resource.api_version
    if form is Form.METADATA:
        kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
    head = msgspec.json.encode({"kind": kind, "apiVersion": version, "metadata": _metadata(page)})
    items = b",".join(as_item(kept, form, resource) for kept in page.items)
    return head[:-1] + b',"items":[' + items + b"]}\n"
