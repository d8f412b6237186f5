"""The way to a platform: one call at a time, and the last look for as long as it may be believed."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from trueline.target.site.platform import Look, Platform, PlatformRefused, Published


class Access:
    """A platform, asked once for what several want to know."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lock = asyncio.Lock()
        self._look: Look | None = None
        self._is_firm = False
        self._handed: tuple[Look, float] | None = None

    @property
    def last(self) -> Look | None:
        """What was seen last, or is so by our own doing."""
        return self._look

    async def look_anew(self) -> Look:
        """Ask what is there now.

        Raises:
            PlatformRefused: it cannot be asked.
        """
        async with self._lock:
            return await self._ask()

    async def look(self) -> Look:
        """What was there when it was looked at last, with what we did since.

        Raises:
            PlatformRefused: it was never looked at, and cannot be asked.
        """
        async with self._lock:
            return self._look or await self._ask()

    def hand_over(self, look: Look, until_s: float) -> None:
        """Let the next who wants to know take this look, until then: it is what sent them here."""
        self._handed = (look, until_s)

    async def look_for_pass(self, now_s: float) -> Look:
        """What a pass starts from: what is there now.

        Raises:
            PlatformRefused: it cannot be asked.
        """
        handed, self._handed = self._handed, None
        if handed is not None and handed[0] is self._look and now_s <= handed[1]:
            return handed[0]
        return await self.look_anew()

    async def try_publish(self, after: Published) -> None:
        """Ask what would stop it; see `Platform.try_publish`."""
        async with self._lock:
            await self._platform.try_publish(await self._firm(), after)

    async def publish(self, after: Published) -> None:
        """Make a release live; see `Platform.publish`."""
        async with self._lock:
            before = await self._firm()
            self._forget()
            await self._platform.publish(before, after)
            files = dict(after.holdings())
            strangers = tuple(path for path in before.strangers if path not in files)
            self._assume(Look(published=after, files=files, strangers=strangers))

    async def put_back(self, live: Published, paths: Collection[str]) -> None:
        """Make files what they shall be; see `Platform.put_back`."""
        async with self._lock:
            before = self._look
            self._forget()
            await self._platform.put_back(live, paths)
            if before is not None:
                holdings = dict(live.holdings())
                files = {**before.files, **{path: holdings[path] for path in paths}}
                self._assume(replace(before, files=files, version=""))

    async def remove(self, live: Published) -> None:
        """Take away what is ours; see `Platform.remove`."""
        async with self._lock:
            self._forget()
            await self._platform.remove(live)
            self._assume(Look(published=None))

    async def _firm(self) -> Look:
        """A look with the platform's own word for its state."""
        return self._look if self._look is not None and self._is_firm else await self._ask()

    async def _ask(self) -> Look:
        try:
            self._look = await self._platform.look()
        except PlatformRefused:
            self._forget()
            raise
        self._is_firm = True
        return self._look

    def _assume(self, look: Look) -> None:
        self._look, self._is_firm = look, False

    def _forget(self) -> None:
        self._look, self._is_firm, self._handed = None, False, None
