"""A site's files → resources: one for each file and one for the release, in the order of paths. Pure."""

from collections.abc import Iterable
from functools import lru_cache

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_bytes
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Position, Rendered, Resource
from trueline.render.site.file import RELEASE_REF, Release, SiteFile

FILE_STAGE, RELEASE_STAGE = 0, 1
FILES_REMEMBERED = 16_384
_FILE, _RELEASE = Position(stage=FILE_STAGE), Position(stage=RELEASE_STAGE)


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


@lru_cache(maxsize=FILES_REMEMBERED)
def _told(file: SiteFile) -> tuple[Ref, Digest, bytes]:
    """A file's ref, and its body with the digest of that."""
    body = file.body()
    return file.ref, digest_bytes(body), body


def rendered(tree: Tree, release: Release, home: str, commit: str, notes: tuple[Diagnostic, ...]) -> Rendered:
    """The resources, the release last; `home` is the origin of what is the site's as a whole."""
    resources = list[Resource]()
    bodies: dict[Digest, bytes] = {}
    origins: dict[tuple[str, str], Origin] = {}
    for file, source in tree.sorted():
        ref, digest, body = _told(file)
        bodies[digest] = body
        where = source or home, tree.commit(file.path, commit)
        origin = origins.get(where) or origins.setdefault(where, Origin(path=where[0], commit=where[1]))
        resources.append(Resource(ref=ref, digest=digest, origin=origin, position=_FILE))
    body = release.body()
    bodies[digest := digest_bytes(body)] = body
    resources.append(
        Resource(
            ref=RELEASE_REF,
            digest=digest,
            origin=Origin(path=home, commit=commit),
            position=_RELEASE,
        )
    )
    return Rendered(resources=tuple(resources), bodies=bodies, notes=notes)
