"""`trueline` on a disk that has no room for files of one kind. A program, so that its process is the one that fails.

Of each file and folder that Python makes below `PLACE` it notes the kind in the file `SEEN`; the first one of the kind
`FULL` fails as a full disk does. SQLite's and Git's own files are not Python's: see `test_bad_surroundings.py`.
"""

import errno
import os
import re
import sys
from typing import Any, Final

_MADE: Final = {"os.mkdir": "folder", "os.rename": "rename", "os.link": "link", "os.symlink": "link"}
_DIGEST: Final = re.compile(r"[0-9a-f]{12,}")
_FOLDER: Final = re.compile(r"/[0-9a-f]{2}(?=/|$)")
_NUMBER: Final = re.compile(r"\.\d+\.")


class Disk:
    """What Python does to files, as it tells those who audit it."""

    def __init__(self, place: str, full: str, seen: str) -> None:
        self._place = place
        self._full = full
        self._seen = os.open(seen, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._has_failed = False

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note what is made.

        Raises:
            OSError: it is the first of the kind for which there is no room.
        """
        if not (kind := self._kind(event, arguments)):
            return
        os.write(self._seen, f"{kind}\n".encode())
        if kind == self._full and not self._has_failed:
            self._has_failed = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), arguments[0])

    def _kind(self, event: str, arguments: tuple[Any, ...]) -> str:
        """What is made, and where: `file /blobs/H/H.H.new`; empty of all that makes nothing there."""
        verb = _MADE.get(event, "")
        if event == "open" and not isinstance(arguments[0], int) and arguments[2] & os.O_CREAT:
            verb = "file"
        path = os.fsdecode(arguments[0]) if verb else ""
        if not path.startswith(self._place):
            return ""
        named = _DIGEST.sub("H", _FOLDER.sub("/H", path.removeprefix(self._place)))
        return f"{verb} {_NUMBER.sub('.H.', named)}"


if __name__ == "__main__":
    from trueline.cli.main import main

    sys.addaudithook(Disk(os.environ["PLACE"], os.environ["FULL"], os.environ["SEEN"]).hear)
    main()
