"""A browser's errand to the provider and back. Nothing of it is kept here: all comes from a secret in a cookie.

State, nonce and the proof of the code are made of that secret by a key of this process, so that they are of one browser
and of one errand, whoever reads the address in between.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from hmac import compare_digest
from typing import Final

from trueline.runtime.clock import Clock
from trueline.server.access.oidc import refusal
from trueline.server.access.secret import SECRET_BYTES, Random, new_secret
from trueline.server.page.address import within

LASTS_S: Final = 600.0
USED_MAX: Final = 10_000
COOKIE_CHARACTERS_MAX: Final = 4_000
_PARTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """`following` is where the browser is led after it, a path of this server."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    following: str

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (RFC 7636, S256)."""
        return _text(sha256(self.verifier.encode()).digest())


class Errands:
    """Each is good once, for ten minutes, in the process that began it."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._key = random(SECRET_BYTES)
        self._used: OrderedDict[str, None] = OrderedDict()

    def begin(self, following: str) -> tuple[Errand, str]:
        """A new errand, and the cookie that it needs to come back."""
        secret, path = new_secret(self._random), within(following)
        told = f"{secret}.{int(self._clock.monotonic_s())}.{_text(path.encode())}"
        return self._errand(secret, path), f"{told}.{self._made('cookie', told)}"

    def finish(self, cookie: str, state: str) -> Errand:
        """The errand that comes back, this once.

        Raises:
            Refusal: TL2202, this browser did not begin it, or it is over.
        """
        told, _, proof = cookie.rpartition(".")
        parts = told.split(".")
        if len(cookie) > COOKIE_CHARACTERS_MAX or len(parts) != _PARTS - 1:
            raise refusal.astray("this browser has no sign-in under way")
        if not compare_digest(proof.encode(errors="replace"), self._made("cookie", told).encode()):
            raise refusal.astray("the cookie is none of this process")
        secret, begun, path = parts
        errand = self._errand(secret, urlsafe_b64decode(path + "==").decode())
        if not compare_digest(errand.state.encode(), state.encode(errors="replace")):
            raise refusal.astray("its state is not that of this browser")
        if self._clock.monotonic_s() - int(begun) > LASTS_S:
            raise refusal.astray("it was begun more than ten minutes ago")
        if errand.state in self._used:
            raise refusal.astray("it came back before")
        self._used[errand.state] = None
        if len(self._used) > USED_MAX:
            self._used.popitem(last=False)
        return errand

    def _errand(self, secret: str, following: str) -> Errand:
        made = {word: self._made(word, secret) for word in ("state", "nonce", "verifier")}
        return Errand(**made, following=following)

    def _made(self, word: str, text: str) -> str:
        data = text.encode(errors="replace")
        return _text(blake2b(data, digest_size=SECRET_BYTES, key=self._key, person=word.encode()).digest())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
