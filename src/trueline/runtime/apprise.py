"""Every service that apprise knows, as an effect. Its library is imported with the first message, and blocks a thread.

What it writes down is turned off: its lines hold addresses, and those hold secrets (INV-25).
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from trueline.model.masked import Masked

THREADS_MAX: Final = 4
TIMEOUT_S: Final = 30.0
LOCAL: Final = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
"""What would be shown on this machine's own screen or log: there is nobody who looks at it."""


class AnnounceFailed(Exception):
    """It was not taken. `reason` never holds the address; `is_final`: it never will be."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        self.reason = reason
        self.is_final = is_final
        super().__init__(reason)


class Announcements(Protocol):
    """Tells a service by an address that apprise understands."""

    async def announce(self, url: Masked, title: str, text: str, kind: str) -> None:
        """Tell it; `kind` is `info`, `success`, `warning` or `failure`.

        Raises:
            AnnounceFailed: it was not taken.
        """
        ...

    async def close(self) -> None:
        """End what waits for nobody."""
        ...


class AppriseAnnouncements:
    """By the library. As many at once as it has threads; one that hangs keeps its thread until apprise gives up."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S, library: Callable[[], Any] | None = None) -> None:
        self._timeout_s = timeout_s
        self._library = library or _import
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._under_way = 0

    async def announce(self, url: Masked, title: str, text: str, kind: str) -> None:
        """Tell it, in a thread of its own."""
        scheme = url.reveal().partition(":")[0].strip().lower()
        if scheme in LOCAL:
            raise AnnounceFailed("that service is of this machine's own screen", is_final=True)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="apprise")
        with self._lock:
            if self._under_way >= THREADS_MAX:
                raise AnnounceFailed("too many services of apprise do not answer")
            self._under_way += 1
        future = self._threads.submit(_tell, self._library, url, title, text, kind)
        future.add_done_callback(lambda _: self._ended())
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.wrap_future(future)
        except TimeoutError:
            raise AnnounceFailed("no answer within the time allowed") from None

    def _ended(self) -> None:
        """Called by the thread itself: one that nobody waits for any more is under way until then."""
        with self._lock:
            self._under_way -= 1

    async def close(self) -> None:
        """Nothing new is begun; what hangs in a thread is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def _import() -> Any:
    logger = logging.getLogger("apprise")
    logger.propagate, logger.disabled = False, True
    import apprise  # noqa: PLC0415 - it loads some hundred plug-ins

    return apprise


def _tell(library: Callable[[], Any], url: Masked, title: str, text: str, kind: str) -> None:
    try:
        found = library()
    except ImportError:
        raise AnnounceFailed("apprise is not installed: pip install 'trueline[notify]'") from None
    try:
        told = found.Apprise(asset=found.AppriseAsset(async_mode=False, secure_logging=True))
        is_known = told.add(url.reveal())
        is_taken = is_known and told.notify(body=text or title, title=title, notify_type=kind, body_format="text")
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises may hold its address
        raise AnnounceFailed(f"apprise failed: {type(error).__name__}") from None
    if not is_known:
        raise AnnounceFailed("apprise does not know this address")
    if not is_taken:
        raise AnnounceFailed("the service did not take it")
