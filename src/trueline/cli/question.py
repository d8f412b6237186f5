"""Questions to the engine of a data directory: to the `up` that owns it, or to one that is opened here for it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from trueline.cli.answer import say, say_json, tell
from trueline.cli.call import all_applications, call, journal_who
from trueline.cli.place import Place
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient, UserError
from trueline.runtime.clock import SystemClock
from trueline.server.route import PREFIX, ROUTES, Route

if TYPE_CHECKING:
    from trueline.cli.line import Line
    from trueline.server.answer import Answers

SETTLE_S = 900.0
POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The answers of the applications that answered, and what kept the others from it."""

    answers: tuple[dict[str, Any], ...]
    faults: tuple[Fault, ...] = ()


def look(place: Place, verb: str, name: str) -> Looked:
    """The answers of `applications/NAME/VERB`, of every application where none is named.

    What fails of one is told beside what the others answer; where nobody runs, a copy is asked.
    """
    route = _route(f"{PREFIX}/applications/{{name}}/{verb}")
    if place.line is not None:
        return _look_there(place.line, route, name)
    from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

    return run(_look_here(place, route, name))


def act(  # noqa: PLR0917 - what was typed, and how to say what came of it
    place: Place,
    verb: str,
    name: str,
    body: Mapping[str, Any],
    output: str,
    line: Callable[[Mapping[str, Any]], str] = lambda _: "done",
) -> int:
    """Ask for an action and say what came of it."""
    route = _route(f"{PREFIX}/applications/{{name}}/{verb}")
    if place.line is not None:
        answer = call(place.line, "POST", route.path, name=name, body=body)
    else:
        from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

        answer = run(_act_here(place, route, name, body))
    if output == "json":
        say_json(answer)
    else:
        say(f"{name}: {line(answer)}")
    return 0


def ask(place: Place, verb: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to an action that changes nothing of the application: where nobody runs, nothing is run for it."""
    route = _route(f"{PREFIX}/applications/{{name}}/{verb}")
    if place.line is not None:
        return call(place.line, "POST", route.path, name=name, body=body)
    from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

    return run(_ask_here(place, route, name, body))


async def _ask_here(place: Place, route: Route, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    from trueline.cli.session import acting, settings_of  # noqa: PLC0415 - it imports the engine
    from trueline.server.answer import Answers  # noqa: PLC0415

    async with acting(settings_of(place)) as (assembly, control):
        return await _answered(route, Answers(control, assembly.toolbox), name, body)


def sync(place: Place, name: str, timeout_s: float) -> dict[str, Any]:
    """Have what Git says applied, as `mode: manual` waits for, and wait; the answer is how the application stands then.

    Raises:
        Transient: TL0725, it is still under way.
    """
    route = _route(f"{PREFIX}/applications/{{name}}/sync")
    if place.line is None:
        from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

        run(_act_here(place, route, name, {}))
        return next(status for status in _kept(place) if status["application"] == name)
    before = call(place.line, "POST", route.path, name=name)
    clock = SystemClock()
    until_s = clock.monotonic_s() + timeout_s
    while clock.monotonic_s() < until_s:
        time.sleep(POLL_S)
        status = call(place.line, "GET", f"{PREFIX}/applications/{{name}}", name=name)
        if status["at"] != before["at"] and not _is_under_way(status):
            return status
    raise late(timeout_s)


def _is_under_way(status: Mapping[str, Any]) -> bool:
    is_progressing = status["sync"] == "Synced" and status["health"] in {"Progressing", "Missing"}
    return (is_progressing and not status.get("left")) or status["sync"] in {"Syncing", "Unknown"}


def _kept(place: Place) -> list[dict[str, Any]]:
    from trueline.cli.archive import archive  # noqa: PLC0415 - only where nobody runs

    with archive(place.path) as tables:
        return list(tables.register.statuses())


def late(timeout_s: float) -> Transient:
    """It was waited for long enough."""
    return Transient(
        [
            Diagnostic(
                code="TL0725",
                summary="not everything settled in time",
                detail=f"it was waited for {timeout_s:.0f} s",
                remedy="see what each application waits for, or give it longer with --timeout",
            )
        ]
    )


def _route(path: str) -> Route:
    return next(route for route in ROUTES if route.path == path)


def _look_there(line: "Line", route: Route, name: str) -> Looked:
    if name:
        return Looked(answers=(call(line, "GET", route.path, name=name),))
    answers, faults = [], []
    for status in all_applications(line)["applications"]:
        try:
            answers.append(call(line, "GET", route.path, name=status["application"]))
        except Fault as fault:
            faults.append(fault)
    return Looked(answers=tuple(answers), faults=tuple(faults))


async def _look_here(place: Place, route: Route, name: str) -> Looked:
    from trueline.cli.session import looking, settings_of  # noqa: PLC0415
    from trueline.cli.survey import survey  # noqa: PLC0415 - it imports the engine
    from trueline.server.answer import Answers  # noqa: PLC0415

    async with looking(settings_of(place), place.path) as (assembly, control):
        problems, kept = assembly.engine.problems, sorted(control.engine.kept)
        for problem in problems if kept else ():
            tell(str(problem))
        if problems and kept and (then := assembly.engine.look) is not None:
            tell(f"Git is not followed now: this is compared with {then.revision}, the last that is known")
        answers = Answers(control)
        found = await survey([name] if name else kept, lambda one: _answered(route, answers, one))
    # Nothing that can be asked is no "nothing differs".
    blind = (UserError(problems),) if problems and not kept else ()
    return Looked(answers=found.answers, faults=(*blind, *found.faults))


async def _act_here(place: Place, route: Route, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The action, and then as many passes of that application as it takes until it is settled; of no other one."""
    from trueline.cli.serving import running  # noqa: PLC0415 - it imports the engine
    from trueline.cli.session import acting, settings_of  # noqa: PLC0415
    from trueline.cli.story import Story  # noqa: PLC0415
    from trueline.server.answer import Answers  # noqa: PLC0415

    async with acting(settings_of(place)) as (assembly, control):
        answer = await _answered(route, Answers(control), name, body)
        async with running(assembly, "none", Story(tell), only={name}):
            await _wait(assembly.engine.wait_settled)
        return answer


async def _answered(
    route: Route, answers: "Answers", name: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The same JSON as over HTTP."""
    answered = await route.ask(answers, name, body=body, who=journal_who())
    found: dict[str, Any] = msgspec.to_builtins(answered)
    return found


async def _wait(wait_settled: Callable[[], Any]) -> None:
    import asyncio  # noqa: PLC0415 - beside the engine

    try:
        async with asyncio.timeout(SETTLE_S):
            await wait_settled()
    except TimeoutError:
        tell(f"not everything settled within {SETTLE_S:.0f} s; the next `trueline up` goes on")
