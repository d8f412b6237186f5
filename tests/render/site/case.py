"""A renderer of sites with real workers, and what it rendered as files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from trueline.model.digest import Digest, digest_bytes, digest_value
from trueline.render.options import Site
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.site.file import FILE_KIND
from trueline.render.site.picture import Pictures
from trueline.render.site.renderer import SiteRenderer
from trueline.render.trace import TracingTree
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.files import FileEntry, FileKind, FileTree, MemoryTree
from trueline.runtime.toolbox import Toolbox

Files: TypeAlias = dict[str, str | bytes]


class MemoryCache(dict[str, bytes]):
    """A cache that forgets nothing."""

    def get_each(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What was put under some keys."""
        return {key: self[key] for key in keys if key in self}

    def put_each(self, values: Mapping[str, bytes]) -> None:
        """Keep values."""
        self.update(values)


def tree(files: Mapping[str, str | bytes]) -> MemoryTree:
    return MemoryTree({path: text.encode() if isinstance(text, str) else text for path, text in files.items()})


class IdentifiedTree(MemoryTree):
    """Its directories have identities, as in Git. `names_read` counts the directories that were listed."""

    names_read = 0

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        entry = super().entry(path)
        if entry is None or entry.kind is FileKind.FILE:
            return entry
        prefix = f"{path}/" if path else ""
        beneath = sorted(
            (name.removeprefix(prefix), data.hex()) for name, data in self.files.items() if name.startswith(prefix)
        )
        return FileEntry(entry.kind, digest_value(beneath))

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        IdentifiedTree.names_read += 1
        return super().names(path)


def traced(files: Mapping[str, str | bytes], root: str = "") -> TracingTree:
    """The same tree as a kept render sees it."""
    return TracingTree(IdentifiedTree(tree(files).files), root)


@dataclass
class Bench:
    """A renderer with all that it keeps."""

    worker: Toolbox
    toolbox: Toolbox
    place: Path
    images: Pictures | None = None
    cache: MemoryCache = field(default_factory=MemoryCache)

    def __post_init__(self) -> None:
        self.blobs = BlobDirectory(self.place)
        self.renderer = SiteRenderer(
            worker=self.worker, toolbox=self.toolbox, blobs=self.blobs, cache=self.cache, images=self.images
        )

    async def render(self, files: FileTree, options: Site | None = None, path: str = "") -> Rendered:
        """Resources, as the loop gets them."""
        return await self.renderer.render(
            RenderRequest(application="docs", path=path, options=options or Site(), commit="c0ffee"), files
        )

    async def files(
        self, files: Mapping[str, str | bytes], options: Site | None = None, path: str = ""
    ) -> dict[str, bytes]:
        """What is published, by path."""
        return self.published(await self.render(tree(files), options, path))

    def published(self, rendered: Rendered) -> dict[str, bytes]:
        """The files of resources, by path."""
        bodies = [json.loads(rendered.body(one)) for one in rendered.resources]
        found = {one["path"]: self.blobs.get(Digest(one["blob"])) for one in bodies if one["kind"] == FILE_KIND}
        assert None not in found.values()
        return {path: data for path, data in found.items() if data is not None}

    def lose(self, data: bytes) -> None:
        """Bytes are not kept any more."""
        self.blobs.place(digest_bytes(data)).unlink()

    def counts(self) -> tuple[int, int]:
        """Pages that were read, and pages that were made."""
        return self.renderer.pages_parsed, self.renderer.pages_assembled
