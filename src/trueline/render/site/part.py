"""One version of a site as it was rendered: a part of the whole. A value, kept until the version changes."""

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.render.site.file import Release, SiteFile


class Note(msgspec.Struct, frozen=True):
    """A finding of a version, without the commit."""

    code: str
    summary: str
    detail: str
    remedy: str
    path: str
    line: int

    @classmethod
    def of(cls, found: Diagnostic) -> "Note":
        """What is kept of a diagnostic."""
        path, line = (found.origin.path, found.origin.line) if found.origin else ("", 0)
        return cls(found.code, found.summary, found.detail, found.remedy, path, line)

    def told(self, commit: str) -> Diagnostic:
        """The diagnostic, at a commit."""
        origin = Origin(path=self.path, line=self.line, commit=commit) if self.path else None
        return Diagnostic(code=self.code, summary=self.summary, detail=self.detail, remedy=self.remedy, origin=origin)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One version as it was rendered. `files` are below its folder, each with the path in the source it came from.

    `release` is the rest of what it would be alone, without its files. `outside` are links to other sites that are to
    be asked, with path and line.
    """

    files: tuple[tuple[SiteFile, str], ...]
    release: Release
    notes: tuple[Note, ...] = ()
    outside: tuple[tuple[str, str, int], ...] = ()
