"""A resource: one thing that shall exist, with its identity, its digest and where it was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.masked import Masked
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.misfit import Locate


class Phase(Enum):
    """When a resource is applied. What is not a hook is applied `DURING`, but what hooks before the rest need."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """Its place in a sync; `FAILED` runs only when a sync failed."""
        return _RANKS[self._value_]


_RANKS = {phase.value: rank for rank, phase in enumerate(Phase)}


class HookDelete(Enum):
    """When the object that a hook made is deleted."""

    BEFORE_NEXT = "before-next"
    ON_SUCCESS = "on-success"
    ON_FAILURE = "on-failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """When a resource is applied: by phase, then wave, then the stage that its target gives to its kind."""

    phase: Phase = Phase.DURING
    wave: int = 0
    stage: int = 0

    @property
    def key(self) -> tuple[int, int, int]:
        """What positions are sorted by."""
        return self.phase.rank, self.wave, self.stage


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that shall exist. The body is kept apart, under its digest: see `Rendered`.

    `hook_delete` is empty for what is not a hook. `keep`: it stays when Git drops it, unless Git names it to go.
    `unstable` are JSON pointers of fields that a chart makes up anew at each render: see `unstable.keep_unstable`.
    A hook that runs in two phases is two resources with one ref.
    """

    ref: Ref
    digest: Digest
    origin: Origin
    position: Position = Position()
    is_hook: bool = False
    hook_delete: tuple[HookDelete, ...] = ()
    keep: bool = False
    unstable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What an application declares: its resources in a fixed order, their bodies (canonical JSON) by digest.

    `notes` are diagnostics that do not stop it: a chart that differs from itself, a submodule that was passed over.
    `uses_capabilities` tells that another Kubernetes version or API list may give another result. `locate` finds the
    line of a field, where the files are at hand; it is asked only where something is wrong. `beside` are bodies that
    others will have made by then: they are no part of it, and say which kinds there will be. `outside` are addresses of
    other sites that it names and wants to be asked, each with its place. `secrets` are values of encrypted files that
    were opened for it just now: a kept render has none.
    """

    resources: tuple[Resource, ...]
    bodies: Mapping[Digest, bytes] = field(repr=False)
    notes: tuple[Diagnostic, ...] = ()
    uses_capabilities: bool = False
    locate: Locate | None = field(default=None, repr=False, compare=False)
    beside: tuple[bytes, ...] = field(default=(), repr=False, compare=False)
    outside: tuple[tuple[str, Origin], ...] = field(default=(), repr=False)
    secrets: tuple[Masked, ...] = field(default=(), repr=False, compare=False)

    def body(self, resource: Resource) -> bytes:
        """The canonical JSON of a resource."""
        return self.bodies[resource.digest]
