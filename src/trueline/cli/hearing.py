"""Hearing what happens, over a line: the stream of events, resumed after every cut, in a thread of its own.

First the stream is opened, then everything is asked for once: so nothing that happens in between is missed.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from trueline.cli.call import all_applications, call, refused, who
from trueline.cli.line import Line
from trueline.model.fault import Fault, Transient

EVENTS: Final = "/api/v1/events"
SILENCE_S: Final = 45.0
"""The server says each 15 s that it is still there."""
PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0)
LINE_BYTES_MAX: Final = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the stream; a sign of life has no kind."""

    kind: str = ""
    place: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """How everything stands, now that it is heard again."""

    found: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Nothing is heard any more, and it is tried again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """The objects of an application, as they are now; nothing where that cannot be told."""

    application: str
    nodes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """It is not tried again: who asks may not hear."""

    fault: Fault


Heard: TypeAlias = Event | Listed | Cut | Grown | Ended


def read_events(lines: Iterator[bytes]) -> Iterator[Event]:
    r"""Server-sent events out of lines; what is no JSON object is not an event of ours.

    >>> list(read_events(iter([b"id: 3\n", b"event: gone\n", b'data: {"application": "shop"}\n', b"\n"])))
    [Event(kind='gone', place='3', data={'application': 'shop'})]
    """
    told: dict[str, str] = {}
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith(":"):
            yield Event()
        elif text:
            name, _, value = text.partition(":")
            told[name] = value.removeprefix(" ")
        elif told:
            yield Event(kind=told.get("event", ""), place=told.get("id", ""), data=_object(told.get("data", "")))
            told = {}


def _object(text: str) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
        if isinstance(value, dict):
            return value
    return {}


class Hearing:
    """Follows one line; `heard` is called from its threads. `wanted` names applications whose objects are asked for."""

    def __init__(self, line: Line, heard: Callable[[Heard], None], *, tree_pause_s: float = 1.0) -> None:
        self._line = line
        self._heard = heard
        self._tree_pause_s = tree_pause_s
        self._is_over = threading.Event()
        self._place = ""
        self.wanted: tuple[str, ...] = ()

    def begin(self) -> None:
        """From now on, until `end`; neither thread holds up the end of the program."""
        for work in (self._follow, self._grow):
            threading.Thread(target=work, daemon=True).start()

    def end(self) -> None:
        """Nothing more is heard."""
        self._is_over.set()

    def _follow(self) -> None:
        failures = 0
        while not self._is_over.is_set():
            try:
                for event in self._events():
                    failures = 0
                    if self._is_over.is_set():
                        return
                    self._take(event)
                reason = "the stream ended"
            except Transient as fault:
                reason = str(fault.diagnostics[0].detail) if fault.diagnostics else "it does not answer"
            except Fault as fault:
                self._heard(Ended(fault=fault))
                return
            except (OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
            self._heard(Cut(reason=reason))
            self._is_over.wait(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
            failures += 1

    def _take(self, event: Event) -> None:
        self._place = event.place or self._place
        if event.kind in {"application", "gone"}:
            self._heard(event)

    def _events(self) -> Iterator[Event]:
        with stream(self._line, self._place) as events:
            first = next(events, None)
            if first is None:
                return
            self._heard(Listed(found=all_applications(self._line)))
            yield first
            yield from events

    def _grow(self) -> None:
        """Objects are asked for as long as somebody wants to see them; what cannot be told is left out."""
        while not self._is_over.wait(self._tree_pause_s):
            for name in self.wanted:
                nodes: list[dict[str, Any]] = []
                with suppress(Fault):
                    nodes = call(self._line, "GET", "/api/v1/applications/{name}/tree", name=name)["nodes"]
                if not self._is_over.is_set():
                    self._heard(Grown(application=name, nodes=nodes))


@contextmanager
def stream(line: Line, after: str) -> Iterator[Iterator[Event]]:
    """The events after a place; the first one is a sign of life.

    Raises:
        Fault: the server refuses.
        OSError: it is silent, or away.
    """
    connection = line.connection()
    try:
        headers = {**line.headers(who()), "Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
        connection.connect()
        connection.sock.settimeout(SILENCE_S)
        connection.request("GET", EVENTS, headers=headers)
        response = connection.getresponse()
        if response.status != 200:  # noqa: PLR2004 - HTTP's own word
            raise refused(response)
        yield read_events(iter(lambda: response.readline(LINE_BYTES_MAX), b""))
    finally:
        connection.close()
