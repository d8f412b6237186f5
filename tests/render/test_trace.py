"""A trace holds exactly where every look would find the same."""

from collections.abc import Callable

import pytest

from trueline.render.trace import TracingTree
from trueline.runtime.files import FileEntry, FileKind, MemoryTree

FILES = {"app/a": b"1", "app/sub/b": b"2", "base/c": b"3"}
Change = Callable[[dict[str, bytes]], object]


class IdentifiedTree(MemoryTree):
    """Directories have identities, as in Git; it counts the looks."""

    looks = 0

    def entry(self, path: str) -> FileEntry | None:
        """Count the look."""
        IdentifiedTree.looks += 1
        entry = super().entry(path)
        if entry is None or entry.kind is FileKind.FILE:
            return entry
        prefix = f"{path}/" if path else ""
        return FileEntry(entry.kind, str(sorted(item for item in self.files.items() if item[0].startswith(prefix))))


async def traced(files: MemoryTree) -> TracingTree:
    tracing = TracingTree(files, "app")
    tracing.entry("app/missing")
    tracing.entry("app/sub")
    tracing.names("app")
    tracing.names("base")
    await tracing.read("app/a")
    await tracing.read("base/c")
    with pytest.raises(FileNotFoundError):
        await tracing.read("app/unread")
    return tracing


CHANGES: list[tuple[Change, bool]] = [
    (dict.copy, True),
    (lambda files: files.update({"app/a": b"9"}), False),
    (lambda files: files.update({"base/c": b"9"}), False),
    (lambda files: files.update({"app/missing": b""}), False),
    (lambda files: files.update({"app/unread": b""}), False),
    (lambda files: files.update({"app/new": b""}), False),
    (lambda files: files.update({"base/new": b""}), False),
    (lambda files: files.pop("base/c"), False),
    (lambda files: files.pop("app/sub/b"), False),
    (lambda files: (files.pop("app/sub/b"), files.update({"app/sub": b""})), False),
    (lambda files: files.update({"app/sub/b": b"9", "app/sub/x": b""}), True),
    (lambda files: files.update({"elsewhere": b""}), True),
]


@pytest.mark.parametrize("kind", [MemoryTree, IdentifiedTree])
@pytest.mark.parametrize(("change", "holds"), CHANGES)
async def test_holds(kind: type[MemoryTree], change: Change, holds: bool) -> None:
    trace = (await traced(kind(dict(FILES)))).trace()
    after = dict(FILES)
    change(after)
    assert trace.holds(kind(after)) is holds


async def test_beneath_an_unchanged_root_nothing_is_compared() -> None:
    trace = (await traced(IdentifiedTree(dict(FILES)))).trace()
    IdentifiedTree.looks = 0
    assert trace.holds(IdentifiedTree(FILES | {"elsewhere": b""}))
    assert IdentifiedTree.looks == 3  # the root, and what lies outside of it: `base`, `base/c`
