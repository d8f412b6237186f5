"""What a published file is: its path, its content by digest, and what a browser is told of it. A resource's body."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trueline.model.digest import canonical
from trueline.model.ref import Ref

FILE_KIND = "File"
RELEASE_KIND = "Release"


class SiteFile(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One file of a release. `path` is relative to the site's root, `blob` the sha256 of its bytes in hexadecimal.

    `is_immutable`: its name holds its content's digest, so that browsers may keep it for ever, and old ones stay for a
    time after they left the site.
    """

    path: str
    blob: str
    size_bytes: int
    media: str
    is_immutable: bool = False

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return Ref(FILE_KIND, "", self.path)

    def body(self) -> bytes:
        """The canonical JSON that a resource of it has."""
        return canonical({"kind": FILE_KIND, **msgspec.to_builtins(self)})


class Redirect(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An address that leads to another one; `status` is 301, 302, 303, 307, 308, or 200 for a rewrite.

    `is_forced`: it holds where a file is, too.
    """

    source: str
    leads_to: str
    status: int = 301
    is_forced: bool = False


class HeaderRule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Headers for addresses that match a pattern of `_headers`."""

    pattern: str
    headers: tuple[tuple[str, str], ...]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A whole release: the pointer of a platform leads to exactly one. `files` are paths with their blobs.

    `stubs` are those of the files that only stand for a redirect, where a platform knows no rules: see `stub`.
    `keep_s` is how long immutable files stay after they left the site; 0 is the platform's own time.
    """

    files: dict[str, str]
    stubs: tuple[str, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[HeaderRule, ...] = ()
    not_found: str = ""
    keep_s: int = 0

    def body(self) -> bytes:
        """The canonical JSON that the resource of it has; its digest names the release."""
        return canonical({"kind": RELEASE_KIND, **msgspec.to_builtins(self)})


RELEASE_REF = Ref(RELEASE_KIND, "", "site")


def read_file(body: Mapping[str, Any]) -> SiteFile:
    """The file of a body.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert({key: value for key, value in body.items() if key != "kind"}, SiteFile)
