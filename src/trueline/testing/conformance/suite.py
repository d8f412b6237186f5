"""All cases, in one list: importing this module is what puts them there."""

from trueline.testing.conformance import (
    apply,
    custom,
    delete,
    life,
    limit,
    listing,
    ownership,
    refusal,
    watching,
    webhook,
)
from trueline.testing.conformance.case import CASES, Case

MODULES = (apply, custom, delete, life, limit, listing, ownership, refusal, watching, webhook)


def all_cases() -> tuple[Case, ...]:
    """Every case, ordered by name."""
    return tuple(CASES[name] for name in sorted(CASES))
