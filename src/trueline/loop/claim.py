"""Whose object is it, among the applications of this installation (D16): two that claim one object are an error."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from trueline.loop.desired import Desired
from trueline.loop.port import Owners
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.render.resource import Resource

_Key: TypeAlias = tuple[str, Ref]


class ClaimBook:
    """Who declares what now, told by the engine whenever that changes.

    What leaves one application with a commit may stand in another one, whose files that commit touched too and which
    cannot be read now: until it can, what left is not pruned. Of each object it keeps a name; the resources are those
    of the `Desired`, so a claim costs a slot of a table and not more (P3).
    """

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._shared: dict[_Key, tuple[str, ...]] = {}
        self._readings = 0
        self._doubting: set[str] = set()
        self._claims: dict[str, dict[Ref, str]] = {}
        self._of: dict[str, tuple[str, tuple[Resource, ...]]] = {}
        self._first: dict[str, str] = {}
        self._left: dict[_Key, str] = {}
        self._unread: dict[str, tuple[str, str]] = {}
        self._awaiting: dict[str, set[str]] = {}
        """By application, those that leave something alone because it declares that."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        """INV-08 The fleet is being read: what one application no longer declares, another may declare in a moment."""
        self._readings += 1
        try:
            yield
        finally:
            self._readings -= 1
            if not self._readings and not self._unread:
                self._left.clear()

    def doubting(self) -> tuple[str, ...]:
        """Which applications were told so since this was asked last: they look again when the fleet is read."""
        doubting, self._doubting = sorted(self._doubting), set()
        return tuple(doubting)

    def declare(
        self, application: str, target: str, resources: Collection[Resource], *, at: str = ""
    ) -> tuple[str, ...]:
        """Replace what an application declares, with the commit `at` which it does.

        The answer names the others that claim, or claimed, the same, and those that wait for it to take something.
        """
        if self._is_alone(application, target):
            return self._declare_alone(application, target, resources, at)
        rivals = set(self.remove(application, at=at))
        self._of[application] = (target, tuple(resources))
        claims = self._claims.setdefault(target, {})
        for resource in resources:
            key = (target, resource.ref)
            self._left.pop(key, None)
            before = self._claimants(*key)
            rivals.update(before)
            if not before:
                claims[resource.ref] = application
            elif application not in before:
                self._shared[key] = (*before, application)
        return tuple(sorted(rivals - {application}))

    def _is_alone(self, application: str, target: str) -> bool:
        """Whether nobody shares anything, and it declares for the same target as before."""
        return not self._shared and self._of.get(application, ("", ()))[0] == target

    def _declare_alone(
        self, application: str, target: str, resources: Collection[Resource], at: str
    ) -> tuple[str, ...]:
        """The same where what stays is claimed by the application alone: only what came and went is looked at."""
        self._unread.pop(application, None)
        before = {resource.ref for resource in self._of[application][1]}
        self._of[application] = (target, tuple(resources))
        now, claims = {resource.ref for resource in resources}, self._claims[target]
        rivals = self._awaiting.pop(application, set())
        for ref in before - now:
            self._left[target, ref] = at
            del claims[ref]
        for ref in now:
            self._left.pop((target, ref), None)
        for ref in now - before:
            if (rival := claims.setdefault(ref, application)) != application:
                self._shared[target, ref] = (rival, application)
                rivals.add(rival)
        return tuple(sorted(rivals))

    def remove(self, application: str, *, at: str = "") -> tuple[str, ...]:
        """The application declares nothing any more; the answer names whom that concerns."""
        self._unread.pop(application, None)
        self._first.setdefault(application, at)  # after a start nobody knows what it declared before
        rivals = self._awaiting.pop(application, set())
        target, resources = self._of.pop(application, ("", ()))
        for resource in resources:
            key = (target, resource.ref)
            self._left[key] = at
            others = tuple(name for name in self._claimants(*key) if name != application)
            rivals.update(others)
            self._settle(key, others)
        return tuple(sorted(rivals))

    def _settle(self, key: _Key, claimants: tuple[str, ...]) -> None:
        target, ref = key
        self._shared.pop(key, None)
        if len(claimants) > 1:
            self._shared[key] = claimants
        if claimants:
            self._claims[target][ref] = claimants[0]
        else:
            self._claims[target].pop(ref, None)

    def _claimants(self, target: str, ref: Ref) -> tuple[str, ...]:
        """Who declares an object now."""
        if self._shared and (shared := self._shared.get((target, ref))):
            return shared
        name = self._claims.get(target, {}).get(ref)
        return () if name is None else (name,)

    def cannot_read(self, application: str, at: str, files: str) -> None:
        """What an application declares at a commit cannot be told; `files` tells whether a commit touched it."""
        if self._unread.get(application, ("", ""))[1] != files:
            self._unread[application] = (at, files)

    def read(self, application: str) -> None:
        """It can be told again, and is what it was."""
        self._unread.pop(application, None)

    def moving(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, str]:
        """Of these refs, those that another application declares, with its name; with none, while nobody knows."""
        unread = {at for name, (at, _) in self._unread.items() if name != application}
        found = {}
        for ref in refs:
            others = sorted({*self._claimants(target, ref)} - {application})
            left_at = self._left.get((target, ref), self._first.get(application, ""))
            if others or self._readings or left_at in unread:
                found[ref] = others[0] if others else ""
            if others:
                self._awaiting.setdefault(others[0], set()).add(application)
        if "" in found.values():
            self._doubting.add(application)
        return found

    def yielded(self, application: str, target: str, resources: Collection[Resource]) -> Mapping[Ref, str]:
        """Of these resources, those that another application owns and no longer declares, with its name.

        INV-08: an intent of our own that came to nothing takes nobody else out of the books.
        """
        owned = self._owners.former(application, target, [resource.ref for resource in resources])
        return {ref: name for ref, (name, _) in owned.items() if name not in self._claimants(target, ref)}

    def sizes(self) -> Mapping[str, int]:
        """How many objects each application owns."""
        return self._owners.sizes()

    def abandon(self, application: str) -> int:
        """The application gives up whatever it owns anywhere, without a word to its targets; how much it was."""
        return self._owners.abandon(application)

    def disputes(self, desired: Desired, target: str) -> tuple[Diagnostic, ...]:
        """Objects that this application and another one both declare: neither is touched until Git says whose it is."""
        return tuple(self._disputes(desired, target))

    def _disputes(self, desired: Desired, target: str) -> Iterator[Diagnostic]:
        name = desired.application.name
        for resource in desired.resources if self._shared else ():
            others = sorted({*self._claimants(target, resource.ref)} - {name})
            if others:
                other = next(one for one in self._of[others[0]][1] if one.ref == resource.ref)
                yield Diagnostic(
                    code="TL0408",
                    summary="two applications declare one object",
                    detail=f"{resource.ref} is declared by {name} and by {others[0]} ({other.origin})",
                    remedy="declare it in one of the two applications",
                    origin=resource.origin,
                )
