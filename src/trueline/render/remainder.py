"""A plain render from the one before: only the files that changed are read, the rest is as it was (D4).

It gives up, and says so by `None`, wherever files are not independent of each other; then all of them are rendered.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from trueline.model.digest import Digest
from trueline.render.clear_file import CONFIG
from trueline.render.options import Plain
from trueline.render.plain import FILES_MAX, manifest_paths
from trueline.render.protocol import Renderer, RenderRequest
from trueline.render.resource import Rendered, Resource
from trueline.render.stored import StoredBodies, StoredRender, from_stored
from trueline.render.trace import TracingTree, sees
from trueline.runtime.files import FileEntry, FileTree

_NOTHING: Final = Rendered(resources=(), bodies={})


class BodyStore(Protocol):
    """Where bodies are kept by their digests."""

    def get_many(self, digests: Collection[Digest]) -> Mapping[Digest, bytes]:
        """The bodies that are there."""
        ...

    def known(self, digests: Collection[Digest]) -> Collection[Digest]:
        """Which of them are there; none is read."""
        ...


@dataclass(frozen=True, slots=True)
class _Remainder:
    """A tree whose listings leave out what is known already."""

    files: FileTree
    known: Collection[str]

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        return self.files.entry(path)

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory that are not known."""
        prefix = f"{path}/" if path else ""
        return tuple(name for name in self.files.names(path) if prefix + name not in self.known)

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return await self.files.read(path)


async def render_changed(
    renderer: Renderer, request: RenderRequest, files: TracingTree, older: StoredRender, store: BodyStore
) -> Rendered | None:
    """Render the files that are not as `older` read them; `None` where that is not enough.

    Raises:
        UserError: a file that changed does not render.
        Transient: see `Renderer.render`.
    """
    options = request.options if isinstance(request.options, Plain) else Plain()
    before = from_stored(older, request.commit, store.get_many)
    paths = tuple(manifest_paths(files, request.path, options))
    read = {look.path: look.found for look in older.trace.looks if look.asked == "read"}
    same = {path for path in paths if path in read and files.glance(path) == read[path]}
    rules = older.trace.looks_at(CONFIG)  # they speak of every file, changed or not
    if not all(sees(look, files) for look in rules.values()):
        return None
    files.recall(rules)
    if not _is_apart(before) or not same or len(paths) > FILES_MAX:
        return None
    is_all = len(same) == len(paths)
    fresh = _NOTHING if is_all else await renderer.render(request, _Remainder(files, same))
    return _joined(before, fresh, paths, same, store) if _is_apart(fresh) else None


def _is_apart(rendered: Rendered) -> bool:
    """Whether each file's part depends on that file alone: a hook's made-up name depends on everything."""
    return not any(one.is_hook or one.unstable for one in rendered.resources) and all(n.origin for n in rendered.notes)


def _joined(
    before: Rendered, fresh: Rendered, paths: Collection[str], same: Collection[str], store: BodyStore
) -> Rendered | None:
    """In the order of the files, as a whole render has it; what is kept of it is not read."""
    kept = [one for one in before.resources if one.origin.path in same]
    digests = dict.fromkeys(one.digest for one in kept)
    if len(store.known(digests)) < len(digests):
        return None
    by_path: dict[str, list[Resource]] = defaultdict(list)
    for one in (*kept, *fresh.resources):
        by_path[one.origin.path].append(one)
    notes = [note for note in before.notes if note.origin is not None and note.origin.path in same]
    return replace(
        fresh,
        resources=tuple(one for path in paths for one in by_path[path]),
        bodies=StoredBodies({**digests, **dict.fromkeys(fresh.bodies)}, store.get_many, at_hand=fresh.bodies),
        notes=(*notes, *fresh.notes),
    )
