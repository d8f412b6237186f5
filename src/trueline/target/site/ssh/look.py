"""What is live at PATH. It writes nothing."""

from dataclasses import dataclass
from enum import Enum

from trueline.model.digest import Digest
from trueline.target.answer import Refusal
from trueline.target.site.platform import Look, PlatformRefused
from trueline.target.site.ssh.host import HostView, Kind
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.state import State
from trueline.target.site.ssh.tree import Found, find, shown

_TEXT_SHOWN_MAX = 200


class Standing(Enum):
    """What stands at PATH."""

    NOTHING = "nothing"
    EMPTY = "an empty directory"
    POINTER = "a link to one of our releases"
    ASTRAY = "a link to something else"
    FOREIGN = "a directory or file that is not ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPath:
    """What stands at PATH, and the release, or whatever else, that a link leads to."""

    standing: Standing
    leads_to: str = ""

    def __str__(self) -> str:
        return f"{self.standing.value} {self.leads_to[:_TEXT_SHOWN_MAX]}".strip()

    def is_of(self, release: Digest) -> bool:
        """Whether a reader gets this release."""
        return self.standing is Standing.POINTER and self.leads_to == release


class Looker:
    """Reads the state, PATH, and what stands in the live release."""

    def __init__(self, place: Place, host: HostView, state: State) -> None:
        self._place = place
        self._host = host
        self._state = state

    async def look(self) -> Look:
        """What is there.

        Raises:
            HostRefused: it cannot be known now.
            PlatformRefused: the same, and why.
        """
        await self.expect_parent()
        published, version = await self._state.published()
        if published is None:
            await self._expect_nobody()
            return Look(published=None, version=version)
        at_path = await self.at_path()
        paths = [path for path, _ in published.holdings()]
        found = await find(self._host, self._place.tree(published.release), paths)
        is_right = at_path.is_of(published.release)
        pointer = "" if is_right else str(at_path)
        return Look(
            published=published,
            files=found.files if found.is_tree else {},
            pointer=pointer or crookedness(found, paths),
            strangers=shown(found.strangers),
            version=version,
        )

    async def expect_parent(self) -> None:
        """See that the folder that PATH is in is there, and is no link: who can change one could lead us anywhere.

        Raises:
            PlatformRefused: it is not.
        """
        parent = self._place.parent
        entry = await self._host.entry(parent)
        real = await self._host.real(parent) if entry is not None else parent
        if real != parent:
            path = f"{real.rstrip('/')}/{self._place.name}"
            message = f"{parent} is a link, or lies below one, and leads to {real}: write {path} as `path`"
            raise PlatformRefused(Refusal.DENIED, message)
        if entry is None or entry.kind is not Kind.FOLDER:
            what = "is not there" if entry is None else "is no directory"
            raise PlatformRefused(Refusal.BUSY, f"{parent} {what}: make it on the host, or correct `path`")

    async def at_path(self) -> AtPath:
        """What stands at PATH."""
        path = self._place.path
        entry = await self._host.entry(path)
        if entry is None:
            return AtPath(standing=Standing.NOTHING)
        if entry.kind is Kind.LINK:
            text = await self._host.leads_to(path)
            release = self._place.release(text)
            if release is not None:
                return AtPath(standing=Standing.POINTER, leads_to=release)
            return AtPath(standing=Standing.ASTRAY, leads_to=text)
        if entry.kind is Kind.FOLDER and not await self._host.listing(path):
            return AtPath(standing=Standing.EMPTY)
        return AtPath(standing=Standing.FOREIGN)

    async def _expect_nobody(self) -> None:
        if why := await self._state.foreign():
            message = f"{self._place.state}: {why}; put back what is missing, or name another path; nothing was touched"
            raise PlatformRefused(Refusal.BUSY, message)


def crookedness(found: Found, paths: list[str]) -> str:
    """What is wrong with a tree, but its files, in words."""
    if not found.is_tree:
        return "the directory of the release is gone"
    if crooked := found.crooked(paths):
        names = ", ".join(path or "the release's own" for path in crooked[:3])
        return f"directories are gone, or closed to readers: {names}"
    return ""
