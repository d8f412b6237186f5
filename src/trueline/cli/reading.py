"""The logs of an application's pods: of a server or of the `up` of this machine, and where none runs, asked from here.

The words are the same in all of these, for it is the same code that chooses the containers and masks their lines.
"""

import http.client
import queue
import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from trueline.cli.answer import say, tell
from trueline.cli.call import call, refused, silent, who
from trueline.cli.line import Line
from trueline.cli.place import Place
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, UserError
from trueline.runtime.task_group import TaskGroup

if TYPE_CHECKING:
    from trueline.server.log import Logs

CONTAINERS_MAX: Final = 100
LINES_WAITING_MAX: Final = 1_000
LINE_BYTES_MAX: Final = 1 << 20
KEEPALIVE_S: Final = 60
EMBEDDED: Final = "embedded"
_ONE: Final = "/api/v1/applications/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was asked for: `ref` and `container` are empty for all of them."""

    application: str
    ref: str = ""
    container: str = ""
    tail: int
    follow: bool = False
    previous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A container; its text stands before each of its lines."""

    namespace: str
    pod: str
    name: str

    def __str__(self) -> str:
        return f"{self.pod}/{self.name}" if self.name else self.pod


def print_logs(place: Place, reading: Reading) -> int:
    """Print the lines; 1 where those of one could not be read."""
    if place.line is not None:
        return _print_there(place.line, reading)
    from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

    return run(_print_here(place, reading))


def chosen(found: Sequence[Writer], reading: Reading) -> Sequence[Writer]:
    """Those that are asked for, at most `CONTAINERS_MAX`.

    Raises:
        UserError: TL2151, none of them is called so.
    """
    fitting = [one for one in found if reading.container in {"", one.name}]
    if not found:
        tell(f"{reading.ref or reading.application} has no pods now")
    elif not fitting:
        known = ", ".join(sorted({one.name for one in found})[:20])
        raise UserError(
            [
                Diagnostic(
                    code="TL2151",
                    summary="no container of these pods is called so",
                    detail=f"{reading.container[:100]}; there are {known}",
                    remedy="name one of these with --container",
                )
            ]
        )
    if len(fitting) > CONTAINERS_MAX:
        tell(f"there are {len(fitting)} containers; these are the first {CONTAINERS_MAX}")
    return fitting[:CONTAINERS_MAX]


def _tell_embedded() -> int:
    tell("the embedded cluster runs no containers: its pods write nothing")
    return 0


def _tell_fault(writer: Writer, fault: Fault) -> None:
    for one in fault.diagnostics:
        tell(f"{writer}: {one.code} {one.summary}: {one.detail}; {one.remedy}")


# ---- of an `up` ------------------------------------------------------------------------------------------------------


def _print_there(line: Line, reading: Reading) -> int:
    name = reading.application
    if call(line, "GET", _ONE, name=name)["target"] == EMBEDDED:
        return _tell_embedded()
    query = {"ref": reading.ref} if reading.ref else {}
    told = call(line, "GET", f"{_ONE}/containers", name=name, query=query)["containers"]
    writers = chosen([Writer(namespace=one["namespace"], pod=one["pod"], name=one["name"]) for one in told], reading)
    heard: queue.Queue[tuple[Writer, str | Fault | None]] = queue.Queue(LINES_WAITING_MAX)
    if reading.follow:
        for one in writers:  # none of them holds up the end of the program
            threading.Thread(target=_read, args=(line, reading, one, heard), daemon=True).start()
        return _printed(heard, len(writers))
    codes = []
    for one in writers:
        threading.Thread(target=_read, args=(line, reading, one, heard), daemon=True).start()
        codes.append(_printed(heard, 1))
    return max(codes, default=0)


def _printed(heard: "queue.Queue[tuple[Writer, str | Fault | None]]", count: int) -> int:
    """Print what is heard of so many, until each of them has ended."""
    code = 0
    while count:
        writer, told = heard.get()
        if isinstance(told, str):
            say(f"{writer}: {told}")
            continue
        count -= 1
        if told is not None:
            code = 1
            _tell_fault(writer, told)
    return code


def _read(
    line: Line, reading: Reading, writer: Writer, heard: "queue.Queue[tuple[Writer, str | Fault | None]]"
) -> None:
    """Hand on what one container writes; then its end, or why it could not be read."""
    end: Fault | None = None
    try:
        for text in lines_of(line, reading, writer):
            heard.put((writer, text))
    except Fault as fault:
        end = fault
    heard.put((writer, end))


def lines_of(line: Line, reading: Reading, writer: Writer) -> Generator[str, None, None]:
    """The lines of one container, as an `up` tells them.

    Raises:
        Fault: it refuses; TL0726, TL0759, it does not answer, or the answer is cut.
    """
    asked = {
        "pod": f"{writer.namespace}/{writer.pod}",
        "container": writer.name,
        "tail": str(reading.tail),
        "follow": str(reading.follow).lower(),
        "previous": str(reading.previous).lower(),
    }
    path = _ONE.replace("{name}", quote(reading.application, safe=""))
    connection = line.connection()
    try:
        connection.connect()
        connected = connection.sock
        connection.request("GET", f"{path}/logs?{urlencode(asked)}", headers=line.headers(quote(who(), safe=" @.-_")))
        response = connection.getresponse()
        if response.status != 200:  # noqa: PLR2004 - HTTP's own word
            raise refused(response)
        if reading.follow:
            _wait(connected)
        while text := response.readline(LINE_BYTES_MAX):
            yield text.decode("utf-8", "backslashreplace").removesuffix("\n")
    except (OSError, http.client.HTTPException) as error:
        raise silent(line, error) from None
    finally:
        connection.close()


def _wait(connected: socket.socket) -> None:
    """A container may write nothing for an hour; that the other side is there, the kernel asks."""
    connected.settimeout(None)
    with suppress(OSError, AttributeError):  # a socket of the file system has no such option, nor has every kernel
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)


# ---- from here -------------------------------------------------------------------------------------------------------


async def _print_here(place: Place, reading: Reading) -> int:
    from trueline.cli.session import looking, settings_of  # noqa: PLC0415 - it imports the engine
    from trueline.runtime.clock import SystemClock  # noqa: PLC0415 - the same
    from trueline.server.log import Logs  # noqa: PLC0415 - the same

    async with looking(settings_of(place), place.path) as (_, control):
        kept = control.kept(reading.application)
        if (await control.parts.targets.parts(kept.application.target)).target.name == EMBEDDED:
            return _tell_embedded()
        return await read_here(Logs(control, SystemClock()), reading)


async def read_here(logs: "Logs", reading: Reading) -> int:
    """Print the lines that logs of this process have; 1 where those of one could not be read."""
    told = await logs.containers(reading.application, reading.ref)
    writers = chosen([Writer(namespace=one.namespace, pod=one.pod, name=one.name) for one in told], reading)
    results: list[bool] = []
    if reading.follow:
        async with TaskGroup() as group:
            for one in writers:
                group.create_task(_hear(logs, reading, one, results))
    else:
        for one in writers:
            await _hear(logs, reading, one, results)
    return 0 if all(results) else 1


async def _hear(logs: "Logs", reading: Reading, writer: Writer, results: list[bool]) -> None:
    from trueline.server.log import LogsQuestion  # noqa: PLC0415 - it was imported with the engine

    asked = LogsQuestion(
        pod=f"{writer.namespace}/{writer.pod}",
        container=writer.name,
        tail=reading.tail,
        previous=reading.previous,
        follow=reading.follow,
    )
    try:
        async with logs.lines(reading.application, asked, "") as lines:
            async for text in lines:
                if text is not None:
                    say(f"{writer}: {text}")
    except Fault as fault:
        _tell_fault(writer, fault)
        results.append(False)
