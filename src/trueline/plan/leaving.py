"""Leaving: how what Git no longer mentions shall go, where Git says so (a `Removal`, or `sync.onRemoval: keep`)."""

from dataclasses import dataclass
from enum import Enum

from trueline.model.ref import Ref


class Way(Enum):
    """How an object leaves."""

    DELETE = "delete"
    KEEP = "keep"
    """It stays as it is, and is nobody's: our mark and our hand are taken off it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What Git says of the leaving of some objects, or, without `refs`, of everything that leaves.

    `name` is what says so. What `is_over` says nothing any more, and what it names is not touched: a keep that has
    expired is no wish to delete.
    """

    way: Way
    name: str
    refs: frozenset[str] = frozenset()
    is_over: bool = False

    def names(self, ref: Ref) -> bool:
        """Whether it says this object by its name."""
        return is_named(ref, self.refs)

    def covers(self, ref: Ref) -> bool:
        """Whether it is said of this object."""
        return not self.refs or self.names(ref)


def leaving_of(ref: Ref, all_leaving: tuple[Leaving, ...]) -> Leaving | None:
    """What is said of one object; by its name before of all."""
    covering = sorted((one for one in all_leaving if one.covers(ref)), key=lambda one: not one.refs)
    return next(iter(covering), None)


def is_named(ref: Ref, named: frozenset[str]) -> bool:
    """Whether Git names an object among others; the group of its kind may be left out.

    >>> is_named(Ref("Deployment.apps", "shop", "web"), frozenset({"Deployment/shop/web"}))
    True
    """
    bare = Ref(ref.kind.partition(".")[0], ref.namespace, ref.name)
    return str(ref) in named or str(bare) in named
