"""What is wrong with one field of a manifest, before the line of that field is known. It reads nothing itself."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from trueline.model.diagnostic import Diagnostic
from trueline.model.field_path import Path
from trueline.model.origin import Origin

Locate: TypeAlias = Callable[[Origin, Any, Path], Awaitable[Origin]]
"""Where a field was written: the origin of its resource, the resource's body, the field's path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A diagnostic whose origin is a resource's, the resource's body, and the field `at` which it is wrong."""

    diagnostic: Diagnostic
    body: Any = field(default=None, repr=False)
    at: Path = ()


async def located(misfits: Iterable[Misfit], locate: Locate | None) -> tuple[Diagnostic, ...]:
    """The diagnostics, each with the line of its field where that is known."""
    return tuple([await _located(one, locate) for one in misfits])


async def _located(misfit: Misfit, locate: Locate | None) -> Diagnostic:
    origin = misfit.diagnostic.origin
    if locate is None or origin is None or not misfit.at:
        return misfit.diagnostic
    return replace(misfit.diagnostic, origin=await locate(origin, misfit.body, misfit.at))
