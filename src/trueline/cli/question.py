"""Questions to the engine of a data directory: to the `up` that owns it, or to one that is opened here for it."""

from collections.abc import Callable, Mapping
from typing import Any

from trueline.cli.answer import say, say_json, tell
from trueline.cli.call import call, who
from trueline.cli.place import Place
from trueline.server.route import PREFIX, ROUTES, Route

SETTLE_S = 900.0


def look(place: Place, verb: str, name: str) -> dict[str, Any]:
    """The answer of `applications/NAME/VERB`, asked of a copy where nobody runs."""
    route = _route(f"{PREFIX}/applications/{{name}}/{verb}")
    if place.owner is not None:
        return call(place.socket, "GET", route.path, name=name)
    from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

    return run(_look_here(place, route, name))


def names(place: Place) -> list[str]:
    """The applications that are kept there."""
    if place.owner is not None:
        found = call(place.socket, "GET", f"{PREFIX}/applications")
        return [status["application"] for status in found["applications"]]
    from trueline.cli.archive import archive  # noqa: PLC0415 - only where nobody runs

    with archive(place.path) as tables:
        return [status["application"] for status in tables.register.statuses()]


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
    if place.owner is not None:
        answer = call(place.socket, "POST", route.path, name=name, body=body)
    else:
        from trueline.cli.run import run  # noqa: PLC0415 - the engine is imported only where nobody runs

        answer = run(_act_here(place, route, name, body))
    if output == "json":
        say_json(answer)
    else:
        say(f"{name}: {line(answer)}")
    return 0


def _route(path: str) -> Route:
    return next(route for route in ROUTES if route.path == path)


async def _look_here(place: Place, route: Route, name: str) -> dict[str, Any]:
    from trueline.cli.session import looking, settings_of  # noqa: PLC0415 - it imports the engine
    from trueline.server.answer import Answers, Asked  # noqa: PLC0415

    async with looking(settings_of(place), place.path) as (assembly, control):
        for problem in assembly.engine.problems:
            tell(str(problem))
        return await route.answer(Answers(control), Asked(name=name, query={}, body={}))


async def _act_here(place: Place, route: Route, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The action, and then as many passes as it takes until all is settled."""
    from trueline.cli.serving import running  # noqa: PLC0415 - it imports the engine
    from trueline.cli.session import acting, settings_of  # noqa: PLC0415
    from trueline.cli.story import Story  # noqa: PLC0415
    from trueline.server.answer import Answers, Asked  # noqa: PLC0415

    async with acting(settings_of(place)) as (assembly, control):
        asked = Asked(name=name, query={}, body=body, who=who())
        answer = await route.answer(Answers(control), asked)
        async with running(assembly, "none", Story(tell)):
            await _wait(assembly.engine.wait_settled)
        return answer


async def _wait(wait_settled: Callable[[], Any]) -> None:
    import asyncio  # noqa: PLC0415 - beside the engine

    try:
        async with asyncio.timeout(SETTLE_S):
            await wait_settled()
    except TimeoutError:
        tell(f"not everything settled within {SETTLE_S:.0f} s; the next `trueline up` goes on")
