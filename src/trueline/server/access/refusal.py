"""Why a request goes no further: its status, and what is told. It never tells what exists."""

from collections.abc import Mapping
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.server.access.right import Right

RIGHTLESS_REMEDY: Final = "have it given to you in the `roles` of the Project, in the fleet repository"


class Refusal(Exception):
    """The request goes no further."""

    def __init__(self, status: int, diagnostic: Diagnostic, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(diagnostic.summary)
        self.status = status
        self.diagnostic = diagnostic
        self.headers = dict(headers or {})


def unknown(*, is_empty: bool) -> Refusal:
    """Nobody knows who asks. `is_empty`: there is no user yet."""
    remedy = "sign in at /sign-in, or send a token: `Authorization: Bearer tl_…`"
    if is_empty:
        remedy = "there is no user yet: open the address that `trueline up` printed at its start"
    told = Diagnostic(code="TL0746", summary="who asks is not known", detail="no session and no token", remedy=remedy)
    return Refusal(401, told, {"WWW-Authenticate": 'Bearer realm="trueline"'})


def rightless(right: Right, what: str) -> Refusal:
    """Who asks is known, and may not."""
    detail = f"{what}: this needs the right to {right.value}"
    return Refusal(403, Diagnostic(code="TL0747", summary="a right is missing", detail=detail, remedy=RIGHTLESS_REMEDY))


def foreign() -> Refusal:
    """A page of somebody else may have sent it."""
    remedy = "send it from a page of this server, with its `Trueline-Csrf`; a program sends a token instead"
    detail = "its Origin, Sec-Fetch-Site or Trueline-Csrf is another one, or missing"
    return Refusal(
        403,
        Diagnostic(code="TL0748", summary="the request is of no page of this server", detail=detail, remedy=remedy),
    )


def misdirected(asked: str) -> Refusal:
    """Its Host is none of ours: a name of somebody else may have been turned to this machine."""
    detail = f"it asks for {asked[:100]!r}"
    remedy = "use the address that is listened on; behind a proxy start `trueline up` with --public-url"
    return Refusal(
        421, Diagnostic(code="TL0749", summary="the request is for another host", detail=detail, remedy=remedy)
    )


def hasty(wait_s: float) -> Refusal:
    """Too many attempts failed."""
    seconds = max(1, int(wait_s + 1))
    detail = f"the next one is heard in {seconds} s"
    told = Diagnostic(
        code="TL0750", summary="too many attempts to sign in", detail=detail, remedy="wait, and try again"
    )
    return Refusal(429, told, {"Retry-After": str(seconds)})


def wrong() -> Refusal:
    """Name or password: which of them is not told."""
    remedy = "try again; who has forgotten the password is invited anew: trueline user invite NAME"
    return Refusal(
        401, Diagnostic(code="TL0751", summary="nobody has this name and password", detail="", remedy=remedy)
    )


def mistyped() -> Refusal:
    """A form of another page could send it."""
    return Refusal(
        415,
        Diagnostic(
            code="TL0752",
            summary="the body is of another type",
            detail="an action takes a JSON object",
            remedy="send it with `Content-Type: application/json`",
        ),
    )


def in_clear() -> Refusal:
    """The password would go over the network as it is."""
    return Refusal(
        403,
        Diagnostic(
            code="TL0753",
            summary="nobody signs in over a connection that others can read",
            detail="this is plain HTTP, and not on loopback",
            remedy="put a proxy with TLS before it and start `trueline up` with --public-url https://…",
        ),
    )


def tokened() -> Refusal:
    """A token asks for what only a person may."""
    return Refusal(
        403,
        Diagnostic(
            code="TL0756",
            summary="a token lets nobody in and out",
            detail="it could outlive itself",
            remedy="sign in, or use `trueline user` and `trueline token` on the machine where `trueline up` runs",
        ),
    )
