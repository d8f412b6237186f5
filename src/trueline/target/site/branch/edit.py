"""What one commit changes on the branch: decided from the tree, what is ours in it, and what shall stand there. Pure.

What is not ours is never written over and never deleted; where it stands in the way, all of it is told by name.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from trueline.model.digest import Digest
from trueline.target.site.branch.place import NO_JEKYLL, BranchPlace, needs_no_jekyll
from trueline.target.site.branch.state import State
from trueline.target.site.branch.tree import Tree, folders
from trueline.target.site.path import parents
from trueline.target.site.platform import Published

IsSame = Callable[[str, Digest], bool]
"""Whether what Git names by an id has a digest."""
Identify = Callable[[bytes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Paths of the branch: `deletes` go first, then `writes` are blobs by digest, and `texts` small files of ours."""

    state: State | None
    deletes: tuple[str, ...] = ()
    writes: Mapping[str, Digest] = field(default_factory=dict)
    texts: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the branch is as it shall be."""
        return not (self.deletes or self.writes or self.texts)


class InTheWay(Exception):
    """Strangers stand where we would have to write. `paths` are the branch's, sorted."""

    def __init__(self, paths: Collection[str]) -> None:
        super().__init__(", ".join(sorted(paths)))
        self.paths = tuple(sorted(paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What there is before the change. `state` says what is ours, `None` where nothing is."""

    place: BranchPlace
    tree: Tree
    state: State | None
    is_same: IsSame
    identify: Identify

    def ours(self) -> set[str]:
        """Every path of the branch that is ours, whether something stands there or not."""
        if self.state is None:
            return set()
        paths = chain((path for path, _ in self.state.published.holdings()), self.state.extras)
        return {self.place.state, *map(self.place.at, paths)}

    def has(self, at: str, digest: Digest) -> bool:
        """Whether a file with that digest stands there."""
        entry = self.tree.get(at)
        return entry is not None and entry.is_file and self.is_same(entry.identity, digest)

    def has_text(self, at: str, text: bytes) -> bool:
        """Whether a file with these bytes stands there."""
        entry = self.tree.get(at)
        return entry is not None and entry.is_file and entry.identity == self.identify(text)


def publish(scene: Scene, after: Published) -> Edit:
    """Make a release live.

    Raises:
        InTheWay: a stranger stands at one of its paths, with other bytes, or above or below it.
    """
    holdings = {scene.place.at(path): digest for path, digest in after.holdings()}
    writes = {at: digest for at, digest in holdings.items() if not scene.has(at, digest)}
    extras, extra_texts = _extras(scene, after, holdings)
    state = State(published=after, extras=extras)
    texts = {**extra_texts, **_text(scene, scene.place.state, state.encode())}
    wanted = {*holdings, scene.place.state, *map(scene.place.at, extras)}
    ours = scene.ours()
    _refuse_strangers(scene.tree, ours, {**writes, **texts})
    deletes = tuple(sorted(at for at in ours - wanted if at in scene.tree))
    return Edit(state=state, deletes=deletes, writes=writes, texts=texts)


def put_back(scene: Scene, state: State, paths: Collection[str]) -> Edit:
    """Make some files of what is live what they shall be, and what says that they are ours with them.

    Raises:
        InTheWay: see `publish`.
    """
    wanted = {scene.place.at(path): digest for path in paths if (digest := state.published.blob(path)) is not None}
    writes = {at: digest for at, digest in wanted.items() if not scene.has(at, digest)}
    texts = _text(scene, scene.place.state, state.encode())
    _refuse_strangers(scene.tree, scene.ours(), {**writes, **texts})
    return Edit(state=state, writes=writes, texts=texts)


def remove(scene: Scene) -> Edit:
    """Take away what is ours."""
    return Edit(state=None, deletes=tuple(sorted(at for at in scene.ours() if at in scene.tree)))


def _extras(
    scene: Scene, after: Published, holdings: Mapping[str, Digest]
) -> tuple[tuple[str, ...], Mapping[str, bytes]]:
    """Files of our own beside the site's; one that a stranger put there already does the same and stays his."""
    at = scene.place.at(NO_JEKYLL)
    if at in holdings or not any(needs_no_jekyll(path) for path, _ in after.holdings()):
        return (), {}
    is_ours = scene.state is not None and NO_JEKYLL in scene.state.extras
    if at in scene.tree:
        return ((NO_JEKYLL,) if is_ours else ()), {}
    return (NO_JEKYLL,), {at: b""}


def _text(scene: Scene, at: str, text: bytes) -> Mapping[str, bytes]:
    return {} if scene.has_text(at, text) else {at: text}


def _refuse_strangers(tree: Tree, ours: Collection[str], written: Collection[str]) -> None:
    strangers = tree.keys() - set(ours)
    found = {at for at in written if at in strangers}
    found |= {above for at in written for above in parents(at) if above in strangers}
    below = folders(iter(strangers)).intersection(written)
    found |= set(_inside(strangers, below))
    if found:
        raise InTheWay(found)


def _inside(strangers: Collection[str], taken: Collection[str]) -> Iterator[str]:
    """Strangers in a folder where a file of ours belongs."""
    if taken:
        yield from (path for path in strangers if any(above in taken for above in parents(path)))
