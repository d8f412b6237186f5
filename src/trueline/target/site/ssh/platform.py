"""The platform: a directory of a host over SSH. Each method is one look or one act; nothing is remembered between."""

from collections.abc import Collection

from trueline.target.answer import Refusal
from trueline.target.site.platform import Look, Order, PlatformRefused, Published
from trueline.target.site.ssh.blob import BlobFiles
from trueline.target.site.ssh.bring import Bringer
from trueline.target.site.ssh.host import Host
from trueline.target.site.ssh.look import Looker
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.publish import Publisher
from trueline.target.site.ssh.refusal import refusing
from trueline.target.site.ssh.remove import Remover
from trueline.target.site.ssh.state import State


class SshPlatform:
    """A directory of a host."""

    def __init__(self, place: Place, host: Host, blobs: BlobFiles) -> None:
        self._place = place
        self._state = State(place, host)
        self._looker = Looker(place, host, self._state)
        self._remover = Remover(place, host, self._state)
        bringer = Bringer(place, host, self._state, blobs)
        self._publisher = Publisher(
            place, host, self._state, looker=self._looker, bringer=bringer, remover=self._remover
        )

    @property
    def order(self) -> Order:
        """One link is switched."""
        return Order.ATOMIC

    async def look(self) -> Look:
        """What is there."""
        with refusing():
            return await self._looker.look()

    async def try_publish(self, before: Look, after: Published) -> None:
        """What would stop a publication."""
        with refusing():
            await self._publisher.try_publish(before, after)

    async def publish(self, before: Look, after: Published) -> None:
        """Make a release live."""
        with refusing():
            await self._publisher.publish(before, after)

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        """Make files of the live release what they shall be."""
        with refusing():
            wanted = {path: digest for path, digest in live.holdings() if path in set(paths)}
            await self._publisher.put_back(live, wanted)

    async def remove(self, live: Published) -> None:
        """Take away what is ours."""
        with refusing():
            await self._looker.expect_parent()
            published, _ = await self._state.published()
            if published is not None and published.lineage != live.lineage:
                raise PlatformRefused(Refusal.STALE, f"{self._place.path}: it was made again by somebody")
            if published is not None:
                await self._remover.remove_all(await self._looker.at_path())
