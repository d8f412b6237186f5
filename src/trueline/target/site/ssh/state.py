"""What is kept in the folder beside PATH, as small files that are replaced whole.

`owner` whose it is, said before anything else is written · `published` what was made live last · `manifests/DIGEST`
what a release's tree holds. A file that cannot be read is never taken for absent.
"""

from typing import TypeVar

import msgspec

from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.target.answer import Refusal
from trueline.target.site.body import is_blob
from trueline.target.site.platform import PlatformRefused, Published
from trueline.target.site.ssh.host import Cause, Host, HostRefused, Kind
from trueline.target.site.ssh.place import Place

OWNER, PUBLISHED = "owner", "published"
STATE_BYTES_MAX = 64 << 20
_OF_A_DIRECTORY = ("live", "staged")
"""What a Trueline on that host itself would keep there."""
T = TypeVar("T", bound=msgspec.Struct)


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose directory it is."""

    mark: str
    lineage: str


class State:
    """The folder beside PATH."""

    def __init__(self, place: Place, host: Host) -> None:
        self._place = place
        self._host = host

    async def published(self) -> tuple[Published | None, str]:
        """What was made live last, and the word for this state of it.

        Raises:
            PlatformRefused: a file of it cannot be read.
        """
        data = await self._host.read(f"{self._place.state}/{PUBLISHED}", STATE_BYTES_MAX)
        return self._decoded(PUBLISHED, data, Published), digest_bytes(data) if data is not None else ""

    async def owner(self) -> Owner | None:
        """Whose it is; `None` before that was said."""
        data = await self._host.read(f"{self._place.state}/{OWNER}", STATE_BYTES_MAX)
        return self._decoded(OWNER, data, Owner)

    async def foreign(self) -> str:
        """Why the folder is not one of ours though nothing says whose it is; empty where it is empty, or not there."""
        try:
            found = {entry.path: entry for entry in await self._host.listing(self._place.state)}
        except HostRefused as refused:
            if refused.cause is Cause.GONE:
                return ""
            raise
        if any(name in found for name in _OF_A_DIRECTORY):
            return "a Trueline on that host publishes to it"
        if OWNER not in found and found.get("releases") and await self._host.listing(self._place.releases):
            return "there are releases, and nothing says whose they are"
        return ""

    async def manifest(self, release: str) -> Published | None:
        """What a release's tree holds."""
        data = await self._host.read(f"{self._place.manifests}/{release}", STATE_BYTES_MAX)
        return self._decoded(release, data, Published)

    async def manifests(self) -> tuple[Digest, ...]:
        """The releases of which there is a manifest, those that were made live first at the beginning."""
        try:
            listed = await self._host.listing(self._place.manifests)
        except HostRefused as refused:
            if refused.cause is Cause.GONE:
                return ()
            raise
        made = sorted((entry.modified_s, entry.path) for entry in listed if is_blob(entry.path))
        return tuple(Digest(path) for _, path in made)

    async def make(self) -> None:
        """The folder with its own folders, where they are not there yet."""
        place = self._place
        try:
            there = {entry.path for entry in await self._host.listing(place.state) if entry.kind is Kind.FOLDER}
            is_there = (found := await self._host.entry(place.state)) is not None and found.kind is Kind.FOLDER
        except HostRefused as refused:
            if refused.cause is not Cause.GONE:
                raise
            there, is_there = set[str](), False
        wanted = [
            path for path in (place.releases, place.manifests, place.work) if path.rpartition("/")[2] not in there
        ]
        for path in wanted if is_there else (place.state, *wanted):
            await self._host.make_folder(path)

    async def save_owner(self, owner: Owner) -> None:
        """Say whose it is."""
        await self._save(f"{self._place.state}/{OWNER}", canonical(owner))

    async def save_published(self, published: Published) -> None:
        """Say what was made live."""
        await self._save(f"{self._place.state}/{PUBLISHED}", canonical(published))

    async def save_manifest(self, published: Published) -> None:
        """Say what a release's tree holds."""
        await self._save(f"{self._place.manifests}/{published.release}", canonical(published))

    async def clear(self, path: str) -> None:
        """Remove a file or a link of ours, where there is one."""
        try:
            await self._host.remove(path)
        except HostRefused as refused:
            if refused.cause is not Cause.GONE:
                raise

    async def aside(self, path: str) -> None:
        """Move what is not ours, and in our way, to where nothing deletes it."""
        await self._host.make_folder(self._place.aside)
        taken = {entry.path for entry in await self._host.listing(self._place.aside)}
        name = path.rpartition("/")[2][:100]
        count = len(taken)
        while f"{name}.{count}" in taken:
            count += 1
        await self._host.rename(path, f"{self._place.aside}/{name}.{count}")

    async def _save(self, path: str, data: bytes) -> None:
        """The whole file appears under its name, or nothing does."""
        beside = f"{self._place.work}/{path.rpartition('/')[2]}.new"
        await self.clear(beside)
        await self._host.write(beside, data)
        await self._host.rename(beside, path)

    def _decoded(self, name: str, data: bytes | None, kind: type[T]) -> T | None:
        try:
            return None if data is None else msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            message = (
                f"{self._place.state}/{name} cannot be read ({error}): put it back, or move that directory away; "
                "nothing was touched"
            )
            raise PlatformRefused(Refusal.BUSY, message) from error
