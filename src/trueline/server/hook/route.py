"""The way in of webhooks: bounds first, then the signature, and only then what a delivery speaks of.

A delivery is answered as soon as it is judged; nothing here waits for Git.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import web

from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.server.access.refusal import Refusal
from trueline.server.hook import refusal
from trueline.server.hook.event import HeardKind, read
from trueline.server.hook.forge import Forge
from trueline.server.hook.hooks import Hooks
from trueline.server.hook.reading import READ_S_MAX, Reading
from trueline.server.hook.signature import check, claim

HOOK_BYTES_MAX: Final = 4 << 20
"""A push of some thousand commits, as GitHub tells it; one that is larger is seen by the look of the interval."""
LOOK: Final = "look"
NOTHING: Final = "nothing"
PING: Final = "ping"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HookRoutes:
    """The handlers of one listener."""

    def __init__(self, hooks: Hooks, *, read_s_max: float = READ_S_MAX) -> None:
        self._hooks = hooks
        self._signed, self._unsigned = Reading(s_max=read_s_max), Reading(s_max=read_s_max)

    def add(self, app: web.Application) -> None:
        """The routes of all forges, and that of whoever signs nothing."""
        app.router.add_post("/hooks/git", self.look)
        for forge in Forge:
            app.router.add_post(forge.path, self.handler(forge))

    async def look(self, request: web.Request) -> web.StreamResponse:
        """It can only cause a look, and looks are coalesced: so it needs no authentication."""
        await self._unsigned.whole(request.remote or "", request.read)
        self._hooks.looks.ask(None)
        return _json(202, {"accepted": True})

    def handler(self, forge: Forge) -> Handler:
        """The handler of one forge; whatever became of a delivery is counted."""

        async def deliver(request: web.Request) -> web.StreamResponse:
            result = "failed"
            try:
                result = await self._deliver(forge, request)
            except Refusal as refused:
                result = refused.diagnostic.code
                raise
            finally:
                self._hooks.counts[forge.value, result] += 1
            return _json(200 if result == PING else 202, {"accepted": True, "look": result == LOOK})

        return deliver

    async def _deliver(self, forge: Forge, request: web.Request) -> str:
        """What became of a delivery."""
        hooks = self._hooks
        if forge not in hooks.keys.files:
            raise refusal.unconfigured(forge)
        hooks.listening.admit(request.remote or "")
        claimed = claim(forge, request.headers)
        body = await self._body(request)
        hooks.replays.take(check(claimed, body, self._keys(forge), hooks.clock.now().timestamp()))
        heard = read(forge, request.headers, body)
        match heard.kind:
            case HeardKind.PING:
                return PING
            case HeardKind.OTHER:
                return NOTHING
            case HeardKind.PUSH:
                return LOOK if hooks.look(heard) else NOTHING

    def _keys(self, forge: Forge) -> tuple[Masked, ...]:
        """A secret that cannot be read lets nobody in; where it stands is not told to who sends."""
        try:
            return self._hooks.keys.read(forge)
        except UserError:
            raise refusal.unreadable() from None

    async def _body(self, request: web.Request) -> bytes:
        """The raw body, within its bounds: none of it is read where its head says already that it is too much.

        INV-30: a body without an end is let go of at its bound, and nothing that is packed is opened.
        """
        if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise refusal.packed()
        if (request.content_length or 0) > HOOK_BYTES_MAX:
            raise refusal.large(HOOK_BYTES_MAX)
        return await self._signed.whole(request.remote or "", lambda: _whole(request))


async def _whole(request: web.Request) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > HOOK_BYTES_MAX:
            raise refusal.large(HOOK_BYTES_MAX)
    return bytes(body)


def _json(status: int, body: object) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json", charset="utf-8")
