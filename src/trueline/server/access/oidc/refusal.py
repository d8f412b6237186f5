"""Why somebody does not come in by the provider: one code for each reason, and never what it signed or we sent."""

from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.server.access.refusal import Refusal

_FORBIDDEN: Final = 403
_BAD_GATEWAY: Final = 502
_SHOWN_CHARACTERS_MAX: Final = 100


def silent(detail: str) -> Refusal:
    """The provider does not answer as one."""
    return _refused(
        "TL2200",
        "the provider of identities cannot be asked",
        "try again; where it stays so, look whether --oidc-issuer is right and the provider can be reached from here",
        detail,
        _BAD_GATEWAY,
    )


def odd(detail: str) -> Refusal:
    """What it says of itself does not hold."""
    return _refused(
        "TL2201",
        "what the provider says of itself does not hold",
        "write --oidc-issuer exactly as the provider calls itself, with https://",
        detail,
        _BAD_GATEWAY,
    )


def astray(detail: str) -> Refusal:
    """A way back that this browser did not begin, or not now."""
    return _refused(
        "TL2202", "this sign-in was not begun here", "sign in anew, in one window, within ten minutes", detail
    )


def declined(error: str) -> Refusal:
    """The provider says no."""
    return _refused(
        "TL2203",
        "the provider lets nobody in",
        "sign in anew; where it happens again, ask whoever runs the provider",
        f"it answers {shown(error)}",
    )


def mixed_up(detail: str) -> Refusal:
    """RFC 9207: another provider sent the browser back."""
    return _refused(
        "TL2204",
        "the answer is of another provider",
        "sign in anew; where it happens again, ask whoever runs the provider",
        detail,
    )


def unexchanged(detail: str) -> Refusal:
    """The code is good for nothing."""
    return _refused(
        "TL2205",
        "the provider does not take the code of a sign-in",
        "sign in anew; where it happens each time, look at --oidc-client, its secret and the address of return",
        detail,
    )


def unsigned(detail: str) -> Refusal:
    """The signature does not hold, or is none."""
    return _refused(
        "TL2206",
        "the signature of an identity does not hold",
        "sign in anew; where it happens again, ask whoever runs the provider",
        detail,
    )


def misaddressed(detail: str) -> Refusal:
    """It is for somebody else, or of somebody else."""
    return _refused(
        "TL2207",
        "the identity is not meant for this installation",
        "look at --oidc-issuer and --oidc-client; an identity for one program is good for no other",
        detail,
    )


def untimely(detail: str) -> Refusal:
    """It is over, or not yet."""
    return _refused(
        "TL2208",
        "the identity is not of now",
        "sign in anew; where it happens each time, set the clocks of both machines",
        detail,
    )


def exchanged() -> Refusal:
    """Its nonce is another's."""
    return _refused(
        "TL2209",
        "the identity is of another sign-in",
        "sign in anew; where it happens again, ask whoever runs the provider",
        "its nonce is not that of this sign-in",
    )


def nameless(detail: str) -> Refusal:
    """INV-11: whoever has no name is nobody."""
    return _refused(
        "TL2210",
        "the provider does not say who it is",
        "have the provider send the claim, or name another one with --oidc-name",
        detail,
    )


def unverified() -> Refusal:
    """Anybody can write down an address that nobody has looked at."""
    return _refused(
        "TL2211",
        "the e-mail address of an identity is not verified",
        "have the provider verify the address, or name another claim with --oidc-name",
        "`email_verified` is not true",
    )


def groupless(detail: str) -> Refusal:
    """INV-11: whose groups are not known has none, and that is told instead of guessed at."""
    return _refused(
        "TL2212",
        "the provider names no group",
        "have the provider send the claim, name it with --oidc-groups, or ask for none with --oidc-groups ''",
        detail,
    )


def shown(text: str) -> str:
    """A word of somebody else's, as it may be told."""
    return repr(text[:_SHOWN_CHARACTERS_MAX])


def _refused(code: str, summary: str, remedy: str, detail: str, status: int = _FORBIDDEN) -> Refusal:
    return Refusal(status, Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy))
