"""What a bucket cannot do of what a site asks for, said as notes of the plan: they stop nothing."""

from collections.abc import Iterator

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.render.site.file import Release
from trueline.target.site.s3.header import CARRIED, uncarried

_TOLD_MAX = 8


def notes(release: Release, origin: Origin) -> Iterator[Diagnostic]:
    """Each thing once, however many files it is about."""
    if names := uncarried(release):
        yield Diagnostic(
            code="TL1580",
            summary="a bucket cannot carry a header",
            detail=", ".join(names[:_TOLD_MAX]),
            remedy=f"an object carries {', '.join(CARRIED.values())}; set the others where the bucket is served from",
            origin=origin,
        )
    if (count := len(release.redirects) - len(release.stubs)) > 0:
        yield Diagnostic(
            code="TL1581",
            summary="a bucket does not redirect",
            detail=f"{count} of _redirects cannot be a page that leads on: patterns, rewrites, and where a file is",
            remedy="write whole addresses, or set these where the bucket is served from",
            origin=origin,
        )
