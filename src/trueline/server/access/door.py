"""Coming in and going out: the handlers of the sign-in pages, with the pauses after what fails."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec
from aiohttp import web

from trueline.declare.application import Role
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.record.journal import Kind, Note
from trueline.server.access import refusal
from trueline.server.access.access import Access
from trueline.server.access.attempt import address_key, name_key
from trueline.server.access.body import MadeTokenBody, WaysBody
from trueline.server.access.front import is_secure
from trueline.server.access.gate import FORM, Gate
from trueline.server.access.identity import IdentityKind, Scope
from trueline.server.access.page import HEADERS, SignedInView, SignInView, sign_in_page, signed_in_page
from trueline.server.access.password import CHARACTERS_MAX
from trueline.server.access.program import MACHINE
from trueline.server.access.refusal import Refusal
from trueline.server.access.secret import SHOWN_CHARACTERS_MAX
from trueline.server.access.session import WHOLE, csrf_of
from trueline.server.access.token import DAYS
from trueline.server.page.address import PROVIDER_END, SIGN_IN, provider_address, within
from trueline.server.reading import Question, malformed

LOG_IN: Final = "/api/v1/login"
TRIES_AT_ONCE_MAX: Final = 8
FAILURE_TOLD_S: Final = 10.0
"""Of failed attempts one record is made in so long a time, with their number: nobody fills the journal by trying."""


class LogIn(Question, frozen=True, kw_only=True):
    """Who asks, and from which machine."""

    name: str
    password: str
    machine: Annotated[str, msgspec.Meta(pattern=MACHINE)]


class LogInByCode(Question, frozen=True, kw_only=True):
    """A code, and the secret of the program that asked for it."""

    code: Annotated[str, msgspec.Meta(max_length=SHOWN_CHARACTERS_MAX)]
    verifier: Annotated[str, msgspec.Meta(max_length=SHOWN_CHARACTERS_MAX)]


Asked = TypeVar("Asked", bound=Question)


class Door:
    """The door of one listener."""

    def __init__(self, access: Access, gate: Gate) -> None:
        self._access = access
        self._gate = gate
        self._under_way = 0
        self._failed = 0
        self._told_s = -FAILURE_TOLD_S

    async def show(self, request: web.Request) -> web.Response:
        """The page: the choice of who was invited, name and password, or who is signed in.

        Who was led here and is in already, by another window, is led on.
        """
        self._gate.check_host(request)
        token, following = request.query.get("token", ""), within(request.query.get("next", ""))
        if token:
            if (invitation := self._access.users.invited(token)) is None:
                return self.form(404, SignInView(fault="This invitation is over. Have a new one made."))
            name = invitation.name
            return self.form(200, SignInView(token=token, name=name, is_named=bool(name), following=following))
        if (asked := self._gate.known(request)) is not None and asked.session:
            if "next" in request.query:
                return see(following)
            return _page(200, signed_in_page(SignedInView(name=asked.identity.name, csrf=csrf_of(asked.session))))
        return self.form(200, SignInView(following=following))

    async def sign_in(self, request: web.Request) -> web.Response:
        """A form was sent: with an invitation's token, or with name and password."""
        self._gate.check_host(request)
        self._check_form(request)
        form = await request.post()
        token, name, password = (_text(form.get(key)) for key in ("token", "name", "password"))
        name, following = name.strip()[:CHARACTERS_MAX], within(_text(form.get("next")))
        try:
            if token:
                name = await self._accept(request, token, name, password)
            else:
                await self.check(request, name, password)
        except Refusal as refused:
            told = f"{refused.diagnostic.summary}. {refused.diagnostic.remedy}."
            view = SignInView(name=name, fault=told, following=following)
            return self.form(refused.status, view, refused.headers)
        except UserError as error:
            return self._again(token, name, following, error)
        return self.let_in(request, name, following)

    async def sign_out(self, request: web.Request) -> web.Response:
        """The session ends."""
        asked = self._gate.known(request)
        if asked is not None and asked.session:
            self._check_form(request)
            form = await request.post()
            self._gate.check_form(request, asked, _text(form.get("csrf")))
            self._access.sessions.end(asked.session)
            self._access.journal.append([Note(kind=Kind.SIGNED_OUT, body={"who": str(asked.identity)})])
        is_known_there = asked is not None and asked.identity.kind is IdentityKind.PERSON
        response = see(PROVIDER_END if is_known_there else SIGN_IN)
        if cookie := self._gate.front.cookie(request.headers.get("Host", "")):
            response.del_cookie(cookie, path="/", secure=is_secure(cookie), httponly=True, samesite="Lax")
        return response

    async def log_in(self, request: web.Request) -> web.Response:
        """A program of somebody asks with their name and password: a token of that machine, and no session."""
        asked = await self._program(request, LogIn, "it needs `name`, `password` and `machine`")
        await self.check(request, asked.name, asked.password)
        return self._machine_token(asked.name, asked.machine)

    async def log_in_by_code(self, request: web.Request) -> web.Response:
        """A program asks with the code that its owner's browser brought it: a token of that machine."""
        asked = await self._program(request, LogInByCode, "it needs `code` and `verifier`")
        key = address_key(self._gate.address(request))
        self.begin(key)
        owner, machine = self._access.programs.finish(asked.code, asked.verifier)
        self._access.attempts.succeed("", key)
        return self._machine_token(owner, machine)

    async def ways(self, _: web.Request) -> web.Response:
        """By which ways one signs in here: what a program asks before it asks a person."""
        provider = self._access.provider
        told = WaysBody(password=True, provider=provider.registration.host if provider is not None else "")
        return web.Response(body=msgspec.json.encode(told), content_type="application/json")

    async def _program(self, request: web.Request, kind: type[Asked], wanted: str) -> Asked:
        """What a program says that is no browser: a page of somebody else's cannot send it."""
        self._gate.check_host(request)
        if not self._gate.front.cookie(request.headers.get("Host", "")):
            raise refusal.in_clear()
        if request.content_type != "application/json":
            raise refusal.mistyped()
        if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
            raise refusal.foreign()  # a browser has the page
        try:
            return msgspec.json.decode(await request.read(), type=kind)
        except (msgspec.MsgspecError, RecursionError):
            raise UserError([malformed(wanted)]) from None

    def _machine_token(self, owner: str, machine: str) -> web.Response:
        tokens, name = self._access.tokens, f"login-{machine}"
        with suppress(UserError):  # there was none yet
            tokens.revoke(name, owner=owner, by=owner)
        secret = tokens.create(name, owner=owner, scope=Scope(role=Role.ADMIN), days=DAYS, by=owner)
        made = next(token for token in tokens.all(owner) if token.name == name)
        body = MadeTokenBody(name=name, token=secret, until=made.until)
        headers = {"Cache-Control": "no-store"}
        return web.Response(body=msgspec.json.encode(body), content_type="application/json", headers=headers)

    async def check(self, request: web.Request, name: str, password: str) -> None:
        """Whether somebody has this name and password; whoever tries too often waits.

        Raises:
            Refusal: TL0750, TL0751.
        """
        keys = name_key(name), address_key(self._gate.address(request))
        with Room(self):
            self.begin(*keys)
            is_right = await self._access.users.is_right(name, password[: CHARACTERS_MAX + 1], self._access.hasher)
            if not is_right:
                self.tell_failure(name, self._gate.address(request))
                raise refusal.wrong()
            self._access.attempts.succeed(*keys)

    async def _accept(self, request: web.Request, token: str, name: str, password: str) -> str:
        address = address_key(self._gate.address(request))
        with Room(self):
            self.begin(address)
            found = await self._access.users.accept(token, name, password, self._access.hasher)
            self._access.attempts.succeed("", address)
            return found

    def begin(self, *keys: str) -> None:
        """An attempt begins.

        Raises:
            Refusal: TL0750, it comes too soon after others that failed.
        """
        now_s = self._access.clock.monotonic_s()
        if (wait_s := self._access.attempts.wait_s(keys, now_s)) > 0:
            raise refusal.hasty(wait_s)
        self._access.attempts.begin(keys, now_s)

    def tell_failure(self, name: str, address: str, why: Diagnostic | None = None) -> None:
        """An attempt failed: `why`, where more can be told than that name or password is wrong.

        A name that nobody has is not written down: it may be a password in the wrong field.
        """
        self._failed += 1
        now_s = self._access.clock.monotonic_s()
        if now_s - self._told_s < FAILURE_TOLD_S:
            return
        known = name if self._access.users.find(name) is not None else ""
        body = {"name": known, "address": address, "attempts": self._failed}
        told = {"code": why.code, "why": f"{why.summary}: {why.detail}"} if why is not None else {}
        self._access.journal.append([Note(kind=Kind.SIGN_IN_FAILED, body={**body, **told})])
        self._failed, self._told_s = 0, now_s

    def _check_form(self, request: web.Request) -> None:
        if not self._gate.front.cookie(request.headers.get("Host", "")):
            raise refusal.in_clear()
        if not self._gate.front.is_same_origin(request.headers) or request.content_type != FORM:
            raise refusal.foreign()

    def form(self, status: int, view: SignInView, headers: dict[str, str] | None = None) -> web.Response:
        """The page of sign-in, with what was typed."""
        provider = self._access.provider
        told = replace(
            view,
            is_empty=not self._access.users.is_anybody_in,
            provider=provider.registration.host if provider is not None else "",
            provider_address=provider_address(self._access.address, view.following) if provider is not None else "",
        )
        return _page(status, sign_in_page(told), headers)

    def _again(self, token: str, name: str, following: str, error: UserError) -> web.Response:
        told = "; ".join(f"{one.summary}: {one.detail}" for one in error.diagnostics)
        invitation = self._access.users.invited(token)
        if invitation is None:
            return self.form(404, SignInView(fault=told))
        is_named, name = bool(invitation.name), invitation.name or name
        view = SignInView(token=token, name=name, is_named=is_named, fault=told, following=following)
        return self.form(422, view)

    def let_in(self, request: web.Request, name: str, following: str, *, until: datetime | None = None) -> web.Response:
        """A new session, whatever there was before: nobody can have put it there."""
        cookie = self._gate.front.cookie(request.headers.get("Host", ""))
        if before := request.cookies.get(cookie):
            self._access.sessions.end(before)
        secret = self._access.sessions.begin(name, until=until, address=self._gate.address(request))
        body = {"who": name, "address": self._gate.address(request)}
        self._access.journal.append([Note(kind=Kind.SIGNED_IN, body=body)])
        response = see(following)
        age_s = int(WHOLE.total_seconds())
        response.set_cookie(
            cookie, secret, max_age=age_s, path="/", secure=is_secure(cookie), httponly=True, samesite="Lax"
        )
        return response

    def enter(self) -> None:
        """One more attempt is under way.

        Raises:
            Refusal: TL0750, there are too many at once.
        """
        if self._under_way >= TRIES_AT_ONCE_MAX:
            raise refusal.hasty(1.0)
        self._under_way += 1

    def leave(self) -> None:
        """It is over."""
        self._under_way -= 1


class Room:
    """Hashing is dear: only so much of it goes on at once."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def __enter__(self) -> None:
        self._door.enter()

    def __exit__(self, *_: object) -> None:
        self._door.leave()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _page(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, body=body, content_type="text/html", charset="utf-8", headers={**HEADERS, **(headers or {})}
    )


def see(path: str) -> web.Response:
    """Look there next."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
