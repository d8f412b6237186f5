"""What can be wrong with a render that is published into a directory, as diagnostics."""

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.model.ref import Ref


def hostile(path: str, why: str, origin: Origin) -> Diagnostic:
    """A path that no file of a site may have."""
    return Diagnostic(
        code="TL1570",
        summary="a published file cannot have this path",
        detail=f"{path[:200]!r}: {why}",
        remedy="give the file, or the address in its front matter, another name",
        origin=origin,
    )


def twice(first: str, second: str, origin: Origin) -> Diagnostic:
    """Two files of one path, on some disk at least."""
    return Diagnostic(
        code="TL1571",
        summary="two published files have one path",
        detail=f"{first} and {second} are the same name where letters' cases or Unicode forms are not told apart",
        remedy="rename one of them",
        origin=origin,
    )


def below_file(path: str, above: str, origin: Origin) -> Diagnostic:
    """A file cannot be a folder too."""
    return Diagnostic(
        code="TL1572",
        summary="a published file lies below another file",
        detail=f"{path} lies below {above}",
        remedy="rename one of them",
        origin=origin,
    )


def not_a_release(detail: str, origin: Origin) -> Diagnostic:
    """The release and the files do not say the same."""
    return Diagnostic(
        code="TL1573",
        summary="the release does not name exactly the files of the render",
        detail=detail,
        remedy="nothing in the repository is wrong: tell the makers of what rendered it",
        origin=origin,
    )


def not_a_site(ref: Ref, origin: Origin) -> Diagnostic:
    """Only a site can be published into a directory."""
    return Diagnostic(
        code="TL1574",
        summary="a directory takes sites only",
        detail=str(ref),
        remedy="write `render: {site: {}}`, or give the application a target that takes such resources",
        origin=origin,
    )


def too_large(detail: str, origin: Origin) -> Diagnostic:
    """More than is published at once."""
    return Diagnostic(
        code="TL1575",
        summary="a site is larger than a directory takes",
        detail=detail,
        remedy="publish it as several sites, or leave large files to a place for downloads",
        origin=origin,
    )
