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
    if release.redirects:
        yield Diagnostic(
            code="TL1581",
            summary="a bucket does not redirect",
            detail=f"{len(release.redirects)} redirects of _redirects are not applied",
            remedy="set them where the bucket is served from, or publish to a place that redirects",
            origin=origin,
        )
