"""Logs over HTTP: as plain text for programs, and on a page for people. It decides nothing."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from aiohttp import web

from trueline.model.fault import Fault
from trueline.server.access.gate import Gate, asked_of
from trueline.server.access.refusal import Refusal
from trueline.server.access.right import Need, Right, Where
from trueline.server.log import Container, Logs, LogsQuestion
from trueline.server.page.address import APPLICATIONS, act, application
from trueline.server.page.rendering import VISITOR
from trueline.server.page.route import HEADERS
from trueline.server.page.template import render
from trueline.server.page.visitor import told, visitor_of
from trueline.server.reading import read_query
from trueline.server.route import PREFIX

LOGS: Final = f"{PREFIX}/applications/{{name}}/logs"
LOGS_PAGE: Final = f"{APPLICATIONS}{{name}}/logs"
READS: Final = Need(right=Right.READ, where=Where.APPLICATION)
WRITE_S_MAX: Final = 30.0
LINES_MAX: Final = 5_000
LOG_PAGES: Final[Mapping[tuple[str, str], Need]] = {("GET", LOGS_PAGE): READS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A container that can be looked at."""

    word: str
    link: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsView:
    """The page; `follows` is where what comes is told."""

    name: str
    back: str
    choices: tuple[Choice, ...]
    asked: LogsQuestion
    container: Container | None = None
    lines: tuple[str, ...] = ()
    fault: str = ""
    follows: str = ""


class LogDesk:
    """The two ways to logs of one listener."""

    def __init__(self, logs: Logs, gate: Gate) -> None:
        self._logs = logs
        self._gate = gate

    def add(self, app: web.Application) -> None:
        """Their routes."""
        app.router.add_get(LOGS, self.text)
        app.router.add_get(LOGS_PAGE, self.page)

    async def text(self, request: web.Request) -> web.StreamResponse:
        """The lines as they come; who may not read them any more hears no further one."""
        name, asked = request.match_info["name"], asked_of(request)
        question = read_query(LogsQuestion, list(request.query.items()))
        stream = self._gate.stream(request, asked)
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/plain; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            }
        )
        who = "" if self._gate.is_private else str(asked.identity)
        async with self._logs.lines(name, question, who) as lines:
            with suppress(ConnectionResetError, TimeoutError, Refusal):
                await response.prepare(request)
                async for line in lines:
                    if not stream.reads(name):
                        break
                    if request.transport is None:  # they went, and a silent container would not tell
                        break
                    if line is not None:
                        async with asyncio.timeout(WRITE_S_MAX):
                            await response.write(f"{line}\n".encode(errors="backslashreplace"))
        return response

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The last lines of one container, and which ones there are."""
        name, asked = request.match_info["name"], asked_of(request)
        question = read_query(LogsQuestion, list(request.query.items()))
        question = msgspec.structs.replace(question, follow=False)  # a page is made of what is there
        view = await self._view(name, question, str(asked.identity))
        body = render("logs.html", view, title=f"Logs: {name}").replace(VISITOR, told(visitor_of(asked)), 1)
        headers = {**HEADERS, "Cache-Control": "no-store"}
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)

    async def _view(self, name: str, asked: LogsQuestion, who: str) -> LogsView:
        known = await self._logs.containers(name)
        view = LogsView(name=name, back=application(name), choices=(), asked=asked)
        chosen = await self._logs.chosen(name, asked) if asked.pod or len(known) == 1 else None
        choices = tuple(
            Choice(
                word=f"{one.pod}/{one.name}" if one.name else one.pod,
                link=act(name, "logs", [("pod", f"{one.namespace}/{one.pod}"), ("container", one.name)]),
                is_chosen=one == chosen,
            )
            for one in known
        )
        if chosen is None:
            return replace(view, choices=choices)
        asked = msgspec.structs.replace(asked, pod=f"{chosen.namespace}/{chosen.pod}", container=chosen.name)
        pairs = [("pod", asked.pod), ("container", chosen.name), ("follow", "true"), ("tail", "1")]
        follows = "" if asked.previous else f"{PREFIX}{act(name, 'logs', pairs)}"
        view = replace(view, choices=choices, container=chosen, asked=asked, follows=follows)
        try:
            async with self._logs.lines(name, asked, who) as found:
                lines = [line async for line in found if line is not None]
        except Fault as fault:
            return replace(view, fault=f"{fault.diagnostics[0].summary}: {fault.diagnostics[0].detail}", follows="")
        return replace(view, lines=tuple(lines[-LINES_MAX:]))
