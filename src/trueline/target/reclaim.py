"""How much of what tools put into an object of ours is made ours, so that our next apply takes it away."""

from enum import Enum


class Reclaim(Enum):
    """From the least to the most. What we own, what is declared, `metadata` and `status` are never meant."""

    ITEMS = "items"
    """In lists, what stands in the place of a declared item: to edit the key of one removes it and adds another."""
    FIELDS = "fields"
    """In maps too, a field in the place of a declared one: only where the body was refused beside it."""
    ALL = "all"
    """Everything: where Git says so (`sync.added: heal`)."""
