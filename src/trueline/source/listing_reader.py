"""Listings from the object database: only the directories that the last listing does not know are read.

Tree objects come through the same long-lived reader as files do, so that a new commit's listing starts no process.
"""

from collections.abc import Mapping

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.source.git_command import Bounds
from trueline.source.git_object import GitObject, Malformed, TreeEntry, parse_tree
from trueline.source.listing import GIT_MODE_DIRECTORY, GIT_MODE_LINK, Directory, Entry, Leaf, LeafKind, Listing
from trueline.source.object_reader import ObjectReader, ReaderFailed
from trueline.source.refusal import MALFORMED, PATH_LENGTH, PATHS, UNREADABLE
from trueline.source.tree import locate

LISTINGS_REMEMBERED = 4
DEPTH_MAX = 100
LINK_BYTES_MAX = 4096
_NOTES_MAX = 100


class ListingReader:
    """Reads listings of one repository and remembers the directories of the last few."""

    def __init__(self, reader: ObjectReader, bounds: Bounds, address: str) -> None:
        self._reader = reader
        self._bounds = bounds
        self._address = address
        self._recent: list[Listing] = []

    async def read(self, tree: str) -> Listing:
        """The listing of a tree id.

        Raises:
            FileNotFoundError: an object of it is not here; its argument is the id.
            UserError: it exceeds a bound (TL0122, TL0123), or is malformed.
        """
        for listing in self._recent:
            if listing.root.identity == tree:
                self._remember(listing)
                return listing
        known = {d.identity: d for listing in self._recent[-1:] for d in _directories(listing.root)}
        listing = Listing(await self._assemble(tree, known))
        self._check(listing)
        self._remember(listing)
        return listing

    def _remember(self, listing: Listing) -> None:
        others = [other for other in self._recent if other is not listing]
        self._recent = [*others, listing][-LISTINGS_REMEMBERED:]

    async def _assemble(self, root: str, known: Mapping[str, Directory]) -> Directory:
        """Read level by level what is not known, then build from the leaves up."""
        trees: dict[str, tuple[TreeEntry, ...]] = {}
        levels: list[list[str]] = []
        wanted, path_count = [root], 0
        while wanted:
            levels.append(wanted)
            if len(levels) > DEPTH_MAX:
                raise PATH_LENGTH.about(f"{self._address}: directories are nested deeper than {DEPTH_MAX}")
            for identity, git_object in zip(wanted, await self._objects(wanted), strict=True):
                trees[identity] = self._entries(git_object)
                path_count += len(trees[identity])
            if path_count > self._bounds.paths_max:
                raise PATHS.about(f"{self._address}: more than {self._bounds.paths_max}")
            below = (entry for identity in wanted for entry in trees[identity] if entry.mode == GIT_MODE_DIRECTORY)
            wanted = list(
                dict.fromkeys(e.identity for e in below if e.identity not in trees and e.identity not in known)
            )
        links = await self._links(trees)
        built = dict(known)
        for level in reversed(levels):
            for identity in level:
                self._build(identity, trees, links, built)
        return built[root]

    def _build(
        self,
        identity: str,
        trees: Mapping[str, tuple[TreeEntry, ...]],
        links: Mapping[str, str],
        built: dict[str, Directory],
    ) -> None:
        """Build one directory; one that also stands deeper than where it was first met is built on the way."""
        if identity in built:
            return
        entries: dict[str, Entry] = {}
        for entry in sorted(trees[identity], key=lambda entry: entry.name):
            if entry.mode == GIT_MODE_DIRECTORY:
                self._build(entry.identity, trees, links, built)
                entries[entry.name] = built[entry.identity]
            else:
                link = links[entry.identity] if entry.mode == GIT_MODE_LINK else ""
                entries[entry.name] = Leaf(entry.mode, entry.identity, link)
        built[identity] = Directory(identity, entries)

    async def _links(self, trees: Mapping[str, tuple[TreeEntry, ...]]) -> dict[str, str]:
        identities = {e.identity: None for entries in trees.values() for e in entries if e.mode == GIT_MODE_LINK}
        blobs = await self._objects(list(identities), LINK_BYTES_MAX)
        return {blob.identity: blob.data.decode(errors="backslashreplace") for blob in blobs}

    async def _objects(self, identities: list[str], size_bytes_max: int = 0) -> list[GitObject]:
        try:
            found = await self._reader.read(identities, size_bytes_max=size_bytes_max or self._bounds.tree_bytes_max)
        except ReaderFailed as failure:
            raise UNREADABLE.about(f"{self._address}: {failure}") from failure
        for identity, git_object in zip(identities, found, strict=True):
            if git_object is None:
                raise FileNotFoundError(identity)
        return [git_object for git_object in found if git_object is not None]

    def _entries(self, git_object: GitObject) -> tuple[TreeEntry, ...]:
        if git_object.size_bytes > self._bounds.tree_bytes_max:
            raise PATHS.about(f"{self._address}: one directory is described by {git_object.size_bytes} bytes")
        try:
            if git_object.kind != "tree":
                raise Malformed(f"{git_object.identity} is a {git_object.kind}, not a tree")  # noqa: TRY301 - one answer to both
            return tuple(parse_tree(git_object))
        except Malformed as failure:
            raise MALFORMED.about(f"{self._address}: {failure}") from failure

    def _check(self, listing: Listing) -> None:
        if len(listing) > self._bounds.paths_max:
            raise PATHS.about(f"{self._address}: {len(listing)} of {self._bounds.paths_max}")
        if listing.root.path_bytes_max > self._bounds.path_bytes_max:
            detail = f"{self._address}: {listing.root.path_bytes_max} bytes of {self._bounds.path_bytes_max}"
            raise PATH_LENGTH.about(detail)


def notes_of(source: str, listing: Listing) -> tuple[Diagnostic, ...]:
    """What stands in a tree and cannot be read: submodules, and links that lead out of it or nowhere."""
    notes = []
    for path, leaf in listing.special():
        if leaf.kind is LeafKind.SUBMODULE:
            notes.append(_submodule(source, path))
        elif locate(listing, path) is None:
            notes.append(_lost_link(source, path, leaf.link))
        if len(notes) == _NOTES_MAX:
            break
    return tuple(notes)


def _submodule(source: str, path: str) -> Diagnostic:
    return Diagnostic(
        code="TL0125",
        summary="a submodule is left out",
        detail=f"{source}: {path}",
        remedy="declare what it holds as a source of its own",
        origin=Origin(path=path),
    )


def _lost_link(source: str, path: str, link: str) -> Diagnostic:
    return Diagnostic(
        code="TL0126",
        summary="a link leads out of the repository or nowhere and is left out",
        detail=f"{source}: {path} → {link[:200]}",
        remedy="let it lead to a file of the same repository, by a relative path",
        origin=Origin(path=path),
    )


def _directories(directory: Directory) -> list[Directory]:
    found = [directory]
    for entry in directory.entries.values():
        if isinstance(entry, Directory):
            found += _directories(entry)
    return found
