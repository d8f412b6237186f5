"""What tests of the render stage share: files from disk, a request, a store in memory."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.render.options import RenderOptions
from trueline.render.protocol import Renderer, RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.files import FileTree, MemoryTree

COMMIT = "c0ffee"


def files_of(folder: Path) -> MemoryTree:
    return MemoryTree(
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    )


def tree(**files: str) -> MemoryTree:
    """Files by name, `__` for `/` and `_` before the extension for `.`: `app__web_yaml`."""
    named = {name.replace("__", "/").replace("_", ".", 1): text for name, text in files.items()}
    return MemoryTree({name: text.encode() for name, text in named.items()})


def request(path: str = "app", options: RenderOptions | None = None, **more: Any) -> RenderRequest:
    return RenderRequest(**{"application": "shop", "path": path, "options": options, "commit": COMMIT, **more})


async def refused(renderer: Renderer, asked: RenderRequest, files: FileTree) -> list[str]:
    """The codes and origins of a render that must fail."""
    try:
        await renderer.render(asked, files)
    except UserError as error:
        return [f"{one.code} {one.origin}" for one in error.diagnostics]
    raise AssertionError("it rendered")


def refs(rendered: Rendered) -> list[str]:
    return [str(one.ref) for one in rendered.resources]


class MemoryRenderStore:
    """A store that counts what is read of it."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.bodies: dict[Digest, bytes] = {}
        self.bodies_read = 0

    def get(self, key: str) -> bytes | None:
        """The value."""
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep it."""
        self.values[key] = value

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep them."""
        self.bodies.update(bodies)

    def get_many(self, digests: Collection[Digest]) -> Mapping[Digest, bytes]:
        """The bodies that are there."""
        self.bodies_read += len(digests)
        return {digest: self.bodies[digest] for digest in digests if digest in self.bodies}

    def known(self, digests: Collection[Digest]) -> Collection[Digest]:
        """Which of them are there."""
        return self.bodies.keys() & digests
