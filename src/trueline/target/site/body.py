"""The bodies as this target is given them: a site's file and release, each with the mark of its application.

A write carries nothing but a body, so the body says whose it is; and the release says which of its files are immutable.
"""

import re

import msgspec

from trueline.model.digest import canonical
from trueline.render.site.file import FILE_KIND, RELEASE_KIND, Release, SiteFile
from trueline.target.site.path import hostility

FILE_BYTES_MAX = 2 << 30
FILES_MAX = 200_000
_BLOB = re.compile(r"[0-9a-f]{64}")


class MarkedFile(SiteFile, frozen=True, kw_only=True, gc=False):
    """A file with the mark of the application that publishes it."""

    mark: str

    def body(self) -> bytes:
        """The canonical JSON."""
        return canonical({"kind": FILE_KIND, **msgspec.to_builtins(self)})

    @property
    def fault(self) -> str:
        """Why it cannot be published, empty where it can."""
        if why := hostility(self.path):
            return why
        if not is_blob(self.blob):
            return "its content has no digest"
        return "" if 0 <= self.size_bytes <= FILE_BYTES_MAX else f"it is larger than {FILE_BYTES_MAX} bytes"


class MarkedRelease(Release, frozen=True, kw_only=True):
    """A release with its application's mark; `immutable` are those of its files whose names hold their content."""

    mark: str
    immutable: tuple[str, ...] = ()

    def body(self) -> bytes:
        """The canonical JSON; its digest names the release."""
        return canonical({"kind": RELEASE_KIND, **msgspec.to_builtins(self)})

    @property
    def fault(self) -> str:
        """Why it cannot be published, empty where it can."""
        if len(self.files) > FILES_MAX:
            return f"it has more than {FILES_MAX} files"
        for path, blob in self.files.items():
            if why := hostility(path) or ("" if is_blob(blob) else "its content has no digest"):
                return f"{path[:200]!r}: {why}"
        return ""


def is_blob(text: str) -> bool:
    """Whether it is a digest: it becomes a part of a path."""
    return _BLOB.fullmatch(text) is not None


def read_marked_file(body: bytes) -> MarkedFile:
    """The file of a body.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return msgspec.json.decode(body, type=MarkedFile)


def read_marked_release(body: bytes) -> MarkedRelease:
    """The release of a body.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return msgspec.json.decode(body, type=MarkedRelease)
