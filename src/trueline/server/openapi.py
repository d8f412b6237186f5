"""The OpenAPI 3.1 document, made from the table of routes and the types of what they ask and answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, assert_never

import msgspec

from trueline.server.access.account import ACCOUNT_NEEDS
from trueline.server.access.body import MadeTokenBody, MeBody, WaysBody
from trueline.server.access.door import LogIn, LogInByCode
from trueline.server.access.right import OPEN, Need, Right, Where
from trueline.server.body import ApplicationBody, ProblemBody, RecordBody
from trueline.server.hook.forge import Forge
from trueline.server.log import LogsQuestion
from trueline.server.log_desk import LOG_PAGES, LOGS, READS
from trueline.server.page.desk import DEEDS
from trueline.server.page.route import PAGES
from trueline.server.route import PREFIX, ROUTES, Route
from trueline.version import __version__

_REFERENCE: Final = "#/components/schemas/{name}"

_EVENTS: Final = (
    "What happens, as server-sent events: a `record`, an `application` as it stands from then on, or one that is "
    "`gone`. The id of each resumes after it."
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A route that is no question to the engine: what it needs, what it does, what it takes and answers with."""

    method: str
    path: str
    need: Need
    does: str
    media: str = "application/json"
    asks: type[msgspec.Struct] | None = None
    answers: type[msgspec.Struct] | None = None


_SOMEWHERE: Final = Need(right=Right.READ, where=Where.SOMEWHERE)
_EVERYWHERE: Final = Need(right=Right.READ, where=Where.EVERYWHERE)
_KNOWN: Final = Need(right=Right.READ, where=Where.KNOWN)

PLAIN: Final[tuple[Plain, ...]] = (
    Plain("GET", f"{PREFIX}/events", _SOMEWHERE, _EVENTS, "text/event-stream"),
    Plain("GET", f"{PREFIX}/openapi.json", _KNOWN, "This document."),
    Plain("GET", f"{PREFIX}/me", _KNOWN, "Who asks, and what they may.", answers=MeBody),
    Plain("GET", LOGS, READS, "What a pod of an application writes, line by line.", "text/plain", LogsQuestion),
    Plain("GET", "/metrics", _EVERYWHERE, "Figures for Prometheus.", "text/plain"),
    Plain("POST", "/hooks/git", OPEN, "Git has changed: look now. The body is not read for meaning."),
    *(Plain("POST", one.path, OPEN, f"A webhook ({one.value}), signed: look again at what moved.") for one in Forge),
    Plain("GET", "/healthz", OPEN, "The process lives."),
    Plain("GET", "/readyz", OPEN, "The first pass is done and the store can be written."),
    Plain("GET", "/sign-in", OPEN, "The page on which a person signs in.", "text/html"),
    Plain("POST", "/sign-in", OPEN, "A name and a password, as a form: a session, in a cookie.", "text/html"),
    Plain("GET", "/sign-in/provider", OPEN, "The way to the provider of identities, where there is one.", "text/html"),
    Plain("GET", "/sign-in/provider/return", OPEN, "The way back from it, with a code: a session.", "text/html"),
    Plain(
        "GET",
        "/sign-in/provider/end",
        OPEN,
        "What is told after signing out: the provider knows one still.",
        "text/html",
    ),
    Plain(
        "POST",
        f"{PREFIX}/login",
        OPEN,
        "A name, a password and the name of a machine: a token of that machine.",
        asks=LogIn,
        answers=MadeTokenBody,
    ),
    Plain("GET", f"{PREFIX}/login", OPEN, "Which ways there are to sign in.", answers=WaysBody),
    Plain(
        "POST",
        f"{PREFIX}/login/code",
        OPEN,
        "A code that came through the browser: a token of that machine.",
        asks=LogInByCode,
        answers=MadeTokenBody,
    ),
    Plain("POST", "/sign-out", OPEN, "The session ends.", "text/html"),
)

NEEDS: Final[dict[tuple[str, str], Need]] = {
    **{(route.method, route.path): route.need for route in ROUTES},
    **{(plain.method, plain.path): plain.need for plain in PLAIN},
    **PAGES,
    **ACCOUNT_NEEDS,
    **DEEDS,
    **LOG_PAGES,
}
"""What each route needs; one that is not here is not answered."""


def openapi() -> dict[str, Any]:
    """The document."""
    kinds = [kind for route in ROUTES for kind in (route.answers, *([route.asks] if route.is_action else []))]
    kinds += [one.asks for one in PLAIN if one.asks is not None and one.method == "POST"]
    kinds += [one.answers for one in PLAIN if one.answers is not None]
    kinds = list(dict.fromkeys([*kinds, ApplicationBody, RecordBody, ProblemBody]))
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    told = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, told)
    for one in PLAIN:
        code = {"/sign-in": "303", "/sign-out": "303"}.get(one.path, "202" if "/hooks/" in one.path else "200")
        responses = {
            "200" if one.method == "GET" else code: _content(
                one.does, one.media, told[one.answers] if one.answers else None
            ),
            "default": _PROBLEM,
        }
        told_plain: dict[str, Any] = {"summary": one.does, "description": _need(one.need), "responses": responses}
        if parameters := [*_named(one.path), *_asked(one.asks if one.method == "GET" else None)]:
            told_plain["parameters"] = parameters
        if one.asks is not None and one.method == "POST":
            told_plain["requestBody"] = {"required": True, "content": {"application/json": {"schema": told[one.asks]}}}
        paths.setdefault(one.path, {})[one.method.lower()] = told_plain
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Trueline", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": components},
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def _operation(route: Route, told: dict[type[msgspec.Struct], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.answer.__name__,
        "summary": route.does,
        "description": _need(route.need),
        "parameters": list(_parameters(route)),
        "responses": {
            "200": _content(route.does, "application/json", told[route.answers]),
            **(
                {}
                if route.is_action
                else {"304": {"description": "It is what the `If-None-Match` of the request names."}}
            ),
            "default": _PROBLEM,
        },
    }
    if route.is_action:
        operation["requestBody"] = {"content": {"application/json": {"schema": told[route.asks]}}}
    return operation


def _need(need: Need) -> str:
    """Which right it needs, in a sentence."""
    match need.where:
        case Where.OPEN:
            return "Anybody may."
        case Where.KNOWN:
            return "Whoever is signed in may."
        case Where.SOMEWHERE:
            return f"Needs the right to {need.right.value} in some project, and tells what may be read."
        case Where.APPLICATION:
            return f"Needs the right to {need.right.value} on the application."
        case Where.EVERYWHERE:
            return f"Needs the right to {need.right.value} on the whole installation."
        case _:
            assert_never(need.where)


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    yield from _named(route.path)
    yield from _asked(None if route.is_action else route.asks)


def _named(path: str) -> Iterator[dict[str, Any]]:
    if path.startswith(PREFIX) and "{name}" in path:
        yield {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}


def _asked(kind: type[msgspec.Struct] | None) -> Iterator[dict[str, Any]]:
    for field in msgspec.structs.fields(kind) if kind is not None else ():
        schema = msgspec.json.schema(field.type)
        if field.default not in {msgspec.NODEFAULT, None, ()}:
            schema["default"] = field.default
        yield {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}


def _content(does: str, media: str, schema: Any = None) -> dict[str, Any]:
    return {"description": does, "content": {media: {"schema": schema} if schema else {}}}


_PROBLEM: Final = {
    "description": "What is wrong (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="ProblemBody")}}},
}

_UNCHANGED: Final = {"description": "It is what `If-None-Match` names."}
