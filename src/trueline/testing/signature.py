"""A key pair that signs as `ssh-keygen` does, for tests that have no repository on a disk."""

import base64
import hashlib
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trueline.source.signature.key import Scheme, TrustedKey

_KIND: Final = b"ssh-ed25519"
_NAMESPACE: Final = b"git"
_HASH: Final = b"sha512"


class SshSigner:
    """One person's key. `seed` makes it the same one each time."""

    def __init__(self, owner: str, seed: bytes) -> None:
        self.owner = owner
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest())
        self._public = _string(_KIND) + _string(self._key.public_key().public_bytes_raw())

    @property
    def line(self) -> str:
        """The public key, as a `.pub` file has it."""
        return f"{_KIND.decode()} {base64.b64encode(self._public).decode()} {self.owner}"

    def trusted(self, *, since: date | None = None, until: date | None = None, revoked: str = "") -> TrustedKey:
        """The public key as it is trusted."""
        return TrustedKey(
            owner=self.owner, scheme=Scheme.SSH, text=self.line, since=since, until=until, revoked=revoked
        )

    def sign(self, payload: bytes) -> bytes:
        """An armoured signature over this."""
        hashed = hashlib.sha512(payload).digest()
        parts = _string(_NAMESPACE) + _string(b"") + _string(_HASH)
        signature = _string(_KIND) + _string(self._key.sign(b"SSHSIG" + parts + _string(hashed)))
        blob = b"SSHSIG" + (1).to_bytes(4) + _string(self._public) + parts + _string(signature)
        text = base64.b64encode(blob)
        lines = [text[start : start + 70] for start in range(0, len(text), 70)]
        return b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data
