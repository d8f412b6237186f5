"""What is kept is sealed: bytes on the disk that nobody reads without the data directory's key (INV-25).

The key is a file beside the databases. With it equal secrets are also told to be equal, without being told.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, UserError
from trueline.runtime.data_directory import write_atomic
from trueline.runtime.store import translated

SEAL: Final = "seal.key"
"""The file of the key in a data directory."""
KEY_BYTES: Final = 32
SEALED: Final = b"\x01"  # neither zlib nor JSON begins with it
_NONCE_BYTES: Final = 12


class Seal:
    """AES-256-GCM under one key; `name` binds what is sealed to its place. The key is read, or made, at first use."""

    def __init__(self, file: Path, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._file = file
        self._random = random
        self.is_new = not file.exists()
        """Nothing was sealed with it before: what is sealed already was sealed with a key that is lost."""

    def seal(self, data: bytes, name: str) -> bytes:
        """The bytes, sealed.

        Raises:
            UserError: TL0173, the key cannot be read.
            StoreFull: and the store's other faults: none could be made.
        """
        nonce = self._random(_NONCE_BYTES)
        return b"".join((SEALED, nonce, self._cipher.encrypt(nonce, data, name.encode())))

    def unseal(self, data: bytes, name: str) -> bytes | None:
        """The bytes of something sealed; `None` where it was damaged, moved, or sealed with another key.

        What an earlier version kept as it was is given as it is.
        """
        if data[:1] != SEALED:
            return data
        try:
            opened = self._cipher.decrypt(data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :], name.encode())
        except Fault:
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is lost
            return None
        return bytes(opened)

    def fingerprint(self, value: bytes) -> bytes:
        """The name of a secret value: equal ones have equal names here, and nobody else can tell of what.

        Raises:
            UserError: TL0173, the key cannot be read.
            StoreFull: and the store's other faults: none could be made.
        """
        return hmac.new(hashlib.sha256(b"fingerprint" + self._key).digest(), value, hashlib.sha256).digest()

    @cached_property
    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - `--help` shall not pay for it

        return AESGCM(self._key)

    @cached_property
    def _key(self) -> bytes:
        try:
            key = self._file.read_bytes()
        except FileNotFoundError:
            key = self._random(KEY_BYTES)
            with translated(str(self._file)):
                write_atomic(self._file, key)
        except OSError as error:
            raise _unusable(self._file, os.strerror(error.errno or 0)) from None
        if len(key) != KEY_BYTES:
            raise _unusable(self._file, f"it has {len(key)} bytes, not {KEY_BYTES}")
        return key


def _unusable(file: Path, reason: str) -> UserError:
    diagnostic = Diagnostic(
        code="TL0173",
        summary="the key that seals what is kept cannot be used",
        detail=f"{file}: {reason}",
        remedy="put the file back, or remove it: what was sealed with it is rendered and read anew",
    )
    return UserError([diagnostic])
