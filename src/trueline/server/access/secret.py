"""Random secrets that are shown once and kept as digests: invitations, sessions, tokens."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, TypeAlias

SECRET_BYTES: Final = 32
SHOWN_CHARACTERS_MAX: Final = 200
"""What is longer is none of ours, and is not hashed."""

Random: TypeAlias = Callable[[int], bytes]
"""So many bytes that nobody can guess."""

SYSTEM_RANDOM: Final[Random] = secrets.token_bytes


def new_secret(random: Random) -> str:
    """A new one, as it is shown: 43 characters that may stand in an address and a cookie."""
    return urlsafe_b64encode(random(SECRET_BYTES)).rstrip(b"=").decode()


def digest_of(secret: str, purpose: str) -> str:
    """What is kept of one. They are random, so that a fast digest is enough; one for each purpose, so that none of them
    is good for another.
    """  # noqa: D205 - one sentence needs two lines
    data = secret.encode(errors="surrogatepass")
    return blake2b(data, digest_size=SECRET_BYTES, person=purpose.encode()).hexdigest()
