"""A site's files → resources: one for each file and one for the release, in the order of paths. Pure."""

from collections.abc import Iterable

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_bytes
from trueline.model.origin import Origin
from trueline.render.resource import Position, Rendered, Resource
from trueline.render.site.file import RELEASE_REF, Release, SiteFile

FILE_STAGE, RELEASE_STAGE = 0, 1


class Tree:
    """Published files by path, each with the file of the source that it came from; the first of a path stays."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[SiteFile, str]] = {}
        self._commits: dict[str, str] = {}

    def add(self, files: Iterable[SiteFile], source: str, commit: str = "") -> None:
        """Put files in; `commit` where they are not of that which is rendered."""
        for file in files:
            if self._files.setdefault(file.path, (file, source))[0] is file and commit:
                self._commits[file.path] = commit

    def commit(self, path: str, otherwise: str) -> str:
        """That of the file at a path."""
        return self._commits.get(path, otherwise)

    def __contains__(self, path: str) -> bool:
        return path in self._files

    @property
    def paths(self) -> frozenset[str]:
        """Where files are published."""
        return frozenset(self._files)

    def sorted(self) -> list[tuple[SiteFile, str]]:
        """The files in the order of their paths, with their sources."""
        return [self._files[path] for path in sorted(self._files)]


def rendered(tree: Tree, release: Release, home: str, commit: str, notes: tuple[Diagnostic, ...]) -> Rendered:
    """The resources, the release last; `home` is the origin of what is the site's as a whole."""
    resources = list[Resource]()
    bodies: dict[Digest, bytes] = {}
    for file, source in tree.sorted():
        body = file.body()
        bodies[digest := digest_bytes(body)] = body
        origin = Origin(path=source or home, commit=tree.commit(file.path, commit))
        resources.append(Resource(ref=file.ref, digest=digest, origin=origin, position=Position(stage=FILE_STAGE)))
    body = release.body()
    bodies[digest := digest_bytes(body)] = body
    resources.append(
        Resource(
            ref=RELEASE_REF,
            digest=digest,
            origin=Origin(path=home, commit=commit),
            position=Position(stage=RELEASE_STAGE),
        )
    )
    return Rendered(resources=tuple(resources), bodies=bodies, notes=notes)
