"""When something in a folder changes: by what the kernel notices, or by a look now and then where it notices nothing.

It says that something changed, never what; who asks looks at everything again.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from trueline.runtime.clock import Clock
from trueline.runtime.notice import CONTENTS, Notices

SETTLE_S: Final = 0.05
"""An editor writes a file in several steps; so long nothing may come for it to be one change."""
SETTLES_MAX: Final = 40
POLL_S: Final = 1.0
FOLDERS_MAX: Final = 50_000
_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_IGNORED: Final = ".git"


class FolderWatch:
    """Watches every folder below one, but `.git`, and those of `beside` alone. To be entered where a loop runs."""

    def __init__(self, folder: Path, clock: Clock, *, beside: Sequence[Path] = (), notices: bool = True) -> None:
        self._folder = folder
        self._beside = tuple(beside)
        self._clock = clock
        self._wants_notices = notices
        self._notices: Notices | None = None
        self._is_whole = False
        self._stamp = 0

    def __enter__(self) -> Self:
        self._notices = Notices() if self._wants_notices else None
        self._arm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._notices is not None:
            self._notices.close()
            self._notices = None

    async def wait_changed(self) -> None:
        """Until something has changed since the last time, and nothing more comes right after it."""
        while not self._is_news():
            await self._pause()
        for _ in range(SETTLES_MAX):
            await self._clock.sleep(SETTLE_S)
            if not self._is_news():
                return

    def _is_news(self) -> bool:
        if self._notices is not None and self._is_whole:
            found, is_lost = self._notices.take()
            if is_lost or any(one.is_unsettling for one in found):
                self._arm()
            return is_lost or any(one.name != _IGNORED for one in found)
        before, self._stamp = self._stamp, self._look()
        return before != self._stamp

    async def _pause(self) -> None:
        if self._notices is None or not self._is_whole:
            await self._clock.sleep(POLL_S)
        else:
            await self._notices.wait()

    def _arm(self) -> None:
        self._is_whole = self._notices is not None and self._notices.is_there and all(map(self._armed, self._folders()))
        if not self._is_whole:
            self._stamp = self._look()

    def _armed(self, folder: str) -> bool:
        assert self._notices is not None
        try:
            opened = os.open(folder, _FLAGS)
        except OSError:
            return True  # it went meanwhile: its parent tells of that
        try:
            return self._notices.watch(opened, folder, CONTENTS)
        finally:
            os.close(opened)

    def _folders(self) -> Iterator[str]:
        yield from map(str, self._beside)
        for count, (folder, below, _) in enumerate(os.walk(self._folder)):
            below[:] = sorted(name for name in below if name != _IGNORED)
            if count >= FOLDERS_MAX:
                return
            yield folder

    def _look(self) -> int:
        """What changes with every file: names, sizes and times."""
        found: list[tuple[str, int, int, int]] = []
        for folder in self._folders():
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(OSError):
                        stat = entry.stat(follow_symlinks=False)
                        found.append((entry.path, stat.st_ino, stat.st_size, stat.st_mtime_ns))
        return hash(tuple(sorted(found)))
