"""What an edit writes, read file by file while it is sent, so that no release is ever whole in memory."""

from collections.abc import Iterator

from trueline.runtime.blob import Blobs
from trueline.target.site.branch.edit import Edit
from trueline.target.site.branch.identity import Identities
from trueline.target.site.branch.tree import Entry

_FILE_MODE = 0o100644


class Sending:
    """The files of one edit. It ends at the first whose bytes are `missing`; `written` is what was given so far."""

    def __init__(self, edit: Edit, blobs: Blobs, ids: Identities) -> None:
        self.written: dict[str, Entry] = {}
        self.missing = ""
        self._edit = edit
        self._blobs = blobs
        self._ids = ids

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for path, digest in sorted(self._edit.writes.items()):
            data = self._blobs.get(digest)
            if data is None:
                self.missing = path
                return
            self.written[path] = Entry(_FILE_MODE, self._ids.identify(data, digest))
            yield path, data
        for path, text in sorted(self._edit.texts.items()):
            self.written[path] = Entry(_FILE_MODE, self._ids.identify(text))
            yield path, text
