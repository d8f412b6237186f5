"""Certainty: `Known(value)` or `Unknown(reason)`. What could not be found out is never taken for absent (D8)."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What a target or a source said for certain."""

    value: T


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be found out, and why: a failed list, a 429, a render that stopped half way."""

    reason: str
