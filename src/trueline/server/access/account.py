"""One's own account as pages: password, tokens, sessions, programs; and users, for who administers. All are forms."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from aiohttp import web

from trueline.model.fault import UserError
from trueline.server.access import refusal
from trueline.server.access.access import Access
from trueline.server.access.account_page import (
    AccountView,
    ProgramView,
    UsersView,
    account_page,
    person_views,
    program_page,
    session_views,
    token_views,
    users_page,
)
from trueline.server.access.answer import AccountAnswers, AddUser, CreateToken, RevokeToken
from trueline.server.access.door import Door, see
from trueline.server.access.gate import Asked, Gate, asked_of
from trueline.server.access.identity import IdentityKind, rights_everywhere
from trueline.server.access.page import HEADERS, POLICY
from trueline.server.access.program import Program, read_program
from trueline.server.access.refusal import Refusal
from trueline.server.access.right import Need, Right, Where
from trueline.server.access.session import csrf_of
from trueline.server.page.address import ACCOUNT, USERS
from trueline.server.page.rendering import VISITOR
from trueline.server.page.visitor import told, visitor_of
from trueline.server.reading import Nothing, read_body

Form: TypeAlias = Mapping[str, Sequence[str]]
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Deed: TypeAlias = Callable[[web.Request, Asked, Form], Awaitable[web.Response]]

_OWN: Final = Need(right=Right.READ, where=Where.KNOWN)
_OWN_FORM: Final = Need(right=Right.READ, where=Where.KNOWN, is_form=True)
_ADMINISTER: Final = Need(right=Right.ADMINISTER, where=Where.EVERYWHERE)
_ADMINISTER_FORM: Final = Need(right=Right.ADMINISTER, where=Where.EVERYWHERE, is_form=True)
PROGRAM: Final = f"{ACCOUNT}/program"
ACCOUNT_NEEDS: Final[Mapping[tuple[str, str], Need]] = {
    ("GET", ACCOUNT): _OWN,
    ("POST", f"{ACCOUNT}/password"): _OWN_FORM,
    ("POST", f"{ACCOUNT}/token"): _OWN_FORM,
    ("POST", f"{ACCOUNT}/token/revoke"): _OWN_FORM,
    ("POST", f"{ACCOUNT}/session/end"): _OWN_FORM,
    ("GET", PROGRAM): _OWN,
    ("POST", PROGRAM): _OWN_FORM,
    ("GET", USERS): _ADMINISTER,
    ("POST", f"{USERS}/add"): _ADMINISTER_FORM,
    ("POST", f"{USERS}/invite"): _ADMINISTER_FORM,
    ("POST", f"{USERS}/remove"): _ADMINISTER_FORM,
}
"""What each page of the account needs; the API's document does not speak of them."""


class Account:
    """The pages of one listener."""

    def __init__(self, access: Access, gate: Gate, door: Door) -> None:
        self._access = access
        self._gate = gate
        self._door = door
        self._answers = AccountAnswers(access)

    def add(self, app: web.Application) -> None:
        """The routes."""
        app.router.add_get(ACCOUNT, self.show)
        app.router.add_get(USERS, self.show_users)
        app.router.add_get(PROGRAM, self.show_program)
        app.router.add_post(PROGRAM, self._form(self._let_program))
        app.router.add_post(f"{ACCOUNT}/password", self._form(self._choose, self._account))
        app.router.add_post(f"{ACCOUNT}/token", self._form(self._make_token, self._account))
        app.router.add_post(f"{ACCOUNT}/token/revoke", self._form(self._revoke, self._account))
        app.router.add_post(f"{ACCOUNT}/session/end", self._form(self._end_session, self._account))
        app.router.add_post(f"{USERS}/add", self._form(self._add_user, self._users))
        app.router.add_post(f"{USERS}/invite", self._form(self._invite, self._users))
        app.router.add_post(f"{USERS}/remove", self._form(self._remove, self._users))

    async def show(self, request: web.Request) -> web.Response:
        """One's own account."""
        return self._page(request, account_page(self._account(_signed_in(request))))

    async def show_users(self, request: web.Request) -> web.Response:
        """Who may come in."""
        return self._page(request, users_page(self._users(_signed_in(request))))

    async def show_program(self, request: web.Request) -> web.Response:
        """A program sent a browser here, to ask whether it may act as who is signed in."""
        asked = _signed_in(request)
        program = read_program(*(request.query.get(key, "") for key in ("machine", "port", "challenge", "state")))
        view = ProgramView(name=asked.identity.name, csrf=csrf_of(asked.session), program=program)
        return self._page(request, program_page(view), 200 if program is not None else 422, program)

    def _form(self, deed: Deed, shown: Callable[[Asked], Any] | None = None) -> Handler:
        """A handler of a form of this session; what is wrong with it is told on the page that it came from."""

        async def handle(request: web.Request) -> web.StreamResponse:
            asked = asked_of(request)
            form = await self._gate.form(request, asked)
            try:
                return await deed(request, asked, form)
            except (UserError, Refusal) as error:
                if shown is None:
                    raise
                return self._told(request, shown(asked), error)

        return handle

    # ---- one's own --------------------------------------------------------------------------------------------------

    async def _choose(self, request: web.Request, asked: Asked, form: Form) -> web.Response:
        """Another password: who knows the one before chooses it, and every other session is over."""
        name = asked.identity.name
        await self._door.check(request, name, _one(form, "password"))
        await self._access.users.choose(name, _one(form, "new"), self._access.hasher)
        return self._door.let_in(request, name, ACCOUNT)

    async def _make_token(self, request: web.Request, asked: Asked, form: Form) -> web.Response:
        days = _one(form, "days")
        body = {
            "name": _one(form, "name").strip(),
            "role": _one(form, "role"),
            "projects": _one(form, "projects").split(),
            "days": int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else days,  # noqa: PLR2004
        }
        made = await self._answers.create_token(read_body(CreateToken, body), asked.identity)
        view = replace(self._account(asked), secret=made.token, done=f"{made.name} is made.")
        return self._page(request, account_page(view))

    async def _revoke(self, _: web.Request, asked: Asked, form: Form) -> web.Response:
        await self._answers.revoke_token(_one(form, "name"), RevokeToken(owner=asked.identity.name), asked.identity)
        return see(ACCOUNT)

    async def _end_session(self, _: web.Request, asked: Asked, form: Form) -> web.Response:
        self._access.sessions.end_one(asked.identity.name, _one(form, "id"))
        return see(ACCOUNT)

    async def _let_program(self, request: web.Request, asked: Asked, form: Form) -> web.Response:
        """The browser goes back to the program with a code; what was asked is read anew, as it was shown."""
        program = read_program(*(_one(form, key) for key in ("machine", "port", "challenge", "state")))
        if program is None:
            view = ProgramView(name=asked.identity.name, csrf=csrf_of(asked.session), program=None)
            return self._page(request, program_page(view), 422)
        code = self._access.programs.begin(asked.identity.name, program)
        return see(f"{program.origin}/?{urlencode({'code': code, 'state': program.state})}")

    def _account(self, asked: Asked) -> AccountView:
        name = asked.identity.name
        return AccountView(
            name=name,
            csrf=csrf_of(asked.session),
            is_local=asked.identity.kind is IdentityKind.LOCAL,
            administers=Right.ADMINISTER in rights_everywhere(asked.identity, self._access.grants.projects()),
            groups=tuple(sorted(asked.identity.groups)),
            tokens=token_views(self._access.tokens.all(name)),
            sessions=session_views(self._access.sessions.all(name, asked.session)),
        )

    # ---- users ------------------------------------------------------------------------------------------------------

    async def _add_user(self, request: web.Request, asked: Asked, form: Form) -> web.Response:
        body = {"name": _one(form, "name").strip(), "admin": _one(form, "admin") == "yes"}
        made = await self._answers.add_user(read_body(AddUser, body), asked.identity)
        view = replace(self._users(asked), invited=made.name, address=made.address)
        return self._page(request, users_page(view))

    async def _invite(self, request: web.Request, asked: Asked, form: Form) -> web.Response:
        made = await self._answers.invite_user(_one(form, "name"), Nothing(), asked.identity)
        view = replace(self._users(asked), invited=made.name, address=made.address)
        return self._page(request, users_page(view))

    async def _remove(self, _: web.Request, asked: Asked, form: Form) -> web.Response:
        await self._answers.remove_user(_one(form, "name"), Nothing(), asked.identity)
        return see(USERS)

    def _users(self, asked: Asked) -> UsersView:
        access = self._access
        people = person_views(access.users.all(), access.people.all(), asked.identity)
        return UsersView(csrf=csrf_of(asked.session), people=people)

    # ---- pages ------------------------------------------------------------------------------------------------------

    def _told(self, request: web.Request, view: Any, error: UserError | Refusal) -> web.Response:
        errors = error.diagnostics if isinstance(error, UserError) else [error.diagnostic]
        fault = "; ".join(f"{one.summary}: {one.detail or one.remedy} ({one.code})" for one in errors)
        made = account_page if isinstance(view, AccountView) else users_page
        status = error.status if isinstance(error, Refusal) else 422
        response = self._page(request, made(replace(view, fault=fault)), status)
        response.headers.update(error.headers if isinstance(error, Refusal) else {})
        return response

    def _page(
        self, request: web.Request, body: bytes, status: int = 200, program: Program | None = None
    ) -> web.Response:
        """It is of one session alone, and may hold a secret: nothing keeps it."""
        headers = dict(HEADERS)
        if program is not None:  # a browser follows no form to where the policy does not allow it
            headers["Content-Security-Policy"] = POLICY.replace(
                "form-action 'self'", f"form-action 'self' {program.origin}"
            )
        whole = body.replace(VISITOR, told(visitor_of(asked_of(request))), 1)
        return web.Response(status=status, body=whole, content_type="text/html", charset="utf-8", headers=headers)


def _signed_in(request: web.Request) -> Asked:
    """Who is signed in with a browser; a token, and who is behind the socket, have the API.

    Raises:
        Refusal: TL0756.
    """
    asked = asked_of(request)
    if not asked.session:
        raise refusal.tokened()
    return asked


def _one(form: Form, key: str) -> str:
    return (form.get(key) or ("",))[0]
