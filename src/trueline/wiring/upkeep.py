"""What there is to look after in a data directory: the journal's end, Git's packs, the blobs that nobody names."""

import asyncio
from collections.abc import Iterator

from trueline.loop.upkeep import Chore
from trueline.wiring.assembly import Assembly
from trueline.wiring.blob import needed_blobs


def chores_of(assembly: Assembly) -> Iterator[Chore]:
    """The chores of one hour. The journal's anchor is first: no other one may keep it from being written."""

    async def anchor() -> None:
        assembly.journal.anchor()

    async def blobs() -> None:
        needed = needed_blobs(assembly.ledger, assembly.bodies)
        await asyncio.to_thread(assembly.blobs.tidy, needed)

    yield anchor
    yield blobs
    for repository in assembly.sources.repositories:
        yield repository.tidy
