"""What one application shall be: its declaration, a revision, and the resources that the two render to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trueline.declare.application import Application
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value
from trueline.model.ref import Ref
from trueline.render.resource import Resource


@dataclass(frozen=True, kw_only=True)
class Desired:
    """One application at one revision, in its target's terms. The bodies are kept under their digests.

    `revision` is for people. `commit` is the fleet repository's that declares it, and `pins` are the commits of the
    sources with an address or revision of their own, by the source's name: together enough to desire it again.
    `signed` is who signed what of it, where that is demanded, by the source's name.
    `problems` block it. `is_removal`: Git took the declaration away, so nothing is desired on purpose.
    `is_return`: a person went back to an older deployment. `expired` are the removals that are over by now,
    `asks` why nothing of it is deleted before a person agrees, whatever its own plan asks.
    """

    application: Application
    revision: str
    commit: str
    pins: Mapping[str, str] = field(default_factory=dict)
    signed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    awaits: Mapping[Ref, Collection[Ref]] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    is_removal: bool = False
    is_return: bool = False
    expired: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    @cached_property
    def run(self) -> Digest:
        """What a hook ran for: the same resources are the same run, whatever the commit."""
        return digest_value([[str(r.ref), r.digest] for r in self.resources])

    @property
    def hooks(self) -> tuple[Resource, ...]:
        """The resources that run instead of being kept."""
        return tuple(r for r in self.resources if r.is_hook)
