"""The pages of sign-in and sign-out, in the frame of the others: plain forms, and no script. It decides nothing."""

from dataclasses import dataclass
from typing import Final

from trueline.server.page.address import HOME
from trueline.server.page.template import render

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with `no-referrer` a browser sends the form with the Origin `null`
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """What stands in the form: `token` is of an invitation, `following` where one is led after it.

    `is_named`: the invitation says whose it is. `is_empty`: nobody can sign in yet. `provider` is who knows people
    beside us, if anybody does, and `provider_address` where one is led there; `ending` is where one signs out there.
    """

    following: str = HOME
    name: str = ""
    token: str = ""
    is_named: bool = False
    is_empty: bool = False
    provider: str = ""
    provider_address: str = ""
    ending: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInView:
    """Who is signed in, and the word of their session."""

    name: str
    csrf: str


def sign_in_page(view: SignInView) -> bytes:
    """Name and password; who was invited chooses a password, and the first one a name."""
    return render("sign-in.html", view, title="Welcome to Trueline" if view.token else "Sign in")


def signed_in_page(view: SignedInView) -> bytes:
    """Who is signed in, and the way out."""
    return render("signed-in.html", view, title="Signed in")
