"""Whose object is it, among the applications of this installation (D16): two that claim one object are an error."""

from collections.abc import Collection, Iterator, Mapping

from trueline.loop.desired import Desired
from trueline.loop.port import Owners
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.render.resource import Resource


class ClaimBook:
    """Who declares what now, told by the engine whenever that changes."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._claims: dict[tuple[str, Ref], dict[str, Resource]] = {}
        self._of: dict[str, tuple[tuple[str, Ref], ...]] = {}

    def declare(self, application: str, target: str, resources: Collection[Resource]) -> None:
        """Replace what an application declares."""
        self.forget(application)
        self._of[application] = tuple((target, resource.ref) for resource in resources)
        for resource in resources:
            self._claims.setdefault((target, resource.ref), {})[application] = resource

    def forget(self, application: str) -> None:
        """The application declares nothing any more."""
        for key in self._of.pop(application, ()):
            claimants = self._claims[key]
            claimants.pop(application, None)
            if not claimants:
                del self._claims[key]

    def yielded(self, application: str, target: str, resources: Collection[Resource]) -> Mapping[Ref, str]:
        """Of these resources, those that another application owns and no longer declares, with its name."""
        found = {}
        for resource in resources:
            owned = self._owners.lookup(target, resource.ref)
            if owned and owned[0] != application and owned[0] not in self._claims.get((target, resource.ref), {}):
                found[resource.ref] = owned[0]
        return found

    def disputes(self, desired: Desired, target: str) -> tuple[Diagnostic, ...]:
        """Objects that this application and another one both declare: neither is touched until Git says whose it is."""
        return tuple(self._disputes(desired, target))

    def _disputes(self, desired: Desired, target: str) -> Iterator[Diagnostic]:
        name = desired.application.name
        for resource in desired.resources:
            others = sorted(self._claims.get((target, resource.ref), {}).keys() - {name})
            if others:
                other = self._claims[target, resource.ref][others[0]]
                yield Diagnostic(
                    code="TL0408",
                    summary="two applications declare one object",
                    detail=f"{resource.ref} is declared by {name} and by {others[0]} ({other.origin})",
                    remedy="declare it in one of the two applications",
                    origin=resource.origin,
                )
