"""D8 through the engine: what could not be read is Unknown, never absent; nothing is done, and it recovers."""

from collections.abc import Callable
from typing import TypeAlias

from trueline.loop.status import Sync
from trueline.runtime.http import Request, Response, Unreachable
from trueline.target.kubernetes.client import ATTEMPTS_MAX
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.sample import config_map, secret
from trueline.testing.conformance.engine.weather import Failure, is_write
from trueline.testing.conformance.engine.world import World

Make: TypeAlias = Callable[[], Failure]
_JSON = {"content-type": "application/json"}


def _page() -> Response:
    return Response(status=200, headers={"content-type": "text/html"}, body=b"<html><body>Sign in</body></html>")


def _cut() -> Response:
    return Response(status=200, headers=_JSON, body=b'{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resou')


def _hurried() -> Response:
    body = b'{"kind":"Status","status":"Failure","reason":"TooManyRequests","code":429,"message":"too many"}'
    return Response(status=429, headers=_JSON | {"retry-after": "1"}, body=body)


def _expired() -> Response:
    body = b'{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}'
    return Response(status=410, headers=_JSON, body=body)


def _empty() -> Response:
    return Response(status=200, headers=_JSON, body=b"{}")


FAILURES: dict[str, Make] = {
    "error_500": lambda: Response(status=500, headers=_JSON, body=b'{"kind":"Status","code":500,"message":"etcd"}'),
    "too_many": _hurried,
    "web_page": _page,
    "reset": lambda: Unreachable("the connection was reset"),
    "cut_short": _cut,
    "empty_object": _empty,
}


def _row(name: str, make: Make) -> None:
    async def run(world: World) -> None:
        """A kind that cannot be read: nothing of the application is pruned or applied, and then all is as Git says."""
        kept, leaves = config_map("kept"), secret("leaves", {"k": "v"})
        world.declare("shop", kept, leaves)
        world.commit()
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
        world.declare("shop", config_map("kept", {"a": "2"}))
        world.commit()

        def storm(request: Request) -> Failure | None:
            is_read = request.method == "GET" and request.path.endswith("/secrets")
            return make() if is_read or "/secrets/leaves" in request.path else None

        world.weather.storm, world.weather.seen = storm, []
        async with world.started():
            status = await _until_unknown(world)
            expect_that(status)
            expect([r.path for r in world.weather.seen if is_write(r)], [])
            expect((await world.live(kept))["data"], {"a": "1", "b": "2"})
            expect_that(await world.live(leaves))
            world.weather.storm = None
            await world.until_sync(Sync.SYNCED)
            expect((await world.live(kept))["data"], {"a": "2"})
            expect(await world.live(leaves), {})

    named_case(f"contact_{name}", run)


async def _until_unknown(world: World) -> str:
    await world.until(lambda: "shop" in world.now.engine.kept, "desired")
    kept = world.now.engine.kept["shop"]
    await world.until(lambda: kept.last is not None and kept.status.message == kept.last.message, "looked at")
    return (await world.until_sync(Sync.UNKNOWN)).message


for _name, _each in FAILURES.items():
    _row(_name, _each)


@engine_case
async def contact_lost_while_it_runs(world: World) -> None:
    """INV-05: the whole server goes away while the engine runs: nothing is deleted.

    What drifted meanwhile is healed after.
    """
    body = config_map("settings")
    world.declare("shop", body, config_map("leaves"))
    async with world.synced():
        world.weather.seen = []
        world.weather.storm = lambda _: Unreachable("no route to host")
        await world.api.merge(body, {"data": {"a": "9"}}, fieldManager="kubectl")
        world.declare("shop", body)
        world.commit()
        try:
            await world.now.engine.follow_once()
            await world.clock.sleep(1.0)
            expect_that(await world.live(config_map("leaves")))
        finally:
            world.weather.storm = None
        await world.now.engine.follow_once()
        await world.api.until(body, lambda a: bool(a.body["data"]["a"] == "1"), "healed")
        await world.api.until(config_map("leaves"), lambda a: a.status == 404, "pruned")  # noqa: PLR2004 - HTTP's
        await world.until_sync(Sync.SYNCED)


@engine_case
async def contact_lost_while_another_process_came_and_went(world: World) -> None:
    """INV-12, INV-13: who gives a fence back took it before. Who held it until then has not seen how far it came.

    It was away for so long that the server does not tell what was meanwhile.
    """
    kept, gone = config_map("kept"), config_map("gone")
    world.declare("shop", kept, gone)
    async with world.synced():
        world.weather.storm = lambda _: Unreachable("no route to host")
        other = world.twin()
        world.declare("shop", kept)
        world.commit()
        async with other.started():
            await other.follow()
            await other.until_sync(Sync.SYNCED)
        world.weather.storm = lambda request: _expired() if request.query.get("resourceVersion") else None
        status = await world.until_sync(Sync.HELD)
        expect(([one.code for one in status.problems], await world.live(gone)), (["TL1902"], {}))
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect(await world.live(gone), {})


@engine_case
async def contact_lost_in_a_trial_is_made_again(world: World) -> None:
    """INV-29, INV-33: a dry run is turned away, until the client asks no more. No event will come of that.

    The pass comes again by itself.
    """
    body, lost = config_map("settings", {"a": "2"}), list[str]()

    def storm(request: Request) -> Failure | None:
        if request.method != "PATCH" or len(lost) >= ATTEMPTS_MAX:
            return None
        lost.append(request.path)
        return Response(status=503, headers=_JSON, body=b'{"kind":"Status","code":503,"message":"etcd leader changed"}')

    world.declare("shop", config_map("settings"))
    async with world.synced():
        await world.quiet()
        world.weather.storm = storm
        world.declare("shop", body)
        world.commit()
        await world.now.engine.follow_once()
        await world.api.until(body, lambda a: bool(a.body["data"]["a"] == "2"), "applied")
        expect(len(lost), ATTEMPTS_MAX)
        await world.until_sync(Sync.SYNCED)
