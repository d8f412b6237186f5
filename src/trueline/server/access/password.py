"""Passwords: how they are hashed and compared. It never says of which user one was."""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol
from unicodedata import normalize

if TYPE_CHECKING:
    import argon2

CHARACTERS_MIN: Final = 12
CHARACTERS_MAX: Final = 1_000
HASHES_AT_ONCE_MAX: Final = 2
"""Each takes 64 MiB while it is made."""


class Hasher(Protocol):
    """Makes and compares hashes."""

    async def hash(self, password: str) -> str:
        """The hash of a password, with its own salt and parameters."""
        ...

    async def is_right(self, hashed: str, password: str) -> bool:
        """Whether a hash is a password's. It takes as long where `hashed` is empty, and then it never is."""
        ...


def fault_of(password: str, name: str) -> str:
    """Why a password cannot be taken; empty where it can.

    >>> fault_of("short", "ada"), fault_of("correct horse battery", "ada")
    ('it has fewer than 12 characters', '')
    """
    if len(password) < CHARACTERS_MIN:
        return f"it has fewer than {CHARACTERS_MIN} characters"
    if len(password) > CHARACTERS_MAX:
        return f"it has more than {CHARACTERS_MAX} characters"
    if len(set(password)) == 1 or password.casefold() == name.casefold():
        return "it is one character repeated, or the name"
    return ""


class Argon2:
    """argon2id with the library's parameters (RFC 9106, the second recommended set), in threads beside the loop."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(HASHES_AT_ONCE_MAX)
        self._nobodys = ""

    @cached_property
    def _hasher(self) -> "argon2.PasswordHasher":
        import argon2  # noqa: PLC0415 - only where somebody signs in

        return argon2.PasswordHasher()

    async def hash(self, password: str) -> str:
        """See `Hasher`."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, _written(password))

    async def is_right(self, hashed: str, password: str) -> bool:
        """See `Hasher`."""
        if not self._nobodys:
            self._nobodys = await self.hash("nobody's")
        async with self._room:
            found = await asyncio.to_thread(self._compare, hashed or self._nobodys, password)
        return found and bool(hashed)

    def _compare(self, hashed: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as above

        try:
            return self._hasher.verify(hashed, _written(password))
        except (VerificationError, InvalidHashError):
            return False


def _written(password: str) -> bytes:
    """The same on every keyboard."""
    return normalize("NFC", password).encode(errors="surrogatepass")
