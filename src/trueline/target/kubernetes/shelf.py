"""What is known of the marked objects of one type, in one namespace or everywhere. It holds; it asks nobody."""

import asyncio
from typing import Generic, TypeVar

from trueline.target.kubernetes.live import Live, version_of
from trueline.target.kubernetes.resource_type import ResourceType

T = TypeVar("T")


class Shelf(Generic[T]):
    """Objects by namespace and name. `gap` says why they are not known; empty: they are.

    `settled` is set where waiting would not bring more: the set is complete, or contact is lost.
    """

    def __init__(self, resource_type: ResourceType, namespace: str) -> None:
        self.type = resource_type
        self.namespace = namespace
        self.gap = "it has not been read yet"
        self.settled = asyncio.Event()
        self.is_lost = False
        self._objects: dict[str, dict[str, Live]] = {}
        self._judged: dict[tuple[str, str], T] = {}
        self._latest = 0
        self._seen: set[tuple[str, str]] | None = None

    @property
    def is_filling(self) -> bool:
        """Whether a complete set is on its way."""
        return self._seen is not None

    def at(self, namespace: str, name: str) -> Live | None:
        """The object, if it carries our label."""
        return self._objects.get(namespace, {}).get(name)

    def judged(self, namespace: str, name: str) -> T | None:
        """What was judged of its status."""
        return self._judged.get((namespace, name))

    def places(self) -> list[tuple[str, str]]:
        """Namespace and name of everything on it."""
        return [(namespace, name) for namespace, names in self._objects.items() for name in names]

    def objects(self) -> list[tuple[str, str, Live]]:
        """Everything on it, with its namespace and name."""
        return [(space, name, live) for space, names in self._objects.items() for name, live in names.items()]

    def begin(self) -> None:
        """A complete set follows."""
        self._seen = set()
        if not self.is_lost:
            self.settled.clear()
            self.gap = "it is being read"

    def finish(self, version: str) -> list[tuple[str, str]]:
        """The set is complete: it is known, and what was not in it has left."""
        seen, self._seen = self._seen, None
        self._advance(version_of(version))
        self.restore()
        return [] if seen is None else [place for place in self.places() if place not in seen]

    def lose(self, reason: str) -> None:
        """Nothing is known from now on."""
        self.gap = reason
        self.is_lost = True
        self.settled.set()

    def restore(self) -> None:
        """All is known again, unless a complete set is still on its way."""
        self.is_lost = False
        if self._seen is None:
            self.gap = ""
            self.settled.set()

    def put(self, namespace: str, name: str, live: Live, judged: T | None) -> bool:
        """An object as the server told it; whether anything is new, but for the version of what has a generation.

        A value that its owner writes again changes no field set: of what has no generation, the version alone tells it.
        """
        held = self.at(namespace, name)
        if self._seen is not None:
            self._seen.add((namespace, name))
        elif held is not None and live.is_older(held):
            return False
        self._advance(live.version)
        is_new = live.differs(held) or live.is_written(held) or judged != self._judged.get((namespace, name))
        self._objects.setdefault(namespace, {})[name] = live
        if judged is not None:
            self._judged[namespace, name] = judged
        return is_new

    def note(self, namespace: str, name: str, live: Live) -> None:
        """An object as an answer told it, unless the watch has been there already.

        Where the watch has skipped an event it is further, and what it holds of the object is older all the same.
        """
        held = self.at(namespace, name)
        is_ahead = isinstance(live.version, int) and live.version > self._latest
        is_newer = is_ahead or (held is not None and held.is_older(live))
        if not self.gap and is_newer and (self.namespace in {"", namespace}):
            if held is None or (held.uid, held.generation) != (live.uid, live.generation):
                self._judged.pop((namespace, name), None)  # it was another object's, or another specification's
            self._objects.setdefault(namespace, {})[name] = live

    def take(self, namespace: str, name: str) -> Live | None:
        """Put an object away."""
        self._judged.pop((namespace, name), None)
        names = self._objects.get(namespace, {})
        live = names.pop(name, None)
        if not names:
            self._objects.pop(namespace, None)
        return live

    def _advance(self, version: int | str) -> None:
        if isinstance(version, int):
            self._latest = max(self._latest, version)
