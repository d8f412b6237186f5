"""A secret value in a wrapping that no message, log or file can open by accident."""

import hmac
from typing import Final, NoReturn

MASK: Final = "***"


class Masked:
    """A secret value (INV-25). Every way to print it gives `***`; only `reveal` opens it, where it is handed over.

    >>> password = Masked("hunter2")
    >>> f"{password} {password!r} {password:>5}", password.reveal()
    ('*** *** ***', 'hunter2')
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # a hash could be guessed from

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value in clear."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Masked):
            return NotImplemented
        one, another = (each.encode("utf-8", "surrogatepass") for each in (self._value, other._value))
        return hmac.compare_digest(one, another)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk")
