"""Which files are looked at, and what happens where the toolbox or a file fails."""

from typing import Any

from trueline.declare.document import find_files
from trueline.declare.native import NativeDialect
from trueline.declare.protocol import Declared
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.files import FileEntry, FileTree, MemoryTree
from trueline.runtime.toolbox import NO_FILES, ToolboxFailed
from trueline.source.listing import Directory, Leaf, Listing
from trueline.source.tree import ListedTree

SHOP = b"apiVersion: trueline.dev/v1\nkind: Application\nmetadata: {name: shop}\n"


async def _unread(path: str, leaf: Leaf) -> bytes:
    raise AssertionError(path, leaf)


def test_links_in_a_circle_end() -> None:
    link, file = Leaf(0o120000, "l", ".."), Leaf(0o100644, "f")
    apps = Directory("a", {"up": link, "web.yaml": file, "b.yml": file, "c.json": file})
    tree = ListedTree(Listing(Directory("r", {"apps": apps, "top.yaml": file})), _unread)
    found = [path for path, _ in find_files(tree, "")]
    assert found[:1] == ["top.yaml"]
    assert {"apps/b.yml", "apps/web.yaml"} <= set(found)
    assert len(found) < 8


class Failing:
    """A toolbox whose workers end."""

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """No answer."""
        raise ToolboxFailed(f"no answer to {operation} of {len(arguments)} and {files.names('')}")


async def test_without_a_toolbox_nothing_is_taken_for_removed() -> None:
    declared = await NativeDialect(Failing()).read(MemoryTree({"a.yaml": SHOP}), "", "c")
    assert [one.code for one in declared.diagnostics] == ["TL0215"]
    assert declared.keeps("shop", "a.yaml")
    assert not declared.applications


class Refusing:
    """A tree whose files cannot be read."""

    def entry(self, path: str) -> FileEntry | None:
        """As in memory."""
        return MemoryTree({"a.yaml": SHOP}).entry(path)

    def names(self, path: str) -> tuple[str, ...]:
        """As in memory."""
        return MemoryTree({"a.yaml": SHOP}).names(path)

    async def read(self, path: str) -> bytes:
        """Never."""
        if path.endswith("gone.yaml"):
            raise FileNotFoundError(path)
        raise UserError([Diagnostic(code="TL0124", summary="too large", detail=path, remedy="none")])


async def test_a_file_that_cannot_be_read_is_kept() -> None:
    declared: Declared = await NativeDialect(Failing()).read(Refusing(), "", "c")
    (bad,) = declared.broken
    assert (bad.path, bad.names, bad.is_whole) == ("a.yaml", (), True)
    assert declared.keeps("whatever", "a.yaml")
