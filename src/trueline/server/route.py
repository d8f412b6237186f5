"""Which path asks what: one table, read by the router and by the OpenAPI document, so that the two cannot differ."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from trueline.server.answer import PAGE, PAGE_MAX, Answers, Asked
from trueline.version import __version__

PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One question. `is_private`: only on the socket, which the owner of the data directory alone can open."""

    method: str
    path: str
    does: str
    answer: Callable[[Answers, Asked], Awaitable[dict[str, Any]]]
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    is_private: bool = False

    @property
    def status(self) -> int:
        """What a success is answered with."""
        return 200


def _read(path: str, does: str, answer: Any, *query: str, is_private: bool = False) -> Route:
    return Route(method="GET", path=f"{PREFIX}/{path}", does=does, answer=answer, query=query, is_private=is_private)


def _act(verb: str, does: str, answer: Any, *body: str) -> Route:
    path = f"{PREFIX}/applications/{{name}}/{verb}"
    return Route(method="POST", path=path, does=does, answer=answer, body=body, is_private=True)


ROUTES: Final[tuple[Route, ...]] = (
    _read("applications", "How every application stands.", Answers.applications),
    _read("applications/{name}", "How one application stands.", Answers.application),
    _read("applications/{name}/resources", "Its resources and their health.", Answers.resources, "after", "limit"),
    _read("applications/{name}/plan", "The plan of its last pass.", Answers.plan),
    _read("applications/{name}/history", "Its deployments, newest first.", Answers.history, "limit"),
    _read("records", "Entries of the journal.", Answers.records, "after", "limit", "application"),
    _read("applications/{name}/diff", "Declared against live, asked now.", Answers.diff, is_private=True),
    _read("applications/{name}/drift", "What drifted, asked now.", Answers.drift, is_private=True),
    _act("approve", "Agree to the plan that waits.", Answers.approve, "plan"),
    _act("rollback", "Put an earlier deployment back.", Answers.rollback, "revision"),
    _act("hold", "Apply nothing for now.", Answers.hold, "why", "until"),
    _act("resume", "End the holds.", Answers.resume),
    _act("sync", "Apply what waits for a person to ask.", Answers.sync),
)

PLAIN: Final[dict[str, tuple[str, str, str]]] = {
    f"{PREFIX}/events": ("get", "Records as they come, as server-sent events; `after` resumes.", "text/event-stream"),
    f"{PREFIX}/openapi.json": ("get", "This document.", "application/json"),
    "/hooks/git": ("post", "Git has changed: look now. The body is not read for meaning.", "application/json"),
    "/healthz": ("get", "The process lives.", "application/json"),
    "/readyz": ("get", "The first pass is done and the store can be written.", "application/json"),
    "/metrics": ("get", "Figures for Prometheus.", "text/plain"),
}
"""The routes that are no question to the engine: method, what it does, and what it answers with."""


def openapi() -> dict[str, Any]:
    """The OpenAPI document, made from the tables above."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    for path, (method, does, media) in PLAIN.items():
        code = "202" if method == "post" else "200"
        paths[path] = {method: {"summary": does, "responses": {code: _content(does, media)}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trueline", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": {"Errors": _ERRORS}},
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [_parameter(name) for name in route.query]
    if "{name}" in route.path:
        parameters.insert(0, {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}})
    responses: dict[str, Any] = {"200": _content(route.does, "application/json")}
    errors = {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}}
    responses["default"] = {"description": "What is wrong.", "content": errors}
    operation: dict[str, Any] = {"summary": route.does, "parameters": parameters, "responses": responses}
    if route.is_private:
        operation["description"] = "Only on the socket in the data directory; 403 elsewhere."
    if route.body:
        properties = {name: {"type": "string"} for name in route.body}
        schema = {"type": "object", "properties": properties}
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name == "limit":
        schema = {"type": "integer", "minimum": 0, "maximum": PAGE_MAX, "default": PAGE}
    return {"name": name, "in": "query", "schema": schema}


def _content(does: str, media: str) -> dict[str, Any]:
    return {"description": does, "content": {media: {}}}


_ERRORS: Final = {
    "type": "object",
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("code", "summary", "detail", "remedy", "origin")},
            },
        }
    },
}
