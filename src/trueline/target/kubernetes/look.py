"""Looking for objects by their names, without our label: the way to what we do not own yet, and to proof of absence."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from trueline.model.known import Known, Unknown
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Ok, Refusal, RefusalKind
from trueline.target.kubernetes.wire import PartialObject, decode_object

GETS_MAX = 8
"""From here on one list of the namespace is cheaper (D4)."""
IN_FLIGHT_MAX = 64

Place: TypeAlias = tuple[ResourceType, str, str]
"""Type, namespace, name."""
Part: TypeAlias = Known[PartialObject | None] | Unknown


def is_object_missing(refusal: Refusal, name: str) -> bool:
    """Whether a 404 says that the object is not there: one that does not know the kind is no proof."""
    return refusal.kind is RefusalKind.NOT_FOUND and f'"{name}" not found' in refusal.message


class Looker:
    """Reads the metadata of named objects."""

    def __init__(self, client: KubernetesClient, kinds: Kinds) -> None:
        self._client = client
        self._kinds = kinds
        self._places = asyncio.Semaphore(IN_FLIGHT_MAX)

    async def look(self, places: Iterable[Place]) -> Mapping[Place, Part]:
        """What is at each place, in parallel; a few of one namespace are read one by one, more are listed."""
        groups: dict[tuple[ResourceType, str], list[Place]] = defaultdict(list)
        for place in places:
            groups[place[:2]].append(place)
        parts: dict[Place, Part] = {}
        async with TaskGroup() as tasks:
            for group in groups.values():
                if len(group) > GETS_MAX:
                    tasks.create_task(self._list(group, parts))
                else:
                    for place in group:
                        tasks.create_task(self._get(place, parts))
        return parts

    async def one(self, place: Place) -> Part:
        """What is at one place."""
        return (await self.look([place]))[place]

    async def _get(self, place: Place, parts: dict[Place, Part]) -> None:
        resource_type, namespace, name = place
        async with self._places:
            answer = await self._client.get(resource_type, namespace, name, whole=False)
        match answer:
            case Ok():
                parts[place] = _decoded(answer.body)
            case Refusal() if is_object_missing(answer, name):
                parts[place] = Known(None)
            case Refusal(kind=RefusalKind.NOT_FOUND):
                parts[place] = await self._without_kind(resource_type, answer)
            case Refusal():
                parts[place] = Unknown(f"cannot read {resource_type.kind_name} {namespace}/{name}: {answer}")

    async def _without_kind(self, resource_type: ResourceType, refusal: Refusal) -> Part:
        """The server does not know the type: proof only where a fresh catalog says so too."""
        match await self._kinds.catalog(newer_than=self._kinds.epoch):
            case Known(catalog) if catalog.named(resource_type.kind_name) == Known(None):
                return Known(None)
            case _:
                return Unknown(f"the server does not answer for {resource_type.resource}: {refusal}")

    async def _list(self, group: list[Place], parts: dict[Place, Part]) -> None:
        resource_type, namespace, _ = group[0]
        async with self._places:
            listed = await self._client.list(resource_type, namespace=namespace)
        if isinstance(listed, Unknown):
            parts.update(dict.fromkeys(group, listed))
            return
        try:
            items = [decode_object(raw) for raw in listed.value.items]
        except msgspec.DecodeError as error:
            parts.update(dict.fromkeys(group, Unknown(f"a list of {resource_type.resource} does not decode: {error}")))
            return
        found = {item.metadata.name: item for item in items if item.metadata.namespace == namespace}
        parts.update({place: Known(found.get(place[2])) for place in group})


def _decoded(body: bytes) -> Part:
    try:
        return Known(decode_object(body))
    except msgspec.DecodeError as error:
        return Unknown(f"the object does not decode: {error}")
