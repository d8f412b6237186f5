"""Files that are applied close together, done as one: staged in one note, and put back in one call."""

import asyncio
from dataclasses import dataclass, field

from trueline.model.digest import Digest
from trueline.target.site.access import Access
from trueline.target.site.platform import Published
from trueline.target.site.staged import Staged, StagedNote


@dataclass(slots=True, eq=False)
class _Batch:
    """`staged` are paths with their blobs, empty where one is taken back; `put_back` are paths of the live release."""

    mark: str
    lineage: str
    staged: dict[str, str] = field(default_factory=dict)
    put_back: dict[str, None] = field(default_factory=dict)
    live: Published | None = None
    is_done: bool = False
    error: Exception | None = None

    def takes(self, mark: str, lineage: str, live: Published | None) -> bool:
        """Whether all in it are of one application and of one release."""
        is_one = self.live is None or live is None or self.live is live or self.live == live
        return (self.mark, self.lineage) == (mark, lineage) and is_one


class FileBatches:
    """Everyone who comes while a batch waits for its turn joins it."""

    def __init__(self, access: Access, note: StagedNote) -> None:
        self._access = access
        self._note = note
        self._lock = asyncio.Lock()
        self._open: _Batch | None = None

    async def stage(self, path: str, blob: Digest | None, *, mark: str, lineage: str) -> None:
        """Note what the next release will have at a path; `None` takes that back.

        Raises:
            OSError: it could not be noted.
        """
        batch = self._join(mark, lineage)
        batch.staged[path] = blob or ""
        await self._finish(batch)

    async def put_back(self, path: str, live: Published) -> None:
        """Make a file of the live release what it shall be.

        Raises:
            PlatformRefused: it cannot be done now.
        """
        batch = self._join(live.body.mark, live.lineage, live)
        batch.put_back[path] = None
        await self._finish(batch)

    def _join(self, mark: str, lineage: str, live: Published | None = None) -> _Batch:
        batch = self._open
        if batch is None or not batch.takes(mark, lineage, live):
            batch = self._open = _Batch(mark, lineage)
        batch.live = batch.live or live
        return batch

    async def _finish(self, batch: _Batch) -> None:
        async with self._lock:
            if not batch.is_done:
                await asyncio.sleep(0)  # those who were started with us join now
                if self._open is batch:
                    self._open = None
                await self._do(batch)
        if batch.error is not None:
            raise batch.error

    async def _do(self, batch: _Batch) -> None:
        try:
            if batch.staged:
                self._stage(batch)
            if batch.put_back:
                assert batch.live is not None
                await self._access.put_back(batch.live, tuple(sorted(batch.put_back)))
        except Exception as error:  # noqa: BLE001 - each who joined is told
            batch.error = error
        batch.is_done = True

    def _stage(self, batch: _Batch) -> None:
        before = self._note.get()
        files = dict(before.files) if before.mark == batch.mark else {}
        for path, blob in batch.staged.items():
            files.pop(path, None)
            if blob:
                files[path] = Digest(blob)
        self._note.save(Staged(mark=batch.mark, lineage=batch.lineage, files=files))

    def settle(self, live: Published | None) -> None:
        """A release became live, or all was removed: what it has is not staged any more.

        Raises:
            OSError: it could not be noted.
        """
        before = self._note.get()
        if live is None:
            self._note.save(Staged())
            return
        files = {path: blob for path, blob in before.files.items() if live.body.files.get(path) != blob}
        self._note.save(replace_files(before, files))


def replace_files(staged: Staged, files: dict[str, Digest]) -> Staged:
    """The same note of other files; of none there is no note."""
    return Staged(mark=staged.mark, lineage=staged.lineage, files=files) if files else Staged()
