"""Who looks, as each page tells them, with the way in or out. Pure."""

from dataclasses import dataclass

from trueline.server.access.gate import Asked
from trueline.server.access.identity import IdentityKind
from trueline.server.access.session import csrf_of
from trueline.server.page.template import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks: `name` as the journal has it, empty where nobody knows them; `csrf` is the word of their session.

    `is_sent`: no person in a browser, and so without a way in or out.
    """

    name: str = ""
    csrf: str = ""
    is_sent: bool = False


def visitor_of(asked: Asked | None) -> Visitor:
    """Who asks, where that is known."""
    if asked is None:
        return Visitor()
    return Visitor(
        name=str(asked.identity),
        csrf=csrf_of(asked.session) if asked.session else "",
        is_sent=asked.identity.kind not in {IdentityKind.LOCAL, IdentityKind.PERSON},
    )


def told(visitor: Visitor) -> bytes:
    """The part of a page that is of one person alone."""
    return render("visitor.html", visitor, title="")
