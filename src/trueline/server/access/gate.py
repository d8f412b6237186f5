"""Every request goes through here: who asks, whether it was meant for this server, and whether they may."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from aiohttp import web

from trueline.loop.chronicle import FLEET
from trueline.loop.control import no_application
from trueline.server.access import refusal
from trueline.server.access.access import Access
from trueline.server.access.front import Front
from trueline.server.access.grant import Granted, may_hear
from trueline.server.access.identity import FEDERATED, Identity, IdentityKind
from trueline.server.access.right import Need, Right, Where
from trueline.server.access.session import Session, is_csrf

WHO_CHARACTERS_MAX: Final = 100
FORM: Final = "application/x-www-form-urlencoded"
CSRF_HEADER: Final = "Trueline-Csrf"
REAUTHORISED_S: Final = 60.0
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ASKED: Final = web.RequestKey("asked", object)
"""Under what a request keeps who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is let in: who asks, what they may, and the secret of their session where they have one."""

    identity: Identity
    granted: Granted
    session: str = ""


def asked_of(request: web.Request) -> Asked:
    """Who asks, behind the gate."""
    found = request[ASKED]
    assert isinstance(found, Asked), "a route that answers somebody, and asks for nobody"
    return found


class Gate:
    """The gate of one listener; behind the socket stands its owner alone."""

    def __init__(self, access: Access, *, front: Front, is_private: bool, names: Callable[[], Collection[str]]) -> None:
        self._access = access
        self._is_private = is_private
        self._names = names
        self.front = front

    def admit(self, request: web.Request, need: Need) -> Asked | None:
        """Who asks, and that they may; `None` where nobody has to be known.

        Raises:
            Refusal: it goes no further.
            UserError: TL0710, as where there is no such application.
        """
        if need.where is Where.OPEN:
            return None
        asked = self.known(request)
        if asked is None:
            raise refusal.unknown(is_empty=not self._access.users.is_anybody_in)
        if request.method not in _SAFE and not self._is_private:
            self._check_action(request, asked, need)
        self._check_right(asked.granted, need, request.match_info.get("name", ""))
        return asked

    def known(self, request: web.Request) -> Asked | None:
        """Who asks; nobody where a token is wrong, whatever cookie comes with it.

        Raises:
            Refusal: TL0749, a browser asks for another host.
        """
        if self._is_private:
            name = request.headers.get("Trueline-Who", "")[:WHO_CHARACTERS_MAX]
            return self._asked(Identity(kind=IdentityKind.SOCKET, name=name))
        if "Authorization" in request.headers:
            scheme, _, secret = request.headers["Authorization"].partition(" ")
            found = self._access.tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
            return self._asked(found) if found is not None else None
        self.check_host(request)
        secret = request.cookies.get(self.front.cookie(request.headers.get("Host", "")) or "-", "")
        session = self._access.sessions.find(secret)
        if session is None:
            return None
        return self._asked(_identity(session), session=secret)

    @property
    def is_private(self) -> bool:
        """Whether behind it stands the owner of the data directory alone."""
        return self._is_private

    def address(self, request: web.Request) -> str:
        """Whence a request comes: who connected, or for whom a trusted proxy says that it asks."""
        heads = request.headers
        told = heads.getall("X-Forwarded-For", []), heads.getall("Forwarded", [])
        return self.front.proxies.client(request.remote or "", *told)

    def check_host(self, request: web.Request) -> None:
        """Whether a browser means this server.

        Raises:
            Refusal: TL0749.
        """
        asked = request.headers.get("Host", "")
        if not self.front.is_own(asked):
            raise refusal.misdirected(asked)

    def check_form(self, request: web.Request, asked: Asked, given: str) -> None:
        """Whether a form comes from a page of this server that was made for this session.

        Raises:
            Refusal: TL0748.
        """
        if not self.front.is_same_origin(request.headers) or not is_csrf(asked.session, given):
            raise refusal.foreign()

    def _asked(self, identity: Identity, session: str = "") -> Asked:
        return Asked(identity=identity, granted=self._access.grants.of(identity), session=session)

    async def form(self, request: web.Request, asked: Asked) -> Mapping[str, Sequence[str]]:
        """The fields of a form, once it is known to come from a page that was made for this session (INV-11).

        Raises:
            Refusal: TL0748.
        """
        if not asked.session:  # a token has the API, and the word of no session is known to anybody
            raise refusal.foreign()
        read = await request.post()
        fields = {key: tuple(one for one in read.getall(key) if isinstance(one, str)) for key in read}
        self.check_form(request, asked, (fields.get("csrf") or ("",))[0])
        return fields

    def _check_action(self, request: web.Request, asked: Asked, need: Need) -> None:
        if need.is_form:
            if request.content_type != FORM:
                raise refusal.mistyped()
            return  # the word of its session stands in the form, which `form` reads
        if request.can_read_body and request.content_type != "application/json":
            raise refusal.mistyped()
        if asked.session:
            self.check_form(request, asked, request.headers.get(CSRF_HEADER, ""))

    def _check_right(self, granted: Granted, need: Need, name: str) -> None:
        match need.where:
            case Where.OPEN | Where.KNOWN:
                return
            case Where.SOMEWHERE:
                is_allowed = granted.may_somewhere(need.right)
            case Where.EVERYWHERE:
                is_allowed = granted.may_everywhere(need.right)
            case Where.APPLICATION if name == FLEET:
                is_allowed = granted.may_everywhere(need.right)
            case Where.APPLICATION:
                if not granted.reads(name):
                    raise no_application(name, {one: None for one in self._names() if granted.reads(one)})
                is_allowed = granted.may(need.right, name)
            case _:
                assert_never(need.where)
        if not is_allowed:
            raise refusal.rightless(need.right, name if need.where is Where.APPLICATION else "this installation")

    def stream(self, request: web.Request, asked: Asked) -> "Stream":
        """A request that stays open."""
        return Stream(self._access, lambda: self.known(request), asked)


def _identity(session: Session) -> Identity:
    is_federated = session.name.startswith(FEDERATED)
    return Identity(
        kind=IdentityKind.PERSON if is_federated else IdentityKind.LOCAL,
        name=session.name,
        groups=frozenset(session.groups),
        is_admin=session.is_admin,
    )


class Stream:
    """Who listens for long is asked anew each minute, and whenever somebody's session, token or account ends."""

    def __init__(self, access: Access, known: Callable[[], Asked | None], asked: Asked) -> None:
        self._access = access
        self._known = known
        self._asked = asked
        self._count = access.changes.count
        self._at_s = access.clock.monotonic_s()

    def is_allowed(self) -> bool:
        """Whether they may still listen at all."""
        now_s, count = self._access.clock.monotonic_s(), self._access.changes.count
        if count != self._count or now_s - self._at_s >= REAUTHORISED_S:
            asked = self._known()
            if asked is None:
                return False
            self._asked, self._count, self._at_s = asked, count, now_s
        return self._asked.granted.may_somewhere(Right.READ)

    def reads(self, application: str) -> bool:
        """Whether they may still read one application, asked anew."""
        return self.is_allowed() and self._asked.granted.reads(application)

    def hears(self, kind: str, application: str) -> bool:
        """Whether an event is for them."""
        return may_hear(self._asked.granted, kind, application)


def needs_of(table: Mapping[tuple[str, str], Need], request: web.Request) -> Need | None:
    """What a request needs by a table of methods and paths; `None` where the table does not know the path.

    What nothing answers needs nothing: it is told so, whoever asks.
    """
    resource = request.match_info.route.resource
    if resource is None or request.match_info.http_exception is not None:
        return Need(right=Right.READ, where=Where.OPEN)
    method = "GET" if request.method == "HEAD" else request.method
    return table.get((method, resource.canonical))
