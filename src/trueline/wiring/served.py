"""Sites that this process serves itself: each is a directory below the data directory, with a listener beside it.

A listener is opened when a pass asks for the site's target, so that an address which cannot be had refuses that
application and no other. It is closed when its application wants it no more; until then it serves what was live,
whatever becomes of Git.
"""

import asyncio
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trueline.declare.application import Application, ServedTarget
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.target.kubernetes.mark import Installation
from trueline.target.site.listen import ListenAddress
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared, site_parts

if TYPE_CHECKING:
    from trueline.runtime.http_listener import HttpListener
    from trueline.target.directory.target import DirectoryTarget as PublishedDirectory
    from trueline.target.site.server.server import SiteServer

SITES: Final = "sites"
NAME_MAX: Final = 200
UNWANTED_S: Final = 5.0
"""So long a listener stays that nobody wants: while an address changes, the old one and the new one are asked for."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A listener that is open. `url` is where, `unwanted_since_s` when it was not wanted first."""

    site: str
    listener: "HttpListener"
    url: str
    unwanted_since_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    parts: Parts
    directory: "PublishedDirectory"
    server: "SiteServer"


class ServedTargets:
    """The sites that are served here, where the settings say that the process stays; else they are only published."""

    def __init__(
        self,
        settings: Settings,
        *,
        installation: Installation,
        blobs: BlobDirectory,
        clock: Clock,
        shared: Shared,
    ) -> None:
        self._folder = settings.sites_path or settings.data_path / SITES
        self._listens = settings.is_serving
        self._installation = installation
        self._blobs = blobs
        self._clock = clock
        self._shared = shared
        self._sites: dict[str, _Site] = {}
        self._open: dict[str, _Open] = {}
        self._lock = asyncio.Lock()

    async def parts(self, target: ServedTarget) -> Parts:
        """What a pass on a served site works with.

        Raises:
            UserError: TL1623 the address cannot be read, TL1624 it cannot be had, TL1625 another site has it.
        """
        address = ListenAddress.parse(target.address)
        if address is None:
            raise UserError([_unreadable(target)])
        site = self._site(target.site)
        if self._listens:
            async with self._lock:
                await self._listen(target, address)
        return site.parts

    async def begin(self, stack: AsyncExitStack, known: Iterator[Application]) -> None:
        """Serve what was live when the last process ended, until the stack is closed.

        An address that is taken now is told when its application's turn comes.
        """
        stack.push_async_callback(self.close)
        for application in known:
            if self._listens and isinstance(application.target, ServedTarget):
                with suppress(UserError):
                    await self.parts(application.target)

    async def keep(self, wanted: Collection[ServedTarget]) -> None:
        """Close what nobody has wanted for a while."""
        keys = {_key(one, address) for one in wanted if (address := ListenAddress.parse(one.address))}
        now_s = self._clock.monotonic_s()
        async with self._lock:
            for key, one in list(self._open.items()):
                if key in keys:
                    one.unwanted_since_s = None
                elif one.unwanted_since_s is None:
                    one.unwanted_since_s = now_s
                elif now_s - one.unwanted_since_s >= UNWANTED_S:
                    del self._open[key]
                    await one.listener.close()

    async def close(self) -> None:
        """Serve nothing any more."""
        async with self._lock:
            while self._open:
                await self._open.popitem()[1].listener.close()
        for site in self._sites.values():
            site.directory.served.close()

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where each site is served: what is wanted now, by application."""
        return {one.site: one.url for one in self._open.values() if one.unwanted_since_s is None}

    def counts(self) -> Iterator[tuple[tuple[str, str], int]]:
        """The answers of each site: by application and status."""
        for name, site in sorted(self._sites.items()):
            for status, count in sorted(site.server.counts.items()):
                yield (name, str(status)), count

    async def _listen(self, target: ServedTarget, address: ListenAddress) -> None:
        key = _key(target, address)
        found = self._open.get(key)
        if found is not None and found.site == target.site:
            found.unwanted_since_s = None
            return
        if found is not None:
            if found.unwanted_since_s is None:
                raise UserError([_shared(target, found.site)])
            await self._open.pop(key).listener.close()
        from trueline.runtime.http_listener import HttpListener  # noqa: PLC0415 - only who serves a site pays for it

        listener = HttpListener(self._sites[target.site].server.answer)
        try:
            url = await listener.open(address.host, address.port)
        except (OSError, OverflowError, UnicodeError) as error:
            raise UserError([_taken(target, error)]) from None
        self._open[key] = _Open(site=target.site, listener=listener, url=url)

    def _site(self, name: str) -> _Site:
        if name not in self._sites:
            self._sites[name] = self._opened(name)
        return self._sites[name]

    def _opened(self, name: str) -> _Site:
        from trueline.target.directory.target import DirectoryTarget as PublishedDirectory  # noqa: PLC0415 - see above
        from trueline.target.site.server.server import SiteServer  # noqa: PLC0415 - see above

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = name if len(name) <= NAME_MAX else digest_value(name)
        directory = PublishedDirectory(
            f"served/{name}",
            Path(os.path.realpath(self._folder)) / folder,
            self._blobs,
            family=f"{self._installation.name}.",
            mark=self._installation.mark,
            clock=self._clock,
        )
        parts = site_parts(self._shared, directory)
        return _Site(parts=parts, directory=directory, server=SiteServer(directory.served, self._clock))


def _key(target: ServedTarget, address: ListenAddress) -> str:
    """What only one site can have: an address, but for one that asks for any free port."""
    return str(address) if address.port else f"{address} {target.site}"


def _unreadable(target: ServedTarget) -> Diagnostic:
    return Diagnostic(
        code="TL1623",
        summary="the address to serve a site at cannot be read",
        detail=f"{target.site}: {target.address[:200]!r}",
        remedy="write HOST:PORT, such as 127.0.0.1:8080; a port alone, `:8080`, is this machine's own",
    )


def _taken(target: ServedTarget, error: Exception) -> Diagnostic:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Diagnostic(
        code="TL1624",
        summary="the address to serve a site at cannot be had",
        detail=f"{target.site}: {target.address}: {reason}",
        remedy="end what listens there, or name another address in `target.site.serve`",
    )


def _shared(target: ServedTarget, other: str) -> Diagnostic:
    return Diagnostic(
        code="TL1625",
        summary="two applications are to be served at one address",
        detail=f"{target.site}: {target.address} is where {other} is served",
        remedy="give each its own `target.site.serve`",
    )
