"""Who asks the links of pages, imported with the first one that leads elsewhere."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueline.runtime.visit_aiohttp import AiohttpVisits


class LateVisits:
    """Visits over HTTP; see `runtime.visit.Visits`."""

    def __init__(self) -> None:
        self._visits: AiohttpVisits | None = None

    async def visit(self, url: str, *, timeout_s: float) -> int:
        """The status of the last answer; see `Visits.visit`."""
        if self._visits is None:
            from trueline.runtime.visit_aiohttp import AiohttpVisits  # noqa: PLC0415 - it loads HTTP and TLS

            self._visits = AiohttpVisits()
        return await self._visits.visit(url, timeout_s=timeout_s)

    async def close(self) -> None:
        """Give the connections back."""
        if self._visits is not None:
            await self._visits.close()
