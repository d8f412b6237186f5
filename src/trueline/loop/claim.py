"""Whose object is it, among the applications of this installation (D16): two that claim one object are an error."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from trueline.loop.desired import Desired
from trueline.loop.port import Owners
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.render.resource import Resource


class ClaimBook:
    """Who declares what now, told by the engine whenever that changes."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._shared: set[tuple[str, Ref]] = set()
        self._readings = 0
        self._doubting: set[str] = set()
        self._claims: dict[tuple[str, Ref], dict[str, Resource]] = {}
        self._of: dict[str, tuple[tuple[str, Ref], ...]] = {}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The fleet is being read: what an application no longer declares, another one may declare in a moment."""
        self._readings += 1
        try:
            yield
        finally:
            self._readings -= 1

    def doubting(self) -> tuple[str, ...]:
        """Which applications were told so since this was asked last: they look again when the fleet is read."""
        doubting, self._doubting = sorted(self._doubting), set()
        return tuple(doubting)

    def declare(self, application: str, target: str, resources: Collection[Resource]) -> tuple[str, ...]:
        """Replace what an application declares; the answer names the others that claim, or claimed, the same."""
        rivals = set(self.forget(application))
        self._of[application] = tuple((target, resource.ref) for resource in resources)
        for resource in resources:
            claimants = self._claims.setdefault((target, resource.ref), {})
            rivals |= claimants.keys()
            claimants[application] = resource
            if len(claimants) > 1:
                self._shared.add((target, resource.ref))
        return tuple(sorted(rivals - {application}))

    def forget(self, application: str) -> tuple[str, ...]:
        """The application declares nothing any more; the answer names the others that claim the same."""
        rivals: set[str] = set()
        for key in self._of.pop(application, ()):
            claimants = self._claims[key]
            claimants.pop(application, None)
            rivals |= claimants.keys()
            if len(claimants) == 1:
                self._shared.discard(key)
            if not claimants:
                del self._claims[key]
        return tuple(sorted(rivals))

    def moving(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, str]:
        """Of these refs, those that another application declares, with its name; all, with none, while nobody knows."""
        found = {}
        for ref in refs:
            others = sorted(self._claims.get((target, ref), {}).keys() - {application})
            if others or self._readings:
                found[ref] = others[0] if others else ""
        if "" in found.values():
            self._doubting.add(application)
        return found

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
        for resource in desired.resources if self._shared else ():
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
