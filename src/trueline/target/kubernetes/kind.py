"""Which types the server has, asked once and again when one is missing. What is missing then is missing for certain."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from trueline.model.known import Known, Unknown
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.discovery import Catalog, discover
from trueline.target.kubernetes.resource_type import ResourceType

Found: TypeAlias = Known[ResourceType | None] | Unknown


class Kinds:
    """The catalog of one server. `epoch` counts how often it was read."""

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client
        self._catalog: Catalog | None = None
        self._turn = asyncio.Lock()
        self.epoch = 0

    async def catalog(self, *, newer_than: int = 0) -> Known[Catalog] | Unknown:
        """The catalog; read again where the one at hand is not newer than that epoch."""
        async with self._turn:
            if self._catalog is not None and self.epoch > newer_than:
                return Known(self._catalog)
            read = await discover(self._client)
            if isinstance(read, Known):
                self._catalog = read.value
                self.epoch += 1
            return read

    async def find(self, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Found]:
        """The types of pairs of `apiVersion` and `kind`."""
        pairs = tuple(dict.fromkeys(wanted))
        found: dict[tuple[str, str], Found] = {}
        epoch = self.epoch
        for newer_than in (0, max(epoch, 1)):
            match await self.catalog(newer_than=newer_than):
                case Unknown() as unknown:
                    return dict.fromkeys(pairs, unknown)
                case Known(catalog):
                    found = {pair: catalog.find(*pair) for pair in pairs}
            if not _is_doubtful(found.values(), was_cached=epoch > 0):
                break
        return found

    async def named(self, wanted: Iterable[str]) -> Mapping[str, Found]:
        """The preferred types of kinds as a `Ref` writes them."""
        names = tuple(dict.fromkeys(wanted))
        found: dict[str, Found] = {}
        epoch = self.epoch
        for newer_than in (0, max(epoch, 1)):
            match await self.catalog(newer_than=newer_than):
                case Unknown() as unknown:
                    return dict.fromkeys(names, unknown)
                case Known(catalog):
                    found = {name: catalog.named(name) for name in names}
            if not _is_doubtful(found.values(), was_cached=epoch > 0):
                break
        return found

    async def one(self, api_version: str, kind: str) -> Found:
        """The type of one pair."""
        return (await self.find([(api_version, kind)]))[api_version, kind]

    async def one_named(self, kind_name: str) -> Found:
        """The preferred type of one kind."""
        return (await self.named([kind_name]))[kind_name]


def _is_doubtful(found: Iterable[Found], *, was_cached: bool) -> bool:
    """A catalog that was read a while ago proves no absence."""
    return was_cached and any(not isinstance(each, Known) or each.value is None for each in found)
