"""Why a delivery goes no further. What is told helps who set the webhook up, and never says what is followed."""

from trueline.model.diagnostic import Diagnostic
from trueline.server.access.refusal import Refusal
from trueline.server.hook.forge import Forge


def unconfigured(forge: Forge) -> Refusal:
    """No secret is known for it: as if there were no such route."""
    return Refusal(
        404,
        Diagnostic(
            code="TL2000",
            summary="no webhooks are taken here",
            detail=f"{forge.path}: `up` was given no secret for it",
            remedy="start `trueline up` with --hook-secret FORGE=FILE",
        ),
    )


def unsigned(detail: str) -> Refusal:
    """Its head has no signature that could be right."""
    return Refusal(
        401,
        Diagnostic(
            code="TL2001",
            summary="the delivery is not signed",
            detail=detail,
            remedy="give the webhook of the forge a secret, the same as here",
        ),
    )


def wrong() -> Refusal:
    """The signature is another one than our secrets make of this body."""
    return Refusal(
        401,
        Diagnostic(
            code="TL2002",
            summary="the signature of the delivery is not right",
            detail="it was made with another secret, or of another body",
            remedy="give the webhook of the forge the same secret as here; a proxy must pass the body on as it is",
        ),
    )


def untimely(detail: str) -> Refusal:
    """It was signed long ago, or says so."""
    return Refusal(
        401,
        Diagnostic(
            code="TL2003",
            summary="the delivery was not signed just now",
            detail=detail,
            remedy="set the clocks of both machines; an old delivery is not sent again, but a new one",
        ),
    )


def repeated() -> Refusal:
    """It was taken already, to the byte."""
    return Refusal(
        409,
        Diagnostic(
            code="TL2004",
            summary="this delivery was heard before",
            detail="the same body with the same signature was taken already",
            remedy="nothing is lost: it was looked at Git then; `trueline sync` looks again",
        ),
    )


def packed() -> Refusal:
    """It would have to be opened before it is known who sent it."""
    return Refusal(
        415,
        Diagnostic(
            code="TL2005",
            summary="the body of the delivery is compressed",
            detail="it has a Content-Encoding",
            remedy="send it as it is",
        ),
    )


def malformed(detail: str) -> Refusal:
    """It is signed, and says nothing that can be read."""
    return Refusal(
        422,
        Diagnostic(
            code="TL2006",
            summary="the delivery cannot be read",
            detail=detail,
            remedy="choose `application/json` as the content type of the webhook",
        ),
    )


def slow(limit_s: float) -> Refusal:
    """It did not come to its end in time."""
    return Refusal(
        408,
        Diagnostic(
            code="TL2007",
            summary="the delivery took too long to arrive",
            detail=f"it was not whole after {limit_s:g} s",
            remedy="send it again",
        ),
    )


def large(limit_bytes: int) -> Refusal:
    """It is not read to its end."""
    return Refusal(
        413,
        Diagnostic(
            code="TL2008",
            summary="the delivery is too large",
            detail=f"its body has more than {limit_bytes} bytes",
            remedy="nothing is lost: Git is looked at each interval",
        ),
    )


def many(wait_s: int) -> Refusal:
    """More come than are listened to."""
    return Refusal(
        429,
        Diagnostic(
            code="TL2009",
            summary="too many deliveries",
            detail=f"the next one is heard in {wait_s} s",
            remedy="nothing is lost: Git is looked at each interval",
        ),
        {"Retry-After": str(wait_s)},
    )


def unreadable() -> Refusal:
    """Our own secret cannot be had now."""
    return Refusal(
        503,
        Diagnostic(
            code="TL2011",
            summary="no delivery can be judged now",
            detail="the secret of this webhook cannot be read where `up` runs",
            remedy="see that the file of --hook-secret is there and whole; then send it again",
        ),
    )
