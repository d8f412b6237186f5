"""The way to the provider and the way back: two addresses that a browser is led to. It checks nothing by itself."""

from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from trueline.server.access import refusal as entry
from trueline.server.access.access import Access
from trueline.server.access.attempt import address_key
from trueline.server.access.door import Door, Room, see
from trueline.server.access.front import is_secure
from trueline.server.access.gate import Gate
from trueline.server.access.oidc import refusal
from trueline.server.access.oidc.errand import LASTS_S, Errands
from trueline.server.access.oidc.provider import Provider
from trueline.server.access.page import SignInView
from trueline.server.access.refusal import Refusal
from trueline.server.access.secret import SYSTEM_RANDOM
from trueline.server.page.address import HOME, PROVIDER, PROVIDER_BACK, SIGN_IN

CODE_CHARACTERS_MAX: Final = 2_000


class ProviderDoor:
    """The door by which people of the provider come in."""

    def __init__(self, access: Access, gate: Gate, door: Door) -> None:
        self._access = access
        self._gate = gate
        self._door = door
        self._errands = Errands(access.clock, SYSTEM_RANDOM)

    async def leave(self, request: web.Request) -> web.Response:
        """To the provider, with a cookie that the way back is judged by."""
        self._gate.check_host(request)
        if (provider := self._access.provider) is None:
            return see(SIGN_IN)
        try:
            cookie = self._cookie(request)
            with Room(self._door):
                errand, kept = self._errands.begin(request.query.get("next", ""))
                response = see(await provider.way_there(errand, self._back))
        except Refusal as refused:
            return self._refused(request, refused)
        response.set_cookie(
            cookie,
            kept,
            max_age=int(LASTS_S),
            path=PROVIDER if not is_secure(cookie) else "/",
            secure=is_secure(cookie),
            httponly=True,
            samesite="Lax",
        )
        return response

    async def come_back(self, request: web.Request) -> web.Response:
        """From the provider, with a code: whom it is for is asked of the provider itself."""
        self._gate.check_host(request)
        if (provider := self._access.provider) is None:
            return see(SIGN_IN)
        try:
            cookie, key = self._cookie(request), address_key(self._gate.address(request))
            with Room(self._door):
                self._door.begin(key)
                response = await self._enter(request, provider, request.cookies.get(cookie, ""))
                self._access.attempts.succeed("", key)
        except Refusal as refused:
            return self._refused(request, refused)
        self._drop(response, cookie)
        return response

    async def end(self, request: web.Request) -> web.Response:
        """Whoever signed out here is known there still, and may sign out there, too: by a link, not by themselves."""
        self._gate.check_host(request)
        if (provider := self._access.provider) is None:
            return see(SIGN_IN)
        ending = ""
        with suppress(Refusal), Room(self._door):
            ending = await provider.way_out()
        return self._door.form(200, SignInView(ending=ending))

    async def _enter(self, request: web.Request, provider: Provider, kept: str) -> web.Response:
        errand = self._errands.finish(kept, request.query.get("state", ""))
        await provider.check_way_back(request.query.get("iss"))
        if "error" in request.query:
            raise refusal.declined(request.query["error"])
        code = request.query.get("code", "")
        if not code or len(code) > CODE_CHARACTERS_MAX:
            raise refusal.unexchanged("it sent none, or one that is too long")
        claimed = await provider.identify(errand, code, self._back)
        person = self._access.people.enter(claimed, provider.registration.lasts)
        return self._door.let_in(request, person.name, errand.following, until=person.until)

    @property
    def _back(self) -> str:
        return f"{self._access.address}{PROVIDER_BACK}"

    def _cookie(self, request: web.Request) -> str:
        """The cookie of an errand. It belongs to one host: the one to which the provider sends people back.

        Raises:
            Refusal: TL0753, TL2202.
        """
        host = request.headers.get("Host", "")
        cookie = self._gate.front.cookie(host)
        if not cookie:
            raise entry.in_clear()
        if host.lower() != urlsplit(self._access.address).netloc.lower():
            raise refusal.astray(f"it begins and ends at {self._access.address}, and not at {refusal.shown(host)}")
        return f"{cookie}-errand"

    def _refused(self, request: web.Request, refused: Refusal) -> web.Response:
        told = refused.diagnostic
        self._door.tell_failure("", self._gate.address(request), told)
        said = f"{told.summary}: {told.detail}. {told.remedy}. ({told.code})"
        response = self._door.form(refused.status, SignInView(fault=said, following=HOME), refused.headers)
        if cookie := self._gate.front.cookie(request.headers.get("Host", "")):
            self._drop(response, f"{cookie}-errand")
        return response

    def _drop(self, response: web.Response, cookie: str) -> None:
        path = PROVIDER if not is_secure(cookie) else "/"
        response.del_cookie(cookie, path=path, secure=is_secure(cookie), httponly=True, samesite="Lax")
